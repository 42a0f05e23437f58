import { Link, navigate, setQuery } from '../navigation.tsx'
import { setTheme, setZone, THEMES, type Theme, useTheme, useZone } from '../preferences.ts'
import type { Route } from '../route.ts'

const PAGES = [
  { href: '/', name: 'Overview', pages: ['overview'] },
  { href: '/slos', name: 'SLOs', pages: ['slos', 'slo'] },
  { href: '/incidents', name: 'Incidents', pages: ['incidents', 'incident'] },
  { href: '/silences', name: 'Silences', pages: ['silences'] },
  { href: '/dependencies', name: 'Dependencies', pages: ['dependencies', 'dependency'] },
] as const satisfies { href: string; name: string; pages: Route['page'][] }[]

/** Pages that filter their own lists by `?q=`; elsewhere a search leads to the overview. */
const LISTS: readonly Route['page'][] = ['overview', 'slos', 'incidents', 'silences', 'dependencies']

export const SEARCH_ID = 'search'

export function Header({ route, search, onHelp }: { route: Route; search: string; onHelp(): void }) {
  return (
    <header class="top">
      <Link href="/" class="brand" label="Plumbline, overview">
        <svg viewBox="0 0 20 24" width="17" height="20" aria-hidden="true">
          <path d="M10 1v10" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
          <path class="brand-bob" d="M5 10.5h10l-2.4 8L10 23l-2.6-4.500z" />
        </svg>
        Plumbline
      </Link>
      <nav aria-label="Pages">
        {PAGES.map(({ href, name, pages }) => (
          <Link key={href} href={href} class="tab" current={(pages as readonly string[]).includes(route.page)}>
            {name}
          </Link>
        ))}
      </nav>
      <Search route={route} search={search} />
      <div class="switches">
        <ZoneSwitch />
        <ThemeSwitch />
        <button type="button" class="quiet" aria-label="Keyboard shortcuts" onClick={onHelp}>
          ?
        </button>
      </div>
    </header>
  )
}

function Search({ route, search }: { route: Route; search: string }) {
  const filters = LISTS.includes(route.page)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const text = new FormData(event.currentTarget as HTMLFormElement).get('q')
    if (filters) document.querySelector<HTMLElement>('main [data-result]')?.focus()
    else navigate(`/?q=${encodeURIComponent(String(text))}`)
  }
  return (
    <search>
      <form onSubmit={submit}>
        <input
          id={SEARCH_ID}
          name="q"
          type="search"
          placeholder={filters ? 'Filter by name or service' : 'Find an SLO or dependency'}
          aria-label="Filter by name or service"
          autocomplete="off"
          spellcheck={false}
          value={search}
          onInput={(event) => filters && setQuery('q', event.currentTarget.value)}
        />
        <span class="key-hint" aria-hidden="true">
          /
        </span>
      </form>
    </search>
  )
}

function ZoneSwitch() {
  const zone = useZone()
  const other = zone === 'utc' ? 'local' : 'utc'
  return (
    <button type="button" class="quiet" title="Time zone of every time shown" onClick={() => setZone(other)}>
      <span class="visually-hidden">Time zone: </span>
      {zone === 'utc' ? 'UTC' : 'Local'}
    </button>
  )
}

const THEME_WORD: Record<Theme, string> = { auto: 'Auto', light: 'Light', dark: 'Dark' }

function ThemeSwitch() {
  const theme = useTheme()
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto'
  return (
    <button type="button" class="quiet" title="Auto follows the system" onClick={() => setTheme(next)}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        <circle cx="6" cy="6" r="5" fill="none" stroke="currentColor" stroke-width="1.2" />
        <path d="M6 1a5 5 0 0 1 0 10z" fill="currentColor" />
      </svg>
      <span class="visually-hidden">Theme: </span>
      {THEME_WORD[theme]}
    </button>
  )
}

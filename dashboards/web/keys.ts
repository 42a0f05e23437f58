import { SEARCH_ID } from './components/header.tsx'
import { navigate, setQuery } from './navigation.tsx'
import { currentTheme, setTheme, THEMES } from './preferences.ts'

const GOES_TO: Record<string, string> = { o: '/', s: '/slos', i: '/incidents', d: '/dependencies', m: '/silences' }
/** After `g` the second key is awaited this long. */
const CHORD_MS = 1_500

/** Shortcuts of every page; returns how to stop listening. */
export function listenForKeys({ toggleHelp }: { toggleHelp(): void }): () => void {
  let chordUntil = 0
  const onKey = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    if (event.key === 'Escape') return leaveSearch(event)
    if (isTyping(event.target) || document.querySelector('dialog[open]')) return
    const goal = event.timeStamp < chordUntil ? GOES_TO[event.key] : undefined
    chordUntil = event.key === 'g' ? event.timeStamp + CHORD_MS : 0
    if (goal !== undefined) navigate(goal)
    else if (event.key === '?') toggleHelp()
    else if (event.key === '/') focusSearch(event)
    else if (event.key === 'a' || event.key === 'c') press(event)
    else if (event.key === 't') setTheme(THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length] ?? 'auto')
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

/** Buttons say which key presses them. */
function press(event: KeyboardEvent): void {
  const button = document.querySelector<HTMLButtonElement>(`button[data-key='${event.key}']`)
  if (!button) return
  event.preventDefault()
  button.click()
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement

function focusSearch(event: KeyboardEvent): void {
  event.preventDefault()
  document.getElementById(SEARCH_ID)?.focus()
}

function leaveSearch(event: KeyboardEvent): void {
  const inSearch = event.target instanceof HTMLElement && event.target.id === SEARCH_ID
  if (document.querySelector('dialog[open]') || !(inSearch || location.search.includes('q='))) return
  setQuery('q', '')
  if (inSearch) (event.target as HTMLElement).blur()
}

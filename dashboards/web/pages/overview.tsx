import type { Dependency, Incident, ListedSlo } from '../api-shapes.ts'
import { DependencyTile } from '../components/dependency-tile.tsx'
import { FirstSteps } from '../components/empty.tsx'
import { FreshnessLine, oldestWatermark, StaleBanner, useStale } from '../components/freshness.tsx'
import { IncidentCard } from '../components/incident-card.tsx'
import { SloTable } from '../components/slo-table.tsx'
import { Failure, Loading, Outdated } from '../components/states.tsx'
import { Shape, type Tone } from '../components/status-mark.tsx'
import { matchesFilter } from '../filter.ts'
import { plural } from '../format.ts'
import { pagesFirst } from '../incident-order.ts'
import { useDependencies, useOpenIncidents, useSlos } from '../lists.ts'
import { Link } from '../navigation.tsx'
import { overviewSentence } from '../words.ts'

/** A screen's worth; the rest is one key away on its own page. */
const SLOS_SHOWN = 25
const DEPENDENCIES_SHOWN = 12

export function Overview({ search }: { search: string }) {
  const lists = [useSlos(), useOpenIncidents(), useDependencies()] as const
  const [slos, incidents, dependencies] = lists.map((list) => list.value?.items ?? null) as [
    ListedSlo[] | null,
    Incident[] | null,
    Dependency[] | null,
  ]
  const failed = lists.find((list) => list.problem !== null)
  const retry = () => {
    for (const list of lists) list.retry()
  }
  if (slos === null || incidents === null || dependencies === null)
    return failed?.problem && failed.problem.status !== 401 ? (
      <Failure problem={failed.problem} retry={retry} />
    ) : (
      <Loading rows={10} />
    )
  const newest = [...slos, ...dependencies]
  const watermark = oldestWatermark(newest)
  return (
    <>
      <Outdated problem={failed?.problem ?? null} retry={retry} />
      <StaleBanner watermark={watermark} />
      <Headline slos={slos} incidents={incidents} watermark={watermark} dependencies={dependencies} />
      {slos.every(({ status }) => status === 'no_data') && <FirstSteps dependencies={dependencies.length > 0} />}
      <Board slos={slos} incidents={incidents} dependencies={dependencies} search={search} watermark={watermark} />
    </>
  )
}

interface BoardProps {
  slos: ListedSlo[]
  incidents: Incident[]
  dependencies: Dependency[]
  watermark: string | null
}

function Headline({ slos, incidents, dependencies, watermark }: BoardProps) {
  const empty = slos.length === 0 && dependencies.length === 0
  return (
    <div class="headline">
      <h1 aria-live="polite">
        <Shape tone={headlineTone(slos, incidents)} />
        {slos.length === 0 && incidents.length === 0 ? emptySentence(empty) : overviewSentence(slos, incidents)}
      </h1>
      <FreshnessLine watermark={watermark}>
        <span>
          {plural(slos.length, 'SLO')}, {dependencies.length}{' '}
          {dependencies.length === 1 ? 'dependency' : 'dependencies'}
        </span>
      </FreshnessLine>
    </div>
  )
}

const emptySentence = (nothing: boolean): string =>
  nothing ? 'Nothing is measured yet' : 'Calls arrive, but no promise is made about them yet'

function headlineTone(slos: readonly ListedSlo[], incidents: readonly Incident[]): Tone {
  if (incidents.some((incident) => incident.severity === 'page')) return 'failing'
  if (incidents.length > 0) return 'degraded'
  if (slos.some((slo) => (slo.budget.remaining ?? 0) < 0)) return 'failing'
  return slos.length === 0 || slos.some((slo) => slo.budget.remaining === null) ? 'unknown' : 'ok'
}

function Board({ slos, incidents, dependencies, watermark, search }: BoardProps & { search: string }) {
  const stale = useStale(watermark)
  const shownSlos = slos.filter((slo) => matchesFilter(search, slo.name, slo.displayName, slo.service))
  const shownDependencies = dependencies.filter((one) => matchesFilter(search, one.name, one.kind, one.owner))
  return (
    <div class={stale ? 'is-stale' : ''}>
      {incidents.length > 0 && (
        <section aria-labelledby="incidents-title">
          <h2 id="incidents-title">Open incidents</h2>
          <div class="incidents">
            {pagesFirst(incidents).map((incident) => (
              <IncidentCard key={incident.id} incident={incident} />
            ))}
          </div>
        </section>
      )}
      {slos.length > 0 && (
        <section aria-labelledby="slos-title">
          <h2 id="slos-title">SLOs by urgency</h2>
          {shownSlos.length === 0 ? <NoMatch search={search} /> : <SloTable slos={shownSlos.slice(0, SLOS_SHOWN)} />}
          <More shown={SLOS_SHOWN} all={shownSlos.length} href="/slos" what="SLOs" />
        </section>
      )}
      {dependencies.length > 0 && (
        <section aria-labelledby="dependencies-title">
          <h2 id="dependencies-title">Dependencies</h2>
          {shownDependencies.length === 0 && <NoMatch search={search} />}
          <ul class="tiles">
            {shownDependencies.slice(0, DEPENDENCIES_SHOWN).map((dependency) => (
              <DependencyTile key={dependency.name} dependency={dependency} />
            ))}
          </ul>
          <More shown={DEPENDENCIES_SHOWN} all={shownDependencies.length} href="/dependencies" what="dependencies" />
        </section>
      )}
    </div>
  )
}

export const NoMatch = ({ search }: { search: string }) => (
  <p class="muted no-match">
    Nothing matches “{search}”. <kbd>Esc</kbd> clears the filter.
  </p>
)

function More({ shown, all, href, what }: { shown: number; all: number; href: string; what: string }) {
  if (all <= shown) return null
  return (
    <p>
      <Link href={href}>
        All {all} {what}
      </Link>
    </p>
  )
}

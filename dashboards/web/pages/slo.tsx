import type { History as HistoryShape, SloDetail } from '../api-shapes.ts'
import { useNow } from '../clock.ts'
import { BudgetBar } from '../components/budget-bar.tsx'
import { BurnTable } from '../components/burn-table.tsx'
import { FreshnessLine, StaleBanner, useStale } from '../components/freshness.tsx'
import { HistoryCharts } from '../components/history-charts.tsx'
import { IncidentCard, Runbook } from '../components/incident-card.tsx'
import { Failure, Loading, NotFound, Outdated } from '../components/states.tsx'
import { SeverityTag, SloMark } from '../components/status-mark.tsx'
import { Time } from '../components/time.tsx'
import { count, duration, NONE, share, sli, target } from '../format.ts'
import { historyPath, rangeOf, windowMs } from '../history.ts'
import { useIncidents } from '../lists.ts'
import { useLive } from '../live.ts'
import { Link, navigate } from '../navigation.tsx'
import { incidentPath, sloPath } from '../route.ts'
import { askedRange } from '../time-range.ts'
import { useLast, useWindowHistory } from '../window-history.ts'

const HISTORY_RENEW_MS = 30_000
const PRESETS = ['1h', '6h', '1d', '3d', '7d'] as const

export function Slo({ name, address }: { name: string; address: URL }) {
  const { value: slo, problem, retry } = useLive<SloDetail>(`/api/v1/slos/${encodeURIComponent(name)}`)
  const stale = useStale(slo?.freshness.watermark ?? null)
  if (problem?.status === 404)
    return (
      <NotFound
        what={`No SLO is named ${name}`}
        nearMisses={problem.nearMisses.map((miss) => ({ name: miss, href: sloPath(miss) }))}
      />
    )
  if (slo === null) return problem && problem.status !== 401 ? <Failure problem={problem} retry={retry} /> : <Loading />
  return (
    <>
      <Outdated problem={problem} retry={retry} />
      <StaleBanner watermark={slo.freshness.watermark} />
      <div class="headline">
        <p class="overline">
          <SloMark status={slo.status} /> <span class="muted">{slo.service}</span>
          {slo.alert && (
            <Link href={incidentPath(slo.alert.incident)} label={`${slo.alert.severity}, open incident`}>
              <SeverityTag severity={slo.alert.severity} />
            </Link>
          )}
          {slo.displayName !== '' && slo.displayName !== slo.name && <span class="muted code">{slo.name}</span>}
        </p>
        <h1>{slo.displayName || slo.name}</h1>
        <FreshnessLine watermark={slo.freshness.watermark}>
          <span>coverage {share(slo.freshness.coverage)}</span>
        </FreshnessLine>
      </div>
      <Problems slo={slo} />
      <div class={stale ? 'is-stale' : ''}>
        <Numbers slo={slo} />
        {slo.definition && (
          <div class="columns">
            <History slo={slo} address={address} />
            <BurnTable slo={slo} />
          </div>
        )}
        <ItsIncidents slo={slo.name} />
        <Definition slo={slo} />
      </div>
    </>
  )
}

/** What is wrong with the file, where, and what to do about it. */
function Problems({ slo }: { slo: SloDetail }) {
  if (slo.problems.length === 0) return null
  return (
    <section class={`notice ${slo.refused ? 'notice-failing' : 'notice-degraded'}`} aria-labelledby="problems-title">
      <h2 id="problems-title">{problemsTitle(slo)}</h2>
      <ul>
        {slo.problems.map((problem) => (
          <li key={`${problem.line}${problem.path}${problem.message}`}>
            <code>
              {problem.file}:{problem.line}
            </code>{' '}
            {problem.path !== '' && <code>{problem.path}</code>} {problem.message}
            {problem.hint && <p class="muted">{problem.hint}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function problemsTitle({ refused, definition }: SloDetail): string {
  if (!refused) return 'The definition has warnings'
  return definition === null
    ? 'The definition was refused, so nothing is measured'
    : 'The newest definition was refused; the last good one stays in force'
}

function Numbers({ slo }: { slo: SloDetail }) {
  const { objective, units, budget } = slo
  if (objective === null) return null
  const allowed = (units.total * (1_000_000 - objective.targetPpm)) / 1_000_000
  const what = objective.slice === null ? '' : ` slices of ${objective.slice.minutes}m`
  return (
    <dl class="facts facts-large">
      <div>
        <dt>Budget left</dt>
        <dd>
          <BudgetBar remaining={budget.remaining} />
          <span class="muted number">
            {count(units.total - units.good)} bad of {count(allowed)} allowed
          </span>
        </dd>
      </div>
      <div>
        <dt>SLI</dt>
        <dd class="number">
          <strong class="figure">{sli(slo.sli, objective.targetPpm)}</strong>
          <span class="muted">
            {count(units.good)} good of {count(units.total)}
            {what}
          </span>
        </dd>
      </div>
      <div>
        <dt>Objective</dt>
        <dd class="number">
          <strong class="figure">{target(objective.targetPpm)}</strong>
          <span class="muted">
            {objective.window.rolling ? 'rolling' : 'calendar'} {objective.window.duration}, {objective.method}
          </span>
        </dd>
      </div>
      <div>
        <dt>At this rate</dt>
        <dd>
          <Exhaustion budget={budget} />
        </dd>
      </div>
    </dl>
  )
}

function Exhaustion({ budget }: Pick<SloDetail, 'budget'>) {
  const now = useNow()
  if (budget.remaining === null) return <strong class="figure">{NONE}</strong>
  if (budget.remaining <= 0)
    return (
      <>
        <strong class="figure">already spent</strong>
        <span class="muted">bad calls must age out of the window</span>
      </>
    )
  if (budget.exhaustsAt === null)
    return (
      <>
        <strong class="figure">lasts</strong>
        <span class="muted">beyond one window</span>
      </>
    )
  return (
    <>
      <strong class="figure number">empty in {duration(Date.parse(budget.exhaustsAt) - now)}</strong>
      <span class="muted">
        <Time at={budget.exhaustsAt} />
      </span>
    </>
  )
}

function History({ slo, address }: { slo: SloDetail; address: URL }) {
  const asked = askedRange(address.searchParams, useNow())
  const path = sloPath(slo.name)
  const zoom = (start: number, end: number) =>
    navigate(`${path}?from=${new Date(start).toISOString()}&to=${new Date(end).toISOString()}`)
  return (
    <section aria-labelledby="history-title">
      <div class="section-head">
        <h2 id="history-title">
          {asked === null
            ? `Burn-down of the ${slo.objective?.window.duration} window`
            : `Budget left in the ${slo.objective?.window.duration} window ending at each point`}
        </h2>
        <Presets slo={slo} from={address.searchParams.get('from')} whole={asked === null} />
      </div>
      {asked === null ? <WholeWindow slo={slo} onZoom={zoom} /> : <Stretch slo={slo} asked={asked} onZoom={zoom} />}
      <p class="muted hint">Drag over a chart to zoom in; the back button undoes it.</p>
    </section>
  )
}

interface StretchProps {
  slo: SloDetail
  onZoom(from: number, to: number): void
}

function WholeWindow({ slo, onZoom }: StretchProps) {
  const history = useWindowHistory(slo, 'chart', { wanted: true, everyMs: HISTORY_RENEW_MS })
  if (history === null) return <Loading rows={4} />
  return (
    <>
      {history.young && (
        <p class="muted">
          Nothing was measured before <Time at={history.range.from} />: the window is still filling.
        </p>
      )}
      <HistoryCharts slo={slo} steps={history.steps} range={history.range} wholeWindow onZoom={onZoom} />
    </>
  )
}

function Stretch({ slo, asked, onZoom }: StretchProps & { asked: { from: number; to: number } }) {
  const range = rangeOf(asked, 'chart')
  const live = useLive<HistoryShape>(historyPath(slo.name, range), HISTORY_RENEW_MS)
  const steps = useLast(live.value)?.items
  if (steps === undefined)
    return live.problem ? <Failure problem={live.problem} retry={live.retry} /> : <Loading rows={4} />
  return <HistoryCharts slo={slo} steps={steps} range={range} wholeWindow={false} onZoom={onZoom} />
}

function Presets({ slo, from, whole }: { slo: SloDetail; from: string | null; whole: boolean }) {
  const path = sloPath(slo.name)
  const window = slo.objective?.window.duration
  return (
    <nav class="presets" aria-label="Time range">
      {PRESETS.filter((preset) => windowMs(preset) < windowMs(window)).map((preset) => (
        <Link key={preset} href={`${path}?from=now-${preset}`} class="tab" current={from === `now-${preset}`}>
          {preset}
        </Link>
      ))}
      <Link href={path} class="tab" current={whole}>
        {window} window
      </Link>
    </nav>
  )
}

function ItsIncidents({ slo }: { slo: string }) {
  const mine = (useIncidents().value?.items ?? []).filter((incident) => incident.slo === slo)
  if (mine.length === 0) return null
  return (
    <section aria-labelledby="its-incidents-title">
      <h2 id="its-incidents-title">Incidents</h2>
      <div class="incidents">
        {mine.map((incident) => (
          <IncidentCard key={incident.id} incident={incident} />
        ))}
      </div>
    </section>
  )
}

function Definition({ slo }: { slo: SloDetail }) {
  if (slo.definition === null) return null
  const { description, owner, runbook, guards, alerting, indicator } = slo.definition
  return (
    <section aria-labelledby="definition-title">
      <h2 id="definition-title">Definition</h2>
      {description !== '' && <p class="prose">{description}</p>}
      <dl class="facts">
        <div>
          <dt>Owner</dt>
          <dd>{owner || <span class="muted">nobody named</span>}</dd>
        </div>
        <div>
          <dt>Runbook</dt>
          <dd>
            <Runbook href={runbook} full />
          </dd>
        </div>
        <div>
          <dt>Alerting</dt>
          <dd>{alerting === 'off' ? 'off' : 'multi-window burn rate'}</dd>
        </div>
        <div>
          <dt>Guards</dt>
          <dd class="number">
            {count(guards.minEvents)} events, {count(guards.minBadEvents)} bad
          </dd>
        </div>
        <div>
          <dt>Generation</dt>
          <dd>
            <code>{slo.generation}</code>
          </dd>
        </div>
        <div>
          <dt>Source</dt>
          <dd>
            <code>{slo.source}</code>
          </dd>
        </div>
      </dl>
      <details class="definition">
        <summary>What is measured</summary>
        <pre>
          <code>{JSON.stringify(indicator, null, 2)}</code>
        </pre>
      </details>
    </section>
  )
}

import type { Complaint, HistoryStep, List, SloDetail } from '../api-shapes.ts'
import { useNow } from '../clock.ts'
import { BudgetBar } from '../components/budget-bar.tsx'
import { BurnTable } from '../components/burn-table.tsx'
import { FreshnessLine, StaleBanner, useStale } from '../components/freshness.tsx'
import { HistoryCharts } from '../components/history-charts.tsx'
import { IncidentCard } from '../components/incident-card.tsx'
import { useLast } from '../components/sparkline.tsx'
import { Failure, Loading, NotFound, Outdated } from '../components/states.tsx'
import { SloMark } from '../components/status-mark.tsx'
import { Time } from '../components/time.tsx'
import { count, duration, share, sli, target } from '../format.ts'
import { historyPath, rangeOf, windowMs } from '../history.ts'
import { useIncidents } from '../lists.ts'
import { useLive } from '../live.ts'
import { Link, navigate } from '../navigation.tsx'
import { sloPath } from '../route.ts'
import { askedRange } from '../time-range.ts'

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
        </p>
        <h1>{slo.displayName || slo.name}</h1>
        {slo.displayName !== '' && slo.displayName !== slo.name && <p class="muted code">{slo.name}</p>}
        <FreshnessLine watermark={slo.freshness.watermark}>
          <span>coverage {share(slo.freshness.coverage)}</span>
        </FreshnessLine>
      </div>
      <Problems problems={slo.problems} />
      <div class={stale ? 'is-stale' : ''}>
        <Numbers slo={slo} />
        <History slo={slo} address={address} />
        <BurnTable slo={slo} />
        <ItsIncidents slo={slo.name} />
        <Definition slo={slo} />
      </div>
    </>
  )
}

/** A refused definition: what is wrong, where; the last good version stays in force. */
function Problems({ problems }: { problems: readonly Complaint[] }) {
  if (problems.length === 0) return null
  return (
    <section class="notice notice-failing" aria-labelledby="problems-title">
      <h2 id="problems-title">The newest definition was refused; the last good one stays in force</h2>
      <ul>
        {problems.map((problem) => (
          <li key={`${problem.path}${problem.message}`}>
            <code>{[problem.file, problem.line].filter((part) => part !== undefined).join(':')}</code>{' '}
            {problem.path && <code>{problem.path}</code>} {problem.message}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Numbers({ slo }: { slo: SloDetail }) {
  const { objective, counts, budget } = slo
  const now = useNow()
  const allowed = (counts.total * (1_000_000 - objective.targetPpm)) / 1_000_000
  const bad = counts.total - counts.good
  return (
    <dl class="facts facts-large">
      <div>
        <dt>Budget left</dt>
        <dd>
          <BudgetBar remaining={budget.remaining} />
          <span class="muted number">
            {count(bad)} bad of {count(allowed)} allowed
          </span>
        </dd>
      </div>
      <div>
        <dt>SLI</dt>
        <dd class="number">
          <strong class="figure">{sli(slo.sli, objective.targetPpm)}</strong>
          <span class="muted">
            {count(counts.good)} good of {count(counts.total)}
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
          {(budget.remaining ?? 0) < 0 ? (
            <span>already overspent</span>
          ) : budget.exhaustsAt === null ? (
            <span class="muted">not used up within the window</span>
          ) : (
            <span>
              used up in <strong class="number">{duration(Date.parse(budget.exhaustsAt) - now)}</strong>,{' '}
              <Time at={budget.exhaustsAt} />
            </span>
          )}
        </dd>
      </div>
    </dl>
  )
}

function History({ slo, address }: { slo: SloDetail; address: URL }) {
  const now = useNow()
  const asked = askedRange(address.searchParams, now)
  const window = windowMs(slo.objective.window.duration)
  const range = rangeOf(asked ?? { from: now - window, to: now }, 'chart')
  const live = useLive<List<HistoryStep>>(historyPath(slo.name, range), HISTORY_RENEW_MS)
  const steps = useLast(live.value)?.items
  const path = sloPath(slo.name)
  const from = address.searchParams.get('from')
  const zoom = (start: number, end: number) =>
    navigate(`${path}?from=${new Date(start).toISOString()}&to=${new Date(end).toISOString()}`)
  return (
    <section aria-labelledby="history-title">
      <div class="section-head">
        <h2 id="history-title">Budget over time</h2>
        <nav class="presets" aria-label="Time range">
          {PRESETS.filter((preset) => windowMs(preset) < window).map((preset) => (
            <Link key={preset} href={`${path}?from=now-${preset}`} current={from === `now-${preset}`}>
              {preset}
            </Link>
          ))}
          <Link href={path} current={asked === null}>
            {slo.objective.window.duration} window
          </Link>
        </nav>
      </div>
      {steps === undefined &&
        (live.problem ? <Failure problem={live.problem} retry={live.retry} /> : <Loading rows={4} />)}
      {steps && <HistoryCharts slo={slo} steps={steps} range={range} wholeWindow={asked === null} onZoom={zoom} />}
      <p class="muted hint">Drag over a chart to zoom in; the back button undoes it.</p>
    </section>
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
  return (
    <details class="definition">
      <summary>
        Definition, generation <code>{slo.generation}</code>
      </summary>
      <pre class="scroll">
        <code>{JSON.stringify(slo.definition, null, 2)}</code>
      </pre>
    </details>
  )
}

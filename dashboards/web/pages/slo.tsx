import type { History as HistoryShape, SloDetail } from '../api-shapes.ts'
import { windowDrawing } from '../burn-down.ts'
import { useNow } from '../clock.ts'
import { BudgetReset } from '../components/budget-reset.tsx'
import { BurnTable } from '../components/burn-table.tsx'
import { FreshnessLine, StaleBanner, useStale } from '../components/freshness.tsx'
import { HistoryCharts } from '../components/history-charts.tsx'
import { IncidentCard, Runbook } from '../components/incident-card.tsx'
import { LeftOut } from '../components/slo-left-out.tsx'
import { Members } from '../components/slo-members.tsx'
import { MethodsSideBySide } from '../components/slo-methods.tsx'
import { Measuring, Problems, Warnings } from '../components/slo-notices.tsx'
import { Numbers } from '../components/slo-numbers.tsx'
import { Objectives } from '../components/slo-objectives.tsx'
import { Failure, Loading, NotFound, Outdated } from '../components/states.tsx'
import { SeverityTag, SloMark } from '../components/status-mark.tsx'
import { Time } from '../components/time.tsx'
import { count, share } from '../format.ts'
import { historyPath, rangeOf, rangeOfAnswer, windowMs } from '../history.ts'
import { useIncidents } from '../lists.ts'
import { useLive } from '../live.ts'
import { Link, navigate } from '../navigation.tsx'
import { incidentPath, sloPath } from '../route.ts'
import { askedRange } from '../time-range.ts'
import { HISTORY_RENEW_MS, useLast, useWindowHistory } from '../window-history.ts'

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
      <Objectives slo={slo} />
      <Problems slo={slo} />
      <Warnings slo={slo} />
      <Measuring slo={slo} />
      <div class={stale ? 'is-stale' : ''}>
        <Numbers slo={slo} />
        {slo.definition && (
          <div class="columns">
            <History slo={slo} address={address} />
            <BurnTable slo={slo} />
          </div>
        )}
        <ItsIncidents slo={slo.name} />
        <Members slo={slo} />
        <LeftOut slo={slo} />
        {slo.definition && <MethodsSideBySide slo={slo} />}
        <Definition slo={slo} />
        <BudgetReset slo={slo} />
      </div>
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
          <HistoryTitle slo={slo} wholeWindow={asked === null} />
        </h2>
        <Presets slo={slo} from={address.searchParams.get('from')} whole={asked === null} />
      </div>
      {asked === null ? <WholeWindow slo={slo} onZoom={zoom} /> : <Stretch slo={slo} asked={asked} onZoom={zoom} />}
      <p class="muted hint">Drag over a chart to zoom in; the back button undoes it.</p>
    </section>
  )
}

function HistoryTitle({ slo, wholeWindow }: { slo: SloDetail; wholeWindow: boolean }) {
  const drawing = windowDrawing(slo)
  const window = slo.objective?.window.duration
  if (drawing === 'period')
    return (
      <>
        Budget left in the period{' '}
        {wholeWindow && slo.period && (
          <>
            to <Time at={slo.period.to} />
          </>
        )}
        {!wholeWindow && 'so far'}
      </>
    )
  if (wholeWindow && drawing === 'burn-down') return <>Burn-down of the {window} window</>
  return <>Budget left in the {window} window ending at each point</>
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
  const range = rangeOf(asked, 'chart', slo.objective?.slice?.minutes)
  const live = useLive<HistoryShape>(historyPath(slo.name, range), HISTORY_RENEW_MS)
  const history = useLast(live.value)
  if (history === null)
    return live.problem ? <Failure problem={live.problem} retry={live.retry} /> : <Loading rows={4} />
  return (
    <HistoryCharts slo={slo} steps={history.items} range={rangeOfAnswer(history)} wholeWindow={false} onZoom={onZoom} />
  )
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
        {window} {slo.objective?.window.rolling === false ? 'period' : 'window'}
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

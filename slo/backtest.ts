import { type AlertState, decide, NEVER_FIRED } from './alert.ts'
import { ALERT_POLICY, type AlertPolicy } from './alert-policy.ts'
import { governingWindow, type TierVerdict } from './alert-verdict.ts'
import { type Budget, budgetOf } from './budget.ts'
import { type MinuteSeries, minuteAt, positionIn } from './minute-series.ts'
import type { Counts, Severity, Slo } from './model.ts'
import type { Reading } from './reading.ts'
import { replay } from './replay.ts'
import { windowLabel } from './window.ts'

/** One page or ticket that would have been sent, from its first message to its last. */
export interface PastAlert {
  severity: Severity
  from: Date
  /** Null: it would still be open. */
  to: Date | null
  minutes: number
  /** What made it rise: tier, governing window, its burn and counts. */
  tier: string
  governingWindow: string
  burn: number
  counts: Counts
}

export interface PastStep {
  /** End of the step. */
  at: Date
  /** Events of the step. */
  counts: Counts
  budgetRemaining: number | null
}

/** What an SLO would have said over a stretch of history. */
export interface Backtest {
  from: Date
  to: Date
  /** Events of the SLO window that ends at `to`. */
  counts: Counts
  budget: Budget
  coverage: number
  alerts: PastAlert[]
  /** Minutes with a page open, and with a ticket open and no page. */
  openMinutes: Record<Severity, number>
  steps: PastStep[]
}

export interface BacktestOptions {
  /** What of the series is told about; before it the alert windows fill. */
  from: Date
  to: Date
  stepMinutes: number
  policy?: AlertPolicy
}

const MINUTE_MS = 60_000

/**
 * Judges every whole minute of [from, to) as a tick at its end would have, through the real alert decision.
 * An SLO measured without interruption and judged once a minute has done the same.
 * @param series from at least the longest alert window before `from`, where there is history
 */
export function backtest(slo: Slo, series: MinuteSeries, options: BacktestOptions): Backtest {
  const { from, to, stepMinutes, policy = ALERT_POLICY } = options
  const readingAt = replay(slo, series)
  const first = Math.max(0, positionIn(series, from))
  const last = Math.min(series.total.length, positionIn(series, to))
  const alerts: PastAlert[] = []
  const steps: PastStep[] = []
  const openMinutes = { page: 0, ticket: 0 }
  let state: AlertState = NEVER_FIRED
  let stepCounts = { good: 0, total: 0 }
  for (let end = 1; end <= last; end++) {
    const reading = readingAt(end)
    const at = minuteAt(series, end)
    const { next, transition, lead }: ReturnType<typeof decide> = decide(state, reading, at, policy)
    if (end > first) {
      if (transition !== null) closeLast(alerts, at)
      if (next.phase === 'firing' && (transition !== null || end === first + 1)) {
        alerts.push(openAlert(next.severity, at, lead))
      }
      if (next.phase === 'firing') openMinutes[next.severity]++
      stepCounts = {
        good: stepCounts.good + series.good[end - 1]!,
        total: stepCounts.total + series.total[end - 1]!,
      }
      if ((end - first) % stepMinutes === 0 || end === last) {
        steps.push({ at, counts: stepCounts, budgetRemaining: budgetIn(reading).remaining })
        stepCounts = { good: 0, total: 0 }
      }
    }
    state = next
  }
  const end = readingAt(last)
  const until = minuteAt(series, last)
  for (const alert of alerts) alert.minutes = ((alert.to ?? until).getTime() - alert.from.getTime()) / MINUTE_MS
  return {
    from: minuteAt(series, first),
    to: until,
    counts: end.period.counts,
    budget: budgetIn(end),
    coverage: end.period.coverage,
    alerts,
    openMinutes,
    steps,
  }
}

const budgetIn = ({ period, slo }: Reading): Budget => budgetOf(period.units, slo.objective.budgetPpm)

function closeLast(alerts: PastAlert[], at: Date): void {
  const open = alerts.at(-1)
  if (open && open.to === null) open.to = at
}

function openAlert(severity: Severity, from: Date, lead: TierVerdict | null): PastAlert {
  const governing = lead && governingWindow(lead)
  return {
    severity,
    from,
    to: null,
    minutes: 0,
    tier: lead?.tier ?? '',
    governingWindow: governing ? windowLabel(governing.minutes) : '',
    burn: governing?.burn ?? 0,
    counts: governing?.counts ?? { good: 0, total: 0 },
  }
}

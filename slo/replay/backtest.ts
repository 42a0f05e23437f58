import { decide } from '../alert/alert.ts'
import { ALERT_POLICY, type AlertPolicy } from '../alert/alert-policy.ts'
import { type AlertState, NEVER_FIRED } from '../alert/alert-state.ts'
import { governingWindow, type TierVerdict } from '../alert/alert-verdict.ts'
import { type Budget, budgetOf } from '../budget/budget.ts'
import type { Period } from '../budget/calendar.ts'
import { windowLabel } from '../budget/window.ts'
import type { Counts, Severity, Slo } from '../model.ts'
import type { Reading } from '../reading.ts'
import { type MinuteSeries, minuteAt, positionIn } from './minute-series.ts'
import { replay } from './replay.ts'

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
  /** The first minute of which anything is known; null where that is the first that was read, or nothing is known. */
  knownFrom: Date | null
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
  /** Time that maintenance leaves out of the budget. */
  excluded?: readonly Period[]
  policy?: AlertPolicy
}

const MINUTE_MS = 60_000

/**
 * Judges every whole minute of [from, to) as a tick at its end would have, through the real alert decision.
 * An SLO measured without interruption and judged once a minute has done the same.
 * @param series by `keyOf` of what the SLO measures, all over the same time: from at least the longest alert window before
 * `from`, where there is history
 */
export function backtest(
  slo: Slo,
  series: ReadonlyMap<string, MinuteSeries>,
  { from, to, stepMinutes, excluded = [], policy = ALERT_POLICY }: BacktestOptions,
): Backtest {
  const readingAt = replay(slo, series, excluded)
  const parts = [...series.values()]
  const [grid] = parts as [MinuteSeries]
  const first = Math.max(0, positionIn(grid, from))
  const last = Math.min(grid.total.length, positionIn(grid, to))
  const alerts: PastAlert[] = []
  const steps: PastStep[] = []
  const openMinutes = { page: 0, ticket: 0 }
  let state: AlertState = NEVER_FIRED
  let stepCounts = { good: 0, total: 0 }
  for (let end = 1; end <= last; end++) {
    const reading = readingAt(end)
    const at = minuteAt(grid, end)
    const { next, transition, lead }: ReturnType<typeof decide> = decide(state, reading, at, policy)
    if (end > first) {
      if (transition !== null) closeLast(alerts, at)
      if (next.phase === 'firing' && (transition !== null || end === first + 1)) {
        alerts.push(openAlert(next.severity, at, lead))
      }
      if (next.phase === 'firing') openMinutes[next.severity]++
      for (const { good, total } of parts) {
        stepCounts.good += good[end - 1]!
        stepCounts.total += total[end - 1]!
      }
      if ((end - first) % stepMinutes === 0 || end === last) {
        steps.push({ at, counts: stepCounts, budgetRemaining: budgetIn(reading).remaining })
        stepCounts = { good: 0, total: 0 }
      }
    }
    state = next
  }
  const end = readingAt(last)
  const until = minuteAt(grid, last)
  for (const alert of alerts) alert.minutes = ((alert.to ?? until).getTime() - alert.from.getTime()) / MINUTE_MS
  return {
    from: minuteAt(grid, first),
    to: until,
    knownFrom: knownFrom(parts),
    counts: end.period.counts,
    budget: budgetIn(end),
    coverage: end.period.coverage,
    alerts,
    openMinutes,
    steps,
  }
}

function knownFrom(parts: readonly MinuteSeries[]): Date | null {
  const known = parts.map(({ covered }) => covered.indexOf(1)).filter((first) => first >= 0)
  const first = Math.min(...known)
  return known.length > 0 && first > 0 ? minuteAt(parts[0]!, first) : null
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

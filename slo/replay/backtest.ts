import { ALERT_POLICY, type AlertPolicy } from '../alert/alert-policy.ts'
import type { AlertName } from '../alert/incident.ts'
import { type Budget, budgetOfSlo } from '../budget/budget.ts'
import type { Period } from '../budget/calendar.ts'
import { emptyMemory, type Memory } from '../decide/alert-record.ts'
import { type Decision, decide, NO_CONDITIONS, plainContext } from '../decide/decide.ts'
import type { Counts, Severity, Slo } from '../model.ts'
import type { BudgetReset, Reading } from '../reading.ts'
import { type MinuteSeries, minuteAt, positionIn } from './minute-series.ts'
import { replay } from './replay.ts'
import { type PastAlert, SentAlerts } from './sent-alerts.ts'

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
  /** Resets of the SLO's budget, oldest first. */
  resets?: readonly BudgetReset[]
  policy?: AlertPolicy
  /** Kinds of alert that are sent; those that do not follow from an SLO's own minutes are left out. */
  kinds?: ReadonlySet<AlertName>
}

const MINUTE_MS = 60_000

/** What an SLO's own minutes decide. */
const OF_MINUTES: readonly AlertName[] = ['SLOBurnRate', 'SLOBudgetSpent', 'SLOExhaustion', 'TelemetryAbsent']

/**
 * Judges every whole minute of [from, to) as a tick at its end would have, through the one decision that production asks.
 * An SLO measured without interruption and judged once a minute has sent the same.
 * @param series by `keyOf` of what the SLO measures, all over the same time: from at least the longest alert window before
 * `from`, where there is history
 */
export function backtest(
  slo: Slo,
  series: ReadonlyMap<string, MinuteSeries>,
  {
    from,
    to,
    stepMinutes,
    excluded = [],
    resets = [],
    policy = ALERT_POLICY,
    kinds = new Set(OF_MINUTES),
  }: BacktestOptions,
): Backtest {
  const readingAt = replay(slo, series, excluded, resets)
  const decideAt = decider(slo, policy, kinds)
  const parts = [...series.values()]
  const [grid] = parts as [MinuteSeries]
  const first = Math.max(0, positionIn(grid, from))
  const last = Math.min(grid.total.length, positionIn(grid, to))
  const sent = new SentAlerts()
  const steps: PastStep[] = []
  let stepCounts = { good: 0, total: 0 }
  for (let end = 1; end <= last; end++) {
    const reading = readingAt(end)
    const at = minuteAt(grid, end)
    sent.note(decideAt(reading, at), at)
    if (end <= first) continue
    for (const { good, total } of parts) {
      stepCounts.good += good[end - 1]!
      stepCounts.total += total[end - 1]!
    }
    if ((end - first) % stepMinutes === 0 || end === last) {
      steps.push({ at, counts: stepCounts, budgetRemaining: budgetIn(reading).remaining })
      stepCounts = { good: 0, total: 0 }
    }
  }
  const end = readingAt(last)
  const until = minuteAt(grid, last)
  const alerts = within(sent.sent(), minuteAt(grid, first + 1), until)
  return {
    from: minuteAt(grid, first),
    to: until,
    knownFrom: knownFrom(parts),
    counts: end.period.counts,
    budget: budgetIn(end),
    coverage: end.period.coverage,
    alerts,
    openMinutes: openMinutesOf(alerts, until),
    steps,
  }
}

function knownFrom(parts: readonly MinuteSeries[]): Date | null {
  const known = parts.map(({ covered }) => covered.indexOf(1)).filter((first) => first >= 0)
  const first = Math.min(...known)
  return known.length > 0 && first > 0 ? minuteAt(parts[0]!, first) : null
}

const budgetIn = ({ period, slo }: Reading): Budget => budgetOfSlo(slo, period.units)

/** One decision after another, each from what the one before it left. Nobody said anything, and no trace shows a cause. */
function decider(slo: Slo, policy: AlertPolicy, kinds: ReadonlySet<AlertName>) {
  const context = plainContext({
    policy: { ...policy, dryRun: false },
    kinds: new Set(OF_MINUTES.filter((kind) => kinds.has(kind))),
    routes: [{ matchers: [], endpoints: ['everybody'], routes: [] }],
    policies: new Map([[slo.name, slo.policies && { ...slo.policies, endpoints: [] }]]),
  })
  const rootCauses = new Map<string, string>()
  let memory: Memory = emptyMemory()
  return (reading: Reading, now: Date): Decision => {
    const decision = decide({ readings: [reading], conditions: NO_CONDITIONS, memory, rootCauses, context, now })
    memory = decision.memory
    return decision
  }
}

/** Those that were open in a stretch of time; what was open when it begins is told from there. */
const within = (alerts: readonly PastAlert[], from: Date, until: Date): PastAlert[] =>
  alerts
    .filter(({ to }) => to === null || to >= from)
    .map((alert) => {
      const start = alert.from < from ? from : alert.from
      return { ...alert, from: start, minutes: ((alert.to ?? until).getTime() - start.getTime()) / MINUTE_MS }
    })

/** Minutes with a page open, and with a ticket open and no page. */
function openMinutesOf(alerts: readonly PastAlert[], until: Date): Record<Severity, number> {
  const minutesOf = (severity: Severity) =>
    new Set(
      alerts
        .filter((alert) => alert.severity === severity)
        .flatMap(({ from, to, minutes }) => {
          const count = to === null ? minutes + 1 : minutes
          return Array.from({ length: count }, (_, n) => from.getTime() + n * MINUTE_MS)
        })
        .filter((ms) => ms <= until.getTime()),
    )
  const page = minutesOf('page')
  const ticket = [...minutesOf('ticket')].filter((ms) => !page.has(ms))
  return { page: page.size, ticket: ticket.length }
}

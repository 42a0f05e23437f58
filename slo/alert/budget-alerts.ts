import { budgetOf } from '../budget/budget.ts'
import { burnRate } from '../budget/burn-rate.ts'
import { estimatedExhaustionMinutes } from '../budget/exhaustion.ts'
import { seenEvents } from '../budget/sampling.ts'
import type { Severity, Slo } from '../model.ts'
import type { Reading, WindowReading } from '../reading.ts'
import type { AlertPolicy } from './alert-policy.ts'
import type { Condition } from './alert-state.ts'
import { frozenReading } from './alert-verdict.ts'
import type { AlertName } from './incident.ts'
import type { AlertSubject } from './incident-group.ts'
import { type Signal, sloSubject } from './signal.ts'

/** Shares of the error budget that are told when they are spent, in per cent. */
export const BUDGET_THRESHOLDS = [50, 75, 90, 100] as const
const WHOLE = 100

/** A threshold is armed again once this many points less are spent. */
const REARM_POINTS = 5

const HOUR = 60
const DAY = 24 * HOUR

/** What the budget goes by is slow: nothing is gained by keeping it open longer. */
const AT_ONCE: Readonly<Record<Severity, number>> = { page: 0, ticket: 0 }

type Verdict = Pick<Condition, 'verdict' | 'reason'>

/**
 * One alert per threshold; all those of an SLO are one incident, so that a budget that shrinks is one stream. None while so
 * little is spent that every threshold is clear.
 * @param remeasuring the reading lacks what is not measured yet
 */
export function budgetSpent(reading: Reading, now: Date, policy: AlertPolicy, remeasuring = false): Signal[] {
  const { slo, period } = reading
  const frozen = frozenReading(reading, now, policy, remeasuring || reading.backfill !== undefined)
  const { consumed } = budgetOf(period.units, slo.objective.budgetPpm)
  const points = consumed === null ? null : consumed * 100
  if (!frozen && points !== null && points < BUDGET_THRESHOLDS[0] - REARM_POINTS) return []
  return BUDGET_THRESHOLDS.map((threshold): Signal => {
    const verdict = (): Verdict => {
      if (frozen) return { verdict: 'frozen', reason: frozen }
      if (points === null) return { verdict: 'frozen', reason: 'frozen_no_events' }
      // However few events there were: what is spent is spent.
      if (threshold < WHOLE && seenTotal(period) < slo.guards.minEvents)
        return { verdict: 'frozen', reason: 'frozen_min_events' }
      if (points >= threshold) return { verdict: 'matched', reason: null }
      return { verdict: points < threshold - REARM_POINTS ? 'clear' : 'hold', reason: null }
    }
    return {
      subject: budgetSubject(slo, 'SLOBudgetSpent', `budget${threshold}`),
      conditions: [{ tier: '', severity: 'ticket', ...verdict() }],
      at: atOf(reading, now),
      keepFiringMs: AT_ONCE,
      waits: true,
      summary: `${slo.name} has spent ${Math.floor(points ?? threshold)} % of its error budget for ${slo.objective.window.duration} (mark ${threshold} %)`,
    }
  })
}

/** The burn of the last six hours says how long the budget lasts. */
const BASIS_MINUTES = 6 * HOUR

/** A budget that is projected to be gone within a day; gone already is told by its threshold. */
const EXHAUSTED_WITHIN_MINUTES = DAY

/** Armed again once it lasts this much longer. */
const REARM_RATIO = 1.25

/** Events really received: a weight is a claim. */
const seenTotal = (window: WindowReading): number => {
  const { good, bad } = seenEvents(window)
  return good + bad
}

/** None while the budget lasts. */
export function exhaustionSoon(reading: Reading, now: Date, policy: AlertPolicy, remeasuring = false): Signal | null {
  const { slo, period, windows } = reading
  const { budgetPpm, window } = slo.objective
  const basis = windows.get(BASIS_MINUTES)
  const { remaining } = budgetOf(period.units, budgetPpm)
  const burn = basis ? burnRate(basis.units, budgetPpm) : null
  const minutes =
    remaining === null || burn === null ? null : estimatedExhaustionMinutes(remaining, burn, window.minutes)
  const verdict = (): Verdict => {
    const frozen = frozenReading(reading, now, policy, remeasuring || reading.backfill !== undefined)
    if (frozen) return { verdict: 'frozen', reason: frozen }
    if (!basis || basis.coverage < policy.coverageFloor) return { verdict: 'frozen', reason: 'frozen_coverage' }
    if (burn === null || remaining === null) return { verdict: 'frozen', reason: 'frozen_no_events' }
    if (seenTotal(basis) < slo.guards.minEvents) return { verdict: 'frozen', reason: 'frozen_min_events' }
    if (remaining <= 0) return { verdict: 'hold', reason: null }
    if (minutes === null || minutes > EXHAUSTED_WITHIN_MINUTES * REARM_RATIO) return { verdict: 'clear', reason: null }
    if (minutes > EXHAUSTED_WITHIN_MINUTES) return { verdict: 'hold', reason: null }
    return seenEvents(basis).bad < slo.guards.minBadEvents
      ? { verdict: 'clear', reason: 'below_min_bad_events' }
      : { verdict: 'matched', reason: null }
  }
  const judged = verdict()
  if (judged.verdict === 'clear') return null
  return {
    subject: budgetSubject(slo, 'SLOExhaustion', 'exhaustion'),
    conditions: [{ tier: '', severity: 'ticket', ...judged }],
    at: atOf(reading, now),
    keepFiringMs: policy.keepFiringMs,
    waits: true,
    summary:
      remaining !== null && remaining <= 0
        ? `${slo.name} has no error budget left`
        : `${slo.name} will have no error budget left in ${Math.floor((minutes ?? 0) / HOUR)} h at the present rate`,
  }
}

/** All alerts about the budgets of one SLI are one incident, or part of that of the burn that spends them. */
const budgetSubject = (slo: Slo, alertname: AlertName, suffix: string): AlertSubject => ({
  ...sloSubject(slo, alertname, suffix),
  group: sloSubject(slo, alertname, 'budget').group,
  under: slo.name,
})

const atOf = ({ watermark }: Reading, now: Date) => (watermark ?? now).getTime()

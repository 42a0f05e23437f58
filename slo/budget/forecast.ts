import { ALERT_POLICY } from '../alert/alert-policy.ts'
import { governingWindow, judgeTier, urgency } from '../alert/alert-verdict.ts'
import type { Counts, Severity } from '../model.ts'
import type { Reading } from '../reading.ts'
import { remainingOfPeriod } from './budget.ts'
import { burnRate } from './burn-rate.ts'
import {
  estimatedExhaustionMinutes,
  exhaustionMinutes,
  fixedExhaustionMinutes,
  growingExhaustionMinutes,
  type PastMinute,
  rateOf,
} from './exhaustion.ts'

const LAST_SIX_HOURS = 360
const MINUTE_MS = 60_000

/**
 * Minutes until the budget is gone at the rate of the window that governs a firing alert, else of the last six hours; null =
 * not before the window, or the calendar period, is over.
 * @param past what the rolling window consists of, for an exact answer; without it the answer is an estimate
 */
export function minutesToExhaustion(
  reading: Reading,
  remaining: number,
  firing: Severity | null,
  past: readonly PastMinute[] | undefined,
): number | null {
  if (remaining <= 0) return 0
  const { budgetPpm, window, method } = reading.slo.objective
  const { units, to } = reading.period
  const { basis, counts } = rateBasis(reading, firing)
  const forecast = rateOf(counts, basis)
  if (window.kind === 'calendar') {
    const minutesLeft = minutesUntil(to, reading)
    if (method === 'occurrences') return growingExhaustionMinutes(units, { budgetPpm, forecast, minutesLeft })
    const slices = { bad: units.total - units.good, total: units.total }
    return fixedExhaustionMinutes(slices, { budgetPpm, badPerMinute: badSharePerMinute(reading, counts), minutesLeft })
  }
  return past && past.length > 0
    ? exhaustionMinutes(past, { budgetPpm, windowMinutes: window.minutes, forecast })
    : estimatedExhaustionMinutes(remaining, burnRate(counts, budgetPpm) ?? 0, window.minutes)
}

/** A calendar period under Occurrences, if traffic goes on as so far: everything here is an estimate. */
export interface PeriodForecast {
  expectedTotal: number
  remaining: number
  /** Minutes until the budget of the whole period is gone; null = not before it ends. */
  exhaustionMinutes: number | null
}

export function forecastPeriod(reading: Reading, firing: Severity | null): PeriodForecast | null {
  const { expectedTotal, units, to } = reading.period
  const { budgetPpm } = reading.slo.objective
  const bad = units.total - units.good
  const remaining = expectedTotal === undefined ? null : remainingOfPeriod(bad, expectedTotal, budgetPpm)
  if (expectedTotal === undefined || remaining === null) return null
  const { basis, counts } = rateBasis(reading, firing)
  const { badPerMinute } = rateOf(counts, basis)
  const minutesLeft = minutesUntil(to, reading)
  return {
    expectedTotal,
    remaining,
    exhaustionMinutes: fixedExhaustionMinutes({ bad, total: expectedTotal }, { budgetPpm, badPerMinute, minutesLeft }),
  }
}

const minutesUntil = (to: Date, { watermark, period }: Reading): number =>
  (to.getTime() - (watermark ?? period.from).getTime()) / MINUTE_MS

/** Slices go bad at the share they did, one slice length after the other, whatever was not seen of the window. */
function badSharePerMinute({ slo }: Reading, { good, total }: Counts): number {
  const length = slo.objective.slice?.minutes ?? 1
  return total === 0 ? 0 : (total - good) / total / length
}

function rateBasis(reading: Reading, firing: Severity | null): { basis: number; counts: Counts } {
  const { slo, windows } = reading
  const basis = firingWindow(reading, firing) ?? Math.min(LAST_SIX_HOURS, slo.objective.window.minutes)
  return { basis, counts: windows.get(basis)?.units ?? { good: 0, total: 0 } }
}

/** Length of the window a message about this alert would quote, if its condition holds now. */
function firingWindow(reading: Reading, firing: Severity | null): number | null {
  const burning = reading.slo.tiers
    .filter(({ severity }) => severity === firing)
    .map((tier) => judgeTier(tier, reading, ALERT_POLICY))
    .filter(({ verdict }) => verdict === 'matched')
    .sort((a, b) => urgency(b) - urgency(a))
  return burning[0] ? governingWindow(burning[0]).minutes : null
}

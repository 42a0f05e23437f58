import type { Counts } from '../model.ts'

/** Events per minute expected from now on. Weighted counts need not be whole. */
export interface ForecastRate {
  badPerMinute: number
  totalPerMinute: number
}

/** Counts of one measured minute; `minutesAgo` is from its start to now: 1 is the minute just over. */
export interface PastMinute extends Counts {
  minutesAgo: number
}

/** Events per minute of a window. */
export const rateOf = ({ good, total }: Counts, windowMinutes: number): ForecastRate => ({
  badPerMinute: (total - good) / windowMinutes,
  totalPerMinute: total / windowMinutes,
})

/**
 * Minutes until a rolling window's budget is gone under a forecast, exactly: bad events that age out of the window come
 * back, good ones that age out take budget away. 0 when it is gone already, null when it is not within one window length.
 * Example: 1,000 events/min for 30 d at 99.9 %, 10,800 bad 29 d ago and 5 d ago, forecast 2 bad/min → 16,200 min.
 * @param minutes of the window with events, in any order
 */
export function exhaustionMinutes(
  minutes: readonly PastMinute[],
  { budgetPpm, windowMinutes, forecast }: { budgetPpm: number; windowMinutes: number; forecast: ForecastRate },
): number | null {
  const oldestFirst = minutes.filter((minute) => minute.minutesAgo <= windowMinutes && minute.minutesAgo > 0)
  oldestFirst.sort((a, b) => b.minutesAgo - a.minutesAgo)
  let bad = oldestFirst.reduce((sum, { good, total }) => sum + (total - good), 0)
  let total = oldestFirst.reduce((sum, minute) => sum + minute.total, 0)
  const overspentPerMinute = forecast.badPerMinute * 1_000_000 - forecast.totalPerMinute * budgetPpm
  let next = 0
  for (let elapsed = 0; elapsed <= windowMinutes; elapsed++) {
    for (let aged = oldestFirst[next]; aged && aged.minutesAgo + elapsed > windowMinutes; aged = oldestFirst[++next]) {
      bad -= aged.total - aged.good
      total -= aged.total
    }
    const events = total + forecast.totalPerMinute * elapsed
    const left = events * budgetPpm - (bad + forecast.badPerMinute * elapsed) * 1_000_000
    if (left <= 0 && events > 0) return elapsed
    // Between two whole minutes nothing ages out, so the budget falls in a straight line.
    const within = left / overspentPerMinute
    if (overspentPerMinute > 0 && within < 1) return elapsed + within <= windowMinutes ? elapsed + within : null
  }
  return null
}

/**
 * Minutes until the budget is gone at a steady burn, remaining · window / burn: ignores what ages out of the window,
 * so it is an estimate for lists; `exhaustionMinutes` is the forecast. 0 when it is gone already; null at a burn up to 1,
 * which a rolling window sustains. Example: half of the budget left, 30 d, burn 2 → 7.5 d.
 */
export function estimatedExhaustionMinutes(remaining: number, burn: number, windowMinutes: number): number | null {
  if (remaining <= 0) return 0
  return burn > 1 ? (remaining * windowMinutes) / burn : null
}

/**
 * Minutes until a fixed budget is gone at a steady rate: that of a calendar period with expected volume, or of the slices of a
 * period. 0 when it is gone, null when it is not before the period ends.
 * Example: 30,000,000 expected events at 99.9 %, 12,000 bad, 3,000 bad a day → 6 d.
 * @param total events expected in the whole period, or its slices
 */
export function fixedExhaustionMinutes(
  { bad, total }: { bad: number; total: number },
  { budgetPpm, badPerMinute, minutesLeft }: { budgetPpm: number; badPerMinute: number; minutesLeft: number },
): number | null {
  const left = total * budgetPpm - bad * 1_000_000
  if (left <= 0) return 0
  const minutes = left / (badPerMinute * 1_000_000)
  return minutes <= minutesLeft ? minutes : null
}

/**
 * Minutes until the budget of a calendar period is gone that grows with its traffic: (E·N − B) / (n·(e − E)).
 * Null when bad events come no faster than the budget grows, or when the period ends before.
 * Example: 10,000,000 events at 99.9 %, 4,000 bad, 1,000,000 a day with 0.3 % bad → 3 d.
 */
export function growingExhaustionMinutes(
  { good, total }: Counts,
  { budgetPpm, forecast, minutesLeft }: { budgetPpm: number; forecast: ForecastRate; minutesLeft: number },
): number | null {
  const left = total * budgetPpm - (total - good) * 1_000_000
  if (left <= 0) return 0
  const overspentPerMinute = forecast.badPerMinute * 1_000_000 - forecast.totalPerMinute * budgetPpm
  if (overspentPerMinute <= 0) return null
  const minutes = left / overspentPerMinute
  return minutes <= minutesLeft ? minutes : null
}

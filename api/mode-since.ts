import type { Outcome } from '../integration/outcome.ts'

/** Calls of one minute that ended alike. */
export interface MinuteOutcome {
  minute: Date
  outcome: Outcome
  calls: number
}

/** So many minutes in a row without the failure end it; fewer are a pause. */
const PAUSE_MINUTES = 5
const MINUTE_MS = 60_000

/**
 * When the present run of calls that end with `outcome` began: the earliest minute from which on no pause was longer than
 * PAUSE_MINUTES minutes. A minute belongs to the run when at least `minShare` of its calls end so, cancelled ones aside.
 * Null when no minute does.
 */
export function runningSince(minutes: readonly MinuteOutcome[], outcome: Outcome, minShare: number): Date | null {
  const affected = [...Map.groupBy(minutes, ({ minute }) => minute.getTime())]
    .filter(([, found]) => shareOf(found, outcome) >= minShare)
    .map(([minute]) => minute)
    .sort((a, b) => b - a)
  let since: number | null = null
  for (const minute of affected) {
    if (since !== null && since - minute > (PAUSE_MINUTES + 1) * MINUTE_MS) break
    since = minute
  }
  return since === null ? null : new Date(since)
}

function shareOf(found: readonly MinuteOutcome[], outcome: Outcome): number {
  const ended = found.filter((one) => one.outcome !== 'cancelled').reduce((sum, { calls }) => sum + calls, 0)
  const alike = found.filter((one) => one.outcome === outcome).reduce((sum, { calls }) => sum + calls, 0)
  return ended === 0 ? 0 : alike / ended
}

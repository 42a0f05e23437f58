import { z } from 'zod'
import type { Period } from '../slo/budget/calendar.ts'
import { firstOf, LOOK_BACK_MINUTES, type Run } from '../slo/budget/coverage.ts'
import type { Segments } from '../slo/budget/segments.ts'
import { type Db, query } from './query.ts'

const MINUTE_MS = 60_000

/** What is known of minutes of [from, to), and of as long before as it takes to judge them. */
export const readRuns = async (db: Db, { from, to }: Period): Promise<Run[]> =>
  selectRuns(db, { from: new Date(from.getTime() - LOOK_BACK_MINUTES * MINUTE_MS), to })

/** What is known of minutes of [from, to) alone. */
export const readRunsWithin = (db: Db, { from, to }: Period): Promise<Run[]> => selectRuns(db, { from, to })

/** The runs with others in place of what they say from an instant on. @param fromMs on a whole minute */
export function replacedFrom(runs: readonly Run[], fromMs: number, tail: readonly Run[]): Run[] {
  const head = runs.flatMap((run) => {
    const minutes = Math.min(run.minutes, (fromMs - run.fromMs) / MINUTE_MS)
    return minutes > 0 ? { ...run, minutes } : []
  })
  return [...head, ...tail]
}

/**
 * Minutes by segment of which something should be known. Time before the very first telemetry is not among them: a new
 * installation judges from its first minute.
 */
export function expectedMinutes({ cuts }: Segments, runs: readonly Run[]): number[] {
  const firstMs = firstOf(runs)
  return cuts.map((cut, n) => Math.max(0, ((cuts[n + 1] ?? cut) - Math.max(cut, firstMs)) / MINUTE_MS))
}

// A steady sender is a row for each of its gaps, whatever the length of the window.
const selectRuns = query({
  sql: `
    SELECT kind, env, toUnixTimestamp(min(minute)) * 1000 AS fromMs, count() AS minutes
    FROM (
      SELECT kind, env, minute, intDiv(toUnixTimestamp(minute), 60) - row_number() OVER (PARTITION BY kind, env ORDER BY minute) AS run
      FROM (
        SELECT DISTINCT kind, env, minute FROM covered_minutes WHERE minute >= {from:DateTime} AND minute < {to:DateTime}
      )
    )
    GROUP BY kind, env, run`,
  params: z.object({ from: z.date(), to: z.date() }),
  row: z.object({
    kind: z.enum(['telemetry', 'collector', 'measured']),
    env: z.string(),
    fromMs: z.number(),
    minutes: z.number(),
  }),
})

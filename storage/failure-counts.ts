import { z } from 'zod'
import type { CallCounts } from '../integration/call-sums.ts'
import { OUTCOMES } from '../integration/outcome.ts'
import type { ProbeCounts } from '../slo/alert/mode-alerts.ts'
import type { Counts, Slo } from '../slo/model.ts'
import { countable } from './countable.ts'
import { asked, NAMED, named } from './indicator-windows.ts'
import { type Db, query } from './query.ts'

interface Range {
  from: Date
  to: Date
}

const range = z.object({ from: z.date(), to: z.date() })
const outcome = z.enum(OUTCOMES)

/** Attempts in [from, to) by environment, dependency, service, protocol and outcome; nested and synthetic ones left out. */
export const readFailureCounts = (db: Db, values: Range): Promise<(CallCounts & { env: string })[]> =>
  sumFailures(db, values)

const sumFailures = query({
  sql: `
    SELECT env, dependency, service, protocol, outcome, sum(c.calls) AS calls, sum(c.retries) AS retries, sum(c.samples) AS samples
    FROM calls_1m AS c
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND direction = 'outbound' AND NOT nested AND NOT synthetic
    GROUP BY env, dependency, service, protocol, outcome`,
  params: range,
  row: z.object({
    env: z.string(),
    dependency: z.string(),
    service: z.string(),
    protocol: z.string(),
    outcome,
    calls: z.number(),
    retries: z.number(),
    samples: z.number(),
  }),
})

/** Batches of calls to one dependency under one parent, and those of them in which some failed and some did not. */
export interface BatchCounts {
  env: string
  dependency: string
  services: string[]
  batches: number
  partial: number
}

/** Calls under one parent from which they are a batch. */
const BATCH_CALLS = 3

/** Batches in [from, to) by environment and dependency. */
export const readBatchCounts = (db: Db, values: Range): Promise<BatchCounts[]> => countBatches(db, values)

const countBatches = query({
  sql: `
    SELECT env, dependency, groupUniqArrayIf(20)(service, failed > 0 AND failed < calls) AS services,
      count() AS batches, countIf(failed > 0 AND failed < calls) AS partial
    FROM (
      SELECT env, dependency, service, trace_id, parent_span_id, sum(sign) AS calls,
        sumIf(sign, outcome NOT IN ('ok', 'cancelled')) AS failed
      FROM call_rows
      WHERE ts >= {from:DateTime64(3)} AND ts < {to:DateTime64(3)} AND direction = 'outbound' AND NOT nested AND NOT synthetic
        AND parent_span_id != '' AND attempt = 0
      GROUP BY env, dependency, service, trace_id, parent_span_id HAVING calls >= ${BATCH_CALLS}
    )
    GROUP BY env, dependency HAVING partial > 0`,
  params: range,
  row: z.object({
    env: z.string(),
    dependency: z.string(),
    services: z.array(z.string()),
    batches: z.number(),
    partial: z.number(),
  }),
})

/** A service that answered calls in the hour before and reports none any more, although others go on calling it. */
export interface SilentService {
  env: string
  service: string
  callers: string[]
  /** Calls that others made to it in the silent minutes. */
  calls: number
}

/** Services without a single answered call in the last `silentMinutes` before `to`, but with many in the hour before that. */
export const readSilentServices = (
  db: Db,
  { to, silentMinutes }: { to: Date; silentMinutes: number },
): Promise<SilentService[]> => findSilent(db, { to, silent: silentMinutes })

const findSilent = query({
  sql: `
    SELECT env, callee AS service, groupUniqArrayIf(20)(caller, caller != '' AND recent > 0) AS callers,
      sumIf(recent, caller != '') AS calls
    FROM (
      SELECT env, if(direction = 'inbound', service, dependency) AS callee, if(direction = 'inbound', '', service) AS caller,
        sumIf(c.calls, minute >= {to:DateTime} - toIntervalMinute({silent:UInt32})) AS recent,
        sumIf(c.calls, minute < {to:DateTime} - toIntervalMinute({silent:UInt32})) AS earlier
      FROM calls_1m AS c
      WHERE minute >= {to:DateTime} - toIntervalMinute(60 + {silent:UInt32}) AND minute < {to:DateTime} AND NOT nested AND NOT synthetic
      GROUP BY env, callee, caller
    )
    GROUP BY env, callee
    HAVING sumIf(earlier, caller = '') >= 100 AND sumIf(recent, caller = '') = 0 AND calls >= 20`,
  params: z.object({ to: z.date(), silent: z.number() }),
  row: z.object({ env: z.string(), service: z.string(), callers: z.array(z.string()), calls: z.number() }),
})

/** Synthetic calls in [from, to) by what they check. */
export const readProbeCounts = (db: Db, values: Range): Promise<ProbeCounts[]> => sumProbes(db, values)

const sumProbes = query({
  sql: `
    SELECT env, service, dependency, operation, sum(c.calls) AS calls, sumIf(c.calls, outcome NOT IN ('ok', 'cancelled')) AS bad
    FROM calls_1m AS c
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND direction = 'outbound' AND synthetic AND NOT nested
    GROUP BY env, service, dependency, operation HAVING bad > 0`,
  params: range,
  row: z.object({
    env: z.string(),
    service: z.string(),
    dependency: z.string(),
    operation: z.string(),
    calls: z.number(),
    bad: z.number(),
  }),
})

/** Counts of the hour that ends at `end`, and of the same hour of the `weeks` before it, by indicator and generation. */
export async function readLikeHours(
  db: Db,
  { slos, end, weeks }: { slos: readonly Slo[]; end: Date; weeks: number },
): Promise<Map<string, Counts[]>> {
  const hours = Array.from(
    { length: weeks + 1 },
    (_, n) => new Date((Math.floor(end.getTime() / HOUR_MS) - 1 - n * HOURS_A_WEEK) * HOUR_MS),
  )
  const rows = await sumLikeHours(db, {
    hours,
    from: hours.at(-1)!,
    to: end,
    ...named(slos),
  })
  const byKey = Map.groupBy(rows, ({ indicator, generation }) => `${indicator}\n${generation}`)
  return new Map([...byKey].map(([key, found]) => [key, hours.map((hour) => countsAt(found, hour))]))
}

const HOUR_MS = 3_600_000
const HOURS_A_WEEK = 168

function countsAt(rows: readonly { at: number; good: number; total: number }[], hour: Date): Counts {
  const { good, total } = rows.find(({ at }) => at === hour.getTime()) ?? { good: 0, total: 0 }
  return { good, total }
}

// Hours not summed yet are read by their minutes, which those in order of time find at once.
const sumLikeHours = query({
  sql: `
    WITH summed AS (
      SELECT indicator, generation, hour, ${countable('h.good')} AS good, ${countable('h.total')} AS total FROM indicator_hours AS h FINAL
      WHERE hour IN {hours:Array(DateTime)} AND complete AND ${NAMED}
    )
    SELECT indicator, generation, toUnixTimestamp(hour) * 1000 AS at, good, total FROM summed
    UNION ALL
    SELECT indicator, generation, toUnixTimestamp(toStartOfHour(minute)) * 1000 AS at, sum(${countable('m.good')}) AS good, sum(${countable('m.total')}) AS total
    FROM indicator_minutes_by_time AS m FINAL
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND toStartOfHour(minute) IN {hours:Array(DateTime)}
      AND ${NAMED} AND (indicator, generation, toStartOfHour(minute)) NOT IN (SELECT indicator, generation, hour FROM summed)
    GROUP BY indicator, generation, at`,
  params: z.object({ ...asked, hours: z.array(z.date()), from: z.date(), to: z.date() }),
  row: z.object({ indicator: z.string(), generation: z.string(), at: z.number(), good: z.number(), total: z.number() }),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

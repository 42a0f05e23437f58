import { ClickHouseError } from '@clickhouse/client'
import { z } from 'zod'
import type { MeasuredIndicator } from '../slo/model.ts'
import type { Spread } from '../slo/replay/minute-series.ts'
import { countable, storedGood, storedTotal } from './countable.ts'
import { compileIndicator, compileWithSampling } from './indicator-sql.ts'
import { offBounds } from './metric-bounds.ts'
import { type Db, query } from './query.ts'
import type { Compiled } from './sql-parameters.ts'
import { AUTHORED_BOUNDS, guarded, type Minute, selectUserMinutes, wordsOf } from './sql-source.ts'
import { Unmeasurable } from './unmeasurable.ts'

/**
 * The minutes of an SLI over whole minutes [from, to), stored nowhere. An author's statement runs read-only and bounded.
 * @throws Unmeasurable with words for the author
 */
export async function selectMinutes(
  db: Db,
  indicator: MeasuredIndicator,
  range: { from: Date; to: Date },
): Promise<(Minute & { spread?: Spread })[]> {
  if (indicator.source === 'sql') return selectUserMinutes(db, indicator, range)
  const { sql, params } = compileWithSampling(indicator, 'p')
  const select = query({
    sql: `SELECT toUnixTimestamp(minute) * 1000 AS at, ${storedGood('m.good', 'm.total')} AS good, ${storedTotal('m.good', 'm.total')} AS total,
      ${countable('m.variance_good')} AS varianceGood, ${countable('m.variance_bad')} AS varianceBad, ${countable('m.seen_good')} AS seenGood, ${countable('m.seen_bad')} AS seenBad
      FROM (${sql}) AS m`,
    params: z.looseObject({ from: z.date(), to: z.date() }),
    row: spreadRow.extend({ at: epochMs, good: z.number(), total: z.number() }),
  })
  const rows = await select(db, { ...params, ...range }).catch((error) => rethrow(db, indicator, range, error))
  return rows.map(({ at, good, total, ...spread }) => ({ minute: at, good, total, spread }))
}

/** In words for the author, when it is the author's to mend. */
async function rethrow(
  db: Db,
  indicator: MeasuredIndicator,
  range: { from: Date; to: Date },
  error: unknown,
): Promise<never> {
  if (!(error instanceof ClickHouseError)) throw error
  const reason = indicator.source === 'sql' ? wordsOf(error) : await offBounds(db, indicator, range)
  throw reason === null ? error : new Unmeasurable(reason, { cause: error })
}

const epochMs = z.number().transform((ms) => new Date(ms))

/** What sampling makes of a minute: see `SegmentSums`. */
const spreadRow = z.object({
  varianceGood: z.number(),
  varianceBad: z.number(),
  seenGood: z.number(),
  seenBad: z.number(),
})

const statisticsOf = z.object({
  rows: z.number(),
  statistics: z.object({ rows_read: z.number(), bytes_read: z.number() }),
})

/** What one run of an SLI's select over a range costs. */
export interface Cost {
  rowsRead: number
  bytesRead: number
  ms: number
  minutes: number
}

/**
 * Runs the select once and tells what it read.
 * @throws Unmeasurable with words for the author
 */
export async function costOf(db: Db, indicator: MeasuredIndicator, range: { from: Date; to: Date }): Promise<Cost> {
  const { sql, params } = await runnable(db, indicator)
  const started = performance.now()
  const result = await db
    .query({
      query: sql,
      query_params: { ...params, ...range },
      // Its statistics are the engine's own count of what was read.
      format: 'JSON',
      clickhouse_settings: AUTHORED_BOUNDS,
    })
    .catch((error) => rethrow(db, indicator, range, error))
  const { rows, statistics } = statisticsOf.parse(await result.json())
  return {
    rowsRead: statistics.rows_read,
    bytesRead: statistics.bytes_read,
    ms: performance.now() - started,
    minutes: rows,
  }
}

async function runnable(db: Db, indicator: MeasuredIndicator): Promise<Compiled> {
  return indicator.source === 'sql'
    ? { sql: await guarded(db, indicator.query), params: {} }
    : compileIndicator(indicator)
}

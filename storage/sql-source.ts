import { ClickHouseError } from '@clickhouse/client'
import { z } from 'zod'
import type { SqlIndicator } from '../slo/model.ts'
import { storedCountsOf } from './countable.ts'
import { readEngineFacts } from './engine-facts.ts'
import { type Db, query } from './query.ts'
import { type Limits, refusalOf } from './read-only-statement.ts'
import { Unmeasurable } from './unmeasurable.ts'

/** Bounds of an author's statement: it runs beside everything else and may come from anybody who may define an SLO. */
export const AUTHORED_BOUNDS = {
  max_execution_time: 10,
  timeout_overflow_mode: 'throw',
  max_rows_to_read: '200000000',
  read_overflow_mode: 'throw',
  max_memory_usage: '536870912',
  max_result_rows: '100000',
  result_overflow_mode: 'throw',
  max_threads: 1,
  readonly: '2',
} as const

/** Those that a statement may lower. */
const AUTHORED_LIMITS: Limits = {
  max_execution_time: AUTHORED_BOUNDS.max_execution_time,
  max_rows_to_read: Number(AUTHORED_BOUNDS.max_rows_to_read),
  max_result_rows: Number(AUTHORED_BOUNDS.max_result_rows),
}

export interface Minute {
  minute: Date
  good: number
  total: number
}

/**
 * Counts by minute from an author's SELECT (minute, good, total) over whole minutes, read-only and bounded. Rows of one
 * minute add up.
 * @throws Unmeasurable with words for the author when the statement is refused, fails, or answers something else
 */
export async function selectUserMinutes(
  db: Db,
  { query: statement }: Pick<SqlIndicator, 'query'>,
  range: { from: Date; to: Date },
): Promise<Minute[]> {
  const sql = await guarded(db, statement)
  const rows = await selectRows(sql)(db, range).catch((error: unknown) => {
    throw error instanceof ClickHouseError ? new Unmeasurable(wordsOf(error), { cause: error }) : error
  })
  const minutes = new Map<number, Minute>()
  for (const { at, good, total } of rows) {
    if (at === null || good === null || total === null || !Number.isFinite(good) || !Number.isFinite(total)) {
      throw new Unmeasurable('the SELECT answers minute, good or total without a number; leave such rows out')
    }
    if (at < range.from.getTime() || at >= range.to.getTime()) {
      const outside = new Date(at).toISOString()
      throw new Unmeasurable(
        `the SELECT answers minute ${outside}, which was not asked for: select times >= {from:DateTime} and < {to:DateTime}`,
      )
    }
    const known = minutes.get(at)
    const [sumGood, sumTotal] = storedCountsOf(good + (known?.good ?? 0), total + (known?.total ?? 0))
    minutes.set(at, { minute: new Date(at), good: sumGood, total: sumTotal })
  }
  return [...minutes.values()].sort((a, b) => a.minute.getTime() - b.minute.getTime())
}

/** The statement with its columns checked by the engine; refused when it could do more than read. */
export async function guarded(db: Db, statement: string): Promise<string> {
  const own = statement.trim().replace(/(\s*;)+$/, '')
  const sql = `SELECT toUnixTimestamp(toStartOfMinute(toDateTime(asked.minute))) * 1000 AS at, toFloat64(asked.good) AS good, toFloat64(asked.total) AS total
FROM (
${own}
) AS asked`
  const { tableFunctions } = await factsOf(db)
  const isSelect = /^[\s(]*(select|with)\b/i.test(own)
  const refusal = isSelect
    ? (refusalOf(own, tableFunctions, AUTHORED_LIMITS) ?? refusalOf(sql, tableFunctions, AUTHORED_LIMITS))
    : 'it is no SELECT'
  if (refusal !== null) throw new Unmeasurable(`the SELECT is not run: ${refusal}`)
  return sql
}

const facts = new WeakMap<Db, ReturnType<typeof readEngineFacts>>()

/** Read once: what an engine offers does not change while it runs. */
function factsOf(db: Db): ReturnType<typeof readEngineFacts> {
  const known = facts.get(db)
  if (known) return known
  const reading = readEngineFacts(db)
  facts.set(db, reading)
  reading.catch(() => facts.delete(db))
  return reading
}

const number = z.number().nullable()

const selectRows = (sql: string) =>
  query({
    sql,
    params: z.object({ from: z.date(), to: z.date() }),
    row: z.object({ at: number, good: number, total: number }),
    settings: AUTHORED_BOUNDS,
  })

const MAX_WORDS = 400

/** What the engine says, without the frame that repeats it. */
export function wordsOf(error: ClickHouseError): string {
  const words = error.message.replace(/\s+/g, ' ').slice(0, MAX_WORDS)
  return `the SELECT fails: ${words} (${error.type ?? error.code})`
}

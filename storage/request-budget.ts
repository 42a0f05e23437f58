import { ClickHouseError } from '@clickhouse/client'
import type { Db } from './query.ts'

/** What all statements of one request may take together. */
export interface Budget {
  ms: number
  /** Rows read. */
  rows: number
  /** Of each statement; they run one after another. */
  memoryBytes: number
}

/** The budget of a request is spent; asking for less is right, asking again is not. */
export class OverBudgetError extends Error {
  override readonly name = 'OverBudgetError'
}

/** A connection whose queries share one budget, each on one thread, and how many ms of it are left. */
export interface Budgeted {
  db: Db
  leftMs(): number
}

/** What the format JSON holds. */
interface Counted {
  data: unknown[]
  statistics: { rows_read: number }
}

/** ClickHouse's codes for what a bound ended: rows, time, memory. */
const BOUNDS: Record<string, keyof typeof WORDS> = { 158: 'rows', 159: 'time', 241: 'memory' }

/**
 * Puts a budget around the queries of a connection. One that has less left than it needs ends with OverBudgetError.
 * @param signal ends the query that runs when nobody waits for the answer any more
 */
export function withinBudget(db: Db, budget: Budget, signal?: AbortSignal): Budgeted {
  const startedAt = performance.now()
  const leftMs = () => budget.ms - (performance.now() - startedAt)
  let rows = budget.rows

  const query: Db['query'] = async (asked) => {
    const [ms, mayRead] = [leftMs(), rows]
    if (ms <= 0 || mayRead <= 0) throw overBudget(ms <= 0 ? 'time' : 'rows')
    const isCounted = asked.format === 'JSONEachRow'
    const timeout = AbortSignal.timeout(Math.ceil(ms))
    const given = asked.clickhouse_settings ?? {}
    const least = (name: keyof typeof given, bound: number) => Math.min(bound, Number(given[name] || Infinity))
    try {
      const result = await db.query({
        ...asked,
        // The format whose end says how much was read, of every ClickHouse and of the embedded engine.
        ...(isCounted && { format: 'JSON' as const }),
        abort_signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        clickhouse_settings: {
          ...given,
          max_execution_time: Math.max(1, Math.ceil(least('max_execution_time', ms / 1_000))),
          timeout_overflow_mode: 'throw',
          max_rows_to_read: String(Math.ceil(least('max_rows_to_read', mayRead))),
          read_overflow_mode: 'throw',
          max_memory_usage: String(least('max_memory_usage', budget.memoryBytes)),
          max_threads: 1,
        },
      })
      if (!isCounted) return result as never
      const { data, statistics } = (await result.json()) as unknown as Counted
      rows -= statistics.rows_read
      return { json: async () => data } as never
    } catch (error) {
      if (timeout.aborted) throw overBudget('time')
      const bound = error instanceof ClickHouseError ? BOUNDS[error.code] : undefined
      // A bound that the statement brought along is not the request's: its own words say what it was.
      if (bound === 'time' && leftMs() < 1_000) throw overBudget('time')
      if (bound === 'memory' && Number(given.max_memory_usage || Infinity) > budget.memoryBytes)
        throw overBudget('memory')
      if (bound === 'rows' && Number(given.max_rows_to_read || Infinity) > mayRead) throw overBudget('rows')
      throw error
    }
  }
  const bounded = new Proxy(db, {
    get: (target, name) => {
      if (name === 'query') return query
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { db: bounded, leftMs }
}

const WORDS = {
  time: 'takes longer than it may',
  rows: 'reads more rows than it may',
  memory: 'takes more memory than it may',
}

const overBudget = (spent: keyof typeof WORDS) =>
  new OverBudgetError(`The request ${WORDS[spent]}: ask for fewer days or fewer SLOs`)

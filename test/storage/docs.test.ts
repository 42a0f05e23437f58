import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileIndicator } from '../../storage/indicator-sql.ts'
import { selectUserMinutes } from '../../storage/sql-source.ts'
import { testDatabase } from '../support/database.ts'
import { callRow, storeCalls } from './calls.ts'
import { storeSums } from './points.ts'

/** What docs/measuring.md shows is what the engine does. */
const GUIDE = readFileSync(new URL('../../docs/measuring.md', import.meta.url), 'utf8')

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE = 60_000
const RANGE = { from: new Date(T0), to: new Date(T0 + 120 * MINUTE) }

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

/** Rows of the table whose head begins with these words. */
const tableOf = (...head: string[]): string[][] => {
  const begin = GUIDE.split('\n').findIndex((line) => head.every((word, n) => line.split('|')[n + 1]?.trim() === word))
  const rows = GUIDE.split('\n').slice(begin + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe('the guide to measuring', () => {
  test('counts a counter as its table says', async () => {
    const rows = tableOf('time', 'value', 'counted').map(([time, value, counted]) => ({
      at: Date.parse(`2026-01-01T${time}:30Z`),
      value: Number(value),
      counted: Number(counted),
    }))
    expect(rows.length).toBeGreaterThan(5)
    await storeSums(
      store.db,
      rows.map(({ at, value }) => ({ metric: 'told', at, since: T0 - 300 * MINUTE, value })),
    )
    const all = { source: 'metric', metric: 'told', kind: 'sum', attributes: {}, le: null } as const
    const { sql, params } = compileIndicator({
      source: 'metric',
      name: 'told',
      numerator: { counts: 'good', selection: all },
      total: all,
    })
    const result = await store.db.query({
      query: `SELECT toUnixTimestamp(minute) AS at, total FROM (${sql}) WHERE total > 0 ORDER BY at`,
      query_params: { ...params, ...RANGE },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    const counted = (await result.json<{ at: number; total: number }>()).map(({ at, total }) => [at * 1_000, total])
    const told = rows.filter((row) => row.counted > 0).map((row) => [row.at - 30_000, row.counted])
    expect(counted).toEqual(told)
  })

  test('shows a SELECT that runs, and counts what it says', async () => {
    const query = /```sql\n([\s\S]*?)```/.exec(GUIDE)?.[1] ?? ''
    const calls = [0, 0, 0, 1].map((minute) =>
      callRow({ ts: T0 + minute * MINUTE, service: 'checkout', dependency: 'pay' }),
    )
    await storeCalls(store.db, calls, 'guide')
    expect(await selectUserMinutes(store.db, { query }, RANGE)).toEqual([
      { minute: new Date(T0), good: 1, total: 1 },
      { minute: new Date(T0 + MINUTE), good: 0, total: 1 },
    ])
  })
})

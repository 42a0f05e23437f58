import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OverBudgetError, withinBudget } from '../../storage/request-budget.ts'
import { testDatabase } from '../support/database.ts'

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

const AMPLE = { ms: 60_000, rows: 1e9, memoryBytes: 2 ** 28 }
const budget = (over: Partial<typeof AMPLE>, signal?: AbortSignal) =>
  withinBudget(store.db, { ...AMPLE, ...over }, signal)
const sum = async (db: typeof store.db, rows: number, clickhouse_settings = {}) => {
  const query = `SELECT toString(sum(number)) AS total FROM numbers(${rows})`
  const result = await db.query({ query, format: 'JSONEachRow', clickhouse_settings })
  return (await result.json<{ total: string }>())[0]?.total
}

describe('the statements of one request', () => {
  test('are answered while their budget lasts', async () => {
    const { db } = budget({})
    expect([await sum(db, 10), await sum(db, 10)]).toEqual(['45', '45'])
  })

  test('share one budget of rows: none is over it, together they are', async () => {
    const { db } = budget({ rows: 150_000 })
    expect(await sum(db, 100_000)).toBe('4999950000')
    await expect(sum(db, 100_000)).rejects.toThrow(/reads more rows than it may: ask for fewer days/)
    await expect(sum(db, 100_000)).rejects.toBeInstanceOf(OverBudgetError)
  })

  test('share one budget of time, which runs on between them', async () => {
    const { db, leftMs } = budget({ ms: 60 })
    while (leftMs() > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await expect(sum(db, 10)).rejects.toThrow(/takes longer than it may/)
  })

  test('are cut short in the middle', async () => {
    const { db } = budget({ ms: 300, rows: 1e15 })
    await expect(sum(db, 1e12)).rejects.toThrow(/takes longer than it may/)
  })

  test('are cut short when their caller goes away', async () => {
    const { db } = budget({ rows: 1e15 }, AbortSignal.timeout(200))
    await expect(sum(db, 1e12)).rejects.toThrow()
  })

  test('have no more memory than the budget', async () => {
    const { db } = budget({ memoryBytes: 2 ** 22 })
    const query = 'SELECT length(groupArray(number)) FROM numbers(10000000)'
    await expect(db.query({ query })).rejects.toThrow(/takes more memory than it may/)
  })

  test('keep a tighter bound of their own, and its words', async () => {
    const { db } = budget({})
    await expect(sum(db, 100_000, { max_rows_to_read: '10' })).rejects.toMatchObject({ code: '158' })
  })

  test('other uses of the connection go on as before', async () => {
    const { db } = budget({})
    expect(await db.ping()).toEqual({ success: true })
  })
})

import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { query } from '../../storage/query.ts'
import { testDatabase } from '../support/database.ts'

const store = await testDatabase()
afterAll(() => store[Symbol.asyncDispose]())

const AT = new Date('2026-01-10T12:00:00.789Z')
const read = query({
  sql: 'SELECT toUnixTimestamp({second:DateTime}) AS second, toUnixTimestamp64Milli({exact:DateTime64(3)}) AS exact',
  params: z.object({ second: z.date(), exact: z.date() }),
  row: z.object({ second: z.number(), exact: z.number() }),
})

test('an instant with milliseconds is cut where the query counts in seconds, and only there', async () => {
  const cut = Date.parse('2026-01-10T12:00:00Z') / 1_000
  expect(await read(store.db, { second: AT, exact: AT })).toEqual([{ second: cut, exact: AT.getTime() }])
})

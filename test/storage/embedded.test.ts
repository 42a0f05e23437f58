import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'

test('a migrated database of its own takes rows and gives them back', async () => {
  await using store = await testDatabase()
  await store.db.command({ query: 'CREATE TABLE t (a UInt8, b String) ENGINE = MergeTree ORDER BY a' })
  await store.db.insert({ table: 't', values: [{ a: 1, b: "x'\n" }], format: 'JSONEachRow' })
  const rows = await store.db.query({
    query: 'SELECT * FROM t WHERE b = {b:String}',
    query_params: { b: "x'\n" },
    format: 'JSONEachRow',
  })
  expect(await rows.json()).toEqual([{ a: 1, b: "x'\n" }])
})

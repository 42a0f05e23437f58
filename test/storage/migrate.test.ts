import { describe, expect, test } from 'vitest'
import { connect } from '../../storage/client.ts'
import { migrate, prepareStore } from '../../storage/migrate.ts'
import { applyRetention } from '../../storage/retention.ts'
import { testDatabase } from '../support/database.ts'

const DAY = 86_400_000
const retention = { spans: 3 * DAY, notableSpans: 30 * DAY, calls: 30 * DAY, metrics: 30 * DAY, rollups: 400 * DAY }

const server = (store: { url: string; database: string }) => ({
  url: store.url,
  database: store.database,
  username: 'default',
  password: '',
})

async function ttlOf(store: Awaited<ReturnType<typeof testDatabase>>, table: string): Promise<string> {
  const result = await store.db.query({
    query:
      "SELECT extract(engine_full, 'TTL (.+?) SETTINGS') AS ttl FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
    query_params: { table },
    format: 'JSONEachRow',
  })
  return (await result.json<{ ttl: string }>())[0]?.ttl ?? ''
}

describe('the schema', () => {
  test('is applied once, and again does nothing', async () => {
    await using store = await testDatabase()
    expect(await migrate(store.db, { database: store.database })).toEqual([])
    expect(await prepareStore(server(store))).toEqual([])
  })

  test('refuses a store made with another version of a file', async () => {
    await using store = await testDatabase()
    await store.db.command({
      query: `ALTER TABLE schema_migrations UPDATE checksum = 'other' WHERE name LIKE '002%' SETTINGS mutations_sync = 1`,
    })
    await expect(migrate(store.db, { database: store.database })).rejects.toThrow(
      'schema file 002_calls.sql is not the one this store was made with',
    )
  })

  test('creates the database where it is missing', async () => {
    await using store = await testDatabase()
    const target = { ...server(store), database: `${store.database}_new` }
    expect(await prepareStore(target)).toContain('002_calls.sql')
    const db = connect(target)
    await db.command({ query: `DROP DATABASE ${target.database}` })
    await db.close()
  })

  test('a repeated insert token counts once in the table and in its rollup', async () => {
    await using store = await testDatabase()
    const insert = (token: string) =>
      store.db.command({
        query: `INSERT INTO calls (ts, service, dependency, outcome, weight, duration_ns) SELECT toDateTime64('2026-01-01 00:00:00', 9), 's', 'd', 'ok', 1, 5 FROM numbers(10)`,
        clickhouse_settings: { insert_deduplication_token: token },
      })
    for (const token of ['a', 'b', 'a', 'a']) await insert(token)
    const result = await store.db.query({
      query: 'SELECT (SELECT toUInt32(count()) FROM calls) AS calls, (SELECT sum(calls) FROM calls_1m) AS rolled',
      format: 'JSONEachRow',
    })
    expect((await result.json<{ calls: number; rolled: number }>())[0]).toEqual({ calls: 20, rolled: 20 })
  })
})

describe('retention', () => {
  test('is given to every table, and follows the configuration', async () => {
    await using store = await testDatabase()
    await applyRetention(server(store), retention)
    expect(await ttlOf(store, 'calls')).toBe('toDateTime(ts) + toIntervalSecond(2592000)')
    expect(await ttlOf(store, 'otel_traces')).toContain('toIntervalSecond(259200) WHERE NOT')
    await applyRetention(server(store), { ...retention, calls: 7 * DAY })
    expect(await ttlOf(store, 'calls')).toBe('toDateTime(ts) + toIntervalSecond(604800)')
  })

  test('calls past their time go at the next merge, others stay', async () => {
    await using store = await testDatabase()
    await applyRetention(server(store), { ...retention, calls: DAY })
    await store.db.command({
      query: `INSERT INTO calls (ts, service) SELECT now() - toIntervalDay(number), 's' FROM numbers(4) SETTINGS insert_deduplication_token = 'x'`,
    })
    await store.db.command({ query: 'OPTIMIZE TABLE calls FINAL' })
    const result = await store.db.query({ query: 'SELECT toString(count()) AS n FROM calls', format: 'JSONEachRow' })
    expect((await result.json<{ n: string }>())[0]?.n).toBe('1')
  })
})

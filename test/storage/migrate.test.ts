import { describe, expect, test } from 'vitest'
import { connect } from '../../storage/client.ts'
import { migrate, prepareStore, readMigrations } from '../../storage/migrate.ts'
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
        query: `INSERT INTO call_rows (ts, service, dependency, outcome, weight, duration_ns) SELECT toDateTime64('2026-01-01 00:00:00', 9), 's', 'd', 'ok', 1, 5 FROM numbers(10)`,
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

/** A store as files 001 to 006 made it, with a span and a call in it. */
async function storeOfBefore() {
  const store = await testDatabase()
  const name = `${store.database}_before`
  await store.db.command({ query: `CREATE DATABASE ${name}` })
  const db = connect({ ...server(store), database: name })
  const before = (await readMigrations({ database: name })).filter((file) => file.name >= '001' && file.name < '007')
  await db.command({
    query: 'CREATE TABLE schema_migrations (name String, checksum String) ENGINE = MergeTree ORDER BY name',
  })
  for (const { statements } of before) for (const query of statements) await db.command({ query })
  const values = before.map((file) => ({ name: file.name, checksum: file.checksum }))
  await db.insert({ table: 'schema_migrations', values, format: 'JSONEachRow' })
  await db.command({
    query: `INSERT INTO otel_traces (Timestamp, TraceId, SpanId, ServiceName, SpanAttributes) SELECT '2026-01-01 00:00:00.000000001', 'aa', 'bb', 's', map('k', 'v')`,
    clickhouse_settings: { insert_deduplication_token: 'before' },
  })
  await db.command({
    query: `INSERT INTO call_rows (ts, service, trace_id, correlation_id, weight) SELECT '2026-01-01 00:00:00.000000001', 's', 'aa', 'order 7', 1`,
    clickhouse_settings: { insert_deduplication_token: 'before' },
  })
  return {
    db,
    server: { ...server(store), database: name },
    async read(query: string) {
      return (await db.query({ query, format: 'JSONEachRow' })).json<Record<string, unknown>>()
    },
    async [Symbol.asyncDispose]() {
      await db.command({ query: `DROP DATABASE ${name} SYNC` })
      await db.close()
      await store[Symbol.asyncDispose]()
    },
  }
}

const ORDER = `SELECT sorting_key FROM system.tables WHERE database = currentDatabase() AND name IN ('call_rows', 'otel_traces') ORDER BY name`
const COLUMNS = `SELECT table, name, type FROM system.columns WHERE database = currentDatabase() AND table IN ('otel_traces', 'otel_traces_trace_id_ts', 'call_rows') ORDER BY table, position`

describe('rows by trace', () => {
  test('a new store has the spans of a trace beside each other', async () => {
    await using store = await testDatabase()
    const result = await store.db.query({ query: ORDER, format: 'JSONEachRow' })
    expect(await result.json()).toEqual([
      { sorting_key: 'service, toStartOfMinute(ts), trace_id, ts, span_id, nested' },
      { sorting_key: 'ServiceName, toStartOfMinute(Timestamp), TraceId, Timestamp' },
    ])
  })

  test('a store of before keeps its rows, its order and its tokens, and has the columns of a new one', async () => {
    await using before = await storeOfBefore()
    expect(await prepareStore(before.server)).toEqual(
      expect.arrayContaining(['000_rows_by_trace.sql', '007_fewer_bytes.sql']),
    )
    expect(await before.read(ORDER)).toEqual([
      { sorting_key: 'service, toStartOfMinute(ts), trace_id, ts, span_id, nested' },
      { sorting_key: 'ServiceName, SpanName, toDateTime(Timestamp), Timestamp' },
    ])
    await before.db.command({
      query: `INSERT INTO call_rows (ts, service, weight) SELECT '2026-01-01 00:00:00', 'again', 1`,
      clickhouse_settings: { insert_deduplication_token: 'before' },
    })
    await before.db.command({ query: 'OPTIMIZE TABLE otel_traces FINAL' })
    expect(await before.read('SELECT TraceId, SpanId, ServiceName, SpanAttributes FROM otel_traces')).toEqual([
      { TraceId: 'aa', SpanId: 'bb', ServiceName: 's', SpanAttributes: { k: 'v' } },
    ])
    expect(await before.read('SELECT service, trace_id, correlation_id FROM calls')).toEqual([
      { service: 's', trace_id: 'aa', correlation_id: 'order 7' },
    ])
    expect(await before.read('SELECT toUInt32(sum(samples)) AS n FROM calls_1m')).toEqual([{ n: 1 }])
    await using store = await testDatabase()
    const fresh = await store.db.query({ query: COLUMNS, format: 'JSONEachRow' })
    expect(await before.read(COLUMNS)).toEqual(await fresh.json())
  })

  test('lengths of attribute texts lie beside the texts, where the engine knows of another way', async () => {
    await using store = await testDatabase()
    const result = await store.db.query({
      query: `SELECT countIf(engine_full LIKE '%propagate_types_serialization_versions_to_nested_types = 0%') AS given,
        (SELECT count() FROM system.merge_tree_settings WHERE name = 'propagate_types_serialization_versions_to_nested_types') AS known
        FROM system.tables WHERE database = currentDatabase() AND name IN ('otel_traces', 'call_rows', 'otel_metrics_sum')`,
      format: 'JSONEachRow',
    })
    const [row] = await result.json<{ given: string; known: string }>()
    expect(Number(row!.given)).toBe(3 * Number(row!.known))
  })
})

describe('retention', () => {
  test('is given to every table, and follows the configuration', async () => {
    await using store = await testDatabase()
    await applyRetention(server(store), retention)
    expect(await ttlOf(store, 'call_rows')).toBe('toDateTime(ts) + toIntervalSecond(2592000)')
    expect(await ttlOf(store, 'otel_traces')).toContain('toIntervalSecond(259200) WHERE NOT')
    await applyRetention(server(store), { ...retention, calls: 7 * DAY })
    expect(await ttlOf(store, 'call_rows')).toBe('toDateTime(ts) + toIntervalSecond(604800)')
  })

  test('calls past their time go at the next merge, others stay', async () => {
    await using store = await testDatabase()
    await applyRetention(server(store), { ...retention, calls: DAY })
    await store.db.command({
      query: `INSERT INTO call_rows (ts, service) SELECT now() - toIntervalDay(number), 's' FROM numbers(4) SETTINGS insert_deduplication_token = 'x'`,
    })
    await store.db.command({ query: 'OPTIMIZE TABLE call_rows FINAL' })
    const result = await store.db.query({ query: 'SELECT toString(count()) AS n FROM calls', format: 'JSONEachRow' })
    expect((await result.json<{ n: string }>())[0]?.n).toBe('1')
  })
})

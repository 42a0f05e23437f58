import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  readBatchCounts,
  readFailureCounts,
  readLikeHours,
  readProbeCounts,
  readSilentServices,
} from '../../storage/failure-counts.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type CallRow, callRow, storeCalls } from './calls.ts'

const T0 = Date.parse('2026-01-10T12:00:00Z')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const RANGE = { from: new Date(T0), to: new Date(T0 + 10 * MINUTE_MS) }

type Row = CallRow & { parent_span_id: string; attempt: number }
const call = (minute: number, row: Partial<Row> = {}): Row => ({
  parent_span_id: '',
  attempt: 0,
  ...callRow({ ts: T0 + minute * MINUTE_MS, ...row }),
})

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
  await storeCalls(
    store.db,
    [
      call(1, { dependency: 'd1', outcome: 'auth', weight: 3 }),
      call(2, { dependency: 'd1', outcome: 'auth' }),
      call(2, { dependency: 'd1', env: 'staging' }),
      call(2, { dependency: 'd1', synthetic: true, outcome: 'timeout', service: 'prober', operation: 'GET /health' }),
      call(3, { dependency: 'd1', synthetic: true, outcome: 'ok', service: 'prober', operation: 'GET /health' }),
      call(2, { dependency: 'd1', nested: true, outcome: 'auth' }),
      call(11, { dependency: 'd1', outcome: 'auth' }),
      // Three of a kind under one parent: one batch partly failed, one failed wholly, one is no batch.
      ...['ok', 'timeout', 'ok'].map((outcome) => call(1, { dependency: 'd2', outcome, parent_span_id: 'p1' })),
      ...['timeout', 'timeout', 'timeout'].map((outcome) =>
        call(1, { dependency: 'd2', outcome, parent_span_id: 'p2' }),
      ),
      ...['ok', 'timeout'].map((outcome) => call(1, { dependency: 'd2', outcome, parent_span_id: 'p3' })),
      // Retries are no batch.
      ...[0, 1, 2].map((attempt) =>
        call(1, { dependency: 'd3', outcome: attempt < 2 ? 'timeout' : 'ok', parent_span_id: 'p4', attempt }),
      ),
      // `stock` answered in the hour before and is silent since; `cart` still answers.
      call(-30, { direction: 'inbound', service: 'stock', dependency: '', weight: 200 }),
      call(5, { service: 'web', dependency: 'stock', weight: 50 }),
      call(-30, { direction: 'inbound', service: 'cart', dependency: '', weight: 200 }),
      call(5, { direction: 'inbound', service: 'cart', dependency: '' }),
      call(5, { service: 'web', dependency: 'cart', weight: 50 }),
      // `idle` is silent as well, and nobody calls it.
      call(-30, { direction: 'inbound', service: 'idle', dependency: '', weight: 200 }),
    ],
    'failure-counts',
  )
})
afterAll(() => store[Symbol.asyncDispose]())

test('attempts are counted by environment and outcome, without nested and synthetic ones', async () => {
  const rows = (await readFailureCounts(store.db, RANGE)).filter(({ dependency }) => dependency === 'd1')
  expect(rows.toSorted((a, b) => (a.env < b.env ? -1 : 1))).toEqual([
    {
      env: 'prod',
      dependency: 'd1',
      service: 'checkout',
      protocol: 'http',
      outcome: 'auth',
      calls: 4,
      retries: 0,
      samples: 2,
    },
    {
      env: 'staging',
      dependency: 'd1',
      service: 'checkout',
      protocol: 'http',
      outcome: 'ok',
      calls: 1,
      retries: 0,
      samples: 1,
    },
  ])
})

test('batches of which a part failed are counted beside all batches', async () => {
  expect(await readBatchCounts(store.db, RANGE)).toEqual([
    { env: 'prod', dependency: 'd2', services: ['checkout'], batches: 2, partial: 1 },
  ])
})

test('a service that fell silent while others call it is found', async () => {
  expect(await readSilentServices(store.db, { to: RANGE.to, silentMinutes: 10 })).toEqual([
    { env: 'prod', service: 'stock', callers: ['web'], calls: 50 },
  ])
})

test('checks are counted by what they check', async () => {
  expect(await readProbeCounts(store.db, RANGE)).toEqual([
    { env: 'prod', service: 'prober', dependency: 'd1', operation: 'GET /health', calls: 2, bad: 1 },
  ])
})

describe('the same hour of earlier weeks', () => {
  test('beside the hour that is over', async () => {
    const end = new Date(T0)
    const minute = (at: number, good: number) => ({
      indicator: 'A',
      generation: 'g1',
      minute: Math.floor(at / 1000),
      good,
      total: 100,
      measured_at: new Date(T0).toISOString(),
    })
    const week = 7 * 24 * HOUR_MS
    await store.db.insert({
      table: 'indicator_minutes',
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
      values: [
        minute(T0 - HOUR_MS, 90),
        minute(T0 - MINUTE_MS, 91),
        minute(T0, 50),
        minute(T0 - week - HOUR_MS, 99),
        minute(T0 - 2 * week - HOUR_MS - MINUTE_MS, 1),
      ],
    })
    const hours = await readLikeHours(store.db, { slos: [sloWith({ name: 'A' })], end, weeks: 2 })
    expect(hours.get('A\ng1')).toEqual([
      { good: 181, total: 200 },
      { good: 99, total: 100 },
      { good: 0, total: 0 },
    ])
    // Once it is summed, the hour is not added up again; of an SLI that lacks the sum it still is.
    const hour = { hour: Math.floor((T0 - HOUR_MS) / 1000), generation: 'g1', good: 181, total: 200 }
    await store.db.insert({
      table: 'indicator_hours',
      format: 'JSONEachRow',
      values: [
        { ...hour, indicator: 'A', last_event: 0, invalid_minute: 0, complete: true },
        { ...hour, indicator: 'B', good: 1, last_event: 0, invalid_minute: 0, complete: false },
      ],
    })
    await store.db.insert({
      table: 'indicator_minutes',
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
      values: [{ ...minute(T0 - MINUTE_MS, 7), indicator: 'B' }],
    })
    const a = sloWith({ name: 'A' })
    const slos = [a, { ...a, name: 'B', indicator: { ...a.indicator, name: 'B' } }]
    const summed = await readLikeHours(store.db, { slos, end, weeks: 1 })
    expect(summed.get('A\ng1')?.[0]).toEqual({ good: 181, total: 200 })
    expect(summed.get('B\ng1')?.[0]).toEqual({ good: 7, total: 100 })
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallSelection, CallsIndicator, Slo } from '../../slo/model.ts'
import { lastMeasured, measureMinutes } from '../../storage/indicator-minutes.ts'
import { compileIndicator } from '../../storage/indicator-sql.ts'
import { readHistory, readReadings } from '../../storage/readings.ts'
import { testDatabase } from '../support/database.ts'
import { type CallRow, callRow, storeCalls, storeHeartbeat } from './calls.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE = 60_000
const at = (minute: number, ms = 0) => T0 + minute * MINUTE + ms
const HOUR = 60 * MINUTE
/** Many statements on an engine that other tests keep busy. */
const PATIENCE_MS = 120_000

const selection = (over: Partial<CallSelection> = {}): CallSelection => ({
  source: 'calls',
  attributes: {},
  fields: { service: { in: ['checkout'] }, dependency: { in: ['acme-pay'] } },
  direction: 'outbound',
  synthetic: false,
  outcome: { notIn: ['cancelled'] },
  latency: null,
  ...over,
})

const availability: CallsIndicator = {
  source: 'calls',
  name: 'acme-pay-availability',
  numerator: { counts: 'bad', selection: selection({ outcome: { in: ['timeout', 'server_error', 'connection'] } }) },
  total: selection(),
}

const latency: CallsIndicator = {
  source: 'calls',
  name: 'acme-pay-latency',
  numerator: { counts: 'good', selection: selection({ latency: { op: 'lte', ns: 300_000_000 } }) },
  total: selection(),
}

const slo = (indicator: CallsIndicator, over: Partial<Slo> = {}): Slo => ({
  name: indicator.name,
  displayName: '',
  description: '',
  service: 'checkout',
  labels: {},
  owner: '',
  runbook: '',
  indicator,
  generation: `${indicator.name}-1`,
  objective: {
    targetPpm: 999_000,
    budgetPpm: 1_000,
    method: 'occurrences',
    window: { kind: 'rolling', minutes: 43_200, duration: '30d' },
    slice: null,
    noData: 'gap',
  },
  tiers: [{ severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4 }],
  guards: { minEvents: 100, minBadEvents: 5 },
  alerting: 'mwmb',
  policies: null,
  settleMinutes: 0,
  ...over,
})

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

const DERIVED = ['indicator_minutes_by_time', 'indicator_hours', 'covered_minutes', 'collector_reports']

const fresh = async () => {
  for (const table of ['call_rows', 'calls_1m', 'indicator_minutes', 'ingest_log', ...DERIVED])
    await store.db.command({ query: `TRUNCATE TABLE ${table}` })
}

let token = 0
const arrive = (rows: CallRow[]) => storeCalls(store.db, rows, `t${token++}`)

describe('a minute is measured', () => {
  beforeAll(fresh)

  test('by outcome from the rollup and by latency from single calls, with cancelled, synthetic, nested and foreign calls left out', async () => {
    await arrive([
      callRow({ ts: at(0) }),
      callRow({ ts: at(0, 59_999), outcome: 'timeout', duration_ns: 900_000_000 }),
      callRow({ ts: at(0, 1), outcome: 'cancelled' }),
      callRow({ ts: at(0, 2), synthetic: true, outcome: 'timeout' }),
      callRow({ ts: at(0, 3), nested: true, outcome: 'timeout' }),
      callRow({ ts: at(0, 4), dependency: 'other', outcome: 'timeout' }),
      callRow({ ts: at(0, 5), direction: 'inbound', dependency: '' }),
      callRow({ ts: at(1), duration_ns: 300_000_000 }),
      callRow({ ts: at(1), duration_ns: 300_000_001, weight: 4 }),
    ])
    const slos = [slo(availability), slo(latency)]
    await measureMinutes(store.db, slos, { from: new Date(at(0, 30_000)), to: new Date(at(1, 1)) }, new Date(at(2)))
    const range = { from: new Date(at(-5)), to: new Date(at(5)), stepMinutes: 1 }
    expect(await readHistory(store.db, slos[0]!, range)).toEqual([
      { minute: new Date(at(0)), good: 1, total: 2 },
      { minute: new Date(at(1)), good: 5, total: 5 },
    ])
    expect(await readHistory(store.db, slos[1]!, range)).toEqual([
      { minute: new Date(at(0)), good: 1, total: 2 },
      { minute: new Date(at(1)), good: 1, total: 5 },
    ])
    expect(await readHistory(store.db, slos[1]!, { ...range, stepMinutes: 5 })).toEqual([
      { minute: new Date(at(0)), good: 2, total: 7 },
    ])
  })

  test('again when late calls arrive: the last measurement counts, not the sum', async () => {
    await arrive([callRow({ ts: at(0, 10), outcome: 'server_error' })])
    const one = slo(availability)
    await measureMinutes(store.db, [one], { from: new Date(at(0)), to: new Date(at(1)) }, new Date(at(9)))
    expect(await readHistory(store.db, one, { from: new Date(at(0)), to: new Date(at(1)), stepMinutes: 1 })).toEqual([
      { minute: new Date(at(0)), good: 1, total: 3 },
    ])
    expect(await lastMeasured(store.db, [one, slo(latency), slo(latency, { generation: 'never' })])).toEqual(
      new Map([
        [one.generation, new Date(at(9))],
        ['acme-pay-latency-1', new Date(at(2))],
      ]),
    )
  })
})

describe('windows are read', () => {
  beforeAll(async () => {
    await fresh()
    await arrive(
      [0, 1, 2, 3].map((minute) => callRow({ ts: at(minute), outcome: minute === 3 ? 'timeout' : 'ok', weight: 10 })),
    )
    await measureMinutes(
      store.db,
      [slo(availability), slo(latency)],
      { from: new Date(at(0)), to: new Date(at(4)) },
      new Date(at(4)),
    )
  })

  test('without any word of a collector: counts, but no watermark', async () => {
    const [reading] = await readReadings(store.db, [slo(availability)], new Date(at(3, 30_000)))
    expect(reading?.watermark).toBeNull()
    expect(reading?.windows.get(60)?.counts).toEqual({ good: 30, total: 40 })
  })

  test('they end with the open minute of the watermark, whatever the wall clock says', async () => {
    for (let minute = 0; minute < 3; minute++) await storeHeartbeat(store.db, at(minute, 30_000))
    const [reading] = await readReadings(store.db, [slo(availability)], new Date(at(500)))
    expect(reading?.watermark).toEqual(new Date(at(2, 30_000)))
    expect(reading?.windows.get(5)).toMatchObject({ counts: { good: 30, total: 30 }, coverage: 1 })
    expect(reading?.lastEventAt).toEqual(new Date(at(2)))
    expect([...(reading?.windows.keys() ?? [])].sort((a, b) => a - b)).toEqual([
      5, 10, 30, 60, 70, 120, 360, 1440, 4320,
    ])
  })

  test('minutes nobody reported and nothing arrived for lower the coverage; quiet ones do not', async () => {
    await storeHeartbeat(store.db, at(9, 30_000))
    const readings = await readReadings(store.db, [slo(availability), slo(latency)], new Date(at(10)))
    // Minutes 0–3 hold calls, 9 a heartbeat; 4–8 are blind. Before minute 0 nothing was ever received, so nothing is expected.
    expect(readings[0]?.windows.get(60)?.coverage).toBe(0.5)
    expect(readings[0]?.windows.get(5)?.coverage).toBe(0.2)
    for (let minute = 4; minute < 9; minute++) await storeHeartbeat(store.db, at(minute))
    const [quiet] = await readReadings(store.db, [slo(availability)], new Date(at(10)))
    expect(quiet?.windows.get(60)?.coverage).toBe(1)
  })

  test('the slowest collector that still reports decides how far data is complete', async () => {
    await storeHeartbeat(store.db, at(9, 20_000), 'second')
    await storeHeartbeat(store.db, at(1), 'gone')
    const [reading] = await readReadings(store.db, [slo(availability)], new Date(at(10)))
    expect(reading?.watermark).toEqual(new Date(at(9, 20_000)))
  })

  test('a minute with more good than total is named', async () => {
    const odd = slo({ ...availability, name: 'odd' }, { generation: 'odd-1' })
    await store.db.insert({
      table: 'indicator_minutes',
      values: [
        {
          indicator: 'odd',
          generation: 'odd-1',
          minute: at(2) / 1000,
          good: 11,
          total: 10,
          measured_at: new Date(at(3)).toISOString(),
        },
      ],
      format: 'JSONEachRow',
    })
    const [reading] = await readReadings(store.db, [odd], new Date(at(10)))
    expect(reading?.invalidMinute).toEqual(new Date(at(2)))
  })
})

describe('the order of arrival does not matter', () => {
  const outcomes = ['ok', 'timeout', 'cancelled', 'client_error'] as const
  const call = fc.record({
    minute: fc.integer({ min: 0, max: 9 }),
    outcome: fc.constantFrom(...outcomes),
    slow: fc.boolean(),
  })

  test(
    'tick by tick equals measuring once at the end, for any batches in any order',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(call, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }),
          async (batches) => {
            await fresh()
            const slos = [slo(availability), slo(latency)]
            for (const [n, batch] of batches.entries()) {
              await arrive(
                batch.map(({ minute, outcome, slow }) =>
                  callRow({ ts: at(minute), outcome, duration_ns: slow ? 1e9 : 1e6 }),
                ),
              )
              const minutes = batch.map(({ minute }) => minute)
              const range = { from: new Date(at(Math.min(...minutes))), to: new Date(at(Math.max(...minutes), 1)) }
              await measureMinutes(store.db, slos, range, new Date(at(20 + n)))
            }
            const whole = { from: new Date(at(0)), to: new Date(at(10)), stepMinutes: 1 }
            const ticked = await Promise.all(slos.map((one) => readHistory(store.db, one, whole)))
            const again = slos.map((one) => ({ ...one, generation: `${one.generation}-again` }))
            await measureMinutes(store.db, again, whole, new Date(at(99)))
            expect(await Promise.all(again.map((one) => readHistory(store.db, one, whole)))).toEqual(ticked)
          },
        ),
        { numRuns: 12 },
      )
    },
    PATIENCE_MS,
  )
})

describe('indicators measured together', () => {
  const services = ['checkout', 'orders']
  const dependencies = ['acme-pay', 'acme-mail', '']
  const outcomes = ['ok', 'timeout', 'cancelled', 'client_error'] as const
  const durations = [299_999_999, 300_000_000, 300_000_001, 1_000_000_000]

  const selector = <T extends string>(values: readonly T[]) =>
    fc
      .tuple(fc.boolean(), fc.subarray([...values], { minLength: 1 }))
      .map(([isIn, list]) => (isIn ? { in: list } : { notIn: list }))
  const anySelection: fc.Arbitrary<CallSelection> = fc.record({
    source: fc.constant('calls' as const),
    attributes: fc.constant({}),
    fields: fc.record(
      {
        service: selector(services),
        dependency: selector(dependencies),
        operation: selector(['POST /v1/charges', "it's", '']),
      },
      { requiredKeys: [] },
    ),
    direction: fc.constantFrom('outbound', 'inbound'),
    synthetic: fc.boolean(),
    outcome: selector(outcomes),
    latency: fc.option(
      fc.record({ op: fc.constantFrom('lt', 'lte', 'gt', 'gte'), ns: fc.constantFrom(300_000_000, 1_000_000_000) }),
    ),
  })
  const anyIndicator = fc.record({
    source: fc.constant('calls' as const),
    numerator: fc.record({ counts: fc.constantFrom('good' as const, 'bad' as const), selection: anySelection }),
    total: anySelection,
  })
  const anyCall = fc.record({
    ts: fc.integer({ min: at(0), max: at(4) }),
    service: fc.constantFrom(...services),
    dependency: fc.constantFrom(...dependencies),
    operation: fc.constantFrom('POST /v1/charges', "it's", ''),
    direction: fc.constantFrom('outbound' as const, 'inbound' as const),
    outcome: fc.constantFrom(...outcomes),
    nested: fc.boolean(),
    synthetic: fc.boolean(),
    weight: fc.constantFrom(1, 2.5, 64),
    duration_ns: fc.constantFrom(...durations),
  })

  test(
    'have exactly the minutes of one select each',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyCall, { minLength: 20, maxLength: 60 }),
          fc.array(anyIndicator, { minLength: 1, maxLength: 12 }),
          async (calls, indicators) => {
            await fresh()
            await arrive(calls.map((call) => callRow(call)))
            const slos = indicators.map((indicator, n) => slo({ ...indicator, name: `i${n}` }, { generation: `g${n}` }))
            const range = { from: new Date(at(0)), to: new Date(at(4)) }
            await measureMinutes(store.db, slos, range, new Date(at(5)))
            for (const [n, one] of slos.entries()) {
              const { sql, params } = compileIndicator({ ...indicators[n]!, name: one.name })
              const result = await store.db.query({
                query: `SELECT toUnixTimestamp(minute) * 1000 AS at, good, total FROM (${sql}) ORDER BY at`,
                query_params: { ...params, ...range },
                format: 'JSONEachRow',
                clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
              })
              const minutes = (await result.json<{ at: number; good: number; total: number }>()).map(
                ({ at, good, total }) => ({ minute: new Date(at), good, total }),
              )
              expect(await readHistory(store.db, one, { ...range, stepMinutes: 1 })).toEqual(minutes)
            }
          },
        ),
        { numRuns: 10 },
      )
    },
    PATIENCE_MS,
  )
})

describe('windows are sums of minutes', () => {
  const FIVE_HOURS = 5 * 60
  const days3: Slo['objective']['window'] = { kind: 'rolling', minutes: 4_320, duration: '3d' }
  const one = slo(availability, { objective: { ...slo(availability).objective, window: days3 } })
  const two = slo(latency, { objective: one.objective })

  const step = fc.record({
    calls: fc.array(
      fc.record({
        minute: fc.integer({ min: -FIVE_HOURS, max: 25 }),
        outcome: fc.constantFrom('ok', 'timeout'),
        slow: fc.boolean(),
      }),
      { maxLength: 6 },
    ),
    from: fc.integer({ min: -FIVE_HOURS, max: 24 }),
    minutes: fc.constantFrom(1, 2, 70, 200),
    measuredAt: fc.constantFrom(-30, 1, 25),
  })

  /** The hours that are stored, beside what their minutes add up to. */
  async function hours(): Promise<{ stored: unknown[]; summed: unknown[] }> {
    const read = async (query: string) =>
      (await store.db.query({ query, format: 'JSONCompactEachRow' })).json<unknown>() as Promise<unknown[]>
    const stored = await read(
      'SELECT indicator, generation, hour, good, total FROM indicator_hours FINAL WHERE complete AND total != 0 ORDER BY ALL',
    )
    const summed = await read(`
      SELECT indicator, generation, toStartOfHour(minute) AS at, sum(m.good), sum(m.total) FROM indicator_minutes AS m FINAL
      WHERE (indicator, generation, at) IN (SELECT indicator, generation, hour FROM indicator_hours FINAL WHERE complete)
      GROUP BY ALL ORDER BY ALL`)
    return { stored, summed }
  }

  async function naive(of: Slo, end: number, minutes: number) {
    const range = { from: new Date(end - minutes * MINUTE), to: new Date(end), stepMinutes: 1 }
    const history = await readHistory(store.db, of, range)
    return {
      good: history.reduce((sum, { good }) => sum + good, 0),
      total: history.reduce((sum, { total }) => sum + total, 0),
    }
  }

  async function expectExact(end: number): Promise<void> {
    for (const reading of await readReadings(store.db, [one, two], new Date(end))) {
      for (const [minutes, { counts }] of reading.windows)
        expect([minutes, counts]).toEqual([minutes, await naive(reading.slo, end, minutes)])
      const past = { from: new Date(end - 4_320 * MINUTE), to: new Date(end), stepMinutes: 1 }
      const last = (await readHistory(store.db, reading.slo, past)).findLast(({ total }) => total > 0)
      expect(reading.lastEventAt).toEqual(last?.minute ?? null)
    }
    const { stored, summed } = await hours()
    expect(stored).toEqual(summed)
  }

  test(
    'whatever is measured again, in any order, and wherever the windows begin',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 4 }),
          fc.integer({ min: 1, max: 30 }),
          async (steps, end) => {
            await fresh()
            await measureMinutes(
              store.db,
              [one, two],
              { from: new Date(at(-4_320)), to: new Date(at(0)) },
              new Date(at(0)),
            )
            for (const { calls, from, minutes, measuredAt } of steps) {
              if (calls.length > 0) {
                await arrive(
                  calls.map(({ minute, outcome, slow }) =>
                    callRow({ ts: at(minute), outcome, duration_ns: slow ? 1e9 : 1e6 }),
                  ),
                )
              }
              const range = { from: new Date(at(from)), to: new Date(at(from + minutes)) }
              await measureMinutes(store.db, [one, two], range, new Date(at(measuredAt)))
              await expectExact(at(end))
            }
          },
        ),
        { numRuns: 6 },
      )
    },
    PATIENCE_MS,
  )

  test('an hour left open by a process that died is read by its minutes, and closed by a later measurement', async () => {
    await fresh()
    await arrive([callRow({ ts: at(-100) }), callRow({ ts: at(-200), outcome: 'timeout' })])
    await measureMinutes(store.db, [one, two], { from: new Date(at(-4_320)), to: new Date(at(0)) }, new Date(at(0)))
    await arrive([callRow({ ts: at(-100), outcome: 'timeout' })])
    await store.db.command({ query: 'RENAME TABLE calls_1m TO away' })
    const late = { from: new Date(at(-100)), to: new Date(at(-99)) }
    await expect(measureMinutes(store.db, [one, two], late, new Date(at(1)))).rejects.toThrow()
    await store.db.command({ query: 'RENAME TABLE away TO calls_1m' })
    await expectExact(at(0))
    await measureMinutes(store.db, [one, two], { from: new Date(at(-1)), to: new Date(at(1)) }, new Date(at(1)))
    const result = await store.db.query({
      query: 'SELECT toUInt32(countIf(NOT complete)) AS open FROM indicator_hours FINAL',
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([{ open: 0 }])
    await expectExact(at(0))
  })

  test('a window that begins within an hour, or ends on one, counts neither too much nor too little', async () => {
    await fresh()
    await arrive(
      Array.from({ length: FIVE_HOURS }, (_, n) =>
        callRow({ ts: at(-n - 1), outcome: n % 7 === 0 ? 'timeout' : 'ok' }),
      ),
    )
    await measureMinutes(store.db, [one, two], { from: new Date(at(-4_320)), to: new Date(at(0)) }, new Date(at(0)))
    for (const end of [T0, T0 + 1 * MINUTE, T0 - 1 * MINUTE, T0 - HOUR, T0 + 59 * MINUTE]) await expectExact(end)
  })
})

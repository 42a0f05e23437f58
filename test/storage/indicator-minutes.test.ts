import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallSelection, Indicator, Slo } from '../../slo/model.ts'
import { lastMeasured, measureMinutes, readHistory, readReadings } from '../../storage/indicator-minutes.ts'
import { badCalls } from '../../storage/indicator-sql.ts'
import { testDatabase } from '../support/database.ts'
import { type CallRow, callRow, storeCalls, storeHeartbeat } from './calls.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE = 60_000
const at = (minute: number, ms = 0) => T0 + minute * MINUTE + ms

const selection = (over: Partial<CallSelection> = {}): CallSelection => ({
  fields: { service: { in: ['checkout'] }, dependency: { in: ['acme-pay'] } },
  direction: 'outbound',
  synthetic: false,
  outcome: { notIn: ['cancelled'] },
  latency: null,
  ...over,
})

const availability: Indicator = {
  source: 'calls',
  name: 'acme-pay-availability',
  numerator: { counts: 'bad', selection: selection({ outcome: { in: ['timeout', 'server_error', 'connection'] } }) },
  total: selection(),
}

const latency: Indicator = {
  source: 'calls',
  name: 'acme-pay-latency',
  numerator: { counts: 'good', selection: selection({ latency: { op: 'lte', ns: 300_000_000 } }) },
  total: selection(),
}

const slo = (indicator: Indicator, over: Partial<Slo> = {}): Slo => ({
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
  },
  tiers: [{ severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4 }],
  guards: { minEvents: 100, minBadEvents: 5 },
  alerting: 'mwmb',
  ...over,
})

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

const fresh = async () => {
  for (const table of ['calls', 'calls_1m', 'indicator_minutes', 'ingest_log'])
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

  test('the condition for evidence finds exactly the bad calls', async () => {
    for (const [indicator, expected] of [
      [availability, 2],
      [latency, 2],
    ] as const) {
      const { where, params } = badCalls(indicator)
      const result = await store.db.query({
        query: `SELECT count() AS n FROM calls WHERE ${where}`,
        query_params: params,
        format: 'JSONEachRow',
      })
      expect(Number((await result.json<{ n: string }>())[0]?.n)).toBe(expected)
    }
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
    expect(reading?.windows.get(5)).toEqual({ counts: { good: 30, total: 30 }, coverage: 1 })
    expect(reading?.lastEventAt).toEqual(new Date(at(2)))
    expect([...(reading?.windows.keys() ?? [])].sort((a, b) => a - b)).toEqual([
      5, 30, 60, 120, 360, 1440, 4320, 43_200,
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

  test('tick by tick equals measuring once at the end, for any batches in any order', async () => {
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
  })
})

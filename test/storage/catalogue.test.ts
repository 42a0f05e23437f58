import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measuredOf } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import { planObjects } from '../../slo/openslo/plan.ts'
import { measureIndicators } from '../../storage/indicator-minutes.ts'
import { costOf, selectMinutes } from '../../storage/indicator-select.ts'
import { readHistory } from '../../storage/readings.ts'
import { parseSloText } from '../../storage/slo-text.ts'
import { testDatabase } from '../support/database.ts'
import { type CallRow, callRow, storeCalls } from './calls.ts'
import { DELTA, storeGauges, storeHistograms, storeSums } from './points.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE = 60_000
const at = (minute: number, seconds = 0) => T0 + minute * MINUTE + seconds * 1_000
const RANGE = { from: new Date(at(0)), to: new Date(at(10)) }

const CATALOGUE = new URL('../fixtures/slo/catalogue.yaml', import.meta.url)

/**
 * Attempts of shop to pay. Minute 0 holds 6 logical calls: ok (250 ms) · ok (300 ms) · throttled, then ok (350 ms) ·
 * timeout (1.2 s), retried and timed out again (1 s), retried and ok · auth · cancelled. Minute 1 holds 2 sampled ones
 * that stand for 5 each: schema, and a server error; and one call that the breaker did not let out.
 */
const pay = (minute: number, outcome: string, ms: number, over: object = {}): CallRow => ({
  ...callRow({ ts: at(minute, 5), service: 'shop', dependency: 'pay', outcome, duration_ns: ms * 1e6 }),
  ...over,
})
const acme = { attributes: { tenant: 'acme' } }
const inbound = (outcome: string) =>
  callRow({ ts: at(2), service: 'shop', direction: 'inbound', dependency: '', outcome })

const CALLS: CallRow[] = [
  pay(0, 'ok', 250, acme),
  pay(0, 'ok', 300),
  pay(0, 'throttled', 10, acme),
  pay(0, 'ok', 350, { attempt: 1, ...acme }),
  pay(0, 'timeout', 1_200),
  pay(0, 'timeout', 1_000, { attempt: 1 }),
  pay(0, 'ok', 20, { attempt: 2 }),
  pay(0, 'auth', 15),
  pay(0, 'cancelled', 90),
  pay(1, 'schema', 40, { weight: 5 }),
  pay(1, 'server_error', 2_000, { weight: 5 }),
  pay(1, 'circuit_open', 0),
  ...['ok', 'ok', 'ok', 'client_error', 'auth', 'throttled', 'server_error', 'cancelled'].map(inbound),
  ...[3, 3, 3, 4].map((minute) =>
    callRow({ ts: at(minute), service: 'shop', dependency: 'queue', operation: 'send orders' }),
  ),
  ...[3, 3, 4].map((minute) =>
    callRow({
      ts: at(minute, 1),
      service: 'worker',
      direction: 'inbound',
      dependency: '',
      operation: 'process orders',
    }),
  ),
]

/** `minute:good/total`, counted by hand from what is above. */
const EXPECTED: Record<string, string[]> = {
  // ok, of all but cancelled and client_error
  'm1-success-rate': ['2:3/6'],
  // 250, 300, 10, 20, 15 of eight that were not cancelled; 40 (×5) and the breaker's 0 of eleven
  'm2-latency-p95': ['0:5/8', '1:6/11'],
  // 1.2 s is above 1 s, 1 s is not
  'm3-latency-p99': ['0:7/8', '1:6/11'],
  // two timeouts; schema and server_error
  'm4-dependency-availability': ['0:6/8', '1:1/11'],
  'm6-rate-of-4xx': ['2:4/7'],
  'm7-rate-of-5xx': ['0:8/8', '1:6/11'],
  'm8-throttle-rate': ['0:7/8', '1:11/11'],
  // three retries of five logical calls that were not cancelled; none
  'm9-retry-rate': ['0:2/5', '1:11/11'],
  'm10-throughput': ['0:1/1', '1:1/1'],
  // sent 10, 20; stored 10, 19
  'm11-data-loss': ['0:0/0', '1:10/10', '2:19/20'],
  'm11-data-loss-by-calls': ['3:2/3', '4:1/1'],
  // 59 and 60 of 59, 60, 61; the other queue's 500 is not looked at
  'm12-queue-lag': ['5:2/3'],
  'm13-auth-failures': ['0:7/8', '1:11/11'],
  'm14-schema-errors': ['0:8/8', '1:6/11'],
  // nine attempts left a span in minute 0, ten by weight in minute 1; the service itself counted 10 and 10
  'm15-observability-coverage': ['0:9/10', '1:10/10'],
  // eight attempts that were not cancelled for five logical calls; eleven for eleven
  'm9-attempts-per-call': ['0:0/1', '1:1/1'],
  'm10-throughput-per-minute': ['0:0/1', '1:1/1'],
  // nine of ten, ten of ten
  'm15-coverage-per-minute': ['0:0/1', '1:1/1'],
  'm1-of-one-tenant': ['0:2/3'],
}

let store: Awaited<ReturnType<typeof testDatabase>>
let slos: Slo[]
beforeAll(async () => {
  store = await testDatabase()
  const { objects } = parseSloText(await readFile(CATALOGUE, 'utf8'), 'catalogue.yaml')
  slos = planObjects(objects).slos.flatMap(({ name, slo, problems }) => {
    const errors = problems.filter(({ severity }) => severity === 'error')
    if (!slo) throw new Error(`${name}: ${JSON.stringify(errors)}`)
    return [slo]
  })
  await storeCalls(store.db, CALLS, 'catalogue')
  const counter = (metric: string, values: number[]) =>
    values.map((value, n) => ({ metric, at: at(n, 30), since: at(-600), value }))
  await storeSums(store.db, [...counter('orders.sent', [100, 110, 130]), ...counter('orders.stored', [90, 100, 119])])
  await storeGauges(
    store.db,
    [59, 60, 61].map((value) => ({
      metric: 'queue.oldest_message.age',
      at: at(5, value - 50),
      value,
      attributes: { queue: 'orders' },
    })),
  )
  await storeGauges(store.db, [
    { metric: 'queue.oldest_message.age', at: at(5), value: 500, attributes: { queue: 'mails' } },
  ])
  const duration = { metric: 'http.client.request.duration', service: 'shop', bounds: [0.1, 1], temporality: DELTA }
  await storeHistograms(store.db, [
    { ...duration, at: at(0, 50), since: at(0), buckets: [4, 4, 2] },
    { ...duration, at: at(1, 50), since: at(1), buckets: [5, 0, 5] },
    { ...duration, at: at(1, 50), since: at(1), buckets: [9, 0, 0], service: 'other' },
  ])
})
afterAll(() => store[Symbol.asyncDispose]())

const text = (minutes: readonly { minute: Date; good: number; total: number }[]) =>
  minutes.map(({ minute, good, total }) => `${(minute.getTime() - T0) / MINUTE}:${good}/${total}`)

describe('every indicator of the catalogue is definable, measured and counted as by hand', () => {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    test(name, async () => {
      const slo = slos.find((one) => one.name === name)!
      const [measured] = measuredOf([slo])
      expect(
        text(
          (await selectMinutes(store.db, measured!.indicator, RANGE)).toSorted(
            (a, b) => Number(a.minute) - Number(b.minute),
          ),
        ),
      ).toEqual(expected)
    })
  }

  test('no SLO of the file is left out', () => {
    expect(slos.map(({ name }) => name).sort()).toEqual(Object.keys(EXPECTED).sort())
  })

  test('measured together and stored they are the same', async () => {
    expect(await measureIndicators(store.db, measuredOf(slos), RANGE, new Date(at(11)))).toEqual([])
    for (const slo of slos) {
      expect([slo.name, text(await readHistory(store.db, slo, { ...RANGE, stepMinutes: 1 }))]).toEqual([
        slo.name,
        EXPECTED[slo.name],
      ])
    }
  })

  test('sampling leaves its variance beside the counts, w(w − 1) of the good and of the bad, and how many were received', async () => {
    await measureIndicators(store.db, measuredOf(slos), RANGE, new Date(at(12)))
    const rows = async (indicator: string) =>
      (
        await store.db.query({
          query: `SELECT variance_bad AS bad, variance_good AS good, seen_bad, seen_good FROM indicator_minutes FINAL WHERE indicator = {indicator:String} AND minute = {minute:DateTime}`,
          query_params: { indicator, minute: new Date(at(1)) },
          format: 'JSONEachRow',
        })
      ).json()
    expect(await rows('m7')).toEqual([{ bad: 20, good: 20, seen_bad: 1, seen_good: 2 }])
    expect(await rows('m4')).toEqual([{ bad: 40, good: 0, seen_bad: 2, seen_good: 1 }])
    expect(await rows('m2')).toEqual([{ bad: 20, good: 20, seen_bad: 1, seen_good: 2 }])
    expect(await rows('m9')).toEqual([{ bad: 0, good: 40, seen_bad: 0, seen_good: 3 }])
    const hours = await store.db.query({
      query: `SELECT variance_bad AS bad, variance_good AS good, seen_bad, seen_good FROM indicator_hours FINAL WHERE indicator = 'm7' AND hour = {hour:DateTime}`,
      query_params: { hour: new Date(T0) },
      format: 'JSONEachRow',
    })
    await measureIndicators(store.db, measuredOf(slos), RANGE, new Date(at(130)))
    expect(await hours.json()).toEqual([])
    const closed = await store.db.query({
      query: `SELECT variance_bad AS bad, variance_good AS good, seen_bad, seen_good FROM indicator_hours FINAL WHERE indicator = 'm7' AND hour = {hour:DateTime}`,
      query_params: { hour: new Date(T0) },
      format: 'JSONEachRow',
    })
    expect(await closed.json()).toEqual([{ bad: 20, good: 20, seen_bad: 1, seen_good: 10 }])
  })

  test('what a select costs is what the engine read', async () => {
    const one = measuredOf(slos.filter(({ name }) => name === 'm4-dependency-availability'))[0]!
    const cost = await costOf(store.db, one.indicator, RANGE)
    expect(cost.minutes).toBe(2)
    expect(cost.rowsRead).toBeGreaterThanOrEqual(7)
    expect(cost.bytesRead).toBeGreaterThan(0)
  })
})

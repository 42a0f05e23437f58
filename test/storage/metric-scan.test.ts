import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MetricIndicator, MetricSelection, Selector } from '../../slo/model.ts'
import { measureIndicators } from '../../storage/indicator-minutes.ts'
import { selectMinutes } from '../../storage/indicator-select.ts'
import { testDatabase } from '../support/database.ts'
import { CUMULATIVE, DELTA, storeExponentials, storeHistograms, storeSums } from './points.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE = 60_000
const at = (minute: number, seconds = 0) => T0 + minute * MINUTE + seconds * 1_000
const RANGE = { from: new Date(at(5)), to: new Date(at(100)) }
/** Many statements on an engine that other tests keep busy. */
const PATIENCE_MS = 240_000

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())
beforeEach(async () => {
  for (const table of [
    'otel_metrics_sum',
    'otel_metrics_histogram',
    'otel_metrics_exponential_histogram',
    'indicator_minutes',
  ])
    await store.db.command({ query: `TRUNCATE TABLE ${table}` })
})

const measured = (indicators: readonly Omit<MetricIndicator, 'name'>[]) =>
  indicators.map((indicator, n) => ({
    indicator: { ...indicator, name: `i${n}` },
    generation: `g${n}`,
    windowMinutes: 1_440,
    settleMinutes: 0,
  }))

type Counts = readonly { minute: Date; good: number; total: number }[]
const text = (minutes: Counts) =>
  minutes.map(({ minute, good, total }) => `${(minute.getTime() - T0) / MINUTE}:${good}/${total}`).sort()

async function stored(indicator: string): Promise<string[]> {
  const result = await store.db.query({
    query: `SELECT toUnixTimestamp(minute) * 1000 AS at, good, total FROM indicator_minutes FINAL WHERE indicator = {indicator:String}`,
    query_params: { indicator },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const rows = await result.json<{ at: number; good: number; total: number }>()
  return text(rows.map(({ at, ...counts }) => ({ minute: new Date(at), ...counts })))
}

const values = (...all: string[]): fc.Arbitrary<Selector> =>
  fc
    .tuple(fc.boolean(), fc.subarray(all, { minLength: 1 }))
    .map(([isIn, list]) => (isIn ? { in: list } : { notIn: list }))
const attributes: fc.Arbitrary<MetricSelection['attributes']> = fc.record(
  { queue: values('a', 'b', ''), zone: values('x', "y'"), 'service.name': values('orders', 'mails') },
  { requiredKeys: [] },
)
const side = (kind: MetricSelection['kind'], le: number[]): fc.Arbitrary<MetricSelection> =>
  fc.record({
    source: fc.constant('metric' as const),
    metric: fc.constantFrom('one', 'two'),
    kind: fc.constant(kind),
    attributes,
    le: le.length === 0 ? fc.constant(null) : fc.constantFrom(null, ...le),
  })
const ratio = (kind: MetricSelection['kind'], le: number[] = []): fc.Arbitrary<Omit<MetricIndicator, 'name'>> =>
  fc.record({
    source: fc.constant('metric' as const),
    numerator: fc.record({ counts: fc.constantFrom('good' as const, 'bad' as const), selection: side(kind, le) }),
    total: side(kind, le),
  })

const point = fc.record({
  metric: fc.constantFrom('one', 'two'),
  service: fc.constantFrom('orders', 'mails'),
  at: fc.integer({ min: 0, max: 110 * 60 }).map((seconds) => at(0, seconds)),
  since: fc.constantFrom(0, at(-600), at(0), at(40), at(90)),
  attributes: fc.record({ queue: fc.constantFrom('a', 'b') }, { requiredKeys: [] }),
  resource: fc.record({ zone: fc.constantFrom('x', "y'"), queue: fc.constantFrom('a') }, { requiredKeys: [] }),
  temporality: fc.constantFrom(DELTA, CUMULATIVE),
  flags: fc.constantFrom(0, 0, 0, 1),
})
const count = fc.integer({ min: 0, max: 50 })
const sums = fc.array(
  fc.tuple(point, count, fc.boolean()).map(([common, value, falls]) => ({ ...common, value, monotonic: !falls })),
  { minLength: 20, maxLength: 60 },
)
const explicit = fc.array(
  fc.tuple(point, count, count, count).map(([common, ...buckets]) => ({ ...common, bounds: [0.25, 1], buckets })),
  { minLength: 20, maxLength: 40 },
)
/** Scales at which 0.25 and 1 are bounds. */
const exponential = fc.array(
  fc
    .tuple(point, fc.constantFrom(0, 1, 3), fc.integer({ min: -9, max: 2 }), fc.array(count, { maxLength: 12 }), count)
    .map(([common, scale, offset, buckets, zero]) => ({ ...common, scale, offset, buckets, zero })),
  { maxLength: 30 },
)

async function expectAlike(indicators: readonly Omit<MetricIndicator, 'name'>[]): Promise<void> {
  const all = measured(indicators)
  expect(await measureIndicators(store.db, all, RANGE, new Date(at(200)))).toEqual([])
  for (const one of all) {
    const alone = text(await selectMinutes(store.db, one.indicator, RANGE))
    expect([one.indicator.name, await stored(one.indicator.name)]).toEqual([one.indicator.name, alone])
    await store.db.command({ query: 'TRUNCATE TABLE indicator_minutes_by_time' })
  }
}

describe('SLIs over points that are measured together have exactly the minutes of one select each', () => {
  test(
    'counters, cumulative and delta, with resets, gaps, points out of order and points without value',
    () =>
      fc.assert(
        fc.asyncProperty(sums, fc.array(ratio('sum'), { minLength: 1, maxLength: 6 }), async (points, indicators) => {
          for (const table of ['otel_metrics_sum', 'indicator_minutes'])
            await store.db.command({ query: `TRUNCATE TABLE ${table}` })
          await storeSums(store.db, points)
          await expectAlike(indicators)
        }),
        { numRuns: 5, endOnFailure: true },
      ),
    PATIENCE_MS,
  )

  test(
    'histograms, explicit and exponential, at several bounds',
    () =>
      fc.assert(
        fc.asyncProperty(
          explicit,
          exponential,
          fc.array(ratio('histogram', [0.25, 1]), { minLength: 1, maxLength: 6 }),
          async (some, others, indicators) => {
            for (const table of ['otel_metrics_histogram', 'otel_metrics_exponential_histogram', 'indicator_minutes'])
              await store.db.command({ query: `TRUNCATE TABLE ${table}` })
            await storeHistograms(store.db, some)
            if (others.length > 0) await storeExponentials(store.db, others)
            await expectAlike(indicators)
          },
        ),
        { numRuns: 5, endOnFailure: true },
      ),
    PATIENCE_MS,
  )

  test('a threshold off the bounds fails its own SLI alone, and only where its series are', async () => {
    const plain = { metric: 'one', at: at(10), since: at(9), temporality: DELTA }
    await storeHistograms(store.db, [
      { ...plain, attributes: { queue: 'a' }, bounds: [0.25], buckets: [3, 1] },
      { ...plain, attributes: { queue: 'b' }, bounds: [0.5], buckets: [2, 2] },
    ])
    const of = (queue: string[], le: number | null): MetricSelection => ({
      source: 'metric',
      metric: 'one',
      kind: 'histogram',
      attributes: { queue: { in: queue } },
      le,
    })
    const under = (queue: string[], le: number): Omit<MetricIndicator, 'name'> => ({
      source: 'metric',
      numerator: { counts: 'good', selection: of(queue, le) },
      total: of(queue, null),
    })
    const all = measured([under(['a'], 0.25), under(['b'], 0.25), under(['b'], 0.5), under(['a', 'b'], 0.25)])
    const failures = await measureIndicators(store.db, all, RANGE, new Date(at(200)))
    expect(failures.map((failure) => [failure.measured.indicator.name, failure.error.message])).toEqual([
      ['i1', 'le: 0.25 is no bucket bound of one: use 0.5, the bound next to it, or give the histogram a bound there'],
    ])
    expect(await stored('i0')).toEqual(['10:3/4'])
    expect(await stored('i2')).toEqual(['10:2/4'])
    expect(await stored('i1')).toEqual([])
    // What can be counted is; the series that cannot is left out on both sides.
    expect(await stored('i3')).toEqual(['10:3/4'])
  })
})

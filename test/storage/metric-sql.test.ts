import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallSelection, GaugeIndicator, MetricIndicator, MetricSelection } from '../../slo/model.ts'
import { compileIndicator } from '../../storage/indicator-sql.ts'
import { testDatabase } from '../support/database.ts'
import { callRow, storeCalls } from './calls.ts'
import {
  DELTA,
  type ExponentialPoint,
  type HistogramPoint,
  type SumPoint,
  storeExponentials,
  storeGauges,
  storeHistograms,
  storeSums,
} from './points.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE = 60_000
const at = (minute: number, seconds = 0) => T0 + minute * MINUTE + seconds * 1_000

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

const selection = (over: Partial<MetricSelection> = {}): MetricSelection => ({
  source: 'metric',
  metric: 'messages',
  kind: 'sum',
  attributes: {},
  le: null,
  ...over,
})

/** `minute:good/total` of [from, to). */
async function minutesOf(indicator: MetricIndicator | GaugeIndicator, from = 0, to = 120): Promise<string[]> {
  const { sql, params } = compileIndicator(indicator)
  const result = await store.db.query({
    query: `SELECT toUnixTimestamp(minute) AS at, good, total FROM (${sql}) ORDER BY at`,
    query_params: { ...params, from: new Date(at(from)), to: new Date(at(to)) },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const rows = await result.json<{ at: number; good: number; total: number }>()
  return rows.map(({ at, good, total }) => `${(at * 1000 - T0) / MINUTE}:${good}/${total}`)
}

/** All events are good: what is counted, by minute. */
const eventsOf = async (over: Partial<MetricSelection>, from?: number, to?: number): Promise<string[]> => {
  const one = selection(over)
  const ratio: MetricIndicator = {
    source: 'metric',
    name: 'm',
    numerator: { counts: 'good', selection: one },
    total: one,
  }
  return (await minutesOf(ratio, from, to)).map((row) => row.replace(/\/.*/, ''))
}

describe('a counter is counted by its increments', () => {
  interface Row {
    points: Omit<SumPoint, 'metric'>[]
    expected: string[]
  }
  const row = (minute: number, value: number, over: Partial<SumPoint> = {}) => ({
    at: at(minute, 30),
    since: at(-300),
    value,
    ...over,
  })

  const ROWS: Record<string, Row> = {
    'each in the minute of its later point, and the first point is where counting begins': {
      points: [row(0, 100), row(1, 107), row(2, 107), row(3, 110)],
      expected: ['0:0', '1:7', '2:0', '3:3'],
    },
    'two points in one minute, whatever order they are stored in': {
      points: [row(1, 9), { ...row(1, 4), at: at(1, 10) }, row(0, 1)],
      expected: ['0:0', '1:8'],
    },
    'a point on the full minute belongs to the minute that begins': {
      points: [row(0, 1), { ...row(0, 6), at: at(1) }],
      expected: ['0:0', '1:5'],
    },
    'a smaller value is a reset: what was counted since is counted': {
      points: [row(0, 50), row(1, 60), row(2, 4), row(3, 9)],
      expected: ['0:0', '1:10', '2:4', '3:5'],
    },
    'a later start is a reset, even when the value is larger': {
      points: [row(0, 50), row(1, 60), row(2, 70, { since: at(1, 45) }), row(3, 75, { since: at(1, 45) })],
      expected: ['0:0', '1:10', '2:70', '3:5'],
    },
    'a start that moves but stays before the last point is no reset': {
      points: [row(0, 50), row(1, 60, { since: at(-300, 1) })],
      expected: ['0:0', '1:10'],
    },
    'the first point of a series that began within the hour counts whole': {
      points: [row(0, 12, { since: at(-3) }), row(1, 15, { since: at(-3) })],
      expected: ['0:12', '1:3'],
    },
    'a series of unknown start counts from its first point': {
      points: [row(0, 12, { since: 0 }), row(1, 15, { since: 0 })],
      expected: ['0:0', '1:3'],
    },
    'a start equal to the point is an unknown one': {
      points: [row(0, 12, { since: at(0, 30) }), row(1, 15, { since: at(0, 30) })],
      expected: ['0:0', '1:3'],
    },
    'over a gap of up to an hour in the minute after it': {
      points: [row(0, 10), row(60, 40)],
      expected: ['0:0', '60:30'],
    },
    'over a longer gap not at all': {
      points: [row(0, 10), row(61, 40), row(62, 41)],
      expected: ['0:0', '61:0', '62:1'],
    },
    'series by series: attributes and resources keep them apart': {
      points: [
        row(0, 10, { attributes: { queue: 'a' } }),
        row(0, 500, { attributes: { queue: 'b' } }),
        row(0, 7, { attributes: { queue: 'a' }, resource: { 'service.instance.id': '2' } }),
        row(1, 11, { attributes: { queue: 'a' } }),
        row(1, 502, { attributes: { queue: 'b' } }),
        row(1, 11, { attributes: { queue: 'a' }, resource: { 'service.instance.id': '2' } }),
      ],
      expected: ['0:0', '1:7'],
    },
    'a point sent twice adds nothing': {
      points: [row(0, 10), row(1, 15), row(1, 15), row(2, 16)],
      expected: ['0:0', '1:5', '2:1'],
    },
    'a point without recorded value is none': {
      points: [row(0, 10), row(1, 0, { flags: 1 }), row(2, 16)],
      expected: ['0:0', '2:6'],
    },
    'deltas count as they are, each once': {
      points: [
        row(0, 3, { temporality: DELTA, since: at(-1, 30) }),
        row(1, 4, { temporality: DELTA, since: at(0, 30) }),
        row(1, 4, { temporality: DELTA, since: at(0, 30) }),
        row(70, 5, { temporality: DELTA, since: at(69, 30) }),
      ],
      expected: ['0:3', '1:4', '70:5'],
    },
    'writers that overlap are told apart by their starts': {
      points: [
        row(0, 100),
        row(0, 40, { since: at(-250), at: at(0, 45) }),
        row(1, 107),
        row(1, 42, { since: at(-250), at: at(1, 45) }),
        row(2, 108),
      ],
      expected: ['0:0', '1:9', '2:1'],
    },
    'a new writer counts whole while the old one still reports, however their values compare': {
      points: [
        row(0, 10),
        row(1, 11),
        row(2, 30, { since: at(0, 50) }),
        row(2, 12, { at: at(2, 40) }),
        row(3, 33, { since: at(0, 50) }),
      ],
      expected: ['0:0', '1:1', '2:31', '3:3'],
    },
    'writers that share even their start are told apart by their values': {
      points: [100, 50, 101, 52, 103, 53, 104, 58].map((value, n) => row(n, value)),
      expected: ['0:0', '1:50', '2:1', '3:2', '4:2', '5:1', '6:1', '7:5'],
    },
    'one point that drops and comes back adds what it says, and the rest goes on': {
      points: [row(0, 50), row(1, 60), row(2, 0), row(3, 63), row(4, 64)],
      expected: ['0:0', '1:10', '2:0', '3:3', '4:1'],
    },
    'a point of unknown start after a restart adds nothing, and counting goes on from it': {
      points: [row(0, 100), row(1, 110), row(2, 120, { since: at(2, 30) }), row(3, 131, { since: at(2, 30) })],
      expected: ['0:0', '1:10', '2:0', '3:11'],
    },
    'a start that moves with each export is none': {
      points: [0, 1, 2, 3].map((n) => row(n, 100 + 5 * n, { since: at(n - 1, 30) })),
      expected: ['0:100', '1:5', '2:5', '3:5'],
    },
    'a start that equals the time of every export is an unknown one': {
      points: [0, 1, 2, 3].map((n) => row(n, 100 + 5 * n, { since: at(n, 30) })),
      expected: ['0:0', '1:5', '2:5', '3:5'],
    },
    'values that are no finite numbers add nothing': {
      points: [
        row(0, 10),
        row(1, Number.POSITIVE_INFINITY),
        row(2, Number.NaN),
        row(3, 12),
        row(4, Number.NEGATIVE_INFINITY),
        row(5, 13),
      ],
      expected: ['0:0', '3:2', '5:1'],
    },
    'deltas count also where their sender does not call them monotonic, unless they take something away': {
      points: [
        row(0, 3, { temporality: DELTA, monotonic: false, since: at(-1, 30) }),
        row(1, 4, { temporality: DELTA, monotonic: false, since: at(0, 30) }),
        row(2, -2, { temporality: DELTA, monotonic: false, since: at(1, 30) }),
      ],
      expected: ['0:3', '1:4'],
    },
    'a sum that may fall is no counter': { points: [row(0, 3, { monotonic: false })], expected: [] },
    'large counters stay exact': {
      points: [row(0, 9_007_199_254_740_000), row(1, 9_007_199_254_740_991)],
      expected: ['0:0', '1:991'],
    },
  }
  for (const [n, [title, { points, expected }]] of Object.entries(ROWS).entries()) {
    test(title, async () => {
      const metric = `counter-${n}`
      await storeSums(
        store.db,
        points.map((point) => ({ ...point, metric })),
      )
      expect(await eventsOf({ metric })).toEqual(expected)
    })
  }

  test('any cut of the time gives the same minutes as the whole', async () => {
    const metric = 'cut'
    await storeSums(
      store.db,
      Array.from({ length: 12 }, (_, n) => ({ metric, at: at(n * 7, n), since: at(-300), value: n === 6 ? 2 : n * n })),
    )
    const whole = await eventsOf({ metric }, 0, 90)
    expect(whole).toContain('42:2')
    for (const cut of [1, 8, 42, 43, 77]) {
      expect([...(await eventsOf({ metric }, 0, cut)), ...(await eventsOf({ metric }, cut, 90))]).toEqual(whole)
    }
  })

  test('attributes are those of the point, then those of its resource; a service is told by its name', async () => {
    const metric = 'selected'
    const point = (minute: number, over: Partial<SumPoint>): SumPoint => ({
      metric,
      at: at(minute),
      since: at(minute - 1),
      value: 1,
      temporality: DELTA,
      ...over,
    })
    await storeSums(store.db, [
      point(1, { attributes: { queue: 'a' }, resource: { queue: 'b' } }),
      point(2, { resource: { queue: 'b' } }),
      point(3, {}),
      point(4, { service: 'billing', attributes: { queue: "it's" } }),
    ])
    const minutes = async (attributes: MetricSelection['attributes']) =>
      (await eventsOf({ metric, attributes })).map((row) => row.split(':')[0])
    expect(await minutes({ queue: { in: ['a'] } })).toEqual(['1'])
    expect(await minutes({ queue: { in: ['b', "it's"] } })).toEqual(['2', '4'])
    expect(await minutes({ queue: { notIn: ['b'] } })).toEqual(['1', '3', '4'])
    expect(await minutes({ 'service.name': { in: ['orders'] }, queue: { notIn: ['a'] } })).toEqual(['2', '3'])
  })
})

describe('a histogram is counted at its bucket bounds', () => {
  const BOUNDS = [0.1, 0.25, 0.5]
  const explicit = (minute: number, buckets: number[], over: Partial<HistogramPoint> = {}): HistogramPoint => ({
    at: at(minute, 30),
    since: at(-300),
    bounds: BOUNDS,
    buckets,
    ...over,
  })
  /** Scale 0: bounds are powers of two; offset −2 begins with (0.25, 0.5]. */
  const exponential = (minute: number, buckets: number[], over: Partial<ExponentialPoint> = {}): ExponentialPoint => ({
    at: at(minute, 30),
    since: at(-300),
    scale: 0,
    offset: -2,
    buckets,
    ...over,
  })
  const under = async (metric: string, le: number | null) => eventsOf({ metric, kind: 'histogram', le })

  test('explicit buckets, cumulative: events at or below a bound, or all', async () => {
    const metric = 'explicit'
    const points = [explicit(0, [5, 1, 0, 0]), explicit(1, [9, 2, 1, 1]), explicit(2, [9, 2, 1, 2])]
    await storeHistograms(
      store.db,
      points.map((point) => ({ ...point, metric })),
    )
    expect(await under(metric, 0.1)).toEqual(['0:0', '1:4', '2:0'])
    expect(await under(metric, 0.25)).toEqual(['0:0', '1:5', '2:0'])
    expect(await under(metric, 0.5)).toEqual(['0:0', '1:6', '2:0'])
    expect(await under(metric, null)).toEqual(['0:0', '1:7', '2:1'])
  })

  test('explicit buckets, delta; a reset of cumulative ones counts whole', async () => {
    await storeHistograms(store.db, [
      { ...explicit(0, [5, 1, 0, 2]), metric: 'explicit-delta', temporality: DELTA },
      { ...explicit(1, [3, 0, 0, 0]), metric: 'explicit-delta', temporality: DELTA },
      { ...explicit(0, [5, 1, 0, 2]), metric: 'explicit-reset' },
      { ...explicit(1, [6, 0, 0, 0]), metric: 'explicit-reset' },
    ])
    expect(await under('explicit-delta', 0.1)).toEqual(['0:5', '1:3'])
    expect(await under('explicit-delta', null)).toEqual(['0:8', '1:3'])
    // 6 events at or below 0.1 after 5 look like one more, but the count fell from 8 to 6.
    expect(await under('explicit-reset', 0.1)).toEqual(['0:0', '1:6'])
  })

  test('exponential buckets, cumulative and delta, with zeros and negative values', async () => {
    await storeExponentials(store.db, [
      { ...exponential(0, [1, 1, 1]), metric: 'exp' },
      { ...exponential(1, [3, 2, 5], { zero: 4, negative: [2] }), metric: 'exp' },
      { ...exponential(0, [3, 2, 5], { zero: 4 }), metric: 'exp-delta', temporality: DELTA },
    ])
    // (0.25, 0.5] holds 3, (0.5, 1] holds 2, (1, 2] holds 5; zeros and negative values are below all of them.
    expect(await under('exp', 0.25)).toEqual(['0:0', '1:6'])
    expect(await under('exp', 0.5)).toEqual(['0:0', '1:8'])
    expect(await under('exp', 1)).toEqual(['0:0', '1:9'])
    expect(await under('exp', 2)).toEqual(['0:0', '1:13'])
    expect(await under('exp', 1024)).toEqual(['0:0', '1:13'])
    expect(await under('exp-delta', 0.125)).toEqual(['0:4'])
    expect(await under('exp-delta', null)).toEqual(['0:14'])
  })

  test('exponential buckets keep a bound through a change of scale', async () => {
    const metric = 'rescaled'
    // Scale 1: base √2, so 0.5 = base^-2; offset −4 begins with (0.25, 0.354].
    await storeExponentials(store.db, [
      { ...exponential(0, [1, 1, 1, 1], { scale: 1, offset: -4 }), metric },
      { ...exponential(1, [4, 7], { scale: 0, offset: -2 }), metric },
    ])
    expect(await under(metric, 0.5)).toEqual(['0:0', '1:2'])
    expect(await under(metric, 1)).toEqual(['0:0', '1:7'])
  })

  for (const [what, le] of [
    ['explicit', 0.3],
    ['exp', 0.3],
    ['rescaled', Math.SQRT1_2],
  ] as const) {
    test(`a threshold off the bounds of ${what} is refused, never interpolated`, async () => {
      await expect(under(what, le)).rejects.toThrow('no bucket bound')
    })
  }
})

describe('a ratio of', () => {
  const good = (over: Partial<MetricSelection>): MetricIndicator['numerator'] => ({
    counts: 'good',
    selection: selection(over),
  })

  test('two counters: what arrived of what was sent, each in its own minute', async () => {
    const of = (metric: string, values: number[]) =>
      values.map((value, n) => ({ metric, at: at(n), since: at(-1), value }))
    await storeSums(store.db, [...of('sent', [10, 20, 30]), ...of('stored', [10, 19, 30])])
    const loss: MetricIndicator = {
      source: 'metric',
      name: 'loss',
      numerator: good({ metric: 'stored' }),
      total: selection({ metric: 'sent' }),
    }
    expect(await minutesOf(loss)).toEqual(['0:10/10', '1:9/10', '2:11/10'])
    const failed: MetricIndicator = {
      ...loss,
      numerator: { counts: 'bad', selection: selection({ metric: 'stored' }) },
    }
    expect(await minutesOf(failed)).toEqual(['0:0/10', '1:1/10', '2:-1/10'])
  })

  test('calls and a histogram: traced calls, weighted, of those the service counted itself', async () => {
    await storeHistograms(store.db, [
      {
        metric: 'http.client.request.duration',
        at: at(1),
        since: at(0),
        bounds: [1],
        buckets: [40, 2],
        temporality: DELTA,
      },
    ])
    await storeCalls(
      store.db,
      [
        callRow({ ts: at(1, 3), service: 'orders', weight: 10 }),
        callRow({ ts: at(1, 4), service: 'orders', weight: 10, outcome: 'timeout' }),
        callRow({ ts: at(1, 5), service: 'orders', weight: 10, outcome: 'cancelled' }),
        callRow({ ts: at(1, 6), service: 'basket', weight: 10 }),
      ],
      'coverage',
    )
    const traced: CallSelection = {
      source: 'calls',
      fields: { service: { in: ['orders'] } },
      attributes: {},
      direction: 'outbound',
      synthetic: false,
      outcome: { notIn: [] },
      latency: null,
    }
    expect(
      await minutesOf({
        source: 'metric',
        name: 'coverage',
        numerator: { counts: 'good', selection: traced },
        total: selection({ metric: 'http.client.request.duration', kind: 'histogram' }),
      }),
    ).toEqual(['1:30/42'])
  })
})

describe('every point of a gauge is one event', () => {
  const lag = (op: GaugeIndicator['op'], value: number): GaugeIndicator => ({
    source: 'gauge',
    name: 'lag',
    selection: selection({ metric: 'lag', kind: 'gauge' }),
    op,
    value,
  })
  beforeAll(() =>
    storeGauges(store.db, [
      { metric: 'lag', at: at(0, 10), value: 59 },
      { metric: 'lag', at: at(0, 10), value: 59 },
      { metric: 'lag', at: at(0, 20), value: 60 },
      { metric: 'lag', at: at(0, 20), value: 61, attributes: { queue: 'b' } },
      { metric: 'lag', at: at(3), value: 60.5 },
      { metric: 'lag', at: at(4), value: 0, flags: 1 },
    ]),
  )
  for (const [op, expected] of Object.entries({
    lte: ['0:2/3', '3:0/1'],
    lt: ['0:1/3', '3:0/1'],
    gt: ['0:1/3', '3:1/1'],
    gte: ['0:2/3', '3:1/1'],
  })) {
    test(`good when ${op} 60; a point sent twice is one, and one without value none`, async () => {
      expect(await minutesOf(lag(op as GaugeIndicator['op'], 60))).toEqual(expected)
    })
  }

  test('a sum that may fall is a gauge', async () => {
    await storeSums(store.db, [{ metric: 'depth', at: at(1), value: 7, monotonic: false }])
    const depth = { ...lag('lte', 10), selection: selection({ metric: 'depth', kind: 'gauge' }) }
    expect(await minutesOf(depth)).toEqual(['1:1/1'])
  })
})

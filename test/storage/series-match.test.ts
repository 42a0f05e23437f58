import { describe, expect, test } from 'vitest'
import type { CallSelection, CallsIndicator } from '../../slo/model.ts'
import { scansOf } from '../../storage/indicator-series.ts'
import { classify, cutsOf, indexSeries, keyInBand, type Series } from '../../storage/series-match.ts'

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

const availability = (over: Partial<CallSelection> = {}): CallsIndicator => ({
  source: 'calls',
  name: 'availability',
  numerator: { counts: 'bad', selection: selection({ ...over, outcome: { in: ['timeout'] } }) },
  total: selection(over),
})

const latency = (op: 'lt' | 'lte' | 'gt' | 'gte', ns: number): CallsIndicator => ({
  source: 'calls',
  name: 'latency',
  numerator: { counts: 'good', selection: selection({ latency: { op, ns } }) },
  total: selection(),
})

const series = (key: number, over: Partial<Series> = {}): Series => ({
  key: String(key),
  direction: 'outbound',
  synthetic: false,
  outcome: 'ok',
  env: 'prod',
  service: 'checkout',
  dependency: 'acme-pay',
  operation: 'POST /v1/charges',
  protocol: 'http',
  version: '1',
  ...over,
})

describe('series are sorted into classes', () => {
  test('one for all that every indicator counts alike; what no indicator counts is in none', () => {
    const index = indexSeries([
      series(1),
      series(2, { version: '2' }),
      series(3, { outcome: 'timeout' }),
      series(4, { outcome: 'cancelled' }),
      series(5, { service: 'orders' }),
      series(6, { synthetic: true }),
      series(7, { direction: 'inbound' }),
    ])
    const { classOf, shares } = classify(index, [availability()], [])
    expect(classOf.get('1')).toBe(classOf.get('2'))
    expect([...classOf.keys()].sort()).toEqual(['1', '2', '3'])
    expect(shares.toSorted((a, b) => a.good - b.good)).toEqual([
      { class: classOf.get('3'), indicator: 1, good: 0, total: 1 },
      { class: classOf.get('1'), indicator: 1, good: 1, total: 1 },
    ])
  })

  test('bad calls outside the total are taken away from the good ones', () => {
    const index = indexSeries([series(1, { outcome: 'timeout' })])
    const beside: CallsIndicator = { ...availability(), total: selection({ outcome: { in: ['ok'] } }) }
    expect(classify(index, [beside], []).shares).toEqual([{ class: 1, indicator: 1, good: -1, total: 0 }])
  })

  test('an empty list of values selects nothing, and an empty list of exceptions everything', () => {
    const index = indexSeries([series(1)])
    const shares = (env: { in: string[] } | { notIn: string[] }) =>
      classify(index, [availability({ fields: { env } })], []).shares
    expect(shares({ in: [] })).toEqual([])
    expect(shares({ notIn: [] })).toHaveLength(1)
  })

  test('keys of bands wrap around like numbers of 64 bits', () => {
    expect(keyInBand('18446744073709551615', 2)).toBe('1')
  })

  const ROWS = { lt: [299], lte: [299, 300], gt: [301], gte: [300, 301] }
  for (const [op, good] of Object.entries(ROWS)) {
    test(`${op} 300 holds for ${good.join(' and ')} of 299, 300 and 301`, () => {
      const indicators = [latency(op as keyof typeof ROWS, 300), latency('lt', 1_000)]
      const cuts = cutsOf(indicators)
      const { classOf, shares } = classify(indexSeries([series(1)]), indicators, cuts)
      const found = [299, 300, 301].filter((ns) => {
        const id = classOf.get(keyInBand('1', cuts.filter((cut) => ns >= cut).length))
        return shares.some((share) => share.class === id && share.indicator === 1 && share.good === 1)
      })
      expect(found).toEqual(good)
    })
  }
})

test('more than one statement has room for is split, and each indicator is in one scan', () => {
  const versions = Array.from({ length: 9_000 }, (_, n) => series(n, { version: String(n) }))
  const slos = Array.from({ length: 8 }, (_, n) => ({
    generation: String(n),
    indicator: availability({
      fields: { version: { in: versions.slice(n * 1_000, n * 1_000 + 2_000).map((s) => s.version) } },
    }),
  }))
  const scans = scansOf(indexSeries(versions), slos)
  expect(scans.length).toBeGreaterThan(1)
  expect(scans.flatMap((scan) => scan.slos.map(({ generation }) => generation))).toEqual(
    slos.map(({ generation }) => generation),
  )
  for (const { classes } of scans) expect(classes.classOf.size).toBeLessThan(6_000)
})

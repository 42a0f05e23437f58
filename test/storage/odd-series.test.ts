import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MetricSelection } from '../../slo/model.ts'
import { readOddSeries } from '../../storage/odd-series.ts'
import { testDatabase } from '../support/database.ts'
import { storeExponentials, storeHistograms, storeSums } from './points.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const at = (minute: number) => T0 + minute * 60_000
const RANGE = { from: new Date(T0), to: new Date(at(60)) }

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
  const values = (queue: string, all: number[], since = at(-300)) =>
    all.map((value, n) => ({ metric: 'sent', at: at(n), since, value, attributes: { queue } }))
  await storeSums(store.db, [
    ...values('good', [1, 2, 3, 4]),
    ...values('reset', [5, 6, 1, 2]),
    ...values('shared', [50, 5, 51, 6, 52]),
    ...values('apart', [50, 51, 52]),
    ...values('apart', [5, 6, 7], at(-200)),
  ])
  const buckets = { metric: 'dur', since: at(-300), bounds: [0.1, 0.5], buckets: [1, 1, 1] }
  await storeHistograms(store.db, [
    { ...buckets, at: at(1), attributes: { route: '/a' } },
    { ...buckets, at: at(1), attributes: { route: '/new', zone: 'b' }, bounds: [5], buckets: [1, 0] },
    { ...buckets, at: at(1), attributes: { route: '/none' }, bounds: [], buckets: [] },
    { ...buckets, at: at(-30), attributes: { route: '/long ago' }, bounds: [5], buckets: [1, 0] },
  ])
  await storeExponentials(store.db, [
    { metric: 'dur', at: at(2), since: at(-300), scale: 0, offset: -2, buckets: [1], attributes: { route: '/exp' } },
  ])
})
afterAll(() => store[Symbol.asyncDispose]())

const selection = (over: Partial<MetricSelection>): MetricSelection => ({
  source: 'metric',
  metric: 'sent',
  kind: 'sum',
  attributes: {},
  le: null,
  ...over,
})

test('values that fall again and again under one start are found, resets and writers of different starts are not', async () => {
  expect(await readOddSeries(store.db, [selection({})], RANGE)).toEqual({
    strays: [],
    tangled: [{ metric: 'sent', series: 'queue=shared' }],
  })
})

test('series without a bucket bound at the threshold are found by their attributes', async () => {
  const { strays } = await readOddSeries(store.db, [selection({ metric: 'dur', kind: 'histogram', le: 0.1 })], RANGE)
  expect(strays.map(({ series }) => series)).toEqual(['route=/new, zone=b', 'route=/none', 'route=/exp'])
})

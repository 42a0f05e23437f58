import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MeasuredIndicator, Slo } from '../../slo/model.ts'
import { listIncidents } from '../../storage/incidents.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { DELTA, storeGauges, storeHistograms, storeSums } from '../storage/points.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { define, evaluatorOn, MINUTE_MS, tickAt } from './evaluation.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** The engine's clock says when points arrive. */
const T0 = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
const MINUTES = 70
/** Thirty days are measured first. */
const PATIENCE_MS = 120_000

const counter = (metric: string) => ({
  source: 'metric' as const,
  metric,
  kind: 'sum' as const,
  attributes: {},
  le: null,
})
const histogram = (le: number | null) => ({
  source: 'metric' as const,
  metric: 'latency',
  kind: 'histogram' as const,
  attributes: {},
  le,
})

const INDICATORS: MeasuredIndicator[] = [
  {
    source: 'metric',
    name: 'loss',
    numerator: { counts: 'good', selection: counter('stored') },
    total: counter('sent'),
  },
  { source: 'metric', name: 'slow', numerator: { counts: 'good', selection: histogram(0.5) }, total: histogram(null) },
  { source: 'gauge', name: 'lag', selection: { ...counter('age'), kind: 'gauge' }, op: 'lte', value: 60 },
  {
    source: 'sql',
    name: 'written',
    query: `SELECT toStartOfMinute(toDateTime(TimeUnix)) AS minute, countIf(Value <= 60) AS good, count() AS total FROM otel_metrics_gauge
      WHERE MetricName = 'age' AND TimeUnix >= {from:DateTime} AND TimeUnix < {to:DateTime} GROUP BY minute`,
  },
]

const base = sloWith({ name: 'any' })
const guards = { minEvents: 1, minBadEvents: 1 }
const SLOS: Slo[] = INDICATORS.map((indicator) => ({
  ...base,
  guards,
  name: `slo-${indicator.name}`,
  indicator,
  generation: `${indicator.name}-1`,
}))
const BOTH: Slo = {
  ...base,
  guards,
  name: 'slo-both',
  indicator: {
    source: 'composite',
    name: 'both',
    method: 'pooled',
    members: INDICATORS.map((indicator) => ({
      displayName: indicator.name,
      indicator,
      generation: `${indicator.name}-1`,
      weight: 1,
      targetPpm: 999_000,
    })),
  },
  generation: 'both-1',
}

let store: TestDatabase
let receiver: Receiver
beforeAll(async () => {
  store = await testDatabase()
  receiver = await startReceiver()
  const minutes = Array.from({ length: MINUTES }, (_, n) => T0 - (MINUTES - n) * MINUTE_MS)
  const delta = { temporality: DELTA }
  await storeSums(store.db, [
    ...minutes.map((at) => ({ ...delta, metric: 'sent', at, since: at - MINUTE_MS, value: 100 })),
    ...minutes.map((at) => ({ ...delta, metric: 'stored', at, since: at - MINUTE_MS, value: 60 })),
  ])
  await storeHistograms(
    store.db,
    minutes.map((at) => ({ ...delta, metric: 'latency', at, since: at - MINUTE_MS, bounds: [0.5], buckets: [50, 50] })),
  )
  await storeGauges(
    store.db,
    minutes.flatMap((at) => [30, 90].map((value) => ({ metric: 'age', at: at + value * 100, value }))),
  )
  for (const at of minutes) await storeHeartbeat(store.db, at + MINUTE_MS)
  await define(store.db, [...SLOS, BOTH], T0 - 1_000)
  await tickAt(evaluatorOn(store.db, { pager: receiver.url, chat: receiver.url, desk: receiver.url }), T0)
}, PATIENCE_MS)
afterAll(async () => {
  await receiver[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

describe('an SLO that is not measured from calls alerts without calls as evidence:', () => {
  const ROWS: Record<string, { good: number; total: number }> = {
    'slo-loss': { good: 4_200, total: 7_000 },
    'slo-slow': { good: 3_500, total: 7_000 },
    'slo-lag': { good: 70, total: 140 },
    'slo-written': { good: 70, total: 140 },
    'slo-both': { good: 7_840, total: 14_280 },
  }
  for (const [name, counts] of Object.entries(ROWS)) {
    it(name, async () => {
      const incidents = await listIncidents(store.db, { limit: 100 })
      const incident = incidents.find(({ members }) => members.some(({ slo }) => slo === name))
      expect(incident).toMatchObject({ state: 'open' })
      const member = incident?.members.find(({ slo }) => slo === name)
      expect(member?.details).toMatchObject({ counts, suspect: null, exemplars: [] })
    })
  }
})

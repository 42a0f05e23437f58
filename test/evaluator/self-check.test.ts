import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import type { CallSelection, MeasuredIndicator, Slo } from '../../slo/model.ts'
import { readWarnings } from '../../storage/indicator-warnings.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { callRow, storeCalls, storeHeartbeat } from '../storage/calls.ts'
import { storeGauges } from '../storage/points.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { MINUTE_MS, QUIET } from './evaluation.ts'

const HOUR_MS = 3_600_000
const NOW = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS

const calls = (over: Partial<CallSelection> = {}): CallSelection => ({
  source: 'calls',
  fields: { service: { in: ['checkout'] }, dependency: { in: ['acme-pay'] } },
  attributes: {},
  direction: 'outbound',
  synthetic: false,
  outcome: { notIn: ['cancelled'] },
  latency: null,
  ...over,
})
const ratio = (name: string, total: CallSelection, good: CallSelection): MeasuredIndicator => ({
  source: 'calls',
  name,
  numerator: { counts: 'good', selection: good },
  total,
})
const mistyped = calls({ fields: { service: { in: ['checkout'] }, dependency: { in: ['acme-pays'] } } })

const INDICATORS: MeasuredIndicator[] = [
  ratio('healthy', calls(), calls({ outcome: { in: ['ok'] } })),
  ratio('mistyped', mistyped, { ...mistyped, outcome: { in: ['ok'] } }),
  ratio('beyond', calls({ outcome: { in: ['timeout'] } }), calls()),
  {
    source: 'sql',
    name: 'flat',
    query:
      'SELECT minute, sum(c.calls) * 0.75 AS good, sum(c.calls) AS total FROM calls_1m AS c WHERE minute >= {from:DateTime} AND minute < {to:DateTime} GROUP BY minute',
  },
  {
    source: 'sql',
    name: 'broken',
    query: 'SELECT minute, good, total FROM nowhere WHERE minute >= {from:DateTime} AND minute < {to:DateTime}',
  },
  {
    source: 'gauge',
    name: 'units',
    selection: {
      source: 'metric',
      metric: 'queue.age',
      kind: 'gauge',
      attributes: { queue: { in: ['order'] } },
      le: null,
    },
    op: 'lte',
    value: 60,
  },
]

let store: TestDatabase
let warned: Map<string, string[]>
beforeAll(async () => {
  store = await testDatabase()
  const rows = Array.from({ length: 60 }, (_, hour) =>
    ['ok', 'timeout'].map((outcome, n) =>
      callRow({ ts: NOW - (hour + 1) * HOUR_MS, outcome, weight: (n === 0 ? 100 : hour % 3) + hour }),
    ),
  )
  await storeCalls(store.db, rows.flat(), 'days')
  await storeGauges(store.db, [{ metric: 'queue.age', at: NOW - HOUR_MS, value: 5, attributes: { queue: 'orders' } }])
  for (const at of [NOW - 60 * HOUR_MS, NOW]) await storeHeartbeat(store.db, at)
  const slos: Slo[] = INDICATORS.map((indicator) => ({
    ...sloWith({
      name: indicator.name,
      objective: { ...sloWith({ name: 'any' }).objective, window: { kind: 'rolling', minutes: 4_320, duration: '3d' } },
    }),
    indicator,
    generation: `${indicator.name}-1`,
  }))
  await createMeasurer(store.db, QUIET, Number.POSITIVE_INFINITY).measure(slos, new Date(NOW))
  const warnings = await readWarnings(store.db)
  warned = new Map(
    warnings.map(({ indicator, warnings }) => [
      indicator,
      warnings.map(({ code, message, hint }) => `${code}: ${message} | ${hint}`),
    ]),
  )
})
afterAll(() => store[Symbol.asyncDispose]())

describe('after they are measured, SLIs are checked:', () => {
  it('one that works is not mentioned', () => expect(warned.has('healthy')).toBe(false))

  it('a name nothing has is told with the one that was meant', () =>
    expect(warned.get('mistyped')).toEqual([
      "matches_nothing: nothing that arrived in the last days has the dependency of calls 'acme-pays' | Did you mean 'acme-pay'?",
    ]))

  it('more good than total is told with the first minute', () => {
    const first = new Date(NOW - 60 * HOUR_MS).toISOString()
    expect(warned.get('beyond')).toEqual([
      expect.stringMatching(`^good_exceeds_total: .* first at ${first}, in 60 hours`),
    ])
  })

  it('a ratio that never moves is told', () =>
    expect(warned.get('flat')).toEqual([expect.stringMatching(/^flat: all of \d+ hours have the same ratio 0.75/)]))

  it('a statement that fails is told in the words of the engine', () =>
    expect(warned.get('broken')).toEqual([expect.stringMatching(/^cannot_measure: the SELECT fails: .*nowhere/)]))

  it('a value of a metric that no point has is told with the one that was meant', () =>
    expect(warned.get('units')).toEqual([
      "matches_nothing: nothing that arrived in the last days has the attribute queue of queue.age 'order' | Did you mean 'orders'?",
    ]))
})

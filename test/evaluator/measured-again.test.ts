import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import type { CallSelection, MeasuredIndicator, MetricSelection, Slo } from '../../slo/model.ts'
import { measureMinutes } from '../../storage/indicator-minutes.ts'
import { readProgress } from '../../storage/indicator-progress.ts'
import { readHistory } from '../../storage/readings.ts'
import { readRemeasure, recordRemeasure } from '../../storage/remeasure-requests.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { callRow, storeCalls } from '../storage/calls.ts'
import { DELTA, type SumPoint, storeGauges, storeHistograms, storeSums } from '../storage/points.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { MINUTE_MS, QUIET, storeSegment } from './evaluation.ts'

/** Many statements on an engine that other tests keep busy. */
const PATIENCE_MS = 300_000

/** The clock of the store says when points arrive, so the measurer's clock is the real one here. */
const nowMs = () => Date.now()
const FIRST_MINUTE = Math.floor(Date.now() / MINUTE_MS) - 300
const at = (minute: number, seconds = 0) => (FIRST_MINUTE + minute) * MINUTE_MS + seconds * 1_000

const calls: CallSelection = {
  source: 'calls',
  fields: { service: { in: ['checkout'] } },
  attributes: {},
  direction: 'outbound',
  synthetic: false,
  outcome: { notIn: ['cancelled'] },
  latency: null,
}
const metric = (name: string, over: Partial<MetricSelection> = {}): MetricSelection => ({
  source: 'metric',
  metric: name,
  kind: 'sum',
  attributes: {},
  le: null,
  ...over,
})

const INDICATORS: MeasuredIndicator[] = [
  {
    source: 'calls',
    name: 'answers',
    numerator: { counts: 'bad', selection: { ...calls, outcome: { in: ['timeout'] } } },
    total: calls,
  },
  {
    source: 'calls',
    name: 'by-key',
    numerator: { counts: 'bad', selection: { ...calls, attributes: { region: { in: ['eu'] } } } },
    total: calls,
  },
  {
    source: 'metric',
    name: 'stored',
    numerator: { counts: 'good', selection: metric('stored') },
    total: metric('sent'),
  },
  {
    source: 'metric',
    name: 'fast',
    numerator: { counts: 'good', selection: metric('duration', { kind: 'histogram', le: 1 }) },
    total: metric('duration', { kind: 'histogram' }),
  },
  { source: 'metric', name: 'traced', numerator: { counts: 'good', selection: calls }, total: metric('sent') },
  { source: 'gauge', name: 'lag', selection: metric('lag', { kind: 'gauge' }), op: 'lte', value: 5 },
  {
    source: 'sql',
    name: 'written',
    query: `SELECT toStartOfMinute(toDateTime(ts)) AS minute, countIf(outcome = 'ok') AS good, count() AS total FROM calls
      WHERE ts >= {from:DateTime} AND ts < {to:DateTime} GROUP BY minute`,
  },
]

const objective: Slo['objective'] = {
  targetPpm: 990_000,
  budgetPpm: 10_000,
  method: 'occurrences',
  window: { kind: 'rolling', minutes: 1_440, duration: '1d' },
  slice: null,
  noData: 'gap',
}
const slosAs = (generation: string): Slo[] =>
  INDICATORS.map((indicator) => ({
    ...sloWith({ name: indicator.name, objective }),
    indicator,
    generation: `${indicator.name}-${generation}`,
  }))

let store: TestDatabase

const minutesOf = async (slos: readonly Slo[]) =>
  Promise.all(
    slos.map(async (slo) => {
      const range = { from: new Date(at(-1_500)), to: new Date(at(400)), stepMinutes: 1 }
      const rows = (await readHistory(store.db, slo, range)).filter(({ good, total }) => good !== 0 || total !== 0)
      return [
        slo.name,
        rows.map(({ minute, good, total }) => `${(minute.getTime() - at(0)) / MINUTE_MS}:${good}/${total}`),
      ]
    }),
  )

let segments = 0

interface Event {
  kind: 'call' | 'cumulative' | 'delta' | 'histogram' | 'gauge'
  minute: number
  value: number
}

/** A counter's value is what its minute says: points may arrive in any order and belong to one story. */
const valueAt = (minute: number, resetAt: number) =>
  minute >= resetAt ? (minute - resetAt + 1) * 3 : (minute + 10) * 7

async function arrive(events: readonly Event[], resetAt: number): Promise<void> {
  const of = (kind: Event['kind']) => events.filter((event) => event.kind === kind)
  const rows = of('call').map(({ minute, value }) =>
    Object.assign(callRow({ ts: at(minute, value), outcome: value % 3 === 0 ? 'timeout' : 'ok' }), {
      attributes: { region: value % 2 === 0 ? 'eu' : 'us' },
    }),
  )
  if (rows.length > 0) {
    await storeCalls(store.db, rows, `calls-${++segments}`)
    const times = rows.map(({ ts }) => ts)
    await storeSegment(store.db, `s-${segments}`, Math.min(...times), Math.max(...times), nowMs())
  }
  const sums = [
    ...of('cumulative').flatMap(({ minute }): SumPoint[] =>
      ['sent', 'stored'].map((name) => ({
        metric: name,
        at: at(minute, 20),
        since: minute >= resetAt ? at(resetAt) : at(-600),
        value: valueAt(minute, resetAt),
      })),
    ),
    ...of('delta').map(
      ({ minute, value }): SumPoint => ({
        metric: 'sent',
        at: at(minute, 40),
        since: at(minute - 1, 40),
        value,
        temporality: DELTA,
        attributes: { shard: 'd' },
      }),
    ),
  ]
  if (sums.length > 0) await storeSums(store.db, sums)
  const histograms = of('histogram')
  if (histograms.length > 0) {
    await storeHistograms(
      store.db,
      histograms.map(({ minute }) => ({
        metric: 'duration',
        at: at(minute, 5),
        since: at(-600),
        bounds: [1],
        buckets: [(minute + 1) * 4, minute + 1],
      })),
    )
  }
  const gauges = of('gauge')
  if (gauges.length > 0) {
    await storeGauges(
      store.db,
      gauges.map(({ minute, value }) => ({ metric: 'lag', at: at(minute, value), value })),
    )
  }
}

beforeEach(async () => {
  store = await testDatabase()
  return () => store[Symbol.asyncDispose]()
})

describe('tick by tick equals once at the end', () => {
  const event = fc.record({
    kind: fc.constantFrom('call', 'cumulative', 'delta', 'histogram', 'gauge'),
    minute: fc.integer({ min: 0, max: 250 }),
    value: fc.integer({ min: 0, max: 9 }),
  })
  const step = fc.record({
    events: fc.array(event, { maxLength: 6 }),
    next: fc.constantFrom('tick', 'restart', 'outage'),
  })

  it(
    'for calls, metrics, gauges and statements, in any order of arrival, over restarts and outages',
    async () => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 2, maxLength: 6 }),
          fc.integer({ min: 1, max: 250 }),
          async (steps, resetAt) => {
            for (const table of [
              'call_rows',
              'calls_1m',
              'otel_metrics_sum',
              'otel_metrics_histogram',
              'otel_metrics_gauge',
              'point_minutes',
              'ingest_log',
            ])
              await store.db.command({ query: `TRUNCATE TABLE ${table}` })
            const slos = slosAs(`run-${++run}`)
            let measurer = createMeasurer(store.db, QUIET, Number.POSITIVE_INFINITY)
            const seen = new Set<string>()
            for (const { events, next } of steps) {
              const fresh = events.filter(({ kind, minute, value }) => {
                const id = kind === 'call' || kind === 'gauge' ? `${kind} ${minute} ${value}` : `${kind} ${minute}`
                return !seen.has(id) && seen.add(id)
              })
              await arrive(fresh, resetAt)
              if (next === 'restart') measurer = createMeasurer(store.db, QUIET, Number.POSITIVE_INFINITY)
              if (next === 'outage') {
                await store.db.command({ query: 'RENAME TABLE calls_1m TO away' })
                await measurer.measure(slos, new Date(nowMs())).catch(() => undefined)
                await store.db.command({ query: 'RENAME TABLE away TO calls_1m' })
              }
              await measurer.measure(slos, new Date(nowMs()))
            }
            // What could not be measured is tried again after half a minute.
            await measurer.measure(slos, new Date(nowMs() + MINUTE_MS))
            const ticked = await minutesOf(slos)
            const again = slosAs(`run-${run}-again`)
            await measureMinutes(
              store.db,
              again,
              { from: new Date(at(-1_000)), to: new Date(nowMs()) },
              new Date(nowMs()),
            )
            expect(ticked).toEqual(await minutesOf(again))
          },
        ),
        { numRuns: 5, endOnFailure: true },
      )
    },
    PATIENCE_MS,
  )
})

describe('measuring again', () => {
  const slos = slosAs('1')
  const one = (name: string) => slos.filter((slo) => slo.name === name)
  const measurer = () => createMeasurer(store.db, QUIET, Number.POSITIVE_INFINITY)

  it('a late point of a counter changes its own minute and what the next point gained', async () => {
    const point = (minute: number, value: number): SumPoint[] =>
      ['sent', 'stored'].map((name) => ({ metric: name, at: at(minute, 20), since: at(-600), value }))
    await storeSums(store.db, [...point(10, 100), ...point(50, 140)])
    const { measure } = measurer()
    await measure(one('stored'), new Date(nowMs()))
    expect(await minutesOf(one('stored'))).toEqual([['stored', ['50:40/40']]])
    await storeSums(store.db, point(20, 125))
    await measure(one('stored'), new Date(nowMs()))
    expect(await minutesOf(one('stored'))).toEqual([['stored', ['20:25/25', '50:15/15']]])
    await storeSums(store.db, point(49, 140))
    await measure(one('stored'), new Date(nowMs()))
    expect(await minutesOf(one('stored'))).toEqual([['stored', ['20:25/25', '49:15/15']]])
  })

  it('what somebody asked for is measured again, and said to be done', async () => {
    const { measure } = measurer()
    await measure(one('answers'), new Date(nowMs()))
    // No segment says that these calls arrived.
    await storeCalls(store.db, [callRow({ ts: at(30) }), callRow({ ts: at(90) })], 'silently')
    await measure(one('answers'), new Date(nowMs()))
    expect(await minutesOf(one('answers'))).toEqual([['answers', []]])
    const request = {
      id: 'r1',
      slo: 'answers',
      from: new Date(at(20)),
      to: new Date(at(40)),
      requestedAt: new Date(),
      doneAt: null,
    }
    await recordRemeasure(store.db, [request, { ...request, id: 'r2', slo: 'unknown' }])
    const now = new Date(nowMs())
    await measure(one('answers'), now)
    expect(await minutesOf(one('answers'))).toEqual([['answers', ['30:1/1']]])
    expect(await readRemeasure(store.db, 'r1')).toEqual({ doneAt: now })
    expect(await readRemeasure(store.db, 'r2')).toEqual({ doneAt: now })
  })

  it('a statement that fails is told to its author, keeps nobody else from being measured, and is made up for', async () => {
    const [good] = one('answers')
    const [written] = one('written')
    const broken = {
      ...written!,
      indicator: {
        source: 'sql' as const,
        name: 'written',
        query: 'SELECT minute, good, total FROM orders WHERE minute >= {from:DateTime} AND minute < {to:DateTime}',
      },
    }
    await storeCalls(store.db, [callRow({ ts: at(30) })], 'one')
    const { measure } = measurer()
    expect(await measure([good!, broken], new Date(nowMs()))).toEqual(new Set([broken.generation]))
    expect(await minutesOf([good!])).toEqual([['answers', ['30:1/1']]])
    const [progress] = await readProgress(store.db, [broken.generation])
    expect(progress?.error).toContain('orders')
    await store.db.command({
      query: 'CREATE VIEW orders AS SELECT toStartOfMinute(toDateTime(ts)) AS minute, 1 AS good, 1 AS total FROM calls',
    })
    expect(await measure([good!, broken], new Date(nowMs() + 31_000))).toEqual(new Set())
    expect(await minutesOf([broken])).toEqual([['written', ['30:1/1']]])
    expect((await readProgress(store.db, [broken.generation]))[0]).toMatchObject({ error: '', history: null })
  })

  it('a threshold off the bucket bounds is told with the bounds around it, and others go on', async () => {
    await storeHistograms(store.db, [
      { metric: 'duration', at: at(5), since: at(4), bounds: [0.25, 0.5], buckets: [3, 1, 0], temporality: DELTA },
    ])
    const [fast] = one('fast')
    const selection = metric('duration', { kind: 'histogram', le: 0.3 })
    const off: Slo = {
      ...fast!,
      indicator: {
        source: 'metric',
        name: 'off',
        numerator: { counts: 'good', selection },
        total: { ...selection, le: null },
      },
      generation: 'off-1',
    }
    const on: Slo = {
      ...fast!,
      indicator: {
        source: 'metric',
        name: 'on',
        numerator: { counts: 'good', selection: { ...selection, le: 0.25 } },
        total: { ...selection, le: null },
      },
      generation: 'on-1',
    }
    expect(await measurer().measure([off, on], new Date(nowMs()))).toEqual(new Set(['off-1']))
    expect(await minutesOf([on, off])).toEqual([
      ['fast', ['5:3/4']],
      ['fast', []],
    ])
    expect((await readProgress(store.db, ['off-1']))[0]?.error).toBe(
      'le: 0.3 is no bucket bound of duration: use 0.25 or 0.5, the bounds around it, or give the histogram a bound there',
    )
  })

  it('progress of a history is told while it is measured', async () => {
    await storeCalls(store.db, [callRow({ ts: at(-2_000) })], 'old')
    const week = {
      ...one('answers')[0]!,
      objective: { ...objective, window: { kind: 'rolling' as const, minutes: 4_320, duration: '3d' } },
    }
    const { measure } = createMeasurer(store.db, QUIET, 0)
    const now = new Date(nowMs())
    expect(await measure([week], now)).toEqual(new Set([week.generation]))
    const [progress] = await readProgress(store.db, [week.generation])
    expect(progress).toMatchObject({
      history: { from: new Date(at(-2_000)) },
      measuredFrom: new Date(Math.floor(now.getTime() / (60 * MINUTE_MS) - 7) * 60 * MINUTE_MS),
    })
  })

  it('a composite is behind while a member is', async () => {
    const members = ['answers', 'lag'].map((name) => {
      const [{ indicator, generation }] = one(name) as [Slo]
      return { displayName: name, indicator: indicator as MeasuredIndicator, generation, weight: 1, targetPpm: 990_000 }
    })
    const both: Slo = {
      ...slos[0]!,
      indicator: { source: 'composite', name: 'both', method: 'pooled', members },
      generation: 'both-1',
      objective: { ...objective, window: { kind: 'rolling', minutes: 2_880, duration: '2d' } },
    }
    await storeGauges(
      store.db,
      [-2_000, 1].map((minute) => ({ metric: 'lag', at: at(minute), value: 3 })),
    )
    const { measure } = createMeasurer(store.db, QUIET, 0)
    const now = nowMs()
    expect(await measure([both], new Date(now))).toEqual(new Set(['both-1']))
    await measure([both], new Date(now + 1))
    expect(await measure([both], new Date(now + 2))).toEqual(new Set())
    expect(await minutesOf(one('lag'))).toEqual([['lag', ['1:1/1']]])
  })
})

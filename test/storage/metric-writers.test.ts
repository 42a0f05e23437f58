import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MetricIndicator, MetricSelection } from '../../slo/model.ts'
import { selectMinutes } from '../../storage/indicator-select.ts'
import { testDatabase } from '../support/database.ts'
import { storeExponentials, storeHistograms, storeSums } from './points.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE = 60_000
const SECOND = 1_000
const PATIENCE_MS = 120_000

/** One life of a process: it starts, and exports what it counted so far now and then. */
interface Life {
  startMs: number
  /** After its start, and how much was counted since the export before. */
  exports: { atMs: number; gain: number }[]
}

/** Replicas that all report under one identity, each restarted some times. Starts lie apart, and away from exports. */
const replica = fc.array(
  fc.record({
    pauseMinutes: fc.integer({ min: 1, max: 3 }),
    exports: fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(20)), { minLength: 1, maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 3 },
)
const replicas = fc.array(replica, { minLength: 1, maxLength: 4 }).map((all) => all.flatMap(livesOf))

/** Of the n-th replica: starts 15 s apart from those of the others, exports at seconds of its own. */
function livesOf(lives: { pauseMinutes: number; exports: [number, number][] }[], n: number): Life[] {
  let minute = 0
  return lives.map(({ pauseMinutes, exports }) => {
    minute += pauseMinutes
    const startMs = T0 + minute * MINUTE + n * 15 * SECOND
    return {
      startMs,
      exports: exports.map(([minutes, gain]) => {
        minute += minutes
        return { atMs: T0 + minute * MINUTE + (n * 15 + 7) * SECOND, gain }
      }),
    }
  })
}

/** What was really counted, by minute of the export that told it. */
function truthOf(lives: readonly Life[]): Record<number, number> {
  const truth: Record<number, number> = {}
  for (const { exports } of lives) {
    for (const { atMs, gain } of exports) {
      const minute = Math.floor((atMs - T0) / MINUTE)
      truth[minute] = (truth[minute] ?? 0) + gain
    }
  }
  return truth
}

const pointsOf = (lives: readonly Life[]) =>
  lives.flatMap(({ startMs, exports }) => {
    let value = 0
    return exports.map(({ atMs, gain }) => {
      value += gain
      return { at: atMs, since: startMs, value }
    })
  })

const counted = (metric: string, kind: MetricSelection['kind'], le: number | null): MetricIndicator => {
  const total: MetricSelection = { source: 'metric', metric, kind, attributes: {}, le: null }
  return { source: 'metric', name: metric, numerator: { counts: 'good', selection: { ...total, le } }, total }
}

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

const RANGE = { from: new Date(T0), to: new Date(T0 + 120 * MINUTE) }
/** Good and total by minute, in whatever pieces the time is measured. */
async function measured(indicator: MetricIndicator, cutMinutes: number) {
  const pieces = [
    { from: RANGE.from, to: new Date(T0 + cutMinutes * MINUTE) },
    { from: new Date(T0 + cutMinutes * MINUTE), to: RANGE.to },
  ]
  const minutes = (await Promise.all(pieces.map((piece) => selectMinutes(store.db, indicator, piece)))).flat()
  return {
    good: Object.fromEntries(minutes.map(({ minute, good }) => [(minute.getTime() - T0) / MINUTE, good])),
    total: Object.fromEntries(minutes.map(({ minute, total }) => [(minute.getTime() - T0) / MINUTE, total])),
  }
}

let run = 0
describe('replicas under one identity, restarted and rolled, are counted as what they counted', () => {
  test(
    'by counters',
    () =>
      fc.assert(
        fc.asyncProperty(replicas, fc.integer({ min: 1, max: 60 }), async (lives, cut) => {
          const metric = `sum-${++run}`
          await storeSums(
            store.db,
            pointsOf(lives).map((point) => ({ ...point, metric })),
          )
          expect((await measured(counted(metric, 'sum', null), cut)).total).toEqual(truthOf(lives))
        }),
        { numRuns: 15, endOnFailure: true },
      ),
    PATIENCE_MS,
  )

  test(
    'by explicit and by exponential histograms, at a bound',
    () =>
      fc.assert(
        fc.asyncProperty(replicas, fc.integer({ min: 1, max: 60 }), async (lives, cut) => {
          const [explicit, exponential] = [`explicit-${++run}`, `exponential-${run}`]
          const points = pointsOf(lives)
          await storeHistograms(
            store.db,
            points.map(({ value, ...at }) => ({ ...at, metric: explicit, bounds: [0.5], buckets: [value, 2 * value] })),
          )
          // Scale 0, offset -2: (0.25, 0.5], (0.5, 1].
          await storeExponentials(
            store.db,
            points.map(({ value, ...at }) => ({
              ...{ ...at, metric: exponential, scale: 0, offset: -2 },
              buckets: [value, 2 * value],
            })),
          )
          const truth = truthOf(lives)
          const all = Object.fromEntries(Object.entries(truth).map(([minute, gain]) => [minute, 3 * gain]))
          for (const metric of [explicit, exponential])
            expect(await measured(counted(metric, 'histogram', 0.5), cut)).toEqual({ good: truth, total: all })
        }),
        { numRuns: 8, endOnFailure: true },
      ),
    PATIENCE_MS,
  )
})

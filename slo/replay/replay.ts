import type { Period } from '../budget/calendar.ts'
import { selectionKey } from '../budget/coverage.ts'
import { type IndicatorSums, readingOf, type SliceSubject, type WindowSource } from '../budget/read-window.ts'
import { Segments } from '../budget/segments.ts'
import { isSliceGood, type SliceSums } from '../budget/slices.ts'
import { cutsOf, planWindows } from '../budget/window-plan.ts'
import { environmentsOf, keyOf, measuredOf } from '../indicator.ts'
import type { Slo } from '../model.ts'
import type { BudgetReset, Reading } from '../reading.ts'
import { type MinuteSeries, minuteAt, RunningSums, type Spread } from './minute-series.ts'

const MINUTE_MS = 60_000

/**
 * Reads an SLO at the end of any minute of its history, as a tick that ran then with everything measured would have.
 * The answer's argument is the position after the last minute seen: 1 has seen the first.
 * @param series by `keyOf` of what the SLO measures, all over the same time
 * @param excluded time that maintenance leaves out of the budget
 * @param resets of the SLO's budget, oldest first
 */
export function replay(
  slo: Slo,
  series: ReadonlyMap<string, MinuteSeries>,
  excluded: readonly Period[] = [],
  resets: readonly BudgetReset[] = [],
): (end: number) => Reading {
  const pasts = new Map(measuredOf([slo]).map((part) => [keyOf(part), pastOf(series.get(keyOf(part)), excluded)]))
  const { from, expected } = [...pasts.values()][0]!
  const bySelection = new Map(
    measuredOf([slo]).map((part) => [selectionKey(environmentsOf(part.indicator)), pasts.get(keyOf(part))!]),
  )
  const slices = sliceReader(pasts, from)
  const positionOf = (ms: number) => (ms - from.getTime()) / MINUTE_MS

  return (end) => {
    const watermark = minuteAt({ from }, end)
    const plan = planWindows(slo, watermark, { resets, exclusionsIn: () => [] })
    const segments = new Segments(cutsOf(plan))
    const bounds = segments.cuts.slice(1).map((cut, n) => [positionOf(segments.cuts[n]!), positionOf(cut)] as const)
    const source: WindowSource = {
      segments,
      sums: new Map([...pasts].map(([key, past]) => [key, sumsIn(past, bounds, end, slo.settleMinutes > 0)])),
      slices: (subject) => segmentsOf(segments, slices(subject)),
      covered: (environments) => {
        const { covered, alive } = bySelection.get(selectionKey(environments))!
        return {
          covered: bounds.map(([first, last]) => covered.between(first, last)),
          alive: bounds.map(([first, last]) => alive.between(first, last)),
        }
      },
      expected: bounds.map(([first, last]) => expected.between(first, last)),
    }
    return readingOf(plan, source, watermark)
  }
}

/** One SLI's minutes as sums that any stretch is a difference of. */
interface Past {
  from: Date
  good: Float64Array
  total: Float64Array
  goods: RunningSums
  totals: RunningSums
  filled: RunningSums
  spread: Record<keyof Spread, RunningSums>
  covered: RunningSums
  alive: RunningSums
  expected: RunningSums
  lastEvents: Int32Array
  invalid: readonly number[]
}

function pastOf(series: MinuteSeries | undefined, excluded: readonly Period[]): Past {
  if (!series) throw new Error('a series is missing of what the SLO measures')
  const { from } = series
  const good = series.good.slice()
  const total = series.total.slice()
  const covered = series.covered.slice()
  const alive = series.alive.map((isAlive, n) => isAlive | covered[n]!)
  const spread = {
    varianceGood: series.spread.varianceGood.slice(),
    varianceBad: series.spread.varianceBad.slice(),
    seenGood: series.spread.seenGood.slice(),
    seenBad: series.spread.seenBad.slice(),
  }
  const firstKnown = series.expectedFrom ?? covered.indexOf(1)
  const expected = new Uint8Array(total.length).fill(firstKnown < 0 ? 0 : 1, Math.max(0, firstKnown))
  for (const range of excluded) {
    const first = Math.max(0, Math.floor((range.from.getTime() - from.getTime()) / MINUTE_MS))
    const last = Math.max(first, Math.ceil((range.to.getTime() - from.getTime()) / MINUTE_MS))
    for (const values of [good, total, covered, alive, expected, ...Object.values(spread)]) values.fill(0, first, last)
  }
  return {
    from,
    good,
    total,
    goods: new RunningSums(good),
    totals: new RunningSums(total),
    filled: new RunningSums(total.map((events) => (events > 0 ? 1 : 0))),
    spread: {
      varianceGood: new RunningSums(spread.varianceGood),
      varianceBad: new RunningSums(spread.varianceBad),
      seenGood: new RunningSums(spread.seenGood),
      seenBad: new RunningSums(spread.seenBad),
    },
    covered: new RunningSums(covered),
    alive: new RunningSums(alive),
    expected: new RunningSums(expected),
    lastEvents: lastEventBefore(total),
    invalid: invalidPositions(good, total),
  }
}

type Bounds = readonly (readonly [first: number, last: number])[]

function sumsIn(past: Past, bounds: Bounds, end: number, isSettling: boolean): IndicatorSums {
  const { from, goods, totals, filled, spread, lastEvents, invalid } = past
  const lastEvent = lastEvents[end] ?? -1
  return {
    bySegment: bounds.map(([first, last]) => ({
      good: goods.between(first, last),
      total: totals.between(first, last),
      varianceGood: spread.varianceGood.between(first, last),
      varianceBad: spread.varianceBad.between(first, last),
      seenGood: spread.seenGood.between(first, last),
      seenBad: spread.seenBad.between(first, last),
      filled: filled.between(first, last),
    })),
    lastEventAt: lastEvent < 0 ? null : minuteAt({ from }, lastEvent),
    invalid: isSettling ? [] : invalid.map((position) => minuteAt({ from }, position)),
  }
}

/** Slices since an origin, judged once and summed: what is asked for at one minute is asked for at every other. */
interface JudgedSlices {
  originMs: number
  sliceMs: number
  /** Position of the first slice after the origin. */
  first: number
  measured: RunningSums
  bad: RunningSums
  lost: RunningSums
}

function sliceReader(pasts: ReadonlyMap<string, Past>, from: Date): (subject: SliceSubject) => JudgedSlices {
  const judged = new Map<string, JudgedSlices>()
  return (subject) => {
    const key = `${subject.keys.join()},${subject.minutes},${subject.targetPpm},${subject.originMs}`
    const known = judged.get(key) ?? judgeAll(subject, pasts, from)
    judged.set(key, known)
    return known
  }
}

/** A slice that began before the history is left out. Joined slices are bad where any of them is. */
function judgeAll(
  { keys, minutes, targetPpm, originMs }: SliceSubject,
  pasts: ReadonlyMap<string, Past>,
  from: Date,
): JudgedSlices {
  const sliceMs = minutes * MINUTE_MS
  const first = Math.ceil((from.getTime() - originMs) / sliceMs)
  const start = (originMs + first * sliceMs - from.getTime()) / MINUTE_MS
  const parts = keys.map((key) => pasts.get(key)!)
  const count = Math.max(0, Math.floor((parts[0]!.total.length - start) / minutes))
  const sums = {
    measured: new Float64Array(count),
    bad: new Float64Array(count),
    lost: new Float64Array(count),
  }
  for (let n = 0; n < count; n++) {
    const [begin, end] = [start + n * minutes, start + (n + 1) * minutes]
    for (const { goods, totals } of parts) {
      const slice = { good: goods.between(begin, end), total: totals.between(begin, end) }
      if (slice.total === 0) continue
      sums.measured[n] = 1
      if (targetPpm !== null && !isSliceGood(slice, targetPpm)) sums.bad[n] = 1
      sums.lost[n]! += (slice.total - slice.good) / slice.total
    }
  }
  const running = (values: Float64Array) => new RunningSums(values)
  return {
    originMs,
    sliceMs,
    first,
    measured: running(sums.measured),
    bad: running(sums.bad),
    lost: running(sums.lost),
  }
}

/** Slices by the segment they begin in. */
function segmentsOf({ cuts }: Segments, { originMs, sliceMs, first, ...sums }: JudgedSlices): SliceSums[] {
  const sliceAt = (ms: number) => Math.ceil((ms - originMs) / sliceMs) - first
  return cuts.slice(1).map((cut, n) => {
    const [begin, end] = [sliceAt(cuts[n]!), sliceAt(cut)]
    return {
      measured: sums.measured.between(begin, end),
      bad: sums.bad.between(begin, end),
      lost: sums.lost.between(begin, end),
    }
  })
}

/** At n: position of the last of the first n minutes with events, −1 without one. */
function lastEventBefore(total: Float64Array): Int32Array {
  const last = new Int32Array(total.length + 1).fill(-1)
  for (let n = 0; n < total.length; n++) last[n + 1] = total[n]! > 0 ? n : last[n]!
  return last
}

function invalidPositions(good: Float64Array, total: Float64Array): number[] {
  const found: number[] = []
  for (let n = 0; n < total.length; n++) if (good[n]! > total[n]! || good[n]! < 0) found.push(n)
  return found
}

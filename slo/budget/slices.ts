import type { Counts, Method, NoDataPolicy } from '../model.ts'
import { times } from './exact.ts'

/** Slices with events, judged one by one. Adds up over any stretches of time that end between slices. */
export interface SliceSums {
  measured: number
  /** Of these, with a lower share of good events than the slice target. */
  bad: number
  /** Σ(1 − good/total) of these, in ascending time: what RatioTimeslices counts. */
  lost: number
}

export const NO_SLICES: SliceSums = { measured: 0, bad: 0, lost: 0 }

/**
 * A slice is bad only below its target: 95 good of 100 at 95 % is good, 94 of 99 is not. Compared without division.
 * Source: OpenSLO v1, budgetingMethod Timeslices.
 */
export const isSliceGood = ({ good, total }: Counts, targetPpm: number): boolean =>
  times(good, 1_000_000) >= times(total, targetPpm)

/** One slice. @param targetPpm null for RatioTimeslices, which knows no bad slices */
export function judgeSlice(slice: Counts, targetPpm: number | null): SliceSums {
  if (slice.total === 0) return NO_SLICES
  const isBad = targetPpm !== null && !isSliceGood(slice, targetPpm)
  return { measured: 1, bad: isBad ? 1 : 0, lost: (slice.total - slice.good) / slice.total }
}

export const addSlices = (a: SliceSums, b: SliceSums): SliceSums => ({
  measured: a.measured + b.measured,
  bad: a.bad + b.bad,
  lost: a.lost + b.lost,
})

/** Judges slices of `minutes` minutes each, oldest first; a last one that is not over is left out. */
export function judgeSlices(
  minutes: readonly Counts[],
  slice: { minutes: number; targetPpm: number | null },
): SliceSums {
  let sums = NO_SLICES
  for (let end = slice.minutes; end <= minutes.length; end += slice.minutes) {
    const counts = { good: 0, total: 0 }
    for (const { good, total } of minutes.slice(end - slice.minutes, end)) {
      counts.good += good
      counts.total += total
    }
    sums = addSlices(sums, judgeSlice(counts, slice.targetPpm))
  }
  return sums
}

/** The slices of a window. Numbers of slices; a last slice cut short by a change of clocks counts in part. */
export interface SliceWindow extends SliceSums {
  /** That are over: excluded time and time before the first telemetry ever are not expected. */
  expected: number
  /** Of the expected: without events, and not known to be quiet. */
  blind: number
  /** That are still to come before a calendar period ends. */
  ahead: number
}

/**
 * What a window of slices counts for the budget, and how much of it is known. A slice without events leaves the window under
 * `gap` and `ignore`, and counts as what it says under `good` and `bad`; only under `gap` do blind ones lower the coverage.
 * Example: 2,016 slices at 99 %, 6 bad, 24 blind: `gap` counts 1,986 of 1,992, `bad` 1,986 of 2,016.
 */
export function readSlices(
  { expected, measured, bad, lost, blind, ahead }: SliceWindow,
  method: Exclude<Method, 'occurrences'>,
  policy: NoDataPolicy,
): { units: Counts; coverage: number } {
  const silent = Math.max(0, expected - measured)
  const total = (policy === 'good' || policy === 'bad' ? measured + silent : measured) + ahead
  const spent = (method === 'timeslices' ? bad : lost) + (policy === 'bad' ? silent : 0)
  return {
    units: { good: total - spent, total },
    coverage: policy === 'gap' ? coverageOf(expected, blind) : 1,
  }
}

/** Share of what was expected, in minutes or slices, of which something is known; 0 when nothing was expected. */
export const coverageOf = (expected: number, blind: number): number =>
  expected <= 0 ? 0 : Math.max(0, (expected - blind) / expected)

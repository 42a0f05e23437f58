import {
  type CoveredSegments,
  coveredIn,
  firstOf,
  minuteCoverage,
  type Run,
  selectionKey,
} from '../slo/budget/coverage.ts'
import { type SliceSubject, sliceSubjectsOf, type WindowSource } from '../slo/budget/read-window.ts'
import { Segments } from '../slo/budget/segments.ts'
import { cutsOf, type WindowPlan } from '../slo/budget/window-plan.ts'
import { environmentsOf, keyOf, type Measured, measuredOf } from '../slo/indicator.ts'
import type { Selector } from '../slo/model.ts'
import { expectedMinutes, readRuns, readRunsWithin, replacedFrom } from './covered-minutes.ts'
import { readSums, type SumsBySegment, sumsOf } from './indicator-windows.ts'
import type { Db } from './query.ts'
import { readSlices, type SlicesOfSubject } from './slice-windows.ts'

const MINUTE_MS = 60_000

/**
 * Reads what the windows of SLOs hold, at one instant after another. While they are the same windows, only segments are read
 * again that hold something written since, and those after them; what did not change is answered as the same objects.
 * @param watermark null before any telemetry
 * @param written event time of all minutes stored since the last call
 */
export type WindowReader = (
  plans: readonly WindowPlan[],
  watermark: Date | null,
  written: readonly { from: Date }[],
) => Promise<WindowSource>

interface Wanted {
  segments: Segments
  measured: readonly Measured[]
  subjects: readonly SliceSubject[]
}

/** What was read last. */
interface Kept {
  segments: Segments
  watermark: Date | null
  sums: ReadonlyMap<string, SumsBySegment>
  /** By `subjectKey`. */
  slices: ReadonlyMap<string, SlicesOfSubject>
  runs: readonly Run[]
  /** By `selectionKey`. */
  covered: ReadonlyMap<string, CoveredSegments>
  expected: readonly number[]
}

export function windowReader(db: Db): WindowReader {
  let kept: Kept | null = null
  return async (plans, watermark, written) => {
    const wanted: Wanted = {
      segments: new Segments(plans.flatMap(cutsOf)),
      measured: measuredOf(plans.map(({ slo }) => slo)),
      subjects: distinct(plans.flatMap(sliceSubjectsOf)),
    }
    const before = kept
    // What fails may have read a part: the next call reads everything.
    kept = null
    kept =
      before && isAbout(before, wanted)
        ? await readAgain(db, before, wanted, watermark, written)
        : await readAll(db, wanted, watermark)
    const { segments, sums, slices, covered, expected } = kept
    return {
      segments,
      sums,
      slices: (subject) => slices.get(subjectKey(subject)) ?? [],
      covered: (environments) => covered.get(selectionKey(environments))!,
      expected,
    }
  }
}

const subjectKey = ({ keys, minutes, targetPpm, originMs, exclusions }: SliceSubject): string =>
  [...keys, minutes, targetPpm, originMs, ...exclusions.flatMap(({ from, to }) => [+from, +to])].join()

const distinct = (subjects: readonly SliceSubject[]): SliceSubject[] => [
  ...new Map(subjects.map((subject) => [subjectKey(subject), subject])).values(),
]

/** Whether all of this was read last, in the same segments, when time had begun. */
const isAbout = ({ segments, watermark, sums, slices, covered }: Kept, wanted: Wanted): boolean =>
  watermark !== null &&
  segments.cuts.length === wanted.segments.cuts.length &&
  segments.cuts.every((cut, n) => cut === wanted.segments.cuts[n]) &&
  wanted.measured.every((measured) => sums.has(keyOf(measured))) &&
  wanted.subjects.every((subject) => slices.has(subjectKey(subject))) &&
  wanted.measured.every(({ indicator }) => covered.has(selectionKey(environmentsOf(indicator))))

async function readAll(db: Db, wanted: Wanted, watermark: Date | null): Promise<Kept> {
  const { segments, measured, subjects } = wanted
  const [sums, slices, runs] = await Promise.all([
    readSums(db, measured, segments),
    readSlices(db, subjects, segments),
    readRuns(db, wholeOf(segments)),
  ])
  return {
    segments,
    watermark,
    sums: new Map(measured.map((of) => [keyOf(of), sums.get(keyOf(of)) ?? sumsOf([])])),
    slices: new Map(subjects.map((subject) => [subjectKey(subject), slices.get(subject) ?? []])),
    runs,
    covered: coveredBySelection(wanted, runs, watermark),
    expected: expectedMinutes(segments, runs),
  }
}

const wholeOf = ({ cuts }: Segments) => ({ from: new Date(cuts[0]!), to: new Date(cuts.at(-1)!) })

function coveredBySelection(
  { measured, segments: { cuts } }: Wanted,
  runs: readonly Run[],
  watermark: Date | null,
): Map<string, CoveredSegments> {
  const fromMs = cuts[0]!
  const grid = { fromMs, minutes: (cuts.at(-1)! - fromMs) / MINUTE_MS, completeMs: watermark?.getTime() ?? fromMs }
  const selections = new Map<string, Selector | null>()
  for (const { indicator } of measured)
    selections.set(selectionKey(environmentsOf(indicator)), environmentsOf(indicator))
  return new Map([...selections].map(([key, of]) => [key, coveredIn(minuteCoverage(runs, of, grid), grid, cuts)]))
}

async function readAgain(
  db: Db,
  kept: Kept,
  wanted: Wanted,
  watermark: Date | null,
  written: readonly { from: Date }[],
): Promise<Kept> {
  const { segments } = kept
  const { measured, subjects } = wanted
  const writtenMs = Math.min(...written.map(({ from }) => from.getTime()))
  const longestSliceMs = Math.max(0, ...subjects.map(({ minutes }) => minutes)) * MINUTE_MS
  // A slice counts in the segment it begins in.
  const changed = tailFrom(segments, writtenMs - longestSliceMs)
  // A collector whose word counts reports no minute before the last watermark as alive; minutes that were written are their own.
  const alive = tailFrom(segments, Math.min(writtenMs, ...[kept.watermark, watermark].map((at) => (at ? +at : 0))))
  const [sums, slices, runs] = await Promise.all([
    changed && readSums(db, measured, changed.segments),
    changed && readSlices(db, subjects, changed.segments),
    alive && readRunsWithin(db, wholeOf(alive.segments)),
  ])
  const next = { ...kept, watermark }
  if (changed) {
    next.sums = new Map(
      measured.map((of) => {
        const before = kept.sums.get(keyOf(of))!
        const bySegment = replaced(before.bySegment, changed.first, sums?.get(keyOf(of))?.bySegment ?? [], isSameSum)
        return [keyOf(of), bySegment === before.bySegment ? before : sumsOf(bySegment)]
      }),
    )
    next.slices = new Map(
      subjects.map((subject) => {
        const before = kept.slices.get(subjectKey(subject))!
        return [subjectKey(subject), replaced(before, changed.first, slices?.get(subject) ?? [], isSameSum)]
      }),
    )
  }
  if (alive && runs) {
    next.runs = replacedFrom(kept.runs, alive.segments.cuts[0]!, runs)
    next.covered = new Map(
      [...coveredBySelection(wanted, next.runs, watermark)].map(([key, { covered, alive }]) => {
        const before = kept.covered.get(key)
        const same = (of: readonly number[], last: readonly number[] = []) =>
          of.every((minutes, n) => minutes === last[n]) ? last : of
        return [key, { covered: same(covered, before?.covered), alive: same(alive, before?.alive) }]
      }),
    )
    if (firstOf(next.runs) !== firstOf(kept.runs)) next.expected = expectedMinutes(segments, next.runs)
  }
  return next
}

/** The segments that end after an instant; null when none does. */
function tailFrom({ cuts }: Segments, ms: number): { first: number; segments: Segments } | null {
  if (ms >= cuts.at(-1)!) return null
  const first = Math.max(
    0,
    cuts.findLastIndex((cut) => cut <= ms),
  )
  return { first, segments: new Segments(cuts.slice(first)) }
}

/** The values with others from a place on; the same array when they are equal. */
function replaced<T>(
  values: readonly (T | undefined)[],
  first: number,
  tail: readonly (T | undefined)[],
  isSame: (a: T | undefined, b: T | undefined) => boolean,
): readonly (T | undefined)[] {
  const length = Math.max(values.length, first + tail.length)
  let isEqual = true
  for (let n = first; n < length && isEqual; n++) isEqual = isSame(values[n], tail[n - first])
  return isEqual ? values : Array.from({ length }, (_, n) => (n < first ? values[n] : tail[n - first]))
}

function isSameSum(a: object | undefined, b: object | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  const other = b as Record<string, number>
  return Object.entries(a).every(([name, value]) => other[name] === value)
}

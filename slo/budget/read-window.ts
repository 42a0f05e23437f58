import { environmentsOf, keyOf } from '../indicator.ts'
import type { Counts, MeasuredIndicator, NoDataPolicy, Selector, Slo } from '../model.ts'
import type { PeriodReading, Reading, WindowReading } from '../reading.ts'
import type { Period } from './calendar.ts'
import { compositeWindow } from './composite.ts'
import type { CoveredSegments } from './coverage.ts'
import type { Segments } from './segments.ts'
import { addSlices, coverageOf, NO_SLICES, readSlices, type SliceSums } from './slices.ts'
import { type WindowPlan, windowOf } from './window-plan.ts'

/** What one SLI holds in one segment. */
export interface SegmentSums extends Counts {
  varianceGood: number
  varianceBad: number
  /** Events really received; 0 where nothing is sampled. */
  seenGood: number
  seenBad: number
  /** Minutes with events. */
  filled: number
}

export interface IndicatorSums {
  /** Absent where nothing happened. */
  bySegment: readonly (SegmentSums | undefined)[]
  lastEventAt: Date | null
  /** Minutes whose counts cannot be true, the first of each segment. */
  invalid: readonly Date[]
}

/** Whose slices, how long, judged how, and without which time. */
export interface SliceSubject {
  /** `keyOf` of what is joined: one SLI, or the members of a composite where a slice is bad that is bad in any. */
  keys: readonly string[]
  minutes: number
  targetPpm: number | null
  originMs: number
  exclusions: readonly Period[]
}

/** What was read for all SLOs. */
export interface WindowSource {
  segments: Segments
  /** By `keyOf`. */
  sums: ReadonlyMap<string, IndicatorSums>
  /** By segment, in which the slices begin. */
  slices: (subject: SliceSubject) => readonly (SliceSums | undefined)[]
  /** By segment: minutes of which something is known, for those who look at some environments, or at all of them. */
  covered: (environments: Selector | null) => CoveredSegments
  /** By segment: minutes in which telemetry is expected, from the first ever on. */
  expected: readonly number[]
}

interface Part {
  indicator: MeasuredIndicator
  generation: string
}

/** One SLI of an SLO, with what was read for it. */
interface FoundPart {
  key: string
  isGauge: boolean
  environments: Selector | null
  sums: IndicatorSums | undefined
}

/** One SLO at one instant. */
interface Subject {
  plan: WindowPlan
  source: WindowSource
  /** One, or the members of a composite in their order. */
  parts: readonly FoundPart[]
}

/** A stretch of time as it is looked at. */
interface View {
  range: Period
  exclusions: readonly Period[]
  /** Slices of the calendar period that are still to come. */
  ahead: number
}

const MINUTE_MS = 60_000

/** Everything the judge may know about one SLO, from what was read for all of them. */
export function readingOf(plan: WindowPlan, source: WindowSource, watermark: Date | null): Reading {
  const { slo, whole } = plan
  const parts = partsOf(slo).map((part): FoundPart => {
    const key = keyOf(part)
    const { indicator } = part
    return {
      key,
      isGauge: indicator.source === 'gauge',
      environments: environmentsOf(indicator),
      sums: source.sums.get(key),
    }
  })
  const subject = { plan, source, parts }
  const found = parts.flatMap(({ sums }) => sums ?? [])
  const lastEvents = found.flatMap(({ lastEventAt: at }) => (at && at >= whole.from ? [at.getTime()] : []))
  const period = periodOf(subject)
  const invalid = invalidMinutes(plan, found, period)
  const members = membersOf(subject)
  const windows = plan.windows.map((minutes): [number, WindowReading] => [
    minutes,
    readView(subject, { range: windowOf(plan, minutes), exclusions: plan.exclusions, ahead: 0 }),
  ])
  return {
    slo,
    watermark,
    lastEventAt: lastEvents.length === 0 ? null : new Date(Math.max(...lastEvents)),
    invalidMinute: invalid.length === 0 ? null : new Date(Math.min(...invalid)),
    windows: new Map(windows),
    period,
    ...(members && { members }),
  }
}

/** Both sides of an SLI that settles late close at different times: a minute may hold the good of the one before. */
function invalidMinutes({ slo, whole, end }: WindowPlan, found: readonly IndicatorSums[], { counts }: PeriodReading) {
  const minutes = found.flatMap((sums) => sums.invalid.filter((at) => at >= whole.from && at < end).map(Number))
  return slo.settleMinutes > 0 && counts.good <= counts.total && counts.good >= 0 ? [] : minutes
}

function periodOf(subject: Subject): PeriodReading {
  const { plan, source } = subject
  const { whole, counted, end, resets, exclusions } = plan
  const view = countedView(plan)
  const period = readView(subject, view)
  const isCut = resets.length > 0 || exclusions.length > 0
  const raw = isCut ? readView(subject, { ...view, range: { from: whole.from, to: end }, exclusions: [] }) : null
  const { window, method } = plan.slo.objective
  const expected = expectedIn(source, source.segments.in(counted, exclusions))
  const minutesLeft = (whole.to.getTime() - end.getTime()) / MINUTE_MS
  return {
    ...period,
    from: counted.from,
    to: whole.to,
    raw: raw && { counts: raw.counts, units: raw.units },
    exclusions,
    ...(resets.length > 0 && { resets }),
    ...(window.kind === 'calendar' &&
      method === 'occurrences' &&
      expected > 0 && { expectedTotal: period.units.total * (1 + minutesLeft / expected) }),
  }
}

function countedView({ slo, whole, counted, end, exclusions }: WindowPlan): View {
  const { window, slice } = slo.objective
  const minutesLeft = (whole.to.getTime() - end.getTime()) / MINUTE_MS
  return {
    range: counted,
    exclusions,
    ahead: window.kind === 'calendar' && slice !== null ? minutesLeft / slice.minutes : 0,
  }
}

function membersOf(subject: Subject): Reading['members'] | null {
  const { indicator } = subject.plan.slo
  if (indicator.source !== 'composite') return null
  return indicator.members.map(({ displayName, weight, targetPpm }, n) => ({
    displayName,
    weight,
    targetPpm,
    period: readPart(subject, subject.parts[n]!, countedView(subject.plan)),
  }))
}

const partsOf = ({ indicator, generation }: Slo): readonly Part[] =>
  indicator.source === 'composite' ? indicator.members : [{ indicator, generation }]

/** What happened in a stretch of time, what the budgeting method counts of it, and how much of it is known. */
function readView(subject: Subject, view: View): WindowReading {
  const { indicator, objective } = subject.plan.slo
  if (indicator.source !== 'composite') return readPart(subject, subject.parts[0]!, view)
  const { method: composite, members } = indicator
  const { method, budgetPpm } = objective
  const windows = members.map(({ weight, targetPpm }, n) => ({
    ...readPart(subject, subject.parts[n]!, view),
    weight,
    budgetPpm: 1_000_000 - targetPpm,
  }))
  const read = compositeWindow(windows, { composite, method, budgetPpm })
  if (composite !== 'openslo' || method !== 'timeslices') return read
  return { ...read, ...slicesIn(subject, subject.parts, view) }
}

function readPart(subject: Subject, part: FoundPart, view: View): WindowReading {
  const { plan, source } = subject
  const { method, noData } = plan.slo.objective
  const bySegment = part.sums?.bySegment ?? []
  const places = source.segments.in(view.range, view.exclusions)
  const counts = { good: 0, total: 0 }
  const variance = { good: 0, bad: 0 }
  const seen = { good: 0, bad: 0 }
  for (const place of places) {
    const sums = bySegment[place]
    if (!sums) continue
    counts.good += sums.good
    counts.total += sums.total
    variance.good += sums.varianceGood
    variance.bad += sums.varianceBad
    seen.good += sums.seenGood
    seen.bad += sums.seenBad
  }
  const isSampled = variance.good > 0 || variance.bad > 0
  const read = { counts, ...(isSampled && { variance }), ...(isSampled && seen.good + seen.bad > 0 && { seen }) }
  if (method !== 'occurrences') return { ...read, ...slicesIn(subject, [part], view) }
  return { ...read, units: counts, ...sharesOf(minutesIn(source, places, part), noData) }
}

const expectedIn = ({ expected }: WindowSource, places: readonly number[]): number =>
  places.reduce((sum, place) => sum + (expected[place] ?? 0), 0)

/** Minutes or slices. */
interface Blindness {
  expected: number
  /** Nothing is known of. */
  blind: number
  /** No collector was alive in either. */
  unseen: number
}

const sharesOf = ({ expected, blind, unseen }: Blindness, noData: NoDataPolicy) => ({
  coverage: noData === 'gap' ? coverageOf(expected, blind) : 1,
  ...(noData === 'gap' && unseen < blind && { watched: coverageOf(expected, unseen) }),
})

/**
 * Minutes expected, and those of which nothing is known. A minute without a point of a gauge is blind; of other SLIs events are
 * known wherever they came from.
 */
function minutesIn(source: WindowSource, places: readonly number[], part: FoundPart): Blindness {
  const own = part.sums?.bySegment ?? []
  const { covered, alive } = source.covered(part.environments)
  const expected = expectedIn(source, places)
  let known = 0
  let seen = 0
  for (const place of places) {
    const filled = own[place]?.filled ?? 0
    known += part.isGauge ? filled : Math.max(filled, covered[place] ?? 0)
    seen += part.isGauge ? filled : Math.max(filled, alive[place] ?? 0)
  }
  return { expected, blind: Math.max(0, expected - known), unseen: Math.max(0, expected - seen) }
}

/** Slices of one SLI, or joined of several. A stretch that is not made of whole slices has none. */
function slicesIn(
  { plan, source }: Subject,
  parts: readonly FoundPart[],
  { range, exclusions, ahead }: View,
): Pick<WindowReading, 'units' | 'coverage' | 'watched'> {
  const { method, slice, noData } = plan.slo.objective
  if (slice === null || method === 'occurrences') throw new Error(`${plan.slo.name} has no slices`)
  const sliceMs = slice.minutes * MINUTE_MS
  const places = source.segments.in(range, exclusions)
  const minutes = parts.map((part) => minutesIn(source, places, part))
  const most = (of: keyof Blindness) => Math.max(...minutes.map((minute) => minute[of])) / slice.minutes
  const blindness = { expected: most('expected'), blind: most('blind'), unseen: most('unseen') }
  const shares = sharesOf(blindness, noData)
  if ((range.from.getTime() - plan.sliceOrigin) % sliceMs !== 0) return { units: { good: 0, total: 0 }, ...shares }
  const keys = parts.map(({ key }) => key)
  const bySegment = source.slices(sliceSubject(plan, keys, exclusions))
  const sums = source.segments
    .in(range)
    .reduce((all, place) => addSlices(all, bySegment[place] ?? NO_SLICES), NO_SLICES)
  return { ...readSlices({ ...sums, ...blindness, ahead }, method, noData), ...shares }
}

function sliceSubject(plan: WindowPlan, keys: readonly string[], exclusions: readonly Period[]): SliceSubject {
  const { minutes, targetPpm } = plan.slo.objective.slice!
  return { keys, minutes, targetPpm, originMs: plan.sliceOrigin, exclusions }
}

/** Whose slices `readingOf` will ask for, given a plan. */
export function sliceSubjectsOf(plan: WindowPlan): SliceSubject[] {
  const { slo, exclusions, resets } = plan
  if (slo.objective.slice === null) return []
  const keys = partsOf(slo).map(keyOf)
  const isJoined =
    slo.indicator.source === 'composite' && slo.indicator.method === 'openslo' && slo.objective.method === 'timeslices'
  const groups = [...keys.map((key) => [key]), ...(isJoined ? [keys] : [])]
  const views = exclusions.length > 0 || resets.length > 0 ? [exclusions, []] : [exclusions]
  return groups.flatMap((group) => views.map((view) => sliceSubject(plan, group, view)))
}

import { z } from 'zod'
import type { IndicatorSums, SegmentSums } from '../slo/budget/read-window.ts'
import type { Segments } from '../slo/budget/segments.ts'
import { keyOf, type Measured } from '../slo/indicator.ts'
import { cannotBeTrue, countable } from './countable.ts'
import { ceilHour, floorHour, hoursIn, readOpenHours } from './indicator-hours.ts'
import { type Db, query } from './query.ts'

const HOUR_MS = 3_600_000

/** Above so many SLOs everything is read, and what was not asked for dropped. */
const MAX_NAMED = 500

/** What one SLI holds in one segment, with its last minute with events and its first that cannot be true; 0 without. */
export interface DatedSums extends SegmentSums {
  lastEventMs: number
  invalidMs: number
}

/** What one SLI holds in every segment; absent where nothing happened. */
export interface SumsBySegment extends IndicatorSums {
  bySegment: readonly (DatedSums | undefined)[]
}

/**
 * Sums of minutes in every segment, of all indicators, by `keyOf`. Whole hours come from their stored sums, minutes only where
 * a segment begins within an hour and for the hours not closed yet. Where an indicator lacks the sum of an hour, minutes are
 * read for that hour.
 */
export async function readSums(
  db: Db,
  measured: readonly Measured[],
  segments: Segments,
): Promise<Map<string, SumsBySegment>> {
  const { wholeHours, hours } = planHours(segments)
  const asked = { cuts: segments.cuts.map((ms) => ms / 1_000) }
  const rows = await sumSegments(db, { ...asked, ...hours, ...named(measured) })
  const known = new Map(rows.map((row) => [`${row.indicator}\n${row.generation}`, row]))
  const gaps = measured.filter((of) => !isWhole(known.get(keyOf(of)), wholeHours))
  if (gaps.length > 0) {
    const wanted = new Set(gaps.map(keyOf))
    for (const key of wanted) known.delete(key)
    const openHours = await readOpenHours(db, gaps, { from: hours.hoursFrom, to: hours.hoursTo })
    const cutHours = [...new Set([...hours.cutHours, ...openHours].map(Number))].map((ms) => new Date(ms))
    const sum = isCheaperByTime(measured.length, gaps.length, cutHours.length) ? sumSegments : sumSegmentsOfFew
    for (const row of await sum(db, { ...asked, ...hours, cutHours, ...named(gaps) })) {
      const key = `${row.indicator}\n${row.generation}`
      if (wanted.has(key)) known.set(key, row)
    }
  }
  return new Map([...known].map(([key, row]) => [key, sumsOf(bySegment(row, segments))]))
}

/** Whether minutes are found by time in fewer rows than by indicator, where each costs a granule at least. */
const isCheaperByTime = (all: number, wanted: number, hours: number): boolean =>
  wanted > MAX_NAMED || hours * 60 * all <= wanted * (hours * 60 + GRANULE)

const GRANULE = 8_192

export function named(measured: readonly { indicator: { name: string }; generation: string }[]) {
  const isAll = measured.length > MAX_NAMED
  return {
    all: isAll,
    indicators: isAll ? [] : [...new Set(measured.map((of) => of.indicator.name))],
    generations: isAll ? [] : [...new Set(measured.map((of) => of.generation))],
  }
}

/** Which hours are read as such, and of which the minutes. */
export function planHours({ cuts }: Segments) {
  const [first, end] = [cuts[0]!, cuts.at(-1)!]
  const last = floorHour(new Date(end)).getTime()
  const cutHours = new Set([
    ...cuts.filter((cut) => cut % HOUR_MS !== 0).map((cut) => floorHour(new Date(cut)).getTime()),
    ...(end > last ? [last] : []),
  ])
  const hoursFrom = ceilHour(new Date(first))
  const hours = hoursIn({ from: hoursFrom, to: new Date(last) }).filter((hour) => !cutHours.has(hour.getTime()))
  const wholeHours = new Map<number, number>()
  let place = 0
  for (const hour of hours) {
    while (cuts[place + 1]! <= hour.getTime()) place++
    wholeHours.set(cuts[place]! / 1_000, (wholeHours.get(cuts[place]! / 1_000) ?? 0) + 1)
  }
  return {
    /** By start of the segment, in seconds. */
    wholeHours,
    hours: {
      from: new Date(first),
      to: new Date(end),
      hoursFrom,
      hoursTo: new Date(last),
      cutHours: [...cutHours].map((ms) => new Date(ms)),
    },
  }
}

type Row = z.output<typeof segmentRow>

/** Whether every whole hour was there. */
export function isWhole(
  row: { segments: readonly number[]; hours: readonly number[] } | undefined,
  wholeHours: ReadonlyMap<number, number>,
): boolean {
  const found = new Map(row?.segments.map((start, n) => [start, row.hours[n]]))
  return [...wholeHours].every(([start, hours]) => found.get(start) === hours)
}

function bySegment(row: Row, segments: Segments): SumsBySegment['bySegment'] {
  const place = new Map(segments.cuts.map((ms, n) => [ms / 1_000, n]))
  const found: (DatedSums | undefined)[] = []
  for (const [n, start] of row.segments.entries()) {
    found[place.get(start)!] = {
      good: row.good[n]!,
      total: row.total[n]!,
      varianceGood: row.variance_good[n] ?? 0,
      varianceBad: row.variance_bad[n] ?? 0,
      seenGood: row.seen_good[n] ?? 0,
      seenBad: row.seen_bad[n] ?? 0,
      filled: row.filled[n]!,
      lastEventMs: row.last_event[n]! * 1_000,
      invalidMs: (row.invalid[n] ?? 0) * 1_000,
    }
  }
  return found
}

export function sumsOf(bySegment: SumsBySegment['bySegment']): SumsBySegment {
  let lastMs = 0
  const invalid: Date[] = []
  for (const of of bySegment) {
    if (of === undefined) continue
    lastMs = Math.max(lastMs, of.lastEventMs)
    if (of.invalidMs > 0) invalid.push(new Date(of.invalidMs))
  }
  return { bySegment, lastEventAt: lastMs > 0 ? new Date(lastMs) : null, invalid }
}

const numbers = z.array(z.number())

/** Parameters of `NAMED`. */
export const asked = {
  all: z.boolean(),
  indicators: z.array(z.string()),
  generations: z.array(z.string()),
}

const segmentRow = z.object({
  indicator: z.string(),
  generation: z.string(),
  segments: numbers,
  good: numbers,
  total: numbers,
  variance_good: numbers,
  variance_bad: numbers,
  seen_good: numbers,
  seen_bad: numbers,
  filled: numbers,
  hours: numbers,
  last_event: numbers,
  invalid: numbers,
})

/** Columns an indicator is named by; `named` gives the parameters. */
export const NAMED =
  '({all:Bool} OR (indicator IN {indicators:Array(String)} AND generation IN {generations:Array(String)}))'

export const segmentOf = (time: string) => `roundDown(toUInt32(${time}), {cuts:Array(UInt32)})`

/** Columns of one minute that hours have summed: `m` is a row of minutes. */
const OF_MINUTE = `${countable('m.good')}, ${countable('m.total')}, ${countable('m.variance_good')}, ${countable('m.variance_bad')},
  ${countable('m.seen_good')}, ${countable('m.seen_bad')}, toFloat64(m.total > 0) AS filled, 0 AS hours,
  if(m.total > 0, minute, toDateTime(0)) AS last_event, if(${cannotBeTrue('m.good', 'm.total')}, minute, toDateTime(0)) AS invalid_minute`

/** The same of an hour. */
const OF_HOUR = `${countable('h.good')} AS good, ${countable('h.total')} AS total, ${countable('h.variance_good')} AS variance_good, ${countable('h.variance_bad')} AS variance_bad,
  ${countable('h.seen_good')} AS seen_good, ${countable('h.seen_bad')} AS seen_bad, h.filled AS filled, 1 AS hours,
  h.last_event AS last_event, if(h.invalid_minute = 0 AND ${cannotBeTrue('h.good', 'h.total')}, hour, h.invalid_minute) AS invalid_minute`

/** Adds up rows of hours and minutes, then gathers the segments of each indicator. */
const gathered = (rows: string) => `
  SELECT indicator, generation, groupArray(segment) AS segments, groupArray(sums.1) AS good, groupArray(sums.2) AS total,
    if(arrayExists(v -> v > 0, groupArray(sums.3) AS in_good), in_good, []) AS variance_good,
    if(arrayExists(v -> v > 0, groupArray(sums.4) AS in_bad), in_bad, []) AS variance_bad,
    if(notEmpty(variance_good) OR notEmpty(variance_bad), groupArray(sums.5), []) AS seen_good,
    if(notEmpty(variance_good) OR notEmpty(variance_bad), groupArray(sums.6), []) AS seen_bad,
    groupArray(sums.7) AS filled, groupArray(sums.8) AS hours, groupArray(toUnixTimestamp(sums.9)) AS last_event,
    if(arrayExists(v -> v > 0, groupArray(toUnixTimestamp(sums.10)) AS all_invalid), all_invalid, []) AS invalid
  FROM (
    SELECT indicator, generation, segment, (sum(good), sum(total), sum(variance_good), sum(variance_bad), sum(seen_good), sum(seen_bad), sum(filled), sum(hours),
      max(last_event), minIf(invalid_minute, invalid_minute > 0)) AS sums
    FROM (${rows})
    GROUP BY indicator, generation, segment
  )
  GROUP BY indicator, generation`

/** Parameters of a plan. */
export const planned = {
  from: z.date(),
  to: z.date(),
  hoursFrom: z.date(),
  hoursTo: z.date(),
  cutHours: z.array(z.date()),
}

/** The hours and the minutes of a plan. */
export const PLANNED_HOURS =
  'hour >= {hoursFrom:DateTime} AND hour < {hoursTo:DateTime} AND hour NOT IN {cutHours:Array(DateTime)} AND complete'
export const PLANNED_MINUTES =
  'minute >= {from:DateTime} AND minute < {to:DateTime} AND toStartOfHour(minute) IN {cutHours:Array(DateTime)}'

const sumFrom = (minutes: string) =>
  query({
    sql: gathered(`
    SELECT indicator, generation, ${segmentOf('hour')} AS segment, ${OF_HOUR}
    FROM indicator_hours AS h FINAL
    WHERE ${PLANNED_HOURS} AND ${NAMED}
    UNION ALL
    SELECT indicator, generation, ${segmentOf('minute')} AS segment, ${OF_MINUTE}
    FROM ${minutes} AS m FINAL
    WHERE ${PLANNED_MINUTES} AND ${NAMED}`),
    params: z.object({ ...asked, ...planned, cuts: numbers }),
    row: segmentRow,
    settings: { do_not_merge_across_partitions_select_final: 1 },
  })

const sumSegments = sumFrom('indicator_minutes_by_time')
const sumSegmentsOfFew = sumFrom('indicator_minutes')

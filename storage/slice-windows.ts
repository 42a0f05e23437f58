import { z } from 'zod'
import type { SliceSubject } from '../slo/budget/read-window.ts'
import { Segments } from '../slo/budget/segments.ts'
import type { SliceSums } from '../slo/budget/slices.ts'
import { countable } from './countable.ts'
import { HOUR_SLICES } from './indicator-hours.ts'
import {
  asked,
  isWhole,
  NAMED,
  named,
  PLANNED_HOURS,
  PLANNED_MINUTES,
  planHours,
  planned,
  segmentOf,
} from './indicator-windows.ts'
import { type Db, query } from './query.ts'

/** Slices by segment. */
export type SlicesOfSubject = readonly (SliceSums | undefined)[]

type SlicesBySegment = Map<SliceSubject, SlicesOfSubject>

/**
 * Slices of every subject, by the segment they begin in. Those that hours have summed come from there; the others are judged
 * from their minutes.
 */
export async function readSlices(
  db: Db,
  subjects: readonly SliceSubject[],
  segments: Segments,
): Promise<SlicesBySegment> {
  const summed: SlicesBySegment = new Map()
  for (const [minutes, alike] of Map.groupBy(subjects.filter(isSummed), (subject) => subject.minutes)) {
    for (const [subject, found] of await readHourSlices(db, alike, minutes, segments)) summed.set(subject, found)
  }
  const others = subjects.filter((subject) => !summed.has(subject))
  return new Map([...summed, ...(await readMinuteSlices(db, others, segments))])
}

/** One SLI's slices of a usual length that begin with the hour; with nothing left out that a slice could be torn by. */
const isSummed = ({ keys, minutes, originMs, exclusions }: SliceSubject): boolean =>
  keys.length === 1 &&
  (HOUR_SLICES as readonly number[]).includes(minutes) &&
  originMs % (minutes * MINUTE_MS) === 0 &&
  (minutes === 1 || exclusions.length === 0)

const MINUTE_MS = 60_000

/** Those of which an hour is missing are absent. */
async function readHourSlices(
  db: Db,
  subjects: readonly SliceSubject[],
  minutes: number,
  segments: Segments,
): Promise<SlicesBySegment> {
  const lengthMs = minutes * MINUTE_MS
  // Segments between slices: no slice begins between the next cut and the slice that holds it.
  const aligned = new Segments(segments.cuts.map((cut) => Math.ceil(cut / lengthMs) * lengthMs))
  const back = new Map(segments.cuts.map((cut, n) => [Math.ceil(cut / lengthMs) * 60 * minutes, n]))
  const { wholeHours, hours } = planHours(aligned)
  const targets = [...new Set(subjects.map(({ targetPpm }) => targetPpm ?? 0))]
  const rows = await sumHourSlices(db, {
    ...named(subjects.map(({ keys }) => splitKey(keys[0]!))),
    ...hours,
    cuts: aligned.cuts.map((ms) => ms / 1_000),
    place: HOUR_SLICES.indexOf(minutes as (typeof HOUR_SLICES)[number]) + 1,
    length: minutes * 60,
    targets,
  })
  const byKey = new Map(rows.map((row) => [`${row.indicator}\n${row.generation}`, row]))
  const found: SlicesBySegment = new Map()
  for (const subject of subjects) {
    const row = byKey.get(subject.keys[0]!)
    if (!row || !isWhole(row, wholeHours)) continue
    const target = targets.indexOf(subject.targetPpm ?? 0)
    const bySegment: (SliceSums | undefined)[] = []
    for (const [n, start] of row.segments.entries()) {
      const sums = { measured: row.measured[n]!, bad: row.bad[n]![target]!, lost: row.lost[n]! }
      bySegment[back.get(start)!] = sums
    }
    found.set(subject, subject.exclusions.length === 0 ? bySegment : segments.without(bySegment, subject.exclusions))
  }
  return found
}

const splitKey = (key: string) => ({
  indicator: { name: key.slice(0, key.indexOf('\n')) },
  generation: key.slice(key.indexOf('\n') + 1),
})

/** Indicators whose names travel in the address of one request. */
const MAX_TOGETHER = 500

/** Slices of any length, judged minute by minute and joined where a subject has several SLIs; those on one grid together. */
async function readMinuteSlices(
  db: Db,
  subjects: readonly SliceSubject[],
  segments: Segments,
): Promise<SlicesBySegment> {
  const found = new Map(subjects.map((subject): [SliceSubject, (SliceSums | undefined)[]] => [subject, []]))
  const place = new Map(segments.cuts.map((ms, n) => [ms / 1_000, n]))
  for (const alike of Map.groupBy(subjects, gridOf).values()) {
    for (let start = 0; start < alike.length; start += MAX_TOGETHER) {
      const these = alike.slice(start, start + MAX_TOGETHER)
      const [{ minutes, originMs, exclusions }] = these as [SliceSubject]
      const members = these.flatMap((subject, n) =>
        subject.keys.map((key) => ({ n, target: subject.targetPpm ?? 0, ...splitKey(key) })),
      )
      const rows = await sumSlices(db, {
        cuts: segments.cuts.map((ms) => ms / 1_000),
        from: new Date(segments.cuts[0]!),
        to: new Date(segments.cuts.at(-1)!),
        length: minutes * 60,
        origin: originMs / 1_000,
        out_from: exclusions.map(({ from }) => from),
        out_to: exclusions.map(({ to }) => to),
        subjects: members.map(({ n }) => n),
        targets: members.map(({ target }) => target),
        indicators: members.map(({ indicator }) => indicator.name),
        generations: members.map(({ generation }) => generation),
      })
      for (const { subject, segment, measured, bad, lost } of rows)
        found.get(these[subject]!)![place.get(segment)!] = { measured, bad, lost }
    }
  }
  return found
}

const gridOf = ({ minutes, originMs, exclusions }: SliceSubject) =>
  [minutes, originMs, ...exclusions.flatMap(({ from, to }) => [from.getTime(), to.getTime()])].join()

const numbers = z.array(z.number())

// A slice that is not over when the last cut comes is left out: half of it may still arrive.
const sumSlices = query({
  sql: `
    SELECT subject, roundDown(start, {cuts:Array(UInt32)}) AS segment, toFloat64(count()) AS measured, sum(is_bad) AS bad, sum(part) AS lost
    FROM (
      SELECT subject, start, toFloat64(max(good * 1000000 < total * target)) AS is_bad, max((total - good) / total) AS part
      FROM (
        SELECT indicator, generation, toUInt32(intDiv(toInt64(toUnixTimestamp(minute)) - {origin:Int64}, {length:Int64}) * {length:Int64} + {origin:Int64}) AS start,
          sum(${countable('m.good')}) AS good, sum(${countable('m.total')}) AS total
        FROM indicator_minutes AS m FINAL
        WHERE minute >= {from:DateTime} AND minute < {to:DateTime}
          AND (indicator, generation) IN arrayZip({indicators:Array(String)}, {generations:Array(String)})
          AND NOT arrayExists((since, until) -> minute >= since AND minute < until, {out_from:Array(DateTime)}, {out_to:Array(DateTime)})
        GROUP BY indicator, generation, start
        HAVING total > 0 AND start >= toUnixTimestamp({from:DateTime}) AND start + {length:Int64} <= toUnixTimestamp({to:DateTime})
      ) AS slices
      INNER JOIN (
        SELECT member.1 AS indicator, member.2 AS generation, member.3 AS subject, member.4 AS target
        FROM (SELECT arrayJoin(arrayZip({indicators:Array(String)}, {generations:Array(String)}, {subjects:Array(UInt32)}, {targets:Array(UInt32)})) AS member)
      ) AS members ON members.indicator = slices.indicator AND members.generation = slices.generation
      GROUP BY subject, start
    )
    GROUP BY subject, segment`,
  params: z.object({
    cuts: numbers,
    from: z.date(),
    to: z.date(),
    length: z.int(),
    origin: z.int(),
    out_from: z.array(z.date()),
    out_to: z.array(z.date()),
    subjects: numbers,
    targets: numbers,
    indicators: z.array(z.string()),
    generations: z.array(z.string()),
  }),
  row: z.object({ subject: z.number(), segment: z.number(), measured: z.number(), bad: z.number(), lost: z.number() }),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

const sumHourSlices = query({
  sql: `
    SELECT indicator, generation, groupArray(segment) AS segments, groupArray(sums.1) AS measured, groupArray(sums.2) AS lost,
      groupArray(sums.3) AS bad, groupArray(sums.4) AS hours
    FROM (
      SELECT indicator, generation, segment, (sum(filled), sum(lost), sumForEach(bad), sum(hours)) AS sums
      FROM (
        SELECT indicator, generation, ${segmentOf('hour')} AS segment, h.slices_filled[{place:UInt8}] AS filled, ${countable('h.slices_lost[{place:UInt8}]')} AS lost,
          arrayMap(target -> toFloat64(arrayCount(slice -> slice.1 * 1000000 < slice.2 * target, h.slices_imperfect[{place:UInt8}])), {targets:Array(UInt32)}) AS bad,
          1 AS hours
        FROM indicator_hours AS h FINAL
        WHERE ${PLANNED_HOURS} AND ${NAMED}
        UNION ALL
        SELECT indicator, generation, ${segmentOf('start')} AS segment, 1., (slice_total - slice_good) / slice_total,
          arrayMap(target -> toFloat64(slice_good * 1000000 < slice_total * target), {targets:Array(UInt32)}), 0
        FROM (
          SELECT indicator, generation, intDiv(toUInt32(minute), {length:UInt32}) * {length:UInt32} AS start,
            sum(${countable('m.good')}) AS slice_good, sum(${countable('m.total')}) AS slice_total
          FROM indicator_minutes_by_time AS m FINAL
          WHERE ${PLANNED_MINUTES} AND ${NAMED}
          GROUP BY indicator, generation, start HAVING slice_total > 0
        )
      )
      GROUP BY indicator, generation, segment
    )
    GROUP BY indicator, generation`,
  params: z.object({
    cuts: numbers,
    targets: numbers,
    place: z.int(),
    length: z.int(),
    ...asked,
    ...planned,
  }),
  row: z.object({
    indicator: z.string(),
    generation: z.string(),
    segments: numbers,
    measured: numbers,
    lost: numbers,
    bad: z.array(numbers),
    hours: numbers,
  }),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

import { z } from 'zod'
import type { SliceSubject } from '../slo/read-window.ts'
import type { Segments } from '../slo/segments.ts'
import type { SliceSums } from '../slo/slices.ts'
import { type Db, query } from './query.ts'

/** Slices by segment, of each subject. */
export type SlicesBySegment = Map<SliceSubject, (SliceSums | undefined)[]>

/** Indicators whose names travel in the address of one request. */
const MAX_TOGETHER = 500

/**
 * Slices of any length, judged minute by minute and joined where a subject has several SLIs. Subjects that have length, origin
 * and exclusions in common are read together.
 */
export async function readSlices(
  db: Db,
  subjects: readonly SliceSubject[],
  segments: Segments,
): Promise<SlicesBySegment> {
  const found: SlicesBySegment = new Map(subjects.map((subject) => [subject, []]))
  const place = new Map(segments.cuts.map((ms, n) => [ms / 1_000, n]))
  for (const alike of Map.groupBy(subjects, gridOf).values()) {
    for (let start = 0; start < alike.length; start += MAX_TOGETHER) {
      const these = alike.slice(start, start + MAX_TOGETHER)
      const [{ minutes, originMs, exclusions }] = these as [SliceSubject]
      const members = these.flatMap((subject, n) =>
        subject.keys.map((key) => ({ n, key, target: subject.targetPpm ?? 0 })),
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
        indicators: members.map(({ key }) => key.slice(0, key.indexOf('\n'))),
        generations: members.map(({ key }) => key.slice(key.indexOf('\n') + 1)),
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
          sum(m.good) AS good, sum(m.total) AS total
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

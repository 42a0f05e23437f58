import { z } from 'zod'
import type { Measured } from '../slo/indicator.ts'
import { cannotBeTrue, countable } from './countable.ts'
import { type Db, query } from './query.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

interface Range {
  from: Date
  to: Date
}

export const floorHour = (at: Date) => new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS)
export const ceilHour = (at: Date) => new Date(Math.ceil(at.getTime() / HOUR_MS) * HOUR_MS)

/** The hour that begins at each of these instants. */
export const hoursIn = ({ from, to }: Range): Date[] =>
  Array.from(
    { length: Math.max(0, (to.getTime() - from.getTime()) / HOUR_MS) },
    (_, n) => new Date(from.getTime() + n * HOUR_MS),
  )

const namesOf = (slos: readonly Measured[]) => ({
  indicators: slos.map(({ indicator }) => indicator.name),
  generations: slos.map(({ generation }) => generation),
})

/** Indicators whose names travel in the address of one request. */
const MAX_NAMED = 1_000

function* named(slos: readonly Measured[]): Generator<readonly Measured[]> {
  for (let start = 0; start < slos.length; start += MAX_NAMED) yield slos.slice(start, start + MAX_NAMED)
}

/**
 * A statement sees what the one before it wrote: on a cluster, all go to the same replica of a shard while it lives,
 * and are answered once the rows are there. Nothing is taken for a repetition: reopening an hour twice writes the same rows.
 */
export const IN_ORDER = {
  distributed_foreground_insert: 1,
  load_balancing: 'in_order',
  insert_deduplicate: 0,
  // A statement writes no minute twice: looking for that would take as long as all the rest of it.
  optimize_on_insert: 0,
  max_execution_time: 300,
} as const

/** Minutes are about to change: the sums of their hours are not to be read until `completeHours`. */
export async function reopenHours(db: Db, slos: readonly Measured[], { from, to }: Range): Promise<void> {
  const bounds = { from: floorHour(from), to }
  if (((await countComplete(db, bounds))[0]?.hours ?? 0) === 0) return
  for (const these of named(slos)) {
    await db.command({
      query: `INSERT INTO indicator_hours (hour, indicator, generation, good, total, last_event, invalid_minute, complete)
        SELECT hour, indicator, generation, 0, 0, 0, 0, false FROM indicator_hours FINAL
        WHERE hour >= {from:DateTime} AND hour < {to:DateTime} AND complete
          AND indicator IN {indicators:Array(String)} AND generation IN {generations:Array(String)}`,
      query_params: { ...bounds, ...namesOf(these) },
      clickhouse_settings: IN_ORDER,
    })
  }
}

const countComplete = query({
  sql: `SELECT count() AS hours FROM indicator_hours WHERE hour >= {from:DateTime} AND hour < {to:DateTime} AND complete`,
  params: z.object({ from: z.date(), to: z.date() }),
  row: z.object({ hours: z.number() }),
})

/** What is measured piece by piece is longer than this; shorter is what a tick measures. */
const SHORT_MS = 2 * HOUR_MS

/**
 * Sums the minutes of closed hours in the range that are not summed yet. A short range is the youngest of what is kept
 * up to date: with it, whatever an earlier run left undone in the window is made up for.
 */
export async function completeHours(
  db: Db,
  slos: readonly Measured[],
  { from, to }: Range,
  measuredAt: Date,
): Promise<void> {
  const closedUntil = new Date(Math.min(floorHour(measuredAt).getTime(), ceilHour(to).getTime()))
  if (floorHour(from) >= closedUntil) return
  const isShort = to.getTime() - from.getTime() <= SHORT_MS
  for (const these of named(slos)) {
    const longestMs = Math.max(...these.map(({ windowMinutes }) => windowMinutes)) * MINUTE_MS
    // A day more than the window: it ends with the watermark, which may be behind.
    const since = isShort ? new Date(measuredAt.getTime() - longestMs - DAY_MS) : from
    const range = { from: new Date(Math.min(floorHour(since).getTime(), floorHour(from).getTime())), to: closedUntil }
    const missing = await readOpenHours(db, these, range)
    await sumHours(db, these, missing)
  }
}

/** Hours, from whole to whole, that are not summed for all of these. */
export async function readOpenHours(db: Db, slos: readonly Measured[], range: Range): Promise<Date[]> {
  const open = new Set<number>()
  for (const these of named(slos)) {
    const rows = await countCompleteByHour(db, { ...range, ...namesOf(these) })
    const complete = new Map(rows.map(({ at, indicators }) => [at, indicators]))
    for (const hour of hoursIn(range)) if ((complete.get(hour.getTime()) ?? 0) < these.length) open.add(hour.getTime())
  }
  return [...open].sort((a, b) => a - b).map((ms) => new Date(ms))
}

const countCompleteByHour = query({
  sql: `
    SELECT toUnixTimestamp(hour) * 1000 AS at, count() AS indicators FROM indicator_hours FINAL
    WHERE hour >= {from:DateTime} AND hour < {to:DateTime} AND complete
      AND indicator IN {indicators:Array(String)} AND generation IN {generations:Array(String)}
    GROUP BY hour`,
  params: z.object({
    from: z.date(),
    to: z.date(),
    indicators: z.array(z.string()),
    generations: z.array(z.string()),
  }),
  row: z.object({ at: z.number(), indicators: z.number() }),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

/** Lengths of slices, in minutes, that hours have summed. */
export const HOUR_SLICES = [1, 5, 10, 15, 30, 60] as const

/** Minutes one statement sums: bounds its time and memory. */
const MAX_MINUTES = 3_000_000

/** Up to so many indicators, minutes are found faster by indicator than by time. */
const FEW = 50

/** Slices of an hour by first minute, from 1, and length, all of one length after another; and where those of each length begin. */
const SLICES = {
  minutes: HOUR_SLICES.flatMap((length) => Array.from({ length: 60 / length }, (_, n) => n * length + 1)),
  lengths: HOUR_SLICES.flatMap((length) => Array.from({ length: 60 / length }, () => length)),
  firsts: HOUR_SLICES.map((_, n) => 1 + HOUR_SLICES.slice(0, n).reduce((sum, length) => sum + 60 / length, 0)),
  counts: HOUR_SLICES.map((length) => 60 / length),
}

async function sumHours(db: Db, slos: readonly Measured[], hours: readonly Date[]): Promise<void> {
  const together = Math.max(1, Math.floor(MAX_MINUTES / (60 * slos.length)))
  for (let start = 0; start < hours.length; start += together) {
    const these = hours.slice(start, start + together)
    await db.command({
      query: `INSERT INTO indicator_hours (hour, indicator, generation, good, total, variance_bad, variance_good, seen_bad, seen_good, filled,
          slices_filled, slices_lost, slices_imperfect, last_event, invalid_minute, complete)
        WITH arrayReduceInRanges('sum', arrayZip({minutes:Array(UInt8)}, {lengths:Array(UInt8)}), goods) AS slice_goods,
          arrayReduceInRanges('sum', arrayZip({minutes:Array(UInt8)}, {lengths:Array(UInt8)}), totals) AS slice_totals,
          arrayMap((first, slices) -> arrayZip(arraySlice(slice_goods, first, slices), arraySlice(slice_totals, first, slices)),
            {firsts:Array(UInt8)}, {counts:Array(UInt8)}) AS slices
        SELECT at, indicator, generation, sum_good, sum_total, sum_variance_bad, sum_variance_good, sum_seen_bad, sum_seen_good, arrayCount(total -> total > 0, totals),
          arrayMap(of -> toFloat64(arrayCount(slice -> slice.2 > 0, of)), slices),
          arrayMap(of -> arraySum(slice -> if(slice.2 > 0, (slice.2 - slice.1) / slice.2, 0), of), slices),
          arrayMap(of -> arrayFilter(slice -> slice.2 > 0 AND slice.1 < slice.2, of), slices),
          last_minute, first_invalid, true
        FROM (
          SELECT at, indicator, generation, sum(m.good) AS sum_good, sum(m.total) AS sum_total, sum(m.variance_bad) AS sum_variance_bad,
            sum(m.variance_good) AS sum_variance_good, sum(m.seen_bad) AS sum_seen_bad, sum(m.seen_good) AS sum_seen_good, maxIf(minute, m.total > 0) AS last_minute,
            minIf(minute, m.wrong) AS first_invalid,
            groupArrayInsertAtIf(0., 60)(m.good, toMinute(minute), m.good != 0 OR m.total != 0) AS goods,
            groupArrayInsertAtIf(0., 60)(m.total, toMinute(minute), m.good != 0 OR m.total != 0) AS totals
          FROM (
            SELECT toStartOfHour(minute) AS at, indicator, generation, minute, ${countable('o.good')} AS good, ${countable('o.total')} AS total,
              ${countable('o.variance_bad')} AS variance_bad, ${countable('o.variance_good')} AS variance_good,
              ${countable('o.seen_bad')} AS seen_bad, ${countable('o.seen_good')} AS seen_good, ${cannotBeTrue('o.good', 'o.total')} AS wrong
            FROM ${slos.length <= FEW ? 'indicator_minutes' : 'indicator_minutes_by_time'} AS o FINAL
            WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND toStartOfHour(minute) IN {hours:Array(DateTime)}
              AND indicator IN {indicators:Array(String)} AND generation IN {generations:Array(String)}
            UNION ALL
            SELECT arrayJoin({hours:Array(DateTime)}) AS at, slo.1, slo.2, at, 0, 0, 0, 0, 0, 0, 0
            FROM (SELECT arrayJoin(arrayZip({indicators:Array(String)}, {generations:Array(String)})) AS slo)
          ) AS m
          GROUP BY at, indicator, generation
        )`,
      query_params: {
        from: these[0],
        to: new Date(these.at(-1)!.getTime() + HOUR_MS),
        hours: these,
        ...SLICES,
        ...namesOf(slos),
      },
      clickhouse_settings: { ...IN_ORDER, do_not_merge_across_partitions_select_final: 1 },
    })
  }
}

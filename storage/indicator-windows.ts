import { z } from 'zod'
import { keyOf, type Measured } from '../slo/indicator.ts'
import type { Counts } from '../slo/model.ts'
import { ceilHour, floorHour, hoursIn } from './indicator-hours.ts'
import { type Db, query } from './query.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What the minutes of one indicator add up to. */
export interface Sums {
  /** By window length in minutes. */
  counts: ReadonlyMap<number, Counts>
  lastEventAt: Date | null
  invalidMinute: Date | null
}

export const NO_SUMS: Sums = { counts: new Map(), lastEventAt: null, invalidMinute: null }

/** Above so many SLOs everything is read, and what was not asked for dropped. */
const MAX_NAMED = 500

/**
 * Sums of minutes in all windows [end − window, end) of all indicators, by `keyOf`. Whole hours come from their stored
 * sums, minutes only where a window begins within an hour and for the hours not closed yet. An indicator of which an hour
 * is missing is summed from its minutes.
 * @param windows lengths in minutes, ascending
 */
export async function readSums(
  db: Db,
  slos: readonly Measured[],
  windows: readonly number[],
  end: Date,
): Promise<Map<string, Sums>> {
  const plan = planOf(windows, end)
  const rows = await sumRings(db, { ...plan, end, windows: [...windows], ...named(slos) })
  const known = new Map(rows.map((row) => [`${row.indicator}\n${row.generation}`, row]))
  const gaps = [...new Map(slos.map((slo) => [keyOf(slo), slo])).values()].filter(
    (slo) => !isWhole(known.get(keyOf(slo)), plan.wholeHours),
  )
  if (gaps.length > 0) {
    const summed = await sumMinutes(db, { end, windows: [...windows], ...named(gaps) })
    for (const slo of gaps) known.delete(keyOf(slo))
    const wanted = new Set(gaps.map(keyOf))
    for (const row of summed) {
      const key = `${row.indicator}\n${row.generation}`
      if (wanted.has(key)) known.set(key, { ...row, hours: [] })
    }
  }
  return new Map([...known].map(([key, row]) => [key, sumsOf(row, windows)]))
}

function named(slos: readonly Measured[]) {
  const isAll = slos.length > MAX_NAMED
  return {
    all: isAll,
    indicators: isAll ? [] : [...new Set(slos.map((slo) => slo.indicator.name))],
    generations: isAll ? [] : [...new Set(slos.map((slo) => slo.generation))],
  }
}

/** Which hours are read as such, and which minutes; a ring is the shortest window that holds a time, from 1. */
function planOf(windows: readonly number[], end: Date) {
  const starts = windows.map((minutes) => new Date(end.getTime() - minutes * MINUTE_MS))
  const first = starts.at(-1)!
  const last = floorHour(end)
  const cut = starts.filter((start) => start.getTime() % HOUR_MS !== 0).map((start) => floorHour(start).getTime())
  const cutHours = new Set([...cut, last.getTime()])
  const hours = hoursIn({ from: ceilHour(first), to: last }).filter((hour) => !cutHours.has(hour.getTime()))
  const wholeHours = windows.map(() => 0)
  for (const hour of hours) wholeHours[starts.findIndex((start) => hour >= start)]! += 1
  const minutes = [...cutHours].flatMap((hour) => Array.from({ length: 60 }, (_, n) => new Date(hour + n * MINUTE_MS)))
  return {
    wholeHours,
    hoursFrom: ceilHour(first),
    hoursTo: last,
    cutHours: [...cutHours].map((ms) => new Date(ms)),
    minutes: minutes.filter((minute) => minute >= first && minute < end),
  }
}

interface RingRow {
  rings: number[]
  good: number[]
  total: number[]
  hours: number[]
  last_event: Date
  invalid_minute: Date
}

/** Whether every whole hour was there. */
function isWhole(row: RingRow | undefined, wholeHours: readonly number[]): boolean {
  const found = new Map(row?.rings.map((ring, n) => [ring, row.hours[n]]))
  return wholeHours.every((hours, n) => hours === 0 || found.get(n + 1) === hours)
}

function sumsOf(row: RingRow, windows: readonly number[]): Sums {
  const sum = (values: readonly number[], window: number) =>
    row.rings.reduce((total, ring, n) => (ring <= window ? total + (values[n] ?? 0) : total), 0)
  return {
    counts: new Map(
      windows.map((minutes, n) => [minutes, { good: sum(row.good, n + 1), total: sum(row.total, n + 1) }]),
    ),
    lastEventAt: row.last_event.getTime() > 0 ? row.last_event : null,
    invalidMinute: row.invalid_minute.getTime() > 0 ? row.invalid_minute : null,
  }
}

const epochMs = z.number().transform((ms) => new Date(ms))

const asked = {
  end: z.date(),
  windows: z.array(z.number()),
  all: z.boolean(),
  indicators: z.array(z.string()),
  generations: z.array(z.string()),
}

const ringRow = {
  indicator: z.string(),
  generation: z.string(),
  rings: z.array(z.number()),
  good: z.array(z.number()),
  total: z.array(z.number()),
  last_event: epochMs,
  invalid_minute: epochMs,
}

const NAMED = '({all:Bool} OR (indicator IN {indicators:Array(String)} AND generation IN {generations:Array(String)}))'

const ringOf = (time: string) =>
  `arrayFirstIndex(w -> ${time} >= {end:DateTime} - toIntervalMinute(w), {windows:Array(UInt32)})`

const sumRings = query({
  sql: `
    SELECT indicator, generation,
      groupArray(ring) AS rings, groupArray(ring_good) AS good, groupArray(ring_total) AS total, groupArray(ring_hours) AS hours,
      toUnixTimestamp(max(ring_last)) * 1000 AS last_event,
      toUnixTimestamp(minIf(ring_invalid, ring_invalid > 0)) * 1000 AS invalid_minute
    FROM (
      SELECT indicator, generation, ring, sum(good) AS ring_good, sum(total) AS ring_total, sum(hours) AS ring_hours,
        max(last_event) AS ring_last, minIf(invalid_minute, invalid_minute > 0) AS ring_invalid
      FROM (
        SELECT indicator, generation, ${ringOf('hour')} AS ring, good, total, 1 AS hours, last_event, invalid_minute
        FROM indicator_hours FINAL
        WHERE hour >= {hoursFrom:DateTime} AND hour < {hoursTo:DateTime} AND hour NOT IN {cutHours:Array(DateTime)} AND complete AND ${NAMED}
        UNION ALL
        SELECT indicator, generation, ${ringOf('minute')} AS ring, good, total, 0,
          if(total > 0, minute, toDateTime(0)), if(good > total OR good < 0, minute, toDateTime(0))
        FROM indicator_minutes_by_time FINAL
        WHERE minute IN {minutes:Array(DateTime)} AND ${NAMED}
      )
      GROUP BY indicator, generation, ring
    )
    GROUP BY indicator, generation`,
  params: z.object({
    ...asked,
    hoursFrom: z.date(),
    hoursTo: z.date(),
    cutHours: z.array(z.date()),
    minutes: z.array(z.date()),
  }),
  row: z.object({ ...ringRow, hours: z.array(z.number()) }),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

/** The same from minutes alone: what windows are defined by. */
const sumMinutes = query({
  sql: `
    SELECT indicator, generation, groupArray(ring) AS rings, groupArray(ring_good) AS good, groupArray(ring_total) AS total,
      toUnixTimestamp(max(ring_last)) * 1000 AS last_event,
      toUnixTimestamp(minIf(ring_invalid, ring_invalid > 0)) * 1000 AS invalid_minute
    FROM (
      SELECT indicator, generation, ${ringOf('m.minute')} AS ring, sum(m.good) AS ring_good, sum(m.total) AS ring_total,
        maxIf(m.minute, m.total > 0) AS ring_last, minIf(m.minute, m.good > m.total OR m.good < 0) AS ring_invalid
      FROM (
        SELECT indicator, generation, minute, good, total FROM indicator_minutes FINAL
        WHERE minute >= {end:DateTime} - toIntervalMinute(arrayMax({windows:Array(UInt32)})) AND minute < {end:DateTime} AND ${NAMED}
      ) AS m
      GROUP BY indicator, generation, ring
    )
    GROUP BY indicator, generation`,
  params: z.object(asked),
  row: z.object(ringRow),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

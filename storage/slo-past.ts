import { z } from 'zod'
import type { Period } from '../slo/budget/calendar.ts'
import { calendarPeriod } from '../slo/budget/calendar.ts'
import {
  compositeHistory,
  type HistoryGrid,
  type HistoryRow,
  type HistorySource,
  historySource,
} from '../slo/budget/history.ts'
import type { Objective, Slo } from '../slo/model.ts'
import { exclusionsOf, subjectOf } from '../slo/overlay/maintenance.ts'
import { countable } from './countable.ts'
import { readFreshness } from './freshness.ts'
import { readMaintenance } from './maintenance-windows.ts'
import { type Db, query } from './query.ts'

const MINUTE_MS = 60_000

/** An SLO's past on a grid. */
export interface Past {
  source: HistorySource
  /** Where what is measured ends: with the open minute, of slice methods with the last whole slice. */
  knownTo: Date
}

interface Part {
  indicator: { name: string }
  generation: string
}

/** Reads what an SLO's budgeting method counts over [from, to), in steps of `resolutionMinutes` from `from` on. */
export async function readPast(
  db: Db,
  slo: Slo,
  grid: Period & { resolutionMinutes: number },
  now: Date,
): Promise<Past> {
  const [{ watermark }, [first], maintenance] = await Promise.all([
    readFreshness(db),
    readFirstKnown(db, {}),
    readMaintenance(db),
  ])
  const { objective, indicator, generation } = slo
  const originMs = objective.window.kind === 'calendar' ? calendarPeriod(objective.window, now).from.getTime() : 0
  const exclusions = exclusionsOf(maintenance, subjectOf(slo), grid)
  const knownTo = endOf(objective, watermark ?? now, originMs)
  const rowsOf = (parts: readonly Part[]) => readRows(db, parts, objective, { ...grid, exclusions, originMs, knownTo })
  const parts: readonly Part[] = indicator.source === 'composite' ? indicator.members : [{ indicator, generation }]
  const isJoined =
    indicator.source === 'composite' && indicator.method === 'openslo' && objective.method === 'timeslices'
  const [rows, joined] = await Promise.all([
    Promise.all(parts.map((part) => rowsOf([part]))),
    isJoined ? rowsOf(parts) : null,
  ])
  const whole: HistoryGrid = {
    ...grid,
    knownFrom: first?.minute ?? null,
    knownTo,
    exclusions,
  }
  const sources = rows.map((of) => historySource(of, whole, objective))
  const source =
    indicator.source === 'composite'
      ? compositeHistory(
          indicator.members.map(({ weight, targetPpm }, n) => ({
            source: sources[n]!,
            weight,
            budgetPpm: 1_000_000 - targetPpm,
          })),
          { indicator, objective },
          joined && historySource(joined, whole, objective),
        )
      : sources[0]!
  return { source, knownTo }
}

/** The first telemetry ever. */
const readFirstKnown = query({
  sql: 'SELECT toUnixTimestamp(min(minute)) * 1000 AS minute FROM covered_minutes HAVING count() > 0',
  params: z.object({}),
  row: z.object({ minute: z.number().transform((ms) => new Date(ms)) }),
})

/** A slice that is not over is not judged. */
function endOf({ slice }: Objective, watermark: Date, originMs: number): Date {
  if (slice === null) return new Date(Math.ceil(watermark.getTime() / MINUTE_MS) * MINUTE_MS)
  const sliceMs = slice.minutes * MINUTE_MS
  return new Date(originMs + Math.floor((watermark.getTime() - originMs) / sliceMs) * sliceMs)
}

async function readRows(
  db: Db,
  parts: readonly Part[],
  { slice }: Objective,
  grid: Period & { resolutionMinutes: number; exclusions: readonly Period[]; originMs: number; knownTo: Date },
): Promise<HistoryRow[]> {
  const asked = {
    indicators: parts.map(({ indicator }) => indicator.name),
    generations: parts.map(({ generation }) => generation),
    from: grid.from,
    to: new Date(Math.min(grid.to.getTime(), grid.knownTo.getTime())),
    step: grid.resolutionMinutes * 60,
    grid: grid.from.getTime() / 1_000,
    out_from: grid.exclusions.map(({ from }) => from),
    out_to: grid.exclusions.map(({ to }) => to),
  }
  if (slice === null) return sumEvents(db, asked)
  const { minutes, targetPpm } = slice
  return sumSlices(db, { ...asked, length: minutes * 60, origin: grid.originMs / 1_000, target: targetPpm ?? 0 })
}

const MINUTES = `FROM indicator_minutes AS m FINAL
  WHERE minute >= {from:DateTime} AND minute < {to:DateTime}
    AND (indicator, generation) IN arrayZip({indicators:Array(String)}, {generations:Array(String)})
    AND NOT arrayExists((since, until) -> minute >= since AND minute < until, {out_from:Array(DateTime)}, {out_to:Array(DateTime)})`

const asked = {
  indicators: z.array(z.string()),
  generations: z.array(z.string()),
  from: z.date(),
  to: z.date(),
  step: z.int().positive(),
  grid: z.int(),
  out_from: z.array(z.date()),
  out_to: z.array(z.date()),
}

const minuteOf = (seconds: number): Date => new Date(seconds * 1_000)

// Without slices nothing is judged minute by minute, which would take three times as long.
const sumEvents = query({
  sql: `
    SELECT intDiv(toInt64(toUnixTimestamp(minute)) - {grid:Int64}, {step:Int64}) * {step:Int64} + {grid:Int64} AS at, sum(${countable('m.good')}) AS g, sum(${countable('m.total')}) AS t
    ${MINUTES} AND m.total > 0
    GROUP BY at ORDER BY at`,
  params: z.object(asked),
  row: z
    .object({ at: z.number(), g: z.number(), t: z.number() })
    .transform(({ at, g, t }): HistoryRow => ({ minute: minuteOf(at), good: g, total: t })),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

// Of several SLIs a slice is as bad as the worst of them.
const sumSlices = query({
  sql: `
    SELECT intDiv(start - {grid:Int64}, {step:Int64}) * {step:Int64} + {grid:Int64} AS at,
      sum(slice_good) AS good, sum(slice_total) AS total, toFloat64(count()) AS measured, sum(is_bad) AS bad, sum(part) AS lost
    FROM (
      SELECT start, sum(g) AS slice_good, sum(t) AS slice_total,
        toFloat64(max(g * 1000000 < t * {target:UInt32})) AS is_bad, max((t - g) / t) AS part
      FROM (
        SELECT indicator, generation,
          toInt64(intDiv(toInt64(toUnixTimestamp(minute)) - {origin:Int64}, {length:Int64}) * {length:Int64} + {origin:Int64}) AS start,
          sum(${countable('m.good')}) AS g, sum(${countable('m.total')}) AS t
        ${MINUTES}
        GROUP BY indicator, generation, start HAVING t > 0
      )
      GROUP BY start
    )
    GROUP BY at ORDER BY at`,
  params: z.object({ ...asked, length: z.int().positive(), origin: z.int(), target: z.int() }),
  row: z
    .object({
      at: z.number(),
      good: z.number(),
      total: z.number(),
      measured: z.number(),
      bad: z.number(),
      lost: z.number(),
    })
    .transform(({ at, good, total, ...slices }): HistoryRow => ({ minute: minuteOf(at), good, total, slices })),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

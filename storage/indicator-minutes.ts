import { z } from 'zod'
import type { Counts, Slo } from '../slo/model.ts'
import { type Reading, STATUS_WINDOWS } from '../slo/reading.ts'
import { readFreshness } from './freshness.ts'
import { compileIndicator } from './indicator-sql.ts'
import { type Db, query } from './query.ts'

const MINUTE_MS = 60_000
const floorMinute = (at: Date) => new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS)
const ceilMinute = (at: Date) => new Date(Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS)

/** SLOs may share an indicator: it is measured once. */
const keyOf = (slo: Slo) => `${slo.indicator.name}\n${slo.generation}`

/** Indicators in one statement: far below `max_query_size` (256 KiB), enough to make the round trip not matter. */
const INDICATORS_PER_STATEMENT = 50

/**
 * Measures the indicators of `slos` over the whole minutes that touch `range` and stores the counts;
 * the last measurement of a minute is the one that counts.
 */
export async function measureMinutes(
  db: Db,
  slos: readonly Slo[],
  range: { from: Date; to: Date },
  measuredAt: Date,
): Promise<void> {
  const distinct = [...new Map(slos.map((slo) => [keyOf(slo), slo])).values()]
  const bounds = { from: floorMinute(range.from), to: ceilMinute(range.to), measured_at: measuredAt }
  for (let start = 0; start < distinct.length; start += INDICATORS_PER_STATEMENT) {
    const batch = distinct.slice(start, start + INDICATORS_PER_STATEMENT)
    const params: Record<string, unknown> = { ...bounds }
    const selects = batch.map((slo, n) => {
      const compiled = compileIndicator(slo.indicator, `i${n}_`)
      Object.assign(params, compiled.params, {
        [`i${n}_name`]: slo.indicator.name,
        [`i${n}_generation`]: slo.generation,
      })
      return `SELECT {i${n}_name:String}, {i${n}_generation:String}, measured_minute, good, total, {measured_at:DateTime64(3)} FROM (${compiled.sql})`
    })
    await db.command({
      query: `INSERT INTO indicator_minutes (indicator, generation, minute, good, total, measured_at)\n${selects.join('\nUNION ALL\n')}`,
      query_params: params,
      clickhouse_settings: { max_execution_time: 300 },
    })
  }
}

const epochMs = z.number().transform((ms) => new Date(ms))

/** All windows of all indicators in one pass: element k of the arrays belongs to window k. */
const sumWindows = query({
  sql: `
    SELECT
      indicator, generation,
      sumForEach(arrayMap(w -> if(m.minute >= {end:DateTime} - toIntervalMinute(w), m.good, 0), {windows:Array(UInt32)})) AS good,
      sumForEach(arrayMap(w -> if(m.minute >= {end:DateTime} - toIntervalMinute(w), m.total, 0), {windows:Array(UInt32)})) AS total,
      toUnixTimestamp(maxIf(m.minute, m.total > 0)) * 1000 AS last_event,
      toUnixTimestamp(minIf(m.minute, m.good > m.total OR m.good < 0)) * 1000 AS invalid_minute
    FROM (
      SELECT indicator, generation, minute, good, total FROM indicator_minutes FINAL
      WHERE indicator IN {indicators:Array(String)} AND generation IN {generations:Array(String)}
        AND minute >= {end:DateTime} - toIntervalMinute(arrayMax({windows:Array(UInt32)})) AND minute < {end:DateTime}
    ) AS m
    GROUP BY indicator, generation`,
  params: z.object({
    end: z.date(),
    windows: z.array(z.number()),
    indicators: z.array(z.string()),
    generations: z.array(z.string()),
  }),
  row: z.object({
    indicator: z.string(),
    generation: z.string(),
    good: z.array(z.number()),
    total: z.array(z.number()),
    last_event: epochMs,
    invalid_minute: epochMs,
  }),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

/** Minutes in which a collector was alive, or whose data arrived anyhow: the others are blind. */
const countCovered = query({
  sql: `
    SELECT
      toUnixTimestamp(min(minute)) * 1000 AS first,
      sumForEach(arrayMap(w -> toUInt32(minute >= {end:DateTime} - toIntervalMinute(w)), {windows:Array(UInt32)})) AS covered
    FROM (
      SELECT toStartOfMinute(toDateTime(complete_until)) AS minute FROM ingest_log
      WHERE complete_until >= {end:DateTime} - toIntervalMinute(arrayMax({windows:Array(UInt32)})) AND complete_until < {end:DateTime}
      UNION DISTINCT
      SELECT minute FROM indicator_minutes
      WHERE total > 0 AND minute >= {end:DateTime} - toIntervalMinute(arrayMax({windows:Array(UInt32)})) AND minute < {end:DateTime}
    )`,
  params: z.object({ end: z.date(), windows: z.array(z.number()) }),
  row: z.object({ first: epochMs, covered: z.array(z.number()) }),
})

/**
 * Everything the judge and the alert decision need, for all SLOs in three reads.
 * Windows end with the open minute of the watermark (of `now` before any telemetry), so that the youngest data counts.
 */
export async function readReadings(db: Db, slos: readonly Slo[], now: Date): Promise<Reading[]> {
  if (slos.length === 0) return []
  const { watermark } = await readFreshness(db)
  const end = ceilMinute(watermark ?? now)
  const windows = [...new Set(slos.flatMap(windowsOf))].sort((a, b) => a - b)
  const [rows, [coverage]] = await Promise.all([
    sumWindows(db, {
      end,
      windows,
      indicators: [...new Set(slos.map((slo) => slo.indicator.name))],
      generations: [...new Set(slos.map((slo) => slo.generation))],
    }),
    countCovered(db, { end, windows }),
  ])
  const byKey = new Map(rows.map((row) => [`${row.indicator}\n${row.generation}`, row]))
  const covered = coverageOf(windows, end, coverage)
  return slos.map((slo) => {
    const row = byKey.get(keyOf(slo))
    return {
      slo,
      watermark,
      lastEventAt: row && row.last_event.getTime() > 0 ? row.last_event : null,
      invalidMinute: row && row.invalid_minute.getTime() > 0 ? row.invalid_minute : null,
      windows: new Map(
        windowsOf(slo).map((minutes) => {
          const k = windows.indexOf(minutes)
          const counts: Counts = { good: row?.good[k] ?? 0, total: row?.total[k] ?? 0 }
          return [minutes, { counts, coverage: covered.get(minutes) ?? 0 }]
        }),
      ),
    }
  })
}

const windowsOf = (slo: Slo): number[] => [
  ...new Set([
    ...STATUS_WINDOWS,
    ...slo.tiers.flatMap((tier) => [tier.longMinutes, tier.shortMinutes]),
    slo.objective.window.minutes,
  ]),
]

/** Time before the very first telemetry is not expected: a new installation judges from its first minute. */
function coverageOf(
  windows: number[],
  end: Date,
  row: { first: Date; covered: number[] } | undefined,
): Map<number, number> {
  if (!row || row.covered.length === 0) return new Map()
  const known = (end.getTime() - row.first.getTime()) / MINUTE_MS
  return new Map(windows.map((minutes, k) => [minutes, (row.covered[k] ?? 0) / Math.min(minutes, known)]))
}

/** Counts of one SLO per step of `stepMinutes` in [from, to); steps without events are absent. */
export async function readHistory(
  db: Db,
  slo: Slo,
  { from, to, stepMinutes }: { from: Date; to: Date; stepMinutes: number },
): Promise<{ minute: Date; good: number; total: number }[]> {
  return sumSteps(db, { indicator: slo.indicator.name, generation: slo.generation, from, to, step: stepMinutes })
}

const sumSteps = query({
  sql: `
    SELECT
      toUnixTimestamp(toStartOfInterval(minute, toIntervalMinute({step:UInt32}))) * 1000 AS at,
      sum(m.good) AS good, sum(m.total) AS total
    FROM indicator_minutes AS m FINAL
    WHERE indicator = {indicator:String} AND generation = {generation:String} AND minute >= {from:DateTime} AND minute < {to:DateTime}
    GROUP BY at ORDER BY at`,
  params: z.object({
    indicator: z.string(),
    generation: z.string(),
    from: z.date(),
    to: z.date(),
    step: z.number().int().positive(),
  }),
  row: z
    .object({ at: epochMs, good: z.number(), total: z.number() })
    .transform(({ at, ...counts }) => ({ minute: at, ...counts })),
  settings: { do_not_merge_across_partitions_select_final: 1 },
})

/** When each generation was measured last; a generation that is absent was never measured. */
export async function lastMeasured(db: Db, slos: readonly Slo[]): Promise<Map<string, Date>> {
  const rows = await maxMeasuredAt(db, { generations: [...new Set(slos.map((slo) => slo.generation))] })
  return new Map(rows.map(({ generation, measured_at }) => [generation, measured_at]))
}

const maxMeasuredAt = query({
  sql: `SELECT generation, toUnixTimestamp64Milli(max(measured_at)) AS measured_at
    FROM indicator_minutes WHERE generation IN {generations:Array(String)} GROUP BY generation`,
  params: z.object({ generations: z.array(z.string()) }),
  row: z.object({ generation: z.string(), measured_at: epochMs }),
})

import { z } from 'zod'
import { keyOf, type Measured, measuredOf } from '../slo/indicator.ts'
import type { CallsIndicator, Slo } from '../slo/model.ts'
import { type Reading, STATUS_WINDOWS, type WindowReading } from '../slo/reading.ts'
import { readFreshness } from './freshness.ts'
import { completeHours, reopenHours } from './indicator-hours.ts'
import { measureScan, scansOf, seriesOf } from './indicator-series.ts'
import { NO_SUMS, readSums } from './indicator-windows.ts'
import { type Db, query } from './query.ts'

const MINUTE_MS = 60_000
const floorMinute = (at: Date) => new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS)
const ceilMinute = (at: Date) => new Date(Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS)

/** Indicators looked at together, whose names travel in the address of one request. */
const MAX_TOGETHER = 1_000

/**
 * Measures the indicators of `slos` over the whole minutes that touch `range` and stores the counts;
 * the last measurement of a minute is the one that counts. Equal to one select of `compileIndicator` for each, but
 * indicators that read the same table share a scan of it. Sums of closed hours follow; until they do, the hours are open.
 */
export async function measureMinutes(
  db: Db,
  slos: readonly Slo[],
  range: { from: Date; to: Date },
  measuredAt: Date,
): Promise<void> {
  const distinct = measuredOf(slos)
    .filter(isOverCalls)
    .sort((a, b) => (placeOf(a.indicator) < placeOf(b.indicator) ? -1 : 1))
  const whole = { from: floorMinute(range.from), to: ceilMinute(range.to) }
  if (distinct.length === 0 || whole.from >= whole.to) return
  const indicators = distinct.map(({ indicator }) => indicator)
  const [index] = await Promise.all([seriesOf(db, indicators, whole), reopenHours(db, distinct, whole)])
  for (const sameTable of Map.groupBy(distinct, needsSingleCalls).values()) {
    for (let start = 0; start < sameTable.length; start += MAX_TOGETHER) {
      for (const scan of scansOf(index, sameTable.slice(start, start + MAX_TOGETHER))) {
        await measureScan(db, scan, whole, measuredAt)
      }
    }
  }
  await completeHours(db, distinct, whole, measuredAt)
}

const isOverCalls = (measured: Measured): measured is Measured & { indicator: CallsIndicator } =>
  measured.indicator.source === 'calls'

const needsSingleCalls = ({ indicator: { numerator, total } }: { indicator: CallsIndicator }) =>
  numerator.selection.latency !== null || total.latency !== null

/** Neighbours in this order look at the same series. */
const placeOf = ({ total: { fields } }: CallsIndicator) => JSON.stringify([fields.service, fields.dependency])

const epochMs = z.number().transform((ms) => new Date(ms))

/** Covered minutes by ring, the shortest window that holds them: a collector was alive then, or data arrived anyhow. */
const countCovered = query({
  sql: `
    SELECT
      arrayFirstIndex(w -> minute >= {end:DateTime} - toIntervalMinute(w), {windows:Array(UInt32)}) AS ring,
      toUnixTimestamp(min(minute)) * 1000 AS first,
      uniqExact(minute) AS covered
    FROM covered_minutes
    WHERE minute >= {end:DateTime} - toIntervalMinute(arrayMax({windows:Array(UInt32)})) AND minute < {end:DateTime}
    GROUP BY ring`,
  params: z.object({ end: z.date(), windows: z.array(z.number()) }),
  row: z.object({ ring: z.number(), first: epochMs, covered: z.number() }),
})

/**
 * Everything the judge and the alert decision need, for all SLOs in a few reads.
 * Windows end with the open minute of the watermark (of `now` before any telemetry), so that the youngest data counts.
 */
export async function readReadings(db: Db, slos: readonly Slo[], now: Date): Promise<Reading[]> {
  if (slos.length === 0) return []
  const { watermark } = await readFreshness(db)
  const end = ceilMinute(watermark ?? now)
  const windows = [...new Set(slos.flatMap(windowsOf))].sort((a, b) => a - b)
  const [sums, rings] = await Promise.all([
    readSums(db, measuredOf(slos), windows, end),
    countCovered(db, { end, windows }),
  ])
  const covered = coverageOf(windows, end, rings)
  return slos.map((slo) => {
    const { counts, lastEventAt, invalidMinute } = sums.get(keyOf(slo)) ?? NO_SUMS
    const { minutes: periodMinutes } = slo.objective.window
    const windowOf = (minutes: number): WindowReading => {
      const events = counts.get(minutes) ?? { good: 0, total: 0 }
      return { counts: events, units: events, coverage: covered.get(minutes) ?? 0 }
    }
    return {
      slo,
      watermark,
      lastEventAt,
      invalidMinute,
      windows: new Map(windowsOf(slo).map((minutes) => [minutes, windowOf(minutes)])),
      period: {
        ...windowOf(periodMinutes),
        from: new Date(end.getTime() - periodMinutes * MINUTE_MS),
        to: end,
        raw: null,
        exclusions: [],
      },
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
  windows: readonly number[],
  end: Date,
  rings: readonly { ring: number; first: Date; covered: number }[],
): Map<number, number> {
  if (rings.length === 0) return new Map()
  const known = (end.getTime() - Math.min(...rings.map(({ first }) => first.getTime()))) / MINUTE_MS
  return new Map(
    windows.map((minutes, n) => {
      const covered = rings.reduce((sum, ring) => (ring.ring <= n + 1 ? sum + ring.covered : sum), 0)
      return [minutes, covered / Math.min(minutes, known)]
    }),
  )
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
  const generations = [...new Set(slos.map((slo) => slo.generation))]
  const measured = new Map<string, Date>()
  for (let start = 0; start < generations.length; start += MAX_TOGETHER) {
    const rows = await maxMeasuredAt(db, { generations: generations.slice(start, start + MAX_TOGETHER) })
    for (const { generation, measured_at } of rows) measured.set(generation, measured_at)
  }
  return measured
}

// A process that dies while it writes may leave a minute in one of the two tables: then it counts as not measured.
const maxMeasuredAt = query({
  sql: `
    SELECT generation, toUnixTimestamp64Milli(min(measured)) AS measured_at
    FROM (
      SELECT generation, max(measured_at) AS measured FROM indicator_minutes WHERE generation IN {generations:Array(String)} GROUP BY generation
      UNION ALL
      SELECT generation, max(measured_at) AS measured FROM indicator_minutes_by_time WHERE generation IN {generations:Array(String)} GROUP BY generation
    )
    GROUP BY generation HAVING count() = 2`,
  params: z.object({ generations: z.array(z.string()) }),
  row: z.object({ generation: z.string(), measured_at: epochMs }),
})

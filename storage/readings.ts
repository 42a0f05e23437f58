import { z } from 'zod'
import { keyOf, measuredOf } from '../slo/indicator.ts'
import type { Slo } from '../slo/model.ts'
import { type Reading, STATUS_WINDOWS, type WindowReading } from '../slo/reading.ts'
import { readFreshness } from './freshness.ts'
import { NO_SUMS, readSums } from './indicator-windows.ts'
import { type Db, query } from './query.ts'

const MINUTE_MS = 60_000
const ceilMinute = (at: Date) => new Date(Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS)

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

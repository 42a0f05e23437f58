import { z } from 'zod'
import { type Measured, measuredOf } from '../slo/indicator.ts'
import type { CallsIndicator, Slo } from '../slo/model.ts'
import { completeHours, reopenHours } from './indicator-hours.ts'
import { measureScan, scansOf, seriesOf } from './indicator-series.ts'
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

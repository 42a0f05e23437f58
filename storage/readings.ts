import { z } from 'zod'
import type { Period } from '../slo/budget/calendar.ts'
import { readingOf, type SliceSubject, sliceSubjectsOf, type WindowSource } from '../slo/budget/read-window.ts'
import { Segments } from '../slo/budget/segments.ts'
import { cutsOf, planWindows, type WindowPlan } from '../slo/budget/window-plan.ts'
import { measuredOf } from '../slo/indicator.ts'
import type { Slo } from '../slo/model.ts'
import { exclusionsOf, type MaintenanceWindow, subjectOf } from '../slo/overlay/maintenance.ts'
import type { BudgetReset, Reading } from '../slo/reading.ts'
import { readBudgetResets } from './budget-resets.ts'
import { readFreshness } from './freshness.ts'
import { readSums } from './indicator-windows.ts'
import { readMaintenance } from './maintenance-windows.ts'
import { type Db, query } from './query.ts'
import { readSlices } from './slice-windows.ts'

const MINUTE_MS = 60_000

/** SLOs with longer windows are read apart, so that their years of hours are not read of all the others too. */
const LONG_MINUTES = 35 * 1_440

/** What people decided about budgets. */
interface Decisions {
  resets: ReadonlyMap<string, readonly BudgetReset[]>
  maintenance: readonly MaintenanceWindow[]
}

/**
 * Everything the judge and the alert decision need, for all SLOs in a few reads, whatever their budgeting methods and windows.
 * Windows end with the open minute of the watermark (of `now` before any telemetry), so that the youngest data counts; those of
 * slice methods with the last whole slice.
 */
export async function readReadings(db: Db, slos: readonly Slo[], now: Date): Promise<Reading[]> {
  if (slos.length === 0) return []
  const [{ watermark }, resets, maintenance] = await Promise.all([
    readFreshness(db),
    readBudgetResets(db),
    readMaintenance(db),
  ])
  const decisions = {
    resets: Map.groupBy(resets, ({ slo }) => slo),
    maintenance: maintenance.filter(({ excludeFromBudget }) => excludeFromBudget),
  }
  const plans = slos.map((slo) => planOf(slo, watermark ?? now, decisions))
  const isLong = ({ slo }: WindowPlan) => slo.objective.window.minutes > LONG_MINUTES
  const readings = new Map<Slo, Reading>()
  for (const alike of Map.groupBy(plans, isLong).values()) {
    const source = await readSource(db, alike)
    for (const plan of alike) readings.set(plan.slo, readingOf(plan, source, watermark))
  }
  return slos.map((slo) => readings.get(slo)!)
}

function planOf(slo: Slo, watermark: Date, { resets, maintenance }: Decisions): WindowPlan {
  return planWindows(slo, watermark, {
    resets: resets.get(slo.name) ?? [],
    exclusionsIn: (span: Period) => (maintenance.length === 0 ? [] : exclusionsOf(maintenance, subjectOf(slo), span)),
  })
}

async function readSource(db: Db, plans: readonly WindowPlan[]): Promise<WindowSource> {
  const segments = new Segments(plans.flatMap(cutsOf))
  const subjects = distinct(plans.flatMap(sliceSubjectsOf))
  const [sums, slices, minutes] = await Promise.all([
    readSums(db, measuredOf(plans.map(({ slo }) => slo)), segments),
    readSlices(db, subjects, segments),
    readCovered(db, segments),
  ])
  const byKey = new Map([...slices].map(([subject, bySegment]) => [subjectKey(subject), bySegment]))
  return { segments, sums, slices: (subject) => byKey.get(subjectKey(subject)) ?? [], ...minutes }
}

const subjectKey = ({ keys, minutes, targetPpm, originMs, exclusions }: SliceSubject): string =>
  [...keys, minutes, targetPpm, originMs, ...exclusions.flatMap(({ from, to }) => [+from, +to])].join()

const distinct = (subjects: readonly SliceSubject[]): SliceSubject[] => [
  ...new Map(subjects.map((subject) => [subjectKey(subject), subject])).values(),
]

/**
 * Minutes by segment in which a collector was alive, or whose data arrived anyhow, and those in which one was expected. Time
 * before the very first telemetry is not: a new installation judges from its first minute.
 */
async function readCovered(db: Db, segments: Segments): Promise<Pick<WindowSource, 'covered' | 'expected'>> {
  const rows = await countCovered(db, {
    cuts: segments.cuts.map((ms) => ms / 1_000),
    from: new Date(segments.cuts[0]!),
    to: new Date(segments.cuts.at(-1)!),
  })
  const firstMs = Math.min(...rows.map(({ first }) => first.getTime()))
  const found = new Map(rows.map(({ segment, covered }) => [segment * 1_000, covered]))
  return {
    covered: segments.cuts.map((cut) => found.get(cut) ?? 0),
    expected: segments.cuts.map((cut, n) =>
      Math.max(0, ((segments.cuts[n + 1] ?? cut) - Math.max(cut, firstMs)) / MINUTE_MS),
    ),
  }
}

const epochMs = z.number().transform((ms) => new Date(ms))

const countCovered = query({
  sql: `
    SELECT roundDown(toUInt32(minute), {cuts:Array(UInt32)}) AS segment, toUnixTimestamp(min(minute)) * 1000 AS first, uniqExact(minute) AS covered
    FROM covered_minutes
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime}
    GROUP BY segment`,
  params: z.object({ cuts: z.array(z.number()), from: z.date(), to: z.date() }),
  row: z.object({ segment: z.number(), first: epochMs, covered: z.number() }),
})

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

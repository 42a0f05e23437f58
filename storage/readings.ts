import { z } from 'zod'
import type { Period } from '../slo/budget/calendar.ts'
import { readingOf, sliceSubjectsOf, type WindowSource } from '../slo/budget/read-window.ts'
import { cutsOf, planWindows, type WindowPlan } from '../slo/budget/window-plan.ts'
import { environmentsOf, keyOf, measuredOf } from '../slo/indicator.ts'
import { messageOf, readingWithout } from '../slo/invalid.ts'
import type { Slo } from '../slo/model.ts'
import { exclusionsOf, type MaintenanceWindow, subjectOf } from '../slo/overlay/maintenance.ts'
import type { BudgetReset, Reading } from '../slo/reading.ts'
import { readBudgetResets } from './budget-resets.ts'
import { countable } from './countable.ts'
import { readFreshness } from './freshness.ts'
import { readMaintenance } from './maintenance-windows.ts'
import { type Db, query } from './query.ts'
import { type WindowReader, windowReader } from './window-reader.ts'

/** SLOs with longer windows are read apart, so that their years of hours are not read of all the others too. */
const LONG_MINUTES = 35 * 1_440

const MINUTE_MS = 60_000

/** What people decided about budgets. */
interface Decisions {
  resets: ReadonlyMap<string, readonly BudgetReset[]>
  maintenance: readonly MaintenanceWindow[]
}

/** Reads all SLOs at one instant after another. */
export interface Reader {
  /**
   * Everything the judge and the alert decision need, for all SLOs in a few reads, whatever their budgeting methods and
   * windows. Windows end with the open minute of the watermark (of `now` before any telemetry), so that the youngest data
   * counts; those of slice methods with the last whole slice. While nothing about an SLO changes, its `windows` and
   * `period` are the same objects.
   */
  read(slos: readonly Slo[], now: Date, since: Since): Promise<Reading[]>
}

export interface Since {
  /** Event time up to which everything that is stored has been measured; null before any telemetry. */
  watermark: Date | null
  /** Event time of all minutes stored since the last call. */
  written: readonly { from: Date }[]
  /** All of them: what people decided about budgets. */
  resets: readonly BudgetReset[]
  maintenance: readonly MaintenanceWindow[]
}

/** The readings of one instant. */
export async function readReadings(db: Db, slos: readonly Slo[], now: Date): Promise<Reading[]> {
  const [{ watermark }, resets, maintenance] = await Promise.all([
    readFreshness(db),
    readBudgetResets(db),
    readMaintenance(db),
  ])
  return createReader(db).read(slos, now, { watermark, written: [], resets, maintenance })
}

export function createReader(db: Db): Reader {
  let readers = new Map<boolean, WindowReader>()
  let last = new Map<Slo, LastReading>()
  return {
    async read(slos, now, { watermark, written, resets, maintenance }) {
      const before = readers
      // A reader that is left out, or fails, misses what was written.
      readers = new Map()
      if (slos.length === 0) return []
      const decisions = {
        resets: Map.groupBy(resets, ({ slo }) => slo),
        maintenance: maintenance.filter(({ excludeFromBudget }) => excludeFromBudget),
      }
      const unread = new Map<Slo, Reading>()
      const plans = slos.flatMap((slo) => {
        const plan = planOrFault(slo, watermark ?? now, decisions)
        if (typeof plan !== 'string') return plan
        unread.set(slo, readingWithout(slo, watermark ?? now, watermark, plan))
        return []
      })
      const alike = Map.groupBy(plans, isLong)
      const readings = new Map<Slo, LastReading>()
      const used = new Map<boolean, WindowReader>()
      for (const [long, these] of alike) {
        const read = before.get(long) ?? windowReader(db)
        const source = await read(these, watermark, written)
        used.set(long, read)
        for (const plan of these) readings.set(plan.slo, readAs(last.get(plan.slo), plan, source, watermark))
      }
      readers = used
      last = readings
      return slos.map((slo) => unread.get(slo) ?? readings.get(slo)!.reading)
    },
  }
}

const isLong = ({ slo }: WindowPlan) => slo.objective.window.minutes > LONG_MINUTES

/** A reading and what it was made from. */
interface LastReading {
  plan: WindowPlan
  from: readonly unknown[]
  reading: Reading
}

/** Made from the same things, a reading is the one before at another watermark. */
function readAs(
  last: LastReading | undefined,
  plan: WindowPlan,
  source: WindowSource,
  watermark: Date | null,
): LastReading {
  const from = [
    source.segments,
    source.expected,
    ...measuredOf([plan.slo]).flatMap((measured) => {
      const { covered, alive } = source.covered(environmentsOf(measured.indicator))
      return [source.sums.get(keyOf(measured)), covered, alive]
    }),
    ...sliceSubjectsOf(plan).map(source.slices),
  ]
  const isSame =
    last && isUndecided(plan) && isSamePeriod(plan, last.plan) && from.every((of, n) => of === last.from[n])
  const reading = isSame ? { ...last.reading, watermark } : readOrFault(plan, source, watermark)
  return { plan, from, reading }
}

function readOrFault(plan: WindowPlan, source: WindowSource, watermark: Date | null): Reading {
  try {
    return readingOf(plan, source, watermark)
  } catch (error) {
    return readingWithout(plan.slo, plan.end, watermark, `its windows cannot be read: ${messageOf(error)}`)
  }
}

const isUndecided = ({ resets, exclusions }: WindowPlan) => resets.length === 0 && exclusions.length === 0

const isSamePeriod = ({ whole, end }: WindowPlan, other: WindowPlan): boolean =>
  isUndecided(other) &&
  end.getTime() === other.end.getTime() &&
  whole.from.getTime() === other.whole.from.getTime() &&
  whole.to.getTime() === other.whole.to.getTime()

/** Windows of all SLOs are read together, so that none may have one that cannot be read. */
function planOrFault(slo: Slo, watermark: Date, decisions: Parameters<typeof planOf>[2]): WindowPlan | string {
  try {
    const plan = planOf(slo, watermark, decisions)
    return cutsOf(plan).every((cut) => cut % MINUTE_MS === 0) ? plan : 'its windows are not whole minutes'
  } catch (error) {
    return `its windows cannot be computed: ${messageOf(error)}`
  }
}

function planOf(slo: Slo, watermark: Date, { resets, maintenance }: Decisions): WindowPlan {
  return planWindows(slo, watermark, {
    resets: resets.get(slo.name) ?? [],
    exclusionsIn: (span: Period) => (maintenance.length === 0 ? [] : exclusionsOf(maintenance, subjectOf(slo), span)),
  })
}

const epochMs = z.number().transform((ms) => new Date(ms))

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
      sum(${countable('m.good')}) AS good, sum(${countable('m.total')}) AS total
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

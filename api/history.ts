import { z } from 'zod'
import { budgetOf } from '../slo/budget.ts'
import { burnRate } from '../slo/burn-rate.ts'
import type { Counts } from '../slo/model.ts'

export const historyStepSchema = z
  .object({
    at: z.iso.datetime().meta({ description: 'Start of the step' }),
    good: z.number(),
    total: z.number(),
    sli: z.number().nullable().meta({ description: 'good / total of the step; null without events' }),
    budgetRemaining: z
      .number()
      .nullable()
      .meta({ description: 'Share of the budget left over the SLO window that ends with the step, signed' }),
    burn: z.number().nullable().meta({ description: 'Burn rate of the step; null without events' }),
  })
  .meta({ id: 'HistoryStep' })
export type HistoryStep = z.output<typeof historyStepSchema>

const MINUTE_MS = 60_000
/** Steps that divide an hour or a day, in minutes. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440]
const FINE_ENOUGH = 360
export const MAX_STEPS = 3_000

/** The most stretches of time read for one history. */
const MAX_ROWS = 150_000

/** The smallest usual step that shows a range in at most 360 points and needs no more rows than are read. */
export const chooseStep = (rangeMinutes: number, windowMinutes: number): number =>
  STEPS.find((step) => rangeMinutes / step <= FINE_ENOUGH && isReadable(rangeMinutes, step, windowMinutes)) ??
  Math.ceil(rangeMinutes / FINE_ENOUGH / 1440) * 1440

/** Whether range and SLO window together are few enough rows at the resolution this step needs. */
export const isReadable = (rangeMinutes: number, stepMinutes: number, windowMinutes: number): boolean =>
  (rangeMinutes + windowMinutes) / greatestCommonDivisor(stepMinutes, windowMinutes) <= MAX_ROWS

/**
 * What must be read so that each step's remaining budget can be told: the range with one SLO window before it,
 * at the coarsest resolution that adds up to both steps and windows. Steps begin at multiples of the step since 1970.
 */
export function planHistory({ from, to, stepMinutes, windowMinutes }: HistoryRange & { windowMinutes: number }) {
  const stepMs = stepMinutes * MINUTE_MS
  const first = Math.floor(from.getTime() / stepMs) * stepMs
  const resolutionMinutes = greatestCommonDivisor(stepMinutes, windowMinutes)
  return {
    from: new Date(first),
    to: new Date(Math.max(first + stepMs, Math.ceil(to.getTime() / stepMs) * stepMs)),
    readFrom: new Date(first + stepMs - Math.max(windowMinutes, stepMinutes) * MINUTE_MS),
    stepMinutes,
    windowMinutes,
    resolutionMinutes,
  }
}
export type HistoryPlan = ReturnType<typeof planHistory>

export interface HistoryRange {
  from: Date
  to: Date
  stepMinutes: number
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

/** Counts of a stretch of time that begins at `minute`, as `readHistory` answers them. */
export interface HistoryRow extends Counts {
  minute: Date
}

/** Steps over the whole plan, those without events included. */
export function historySteps(rows: readonly HistoryRow[], plan: HistoryPlan, budgetPpm: number): HistoryStep[] {
  const start = plan.readFrom.getTime()
  const slotMs = plan.resolutionMinutes * MINUTE_MS
  const slots = Math.ceil((plan.to.getTime() - start) / slotMs)
  const running = runningSums(rows, { start, slotMs, slots })
  const steps: HistoryStep[] = []
  for (let at = plan.from.getTime(); at < plan.to.getTime(); at += plan.stepMinutes * MINUTE_MS) {
    const end = Math.round((at - start) / slotMs + plan.stepMinutes / plan.resolutionMinutes)
    const counts = between(running, end - plan.stepMinutes / plan.resolutionMinutes, end)
    const window = between(running, end - plan.windowMinutes / plan.resolutionMinutes, end)
    steps.push({
      at: new Date(at).toISOString(),
      ...counts,
      sli: budgetOf(counts, budgetPpm).sli,
      budgetRemaining: budgetOf(window, budgetPpm).remaining,
      burn: burnRate(counts, budgetPpm),
    })
  }
  return steps
}

interface RunningSums {
  good: Float64Array
  total: Float64Array
  /** Rows with events, which tells "none" from a rest that subtraction of weighted counts may leave. */
  filled: Uint32Array
}

function runningSums(
  rows: readonly HistoryRow[],
  { start, slotMs, slots }: { start: number; slotMs: number; slots: number },
): RunningSums {
  const sums = {
    good: new Float64Array(slots + 1),
    total: new Float64Array(slots + 1),
    filled: new Uint32Array(slots + 1),
  }
  for (const { minute, good, total } of rows) {
    const slot = Math.floor((minute.getTime() - start) / slotMs) + 1
    if (slot < 1 || slot > slots || total === 0) continue
    sums.good[slot] = (sums.good[slot] ?? 0) + good
    sums.total[slot] = (sums.total[slot] ?? 0) + total
    sums.filled[slot] = (sums.filled[slot] ?? 0) + 1
  }
  for (const series of [sums.good, sums.total, sums.filled])
    for (let slot = 1; slot <= slots; slot += 1) series[slot] = (series[slot] ?? 0) + (series[slot - 1] ?? 0)
  return sums
}

function between({ good, total, filled }: RunningSums, from: number, to: number): Counts {
  const [a, b] = [Math.max(0, from), Math.min(to, good.length - 1)]
  if (b <= a || filled[a] === filled[b]) return { good: 0, total: 0 }
  return { good: (good[b] ?? 0) - (good[a] ?? 0), total: (total[b] ?? 0) - (total[a] ?? 0) }
}

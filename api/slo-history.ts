import { z } from 'zod'
import type { Slo } from '../slo/model.ts'
import type { SloStatus } from '../slo/status.ts'
import type { Db } from '../storage/query.ts'
import { readHistory } from '../storage/readings.ts'
import { chooseStep, type HistoryRange, historySteps, isReadable, MAX_STEPS, planHistory } from './history.ts'
import { Problem } from './problem.ts'
import type { historySchema } from './slo-shapes.ts'
import { durationParameter, resolveInstant, timeParameter } from './time-parameters.ts'

export const historyQuery = z.object({
  from: timeParameter.default('now-30d'),
  to: timeParameter.default('now'),
  step: durationParameter.optional().meta({ description: 'Chosen for at most 360 steps when absent' }),
})
type HistoryQuery = z.output<typeof historyQuery>
const MINUTE_MS = 60_000

/** A range that ends no later than now. */
export function rangeOf({ from, to, step }: HistoryQuery, windowMinutes: number, now: Date): HistoryRange {
  const range = { from: resolveInstant(from, now), to: earlier(resolveInstant(to, now), now) }
  if (range.to <= range.from) throw badQuery('from', 'must be before to, and before now')
  const minutes = (range.to.getTime() - range.from.getTime()) / MINUTE_MS
  const stepMinutes = step ?? chooseStep(minutes, windowMinutes)
  if (minutes / stepMinutes > MAX_STEPS)
    throw badQuery('step', `makes more than ${MAX_STEPS} steps; take ${Math.ceil(minutes / MAX_STEPS)}m or more`)
  if (!isReadable(minutes, stepMinutes, windowMinutes))
    throw badQuery('step', 'is too fine for so long a range; leave it out, or take one that divides a day')
  return { ...range, stepMinutes }
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b)

function badQuery(name: string, message: string): Problem {
  return new Problem('bad-parameter', `query.${name}: ${message}`, { errors: [{ path: `query.${name}`, message }] })
}

/** The answer for a checked range: every step with its counts, and what is left of the budget at its end. */
export async function historyOf(
  db: Db,
  slo: Slo,
  status: SloStatus,
  range: HistoryRange,
  now: Date,
): Promise<z.output<typeof historySchema>> {
  const { window, budgetPpm } = slo.objective
  const plan = planHistory({ ...range, windowMinutes: window.minutes })
  const rows = await readHistory(db, slo, {
    from: plan.readFrom,
    to: plan.to,
    stepMinutes: plan.resolutionMinutes,
  })
  const items = historySteps(rows, plan, budgetPpm).map((step) =>
    // The step that is not over yet: its window would end in the future, so it tells what is left now.
    Date.parse(step.at) + plan.stepMinutes * MINUTE_MS > now.getTime()
      ? { ...step, budgetRemaining: status.budget.remaining }
      : step,
  )
  return {
    slo: slo.name,
    generation: slo.generation,
    from: plan.from.toISOString(),
    to: plan.to.toISOString(),
    stepMinutes: plan.stepMinutes,
    window: { duration: window.duration, rolling: window.kind === 'rolling' },
    counts: {
      good: items.reduce((sum, { good }) => sum + good, 0),
      total: items.reduce((sum, { total }) => sum + total, 0),
    },
    freshness: status.freshness,
    items,
    nextCursor: null,
  }
}

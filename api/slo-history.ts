import { z } from 'zod'
import { hasSli } from '../slo/budget/budget.ts'
import { calendarPeriod } from '../slo/budget/calendar.ts'
import { historySteps } from '../slo/budget/history.ts'
import { windowLabel } from '../slo/budget/window.ts'
import type { Objective, Slo } from '../slo/model.ts'
import type { SloStatus } from '../slo/status.ts'
import { readBudgetResets } from '../storage/budget-resets.ts'
import type { Db } from '../storage/query.ts'
import { readPast } from '../storage/slo-past.ts'
import { chooseStep, type HistoryRange, isReadable, MAX_STEPS, nextStep, planHistory } from './history.ts'
import { badQuery } from './problem.ts'
import type { historySchema } from './slo-shapes.ts'
import { durationParameter, resolveInstant, timeParameter } from './time-parameters.ts'

export const historyQuery = z.strictObject({
  from: timeParameter
    .optional()
    .meta({ description: 'Default `now-30d`; of a calendar window the start of the open period' }),
  to: timeParameter.optional().meta({ description: 'Default `now`; of a calendar window the end of the open period' }),
  step: durationParameter.optional().meta({ description: 'Chosen for at most 360 steps when absent' }),
})
type HistoryQuery = z.output<typeof historyQuery>
const MINUTE_MS = 60_000
const YEAR_MS = 365 * 1_440 * MINUTE_MS
/** Nothing is kept for longer; the store counts time from 1970 on. */
const MOST_YEARS = 10
const LONGEST_STEP_DAYS = 366

/** A range that ends no later than now, or than the open calendar period. */
export function rangeOf({ from, to, step }: HistoryQuery, { window, slice }: Objective, now: Date): HistoryRange {
  const period = window.kind === 'calendar' ? calendarPeriod(window, now) : null
  const last = period?.to ?? now
  const range = {
    from: from === undefined && period ? period.from : resolveInstant(from ?? 'now-30d', now),
    to: to === undefined ? last : earlier(resolveInstant(to, now), last),
  }
  if (range.to <= range.from) throw badQuery('from', 'must be before to, and before now')
  if (now.getTime() - range.from.getTime() > MOST_YEARS * YEAR_MS)
    throw badQuery('from', `must be within the last ${MOST_YEARS} years`)
  if (step !== undefined && step > LONGEST_STEP_DAYS * 1_440)
    throw badQuery('step', `must be at most ${LONGEST_STEP_DAYS}d`)
  const minutes = (range.to.getTime() - range.from.getTime()) / MINUTE_MS
  const grid = slice?.minutes ?? 1
  // Steps are whole slices: what was asked for is widened to them.
  const stepMinutes = step === undefined ? chooseStep(minutes, window.minutes, grid) : Math.ceil(step / grid) * grid
  const fits = windowLabel(nextStep(stepMinutes, minutes, window.minutes, grid))
  if (minutes / stepMinutes > MAX_STEPS) throw badQuery('step', `makes more than ${MAX_STEPS} steps; take ${fits}`)
  if (!isReadable(minutes, stepMinutes, window.minutes)) throw badQuery('step', unreadable(stepMinutes, window, fits))
  return { ...range, stepMinutes }
}

/** Budgets need the sum of a whole SLO window at the end of each step: both must be made of the same pieces. */
function unreadable(stepMinutes: number, { minutes, duration }: Objective['window'], fits: string): string {
  const step = windowLabel(stepMinutes)
  return minutes % stepMinutes === 0
    ? `of ${step} is too fine for so long a range; take ${fits}`
    : `of ${step} does not divide the SLO window of ${duration}, so too much would have to be read; take ${fits}`
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b)

/** The answer for a checked range: every step with its counts, and what is left of the budget at its end. */
export async function historyOf(
  db: Db,
  slo: Slo,
  status: SloStatus,
  range: HistoryRange,
  now: Date,
): Promise<z.output<typeof historySchema>> {
  const { window } = slo.objective
  const resets = await resetsOf(db, slo)
  const plan = planHistory(range, slo.objective, resets)
  const { source, knownTo } = await readPast(db, slo, { ...plan, from: plan.readFrom }, now)
  const items = historySteps(source, slo.objective, plan, { now, knownTo, resets }).map(({ at, counts, ...step }) => ({
    at: at.toISOString(),
    ...counts,
    ...step,
    ...(!hasSli(slo) && { sli: null }),
    // A rolling window cannot end within the step that is not over yet: it tells what is left now.
    ...(window.kind === 'rolling' &&
      at.getTime() + plan.stepMinutes * MINUTE_MS > now.getTime() && { budgetRemaining: status.budget.remaining }),
  }))
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

/** When the budget began anew, oldest first, on whole minutes and slices. */
async function resetsOf(db: Db, { name, objective }: Slo): Promise<Date[]> {
  const gridMs = (objective.slice?.minutes ?? 1) * MINUTE_MS
  const resets = (await readBudgetResets(db)).filter(({ slo }) => slo === name)
  return resets.map(({ at }) => new Date(Math.ceil(at.getTime() / gridMs) * gridMs))
}

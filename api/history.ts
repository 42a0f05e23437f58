import { z } from 'zod'
import { calendarPeriod } from '../slo/budget/calendar.ts'
import { stepsOf } from '../slo/budget/history.ts'
import type { CalendarWindow, Objective } from '../slo/model.ts'

export const historyStepSchema = z
  .object({
    at: z.iso.datetime().meta({ description: 'Start of the step' }),
    good: z.number(),
    total: z.number(),
    sli: z
      .number()
      .nullable()
      .meta({ description: 'good / total of the step, by the budgeting method; null without data' }),
    budgetRemaining: z.number().nullable().meta({
      description:
        'Share of the budget left over the SLO window that ends with the step, or the calendar period so far; signed',
    }),
    burn: z.number().nullable().meta({ description: 'Burn rate of the step; null without data' }),
    ideal: z
      .number()
      .nullable()
      .meta({ description: 'What would be left if a calendar budget were spent evenly; null for rolling windows' }),
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

/** The smallest usual step of whole slices that shows a range in at most 360 points and needs no more rows than are read. */
export const chooseStep = (rangeMinutes: number, windowMinutes: number, sliceMinutes = 1): number =>
  STEPS.find(
    (step) =>
      step % sliceMinutes === 0 && rangeMinutes / step <= FINE_ENOUGH && isReadable(rangeMinutes, step, windowMinutes),
  ) ?? Math.ceil(rangeMinutes / FINE_ENOUGH / leastDays(sliceMinutes)) * leastDays(sliceMinutes)

/** The next usual step from `asked` on that a range may be shown in. */
export const nextStep = (asked: number, rangeMinutes: number, windowMinutes: number, sliceMinutes = 1): number =>
  STEPS.find(
    (step) =>
      step >= asked &&
      step % sliceMinutes === 0 &&
      rangeMinutes / step <= MAX_STEPS &&
      isReadable(rangeMinutes, step, windowMinutes),
  ) ?? chooseStep(rangeMinutes, windowMinutes, sliceMinutes)

/** Minutes of the shortest whole days that are whole slices too. */
const leastDays = (sliceMinutes: number): number => (1440 * sliceMinutes) / greatestCommonDivisor(1440, sliceMinutes)

/** Whether range and SLO window together are few enough rows at the resolution this step needs. */
export const isReadable = (rangeMinutes: number, stepMinutes: number, windowMinutes: number): boolean =>
  (rangeMinutes + windowMinutes) / greatestCommonDivisor(stepMinutes, windowMinutes) <= MAX_ROWS

/**
 * What must be read so that each step's remaining budget can be told: the range with one SLO window before it, at the coarsest
 * resolution that adds up to steps and windows. Steps begin at multiples of the step since 1970, those of a calendar window
 * since its period began.
 * @param resets of the budget, on whole minutes
 */
export function planHistory(
  { from, to, stepMinutes }: HistoryRange,
  { window }: Pick<Objective, 'window'>,
  resets: readonly Date[] = [],
) {
  const stepMs = stepMinutes * MINUTE_MS
  const starts = window.kind === 'calendar' ? periodStarts(window, from, to) : []
  const origin = starts[0] ?? 0
  const { first, last, offsets } = boundsOf(window, { from, to, stepMinutes, origin })
  const lengths = window.kind === 'calendar' ? starts.map((start) => (start - origin) / MINUTE_MS) : [window.minutes]
  const readFrom = starts[0] ?? first + stepMs - Math.max(window.minutes, stepMinutes) * MINUTE_MS
  const coarse = [...lengths, ...offsets].reduce(greatestCommonDivisor, stepMinutes)
  const inside = resets.map(Number).filter((reset) => reset > readFrom && reset < last)
  const fine = inside.map((reset) => Math.abs(reset - first) / MINUTE_MS).reduce(greatestCommonDivisor, coarse)
  return {
    from: new Date(first),
    to: new Date(last),
    readFrom: new Date(readFrom),
    stepMinutes,
    // Where a reset would need too many rows it takes effect at the next one that is read.
    resolutionMinutes: (last - readFrom) / MINUTE_MS / fine <= MAX_ROWS ? fine : coarse,
  }
}
/** Where steps begin and end that hold a range, and in minutes how far each is from the origin where they are not all of one length. */
function boundsOf(
  window: Objective['window'],
  { from, to, stepMinutes, origin }: HistoryRange & { origin: number },
): { first: number; last: number; offsets: number[] } {
  const stepMs = stepMinutes * MINUTE_MS
  if (window.kind === 'rolling') {
    const first = origin + Math.floor((from.getTime() - origin) / stepMs) * stepMs
    const last = Math.max(first + stepMs, origin + Math.ceil((to.getTime() - origin) / stepMs) * stepMs)
    return { first, last, offsets: [] }
  }
  const steps = stepsOf({ window }, { from: new Date(origin), to, stepMinutes })
  const inRange = steps.filter((step) => step.to > from)
  const first = inRange[0] ?? steps.at(-1)!
  const last = steps.at(-1)!
  const offsets = steps.map((step) => (step.from.getTime() - origin) / MINUTE_MS).filter((offset) => offset > 0)
  return { first: first.from.getTime(), last: last.to.getTime(), offsets }
}

export type HistoryPlan = ReturnType<typeof planHistory>

/** Starts of the periods a range touches, in ms since 1970, ascending. */
function periodStarts(window: CalendarWindow, from: Date, to: Date): number[] {
  const starts: number[] = []
  let at = from
  do {
    const period = calendarPeriod(window, at)
    starts.push(period.from.getTime())
    at = period.to
  } while (at < to)
  return starts
}

export interface HistoryRange {
  from: Date
  to: Date
  stepMinutes: number
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

import type { CompositeIndicator, Counts, Objective } from '../model.ts'
import { instantOfWall, wallOfInstant } from '../overlay/wall-clock.ts'
import { RunningSums } from '../replay/minute-series.ts'
import { budgetOf } from './budget.ts'
import { burnRate } from './burn-rate.ts'
import { calendarPeriod, type Period, periodMinutes } from './calendar.ts'
import { compositeWindow } from './composite.ts'
import { expectedMinutes } from './expected.ts'
import { readSlices, type SliceSums } from './slices.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440

/** What a stretch of time that begins at `minute` holds; `slices` where the budgeting method counts slices. */
export interface HistoryRow extends Counts {
  minute: Date
  slices?: SliceSums
}

/** Events and what the budgeting method counts, of any stretch of time on the grid the history was read in. */
export type HistorySource = (range: Period) => { counts: Counts; units: Counts }

export interface HistoryGrid {
  from: Date
  to: Date
  resolutionMinutes: number
  /** The first telemetry ever, and the end of what is measured: time beyond them is not expected. */
  knownFrom: Date | null
  knownTo: Date
  exclusions: readonly Period[]
}

/** Makes stored rows of one SLI answer for any stretch of whole grid steps; rows must not overlap. */
export function historySource(
  rows: readonly HistoryRow[],
  grid: HistoryGrid,
  { method, slice, noData }: Objective,
): HistorySource {
  const slotMs = grid.resolutionMinutes * MINUTE_MS
  const slots = Math.max(0, Math.ceil((grid.to.getTime() - grid.from.getTime()) / slotMs))
  const columns = Object.fromEntries(
    (['good', 'total', 'filled', 'measured', 'bad', 'lost'] as const).map((name) => [name, new Float64Array(slots)]),
  ) as Record<'good' | 'total' | 'filled' | 'measured' | 'bad' | 'lost', Float64Array>
  for (const { minute, good, total, slices } of rows) {
    const slot = Math.floor((minute.getTime() - grid.from.getTime()) / slotMs)
    if (slot < 0 || slot >= slots || total === 0) continue
    columns.good[slot]! += good
    columns.total[slot]! += total
    columns.filled[slot]! += 1
    columns.measured[slot]! += slices?.measured ?? 0
    columns.bad[slot]! += slices?.bad ?? 0
    columns.lost[slot]! += slices?.lost ?? 0
  }
  const [good, total, filled, measured, bad, lost] = [
    new RunningSums(columns.good),
    new RunningSums(columns.total),
    new RunningSums(columns.filled),
    new RunningSums(columns.measured),
    new RunningSums(columns.bad),
    new RunningSums(columns.lost),
  ]
  return (range) => {
    const [a, b] = [range.from, range.to].map((at) => Math.round((at.getTime() - grid.from.getTime()) / slotMs)) as [
      number,
      number,
    ]
    // Tells "none" from a rest that subtraction of weighted counts may leave.
    const isEmpty = filled.between(a, b) <= 0
    const counts = isEmpty ? { good: 0, total: 0 } : { good: good.between(a, b), total: total.between(a, b) }
    if (method === 'occurrences' || slice === null) return { counts, units: counts }
    const known = { from: range.from, to: earlier(range.to, grid.knownTo) }
    const expected = expectedMinutes(known, grid) / slice.minutes
    const sums = {
      measured: measured.between(a, b),
      bad: bad.between(a, b),
      lost: isEmpty ? 0 : lost.between(a, b),
    }
    return { counts, units: readSlices({ ...sums, expected, blind: 0, ahead: 0 }, method, noData).units }
  }
}

const earlier = (a: Date, b: Date): Date => new Date(Math.min(a.getTime(), b.getTime()))

/** A composite's past from those of its members; `joined` holds the slices that are bad in any of them, where that is the rule. */
export function compositeHistory(
  members: readonly { source: HistorySource; weight: number; budgetPpm: number }[],
  { indicator, objective }: { indicator: CompositeIndicator; objective: Objective },
  joined: HistorySource | null,
): HistorySource {
  const { method, budgetPpm } = objective
  return (range) => {
    const windows = members.map(({ source, ...rest }) => ({ ...source(range), coverage: 1, ...rest }))
    const { counts, units } = compositeWindow(windows, { composite: indicator.method, method, budgetPpm })
    return { counts, units: joined?.(range).units ?? units }
  }
}

/** One step of an SLO's past. A ratio without data, or that is still to come, is null. */
export interface PastStep {
  at: Date
  counts: Counts
  /** Of the step, by the budgeting method. */
  sli: number | null
  burn: number | null
  /** Share of the budget left over the SLO window, or the calendar period so far, that ends with the step; signed. */
  budgetRemaining: number | null
  /** What would be left if the budget of a calendar period were spent evenly; null for rolling windows. */
  ideal: number | null
}

/** The SLO window that ends at `end`: it begins with the period of a calendar window, and with a reset of the budget. */
export function windowAt({ window }: Objective, end: Date, resets: readonly Date[] = []): Period {
  const from =
    window.kind === 'calendar'
      ? calendarPeriod(window, new Date(end.getTime() - 1)).from
      : new Date(end.getTime() - window.minutes * MINUTE_MS)
  const reset = resets.findLast((at) => at > from && at < end)
  return { from: reset ?? from, to: end }
}

/**
 * Steps over [from, to). Days of a calendar window are days on the clocks of its zone, so that one has 23 or 25 hours when
 * clocks change; shorter steps, and those of rolling windows, are all of one length.
 */
export function stepsOf(
  { window }: Pick<Objective, 'window'>,
  { from, to, stepMinutes }: Period & { stepMinutes: number },
): Period[] {
  const byClock = window.kind === 'calendar' && stepMinutes % DAY_MINUTES === 0
  const start = byClock ? wallOfInstant(from, window.timeZone) : from.getTime()
  const edge = (n: number) => {
    const ms = start + n * stepMinutes * MINUTE_MS
    return byClock ? instantOfWall(ms, window.timeZone) : new Date(ms)
  }
  const steps: Period[] = []
  for (let n = 0; edge(n) < to; n++) steps.push({ from: edge(n), to: edge(n + 1) })
  return steps
}

/**
 * Steps of `stepMinutes` over [from, to), each with what it held and what was left of the budget at its end.
 * Example: 30 daily slices of November at 99.9 %, the first 99 % good → 66.667 % left after it, ideal 96.667 %.
 */
export function historySteps(
  source: HistorySource,
  objective: Objective,
  { from, to, stepMinutes }: Period & { stepMinutes: number },
  { now, knownTo, resets = [] }: { now: Date; knownTo: Date; resets?: readonly Date[] },
): PastStep[] {
  const { budgetPpm } = objective
  const steps: PastStep[] = []
  for (const step of stepsOf(objective, { from, to, stepMinutes })) {
    const ideal = idealAt(objective, step.to)
    if (step.from >= now) {
      steps.push({ at: step.from, counts: { good: 0, total: 0 }, sli: null, burn: null, budgetRemaining: null, ideal })
      continue
    }
    const { counts, units } = source(step)
    const window = windowAt(objective, step.to, resets)
    const spent = withSlicesAhead(source(window).units, objective, earlier(step.to, knownTo))
    steps.push({
      at: step.from,
      counts,
      sli: budgetOf(units, budgetPpm).sli,
      burn: burnRate(units, budgetPpm),
      budgetRemaining: budgetOf(spent, budgetPpm).remaining,
      ideal,
    })
  }
  return steps
}

/** A calendar period of slices has the budget of all its slices from its first minute on. */
export function withSlicesAhead(units: Counts, { window, slice }: Objective, end: Date): Counts {
  if (window.kind !== 'calendar' || slice === null) return units
  const period = calendarPeriod(window, new Date(end.getTime() - 1))
  const ahead = Math.max(0, (period.to.getTime() - end.getTime()) / MINUTE_MS / slice.minutes)
  return { good: units.good + ahead, total: units.total + ahead }
}

function idealAt({ window }: Objective, end: Date): number | null {
  if (window.kind !== 'calendar') return null
  const period = calendarPeriod(window, new Date(end.getTime() - 1))
  return 1 - periodMinutes({ from: period.from, to: end }) / periodMinutes(period)
}

import { ABSENCE_WINDOWS } from '../alert/absence.ts'
import type { Slo } from '../model.ts'
import type { Exclusion } from '../overlay/maintenance.ts'
import { type BudgetReset, STATUS_WINDOWS } from '../reading.ts'
import { calendarPeriod, type Period } from './calendar.ts'
import { windowEnd } from './window.ts'

/** Which stretches of time one SLO is read over at one instant. All bounds are whole minutes, of slice methods whole slices. */
export interface WindowPlan {
  slo: Slo
  /** End of every window: of the open minute under Occurrences, of the last whole slice otherwise. */
  end: Date
  /** Lengths in minutes: those every status reports, those of the tiers, and those that tell that telemetry stopped. */
  windows: readonly number[]
  /** The SLO window as it is: a calendar period ends in the future. */
  whole: Period
  /** What of it is summed, from a reset of the budget on. */
  counted: Period
  /** Inside the window, oldest first. */
  resets: readonly BudgetReset[]
  exclusions: readonly Exclusion[]
  /** Slices are counted from here, in ms since 1970. */
  sliceOrigin: number
}

const MINUTE_MS = 60_000

/**
 * @param watermark event time up to which data is complete
 * @param context resets of this SLO's budget, oldest first, and the exclusions that hold in a span
 */
export function planWindows(
  slo: Slo,
  watermark: Date,
  { resets, exclusionsIn }: { resets: readonly BudgetReset[]; exclusionsIn: (span: Period) => readonly Exclusion[] },
): WindowPlan {
  const { window, slice } = slo.objective
  const settled = new Date(watermark.getTime() - slo.settleMinutes * MINUTE_MS)
  const period = window.kind === 'calendar' ? calendarPeriod(window, settled) : null
  const origin = period?.from.getTime() ?? 0
  const gridMs = (slice?.minutes ?? 1) * MINUTE_MS
  const end = slice === null ? windowEnd(settled) : new Date(floorTo(settled.getTime(), gridMs, origin))
  const whole = period ?? { from: new Date(end.getTime() - window.minutes * MINUTE_MS), to: end }
  const inside = resets.filter(({ at }) => at > whole.from && at < watermark)
  const last = inside.at(-1)
  const fromMs = last === undefined ? whole.from.getTime() : ceilTo(last.at.getTime(), gridMs, origin)
  return {
    slo,
    end,
    windows: [
      ...new Set([
        ...STATUS_WINDOWS,
        ...ABSENCE_WINDOWS,
        ...slo.tiers.flatMap((tier) => [tier.longMinutes, tier.shortMinutes]),
      ]),
    ],
    whole,
    counted: { from: new Date(Math.min(fromMs, end.getTime())), to: end },
    resets: inside,
    exclusions: exclusionsIn({ from: whole.from, to: end }).map(wholeMinutes),
    sliceOrigin: origin,
  }
}

const floorTo = (ms: number, gridMs: number, origin: number) => origin + Math.floor((ms - origin) / gridMs) * gridMs
const ceilTo = (ms: number, gridMs: number, origin: number) => origin + Math.ceil((ms - origin) / gridMs) * gridMs

/** A minute that is partly excluded is excluded. */
const wholeMinutes = ({ from, to, ...rest }: Exclusion): Exclusion => ({
  ...rest,
  from: new Date(floorTo(from.getTime(), MINUTE_MS, 0)),
  to: new Date(ceilTo(to.getTime(), MINUTE_MS, 0)),
})

/** Every instant at which something this SLO is read over begins or ends, in ms since 1970; none after the end. */
export function cutsOf({ end, windows, whole, counted, exclusions }: WindowPlan): number[] {
  const cuts = [
    end.getTime(),
    whole.from.getTime(),
    counted.from.getTime(),
    ...windows.map((minutes) => end.getTime() - minutes * MINUTE_MS),
    ...exclusions.flatMap(({ from, to }) => [from.getTime(), to.getTime()]),
  ]
  return cuts.filter((cut) => cut <= end.getTime())
}

/** The window of so many minutes. */
export const windowOf = ({ end }: WindowPlan, minutes: number): Period => ({
  from: new Date(end.getTime() - minutes * MINUTE_MS),
  to: end,
})

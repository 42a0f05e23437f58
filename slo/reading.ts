import type { Counts, Slo } from './model.ts'
import type { Exclusion } from './overlay/maintenance.ts'

/** What one window of an SLO held when it was read. */
export interface WindowReading {
  /** Events. */
  counts: Counts
  /**
   * What the budgeting method counts, the input of burn rate and budget: events under Occurrences, expected slices under
   * Timeslices and RatioTimeslices, shares of 1 for composites that average.
   */
  units: Counts
  /** Share of the window's expected minutes that are measured or known to be quiet, 0…1; see docs/slo.md. */
  coverage: number
  /** Share of them in which a collector was alive or telemetry arrived; absent where that is the coverage. */
  watched?: number
  /** How far sampling lets the counts vary, Σ w(w − 1) over the events of each side; absent when every event was counted. */
  variance?: { good: number; bad: number }
  /** Events really received, of which `counts` are the weighted sum; absent when every event was counted. */
  seen?: { good: number; bad: number }
}

/** The SLO window as it was read. */
export interface PeriodReading extends WindowReading {
  from: Date
  /** Where it ends: now for a rolling window, the end of the period for a calendar one. */
  to: Date
  /** The same without leaving anything out, when maintenance is excluded from the budget; else null. */
  raw: { counts: Counts; units: Counts } | null
  /** Time left out of `counts` and `units`. */
  exclusions: readonly Exclusion[]
  /** Resets of the budget inside the window, oldest first: `from` begins with the last. Absent without any. */
  resets?: readonly BudgetReset[]
  /** Of a calendar period under Occurrences: events expected until its end if traffic goes on as so far; an estimate. */
  expectedTotal?: number
}

/** Somebody decided that the budget begins anew. */
export interface BudgetReset {
  slo: string
  at: Date
  reason: string
  by: string
}

/** What one SLI of a composite held over the SLO window. */
export interface MemberReading {
  displayName: string
  weight: number
  targetPpm: number
  period: WindowReading
}

/** How far the history of a new definition is measured, newest first. */
export interface Backfill {
  /** Everything from here on is measured. */
  measuredFrom: Date
  /** Share of the history that is measured, 0…1. */
  progress: number
}

/** 0…1: the part of a history that is measured, from its end back to `measuredFrom`. */
export function measuredShare({ from, to, measuredFrom }: { from: Date; to: Date; measuredFrom: Date }): number {
  const wholeMs = to.getTime() - from.getTime()
  return wholeMs <= 0 ? 0 : Math.min(1, Math.max(0, (to.getTime() - measuredFrom.getTime()) / wholeMs))
}

/** Everything the judge and the alert decision may know about one SLO at one instant. */
export interface Reading {
  slo: Slo
  /** Event time up to which data is complete; null before any telemetry arrived. */
  watermark: Date | null
  /** Latest minute with events, null without any in the SLO window. */
  lastEventAt: Date | null
  /** By window length in minutes: every alert window and the standard windows of the API. */
  windows: ReadonlyMap<number, WindowReading>
  /** The SLO window: rolling, or the calendar period that is open. */
  period: PeriodReading
  /** The first minute in the SLO window whose counts cannot be true (good > total or negative), if any. */
  invalidMinute: Date | null
  /** While the history of its definition is being measured; absent when it is complete. */
  backfill?: Backfill
  /** Why nothing can be judged from it, in words; absent while it can. */
  fault?: string
  /** Of a composite; absent elsewhere. */
  members?: readonly MemberReading[]
}

/** Windows every status reports, in minutes: 5m 30m 1h 2h 6h 1d 3d. */
export const STATUS_WINDOWS = [5, 30, 60, 120, 360, 1440, 4320] as const

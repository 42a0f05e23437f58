import type { Counts, Slo } from './model.ts'

/** What one window of an SLO held when it was read. */
export interface WindowReading {
  counts: Counts
  /** Share of the window's expected minutes that are measured or known to be quiet, 0…1; see docs/slo.md. */
  coverage: number
}

/** Everything the judge and the alert decision may know about one SLO at one instant. */
export interface Reading {
  slo: Slo
  /** Event time up to which data is complete; null before any telemetry arrived. */
  watermark: Date | null
  /** Latest minute with events, null without any in the SLO window. */
  lastEventAt: Date | null
  /** By window length in minutes: every alert window, the standard windows of the API, and the SLO window itself. */
  windows: ReadonlyMap<number, WindowReading>
  /** The first minute in the SLO window whose counts cannot be true (good > total or negative), if any. */
  invalidMinute: Date | null
}

/** Windows every status reports, in minutes: 5m 30m 1h 2h 6h 1d 3d. */
export const STATUS_WINDOWS = [5, 30, 60, 120, 360, 1440, 4320] as const

import type { WindowReading } from './reading.ts'

/** A window is known when at least this share of its minutes is measured or known to be quiet. */
export const COVERAGE_FLOOR = 0.9

/** Data complete only up to longer ago than this is stale: nothing is judged on it. */
export const STALE_AFTER_MS = 3 * 60_000

export const isCovered = (window: WindowReading | undefined): window is WindowReading =>
  window !== undefined && window.coverage >= COVERAGE_FLOOR

/** No telemetry yet is not stale: there is nothing that could have been judged. */
export const isStale = (watermark: Date | null, now: Date): boolean =>
  watermark !== null && now.getTime() - watermark.getTime() > STALE_AFTER_MS

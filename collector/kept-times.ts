import type { Reason } from './rejections.ts'

/** How long records are kept, in milliseconds; what was older on arrival would be gone at once. */
export interface Lifetimes {
  /** Spans that are calls: they count in the rollups. */
  calls: number
  spans: number
  points: number
}

interface Retention {
  spans: number
  notableSpans: number
  calls: number
  metrics: number
  rollups: number
}

/** A record lives as long as the table that keeps anything of it longest. */
export function lifetimesOf({ spans, notableSpans, calls, metrics, rollups }: Retention): Lifetimes {
  return {
    calls: Math.max(spans, notableSpans, calls, rollups),
    spans: Math.max(spans, notableSpans),
    points: metrics,
  }
}

/** How far a sender's clock may be ahead. A later record would wait in a partition of its own, which never expires. */
const AHEAD_MS = 3_600_000

/** Units that senders take for nanoseconds, by how many nanoseconds each has. */
const UNITS = [
  ['time_in_seconds', 1e9],
  ['time_in_milliseconds', 1e6],
  ['time_in_microseconds', 1e3],
] as const satisfies readonly (readonly [Reason, number])[]

/** A time in another unit is taken for that where it then lies this near: telemetry of other decades is no guess. */
const NEAR_MS = 10 * 365 * 86_400_000

/**
 * Why a record with this event time is refused, or null. Beyond the limits nothing would be lost in silence, but seen late:
 * a time of 1970 expires at once, a time of 2106 wraps around in a DateTime.
 * @param timeNs as a double: a time of today is exact to 256 ns
 */
export function timeRefusal(timeNs: number, nowMs: number, lifetimeMs: number): Reason | null {
  const timeMs = timeNs / 1e6
  if (timeMs > nowMs + AHEAD_MS) return 'time_ahead'
  if (timeMs >= nowMs - lifetimeMs) return null
  const unit = UNITS.find(([, ns]) => Math.abs(timeMs * ns - nowMs) < NEAR_MS)
  return unit?.[0] ?? 'time_too_old'
}

const MINUTE_MS = 60_000
const HOUR = 60
const DAY = 1440

/** A window's name by its length: 5 → `5m`, 60 → `1h`, 90 → `90m`, 4320 → `3d`. */
export function windowLabel(minutes: number): string {
  if (minutes % DAY === 0) return `${minutes / DAY}d`
  return minutes % HOUR === 0 ? `${minutes / HOUR}h` : `${minutes}m`
}

/**
 * End of the minute that is open at `at`, so that a window of n minutes is `[end − n, end)` and holds the youngest events.
 * An instant on a whole minute is that end: the minute it opens has no events yet.
 */
export const windowEnd = (at: Date): Date => new Date(Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS)

/**
 * Minutes of OpenSLO's duration units when rolling. A month, quarter and year are 30, 90 and 365 days.
 * Source: OpenSLO v1 and its Go SDK.
 */
export const DURATION_UNIT_MINUTES = {
  m: 1,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
  M: 30 * DAY,
  Q: 90 * DAY,
  Y: 365 * DAY,
} as const
export type DurationUnit = keyof typeof DURATION_UNIT_MINUTES

/** Number and unit of a duration such as `30d`; the unit may be one that does not exist. Null when it has no such form. */
export function splitDuration(text: string): { value: number; unit: string } | null {
  const match = /^(-?\d{1,9})([A-Za-z]+)$/.exec(text)
  return match ? { value: Number(match[1]), unit: match[2] ?? '' } : null
}

/** Minutes of an OpenSLO duration, counted as a rolling window: `2w` → 20160. Null when it is not a positive duration. */
export function durationMinutes(text: string): number | null {
  const parts = splitDuration(text)
  if (!parts || parts.value <= 0 || !Object.hasOwn(DURATION_UNIT_MINUTES, parts.unit)) return null
  return parts.value * DURATION_UNIT_MINUTES[parts.unit as DurationUnit]
}

import { instantOfWall, wallOfInstant } from './wall-clock.ts'

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** When tickets wait: within any of the hours, or on any of the days. */
export interface QuietHours {
  /** IANA name. */
  timeZone: string
  /** Minutes after midnight; `to` at or before `from` means the next morning. */
  hours: readonly { fromMinute: number; toMinute: number }[]
  days: readonly (typeof WEEKDAYS)[number][]
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440

/** Nobody can be reached by a ticket when every hour of every day is quiet. */
const LONGEST_DAYS = 8

/** When quiet hours end that hold at an instant; null when they do not hold, or never end. */
export function quietUntil(quiet: QuietHours, at: Date): Date | null {
  const wall = Math.floor(wallOfInstant(at, quiet.timeZone) / MINUTE_MS)
  if (!isQuiet(quiet, wall)) return null
  // It only ever ends where hours do, or at midnight.
  const ends = [...new Set([0, ...quiet.hours.map(({ toMinute }) => toMinute)])].sort((a, b) => a - b)
  for (
    let midnight = wall - (wall % DAY_MINUTES);
    midnight <= wall + LONGEST_DAYS * DAY_MINUTES;
    midnight += DAY_MINUTES
  ) {
    const end = ends.find((minute) => midnight + minute > wall && !isQuiet(quiet, midnight + minute))
    if (end !== undefined) return instantOfWall((midnight + end) * MINUTE_MS, quiet.timeZone)
  }
  return null
}

function isQuiet({ hours, days }: QuietHours, wallMinutes: number): boolean {
  const day = WEEKDAYS[new Date(wallMinutes * MINUTE_MS).getUTCDay()]
  if (day !== undefined && days.includes(day)) return true
  const minute = wallMinutes % DAY_MINUTES
  return hours.some(({ fromMinute, toMinute }) =>
    fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute,
  )
}

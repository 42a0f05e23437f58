import type { Zone } from './format.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const STEPS_MS = [
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  5 * DAY,
  10 * DAY,
  30 * DAY,
]

/** Round moments between `from` and `to`, at most `most` of them; days begin at midnight of the zone shown. */
export function timeTicks(from: number, to: number, most: number, zone: Zone): { ticks: number[]; stepMs: number } {
  const stepMs = STEPS_MS.find((step) => (to - from) / step <= most) ?? 90 * DAY
  const offset = zone === 'utc' ? 0 : -new Date(to).getTimezoneOffset() * MINUTE
  const ticks: number[] = []
  for (let at = Math.ceil((from + offset) / stepMs) * stepMs - offset; at <= to; at += stepMs) ticks.push(at)
  return { ticks, stepMs }
}

/** Days as `21 Nov`, hours as `14:00`. */
export function tickText(at: number, stepMs: number, zone: Zone): string {
  const options: Intl.DateTimeFormatOptions =
    stepMs >= DAY ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
  return new Intl.DateTimeFormat('en-GB', zone === 'utc' ? { ...options, timeZone: 'UTC' } : options).format(at)
}

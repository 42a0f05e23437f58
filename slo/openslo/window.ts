import { durationMinutes, splitDuration } from '../budget/window.ts'
import type { Objective } from '../model.ts'
import type { SloSpec } from './slo-schema.ts'
import type { PropertyPath, Reporter } from './source.ts'

/** What the specification's text calls optional and its validator requires; said in a warning whenever it is used. */
const DEFAULT_WINDOW = '28d'

/** Longer than any history that is kept; beyond it dates leave the range of the store. */
const LONGEST_WINDOW = '10Y'

const HOUR = 60
const DAY = 1440

/** The SLO window, rolling or counted by the calendar, or null when it has no length that can be judged. */
export function readWindow({ timeWindow }: SloSpec, report: Reporter): Objective['window'] | null {
  const stated = timeWindow?.[0]
  const at = ['spec', 'timeWindow', 0, 'duration']
  const duration = stated?.duration ?? DEFAULT_WINDOW
  const minutes = durationMinutes(duration)
  if (minutes === null) {
    return report.error('plan', at, 'greater_than', 'must be longer than nothing')
  }
  if (minutes > (durationMinutes(LONGEST_WINDOW) ?? 0)) {
    return report.error('plan', at, 'less_than_or_equal_to', `must be at most ${LONGEST_WINDOW}`)
  }
  if (!stated?.calendar) return { kind: 'rolling', minutes, duration }
  const { startTime, timeZone } = stated.calendar
  if (startTime.endsWith(':00')) return { kind: 'calendar', minutes, duration, start: startTime, timeZone }
  const path = ['spec', 'timeWindow', 0, 'calendar', 'startTime']
  return report.error('plan', path, 'window_not_multiple', 'must begin on a whole minute', 'End it with :00')
}

/** Minutes of a slice that divides the window, or null with the reason reported, and a length that would do where there is one. */
export function readSliceMinutes(
  text: string | null | undefined,
  { window, alerts }: { window: Objective['window']; alerts: (minutes: number) => boolean },
  at: PropertyPath,
  report: Reporter,
): number | null {
  const path = [...at, 'timeSliceWindow']
  const minutes = durationMinutes(text ?? '')
  if (minutes === null) return report.error('plan', path, 'greater_than', 'must be longer than nothing')
  const whole = divisibleMinutes(window)
  if (whole % minutes === 0 && minutes <= window.minutes) return minutes
  const reason = whole === window.minutes ? `the window of ${window.duration}` : reasonOf(whole)
  const fitting = largestDivisor(whole, minutes, alerts)
  const message = `slices of ${text} do not divide ${reason}${fitting === null ? '' : `: ${fitting}m would`}`
  return report.error('plan', path, 'window_not_multiple', message)
}

/** What every period of the window is a multiple of: a day has 23 or 25 hours where clocks change. */
function divisibleMinutes(window: Objective['window']): number {
  if (window.kind === 'rolling') return window.minutes
  const { unit } = splitDuration(window.duration) ?? { unit: 'm' }
  if (unit === 'm' || unit === 'h') return window.minutes
  if (window.timeZone !== 'UTC') return HOUR
  return 'MQY'.includes(unit) ? DAY : window.minutes
}

const reasonOf = (whole: number): string =>
  whole === HOUR ? 'the hour, and days of this time zone can have 23 or 25' : 'the day, and months differ in days'

function largestDivisor(whole: number, atMost: number, fits: (divisor: number) => boolean): number | null {
  for (let divisor = Math.min(whole, atMost); divisor > 0; divisor -= 1)
    if (whole % divisor === 0 && fits(divisor)) return divisor
  return null
}

import { Temporal } from 'temporal-polyfill'
import type { CalendarWindow } from '../model.ts'
import { splitDuration } from './window.ts'

/** Half-open stretch of time. */
export interface Period {
  from: Date
  to: Date
}

const MINUTE_MS = 60_000

/** What one OpenSLO unit is by the calendar; minutes and hours pass at the same speed in every zone. */
const CALENDAR_UNITS: Record<string, { days: number } | { months: number }> = {
  d: { days: 1 },
  w: { days: 7 },
  M: { months: 1 },
  Q: { months: 3 },
  Y: { months: 12 },
}

/**
 * The period of a calendar window that is open at an instant. Periods are counted from the window's start on the clocks of
 * its zone, also into the past; a month begun on the 31st begins on the last day of a shorter one.
 * Example: one month from 2026-01-01 in America/New_York, in March 2026: 44,580 minutes, because clocks go forward.
 */
export function calendarPeriod(window: CalendarWindow, at: Date): Period {
  const key = `${window.start} ${window.timeZone} ${window.duration}`
  const last = remembered.get(key)
  if (last && last.from <= at && at < last.to) return last
  const period = findPeriod(window, at)
  remembered.set(key, period)
  return period
}

/** The period asked for last, of each window there is: a tick asks for the same one again and again. */
const remembered = new Map<string, Period>()

function findPeriod(window: CalendarWindow, at: Date): Period {
  const startOf = startsOf(window)
  let n = Math.floor((at.getTime() - startOf(0)) / (window.minutes * MINUTE_MS))
  while (startOf(n) > at.getTime()) n--
  while (startOf(n + 1) <= at.getTime()) n++
  return { from: new Date(startOf(n)), to: new Date(startOf(n + 1)) }
}

/** Start of period n, in ms since 1970. */
function startsOf({ start, timeZone, duration, minutes }: CalendarWindow): (n: number) => number {
  const first = Temporal.PlainDateTime.from(start.replace(' ', 'T'))
  const { value, unit } = splitDuration(duration) ?? { value: 1, unit: '' }
  const step = CALENDAR_UNITS[unit]
  const instantOf = (wall: Temporal.PlainDateTime) =>
    wall.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds
  if (step === undefined) {
    const startMs = instantOf(first)
    return (n) => startMs + n * minutes * MINUTE_MS
  }
  return (n) =>
    instantOf(
      'days' in step
        ? first.add({ days: n * value * step.days })
        : first.add({ months: n * value * step.months }, { overflow: 'constrain' }),
    )
}

/** Real minutes of a period: budgets of slices follow them, thresholds do not. */
export const periodMinutes = ({ from, to }: Period): number => (to.getTime() - from.getTime()) / MINUTE_MS

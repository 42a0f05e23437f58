import { describe, expect, test } from 'vitest'
import { budgetOf } from '../../slo/budget/budget.ts'
import { calendarPeriod, periodMinutes } from '../../slo/budget/calendar.ts'
import { readSlices } from '../../slo/budget/slices.ts'
import { durationMinutes } from '../../slo/budget/window.ts'
import type { CalendarWindow } from '../../slo/model.ts'

const window = (duration: string, start: string, timeZone: string): CalendarWindow => ({
  kind: 'calendar',
  minutes: durationMinutes(duration)!,
  duration,
  start,
  timeZone,
})
const period = (of: CalendarWindow, at: string) => {
  const { from, to } = calendarPeriod(of, new Date(at))
  return [from.toISOString(), to.toISOString()]
}

describe('the open period', () => {
  const rows: [string, CalendarWindow, string, string, string][] = [
    [
      'of a month in Berlin begins at its midnight',
      window('1M', '2026-01-01 00:00:00', 'Europe/Berlin'),
      '2026-03-15T12:00:00Z',
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ],
    [
      'has begun at its first instant',
      window('1M', '2026-01-01 00:00:00', 'UTC'),
      '2026-02-01T00:00:00Z',
      '2026-02-01T00:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
    ],
    [
      'from the 31st begins on the last day of a shorter month',
      window('1M', '2026-01-31 00:00:00', 'UTC'),
      '2026-03-01T00:00:00Z',
      '2026-02-28T00:00:00.000Z',
      '2026-03-31T00:00:00.000Z',
    ],
    [
      'from the 31st begins on the 31st again where there is one',
      window('1M', '2026-01-31 00:00:00', 'UTC'),
      '2026-04-01T00:00:00Z',
      '2026-03-31T00:00:00.000Z',
      '2026-04-30T00:00:00.000Z',
    ],
    [
      'of a week begins on the weekday and at the hour of its start, before and after clocks change',
      window('1w', '2026-03-23 09:00:00', 'America/New_York'),
      '2026-11-04T00:00:00Z',
      '2026-11-02T14:00:00.000Z',
      '2026-11-09T14:00:00.000Z',
    ],
    [
      'of a quarter',
      window('1Q', '2026-01-01 00:00:00', 'UTC'),
      '2026-05-20T00:00:00Z',
      '2026-04-01T00:00:00.000Z',
      '2026-07-01T00:00:00.000Z',
    ],
    [
      'of a year from the 29th of February',
      window('1Y', '2024-02-29 00:00:00', 'UTC'),
      '2026-01-01T00:00:00Z',
      '2025-02-28T00:00:00.000Z',
      '2026-02-28T00:00:00.000Z',
    ],
    [
      'before the start is counted backwards',
      window('1M', '2026-06-01 00:00:00', 'UTC'),
      '2026-01-10T00:00:00Z',
      '2026-01-01T00:00:00.000Z',
      '2026-02-01T00:00:00.000Z',
    ],
    [
      'that begins in the hour clocks skip begins when they go on',
      window('1d', '2026-03-01 02:30:00', 'America/New_York'),
      '2026-03-08T12:00:00Z',
      '2026-03-08T07:30:00.000Z',
      '2026-03-09T06:30:00.000Z',
    ],
    [
      'of twelve hours passes at the speed of clocks that are not set',
      window('12h', '2026-03-07 00:00:00', 'America/New_York'),
      '2026-03-08T20:00:00Z',
      '2026-03-08T17:00:00.000Z',
      '2026-03-09T05:00:00.000Z',
    ],
    [
      'many years after its start',
      window('1M', '1990-05-31 00:00:00', 'UTC'),
      '2026-02-28T00:00:00Z',
      '2026-02-28T00:00:00.000Z',
      '2026-03-31T00:00:00.000Z',
    ],
  ]
  test.each(rows)('%s', (_, of, at, from, to) => {
    expect(period(of, at)).toEqual([from, to])
  })

  test('follows the one before without a gap for ten years', () => {
    for (const duration of ['1d', '1w', '1M', '3M', '1Y']) {
      const of = window(duration, '2020-01-31 01:30:00', 'Europe/Berlin')
      let at = new Date('2020-02-01T00:00:00Z')
      while (at < new Date('2030-01-01T00:00:00Z')) {
        const { from, to } = calendarPeriod(of, at)
        expect(from <= at && at < to).toBe(true)
        expect(calendarPeriod(of, new Date(to.getTime() - 1)).from).toEqual(from)
        expect(calendarPeriod(of, to).from).toEqual(to)
        at = to
      }
    }
  })
})

describe('G35 a month of minutes', () => {
  const month = window('1M', '2025-01-01 00:00:00', 'America/New_York')
  test.each([
    ['March 2026 is an hour short', '2026-03-20T00:00:00Z', 44_580, 44.58],
    ['November 2025 an hour long', '2025-11-20T00:00:00Z', 43_260, 43.26],
  ])('%s', (_, at, minutes, budget) => {
    const length = periodMinutes(calendarPeriod(month, new Date(at)))
    expect(length).toBe(minutes)
    const whole = { expected: 0, measured: 0, bad: 0, lost: 0, blind: 0, ahead: length }
    expect(budgetOf(readSlices(whole, 'timeslices', 'gap').units, 1_000).badEventsLeft).toBe(budget)
  })
})

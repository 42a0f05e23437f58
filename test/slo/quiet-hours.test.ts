import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type QuietHours, quietUntil, WEEKDAYS } from '../../slo/overlay/quiet-hours.ts'

const MINUTE_MS = 60_000
const DAY = 1440
/** A Sunday. */
const START = Date.parse('2026-03-01T00:00:00Z')

/** Whether a minute of the week in UTC is quiet, straight from the words of the configuration. */
function isQuiet({ hours, days }: QuietHours, minuteOfWeek: number): boolean {
  if (days.includes(WEEKDAYS[Math.floor(minuteOfWeek / DAY) % 7]!)) return true
  const minute = minuteOfWeek % DAY
  return hours.some(({ fromMinute: from, toMinute: to }) =>
    from < to ? minute >= from && minute < to : minute >= from || minute < to,
  )
}

test('quiet hours end at the first minute that is not quiet', () => {
  // Coarse times, so that ends meet beginnings, midnights and quiet days.
  const clock = fc.integer({ min: 0, max: 15 }).map((n) => n * 90)
  const span = fc.record({ fromMinute: clock, toMinute: clock })
  const quiet = fc.record({
    timeZone: fc.constant('UTC'),
    hours: fc.array(span, { maxLength: 3 }),
    days: fc.subarray([...WEEKDAYS], { maxLength: 6 }),
  })
  fc.assert(
    fc.property(quiet, fc.integer({ min: 0, max: 7 * DAY - 1 }), (given, at) => {
      let end: number | null = null
      for (let minute = at; end === null && minute < at + 8 * DAY; minute++) if (!isQuiet(given, minute)) end = minute
      const until = quietUntil(given, new Date(START + at * MINUTE_MS))
      const expected = end === null || end === at ? null : START + end * MINUTE_MS
      expect(until?.getTime() ?? null).toBe(expected)
    }),
  )
})

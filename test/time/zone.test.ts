import { expect, test } from 'vitest'
import { calendarPeriod } from '../../slo/budget/calendar.ts'
import { instantOfWall } from '../../slo/overlay/wall-clock.ts'
import { isTimeZone } from '../../time/zone.ts'

/** What ICU knows beside the time zone database, and what neither knows. */
const ABBREVIATIONS =
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST EDT CEST MSK'.split(
    ' ',
  )

test.each(['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'UTC', 'Etc/GMT+5', 'EST', 'GB'])(
  '%s is a time zone',
  (name) => {
    expect(isTimeZone(name)).toBe(true)
  },
)

test.each([...ABBREVIATIONS, '+01:00', '-05:00', 'europe/berlin', 'utc', 'Z', 'Berlin', '', 'Europe/Berlin '])(
  '%j is none',
  (name) => {
    expect(isTimeZone(name)).toBe(false)
  },
)

test('whatever is a time zone can be computed with, by every name that Intl knows', () => {
  const names = [...Intl.supportedValuesOf('timeZone'), ...ABBREVIATIONS].filter(isTimeZone)
  expect(names.length).toBeGreaterThan(300)
  for (const timeZone of names) {
    const window = {
      kind: 'calendar' as const,
      minutes: 43_200,
      duration: '1M',
      start: '2026-01-01 00:00:00',
      timeZone,
    }
    expect(calendarPeriod(window, new Date('2026-02-10T00:00:00Z')).from).toEqual(
      instantOfWall(Date.parse('2026-02-01T00:00:00Z'), timeZone),
    )
  }
})

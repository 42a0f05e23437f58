import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Recurrence,
  recurrenceFault,
  recurrenceWarnings,
  shortestGapMinutes,
  startsBetween,
} from '../../slo/overlay/recurrence.ts'

const rule = (start: string, rrule: string, ...more: string[]): Recurrence => ({
  rrule: [`DTSTART;TZID=${start}`, `RRULE:${rrule}`, ...more].join('\n'),
  durationMinutes: 60,
})
const cron = (text: string, timeZone: string): Recurrence => ({ cron: text, timeZone, durationMinutes: 60 })
const starts = (recurrence: Recurrence, from: string, to: string) =>
  startsBetween(recurrence, new Date(from), new Date(to)).map((at) => at.toISOString().replace('.000', ''))

describe('starts follow the wall clock', () => {
  const rows: [string, Recurrence, string, string, string[]][] = [
    [
      'Berlin, spring: 02:30 does not exist on 29 March and moves to 03:30',
      rule('Europe/Berlin:20260301T023000', 'FREQ=DAILY'),
      '2026-03-28T00:00:00Z',
      '2026-03-30T12:00:00Z',
      ['2026-03-28T01:30:00Z', '2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z'],
    ],
    [
      'Berlin, autumn: of two 02:30 on 25 October the first counts',
      rule('Europe/Berlin:20261001T023000', 'FREQ=DAILY'),
      '2026-10-24T00:00:00Z',
      '2026-10-26T12:00:00Z',
      ['2026-10-24T00:30:00Z', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
    ],
    [
      'New York, spring: 02:30 on 8 March is 03:30 EDT',
      rule('America/New_York:20260301T023000', 'FREQ=WEEKLY;BYDAY=SU'),
      '2026-03-01T00:00:00Z',
      '2026-03-16T00:00:00Z',
      ['2026-03-01T07:30:00Z', '2026-03-08T07:30:00Z', '2026-03-15T06:30:00Z'],
    ],
    [
      'New York, autumn: of two 01:30 on 1 November the first, EDT, counts',
      rule('America/New_York:20261018T013000', 'FREQ=WEEKLY'),
      '2026-10-25T00:00:00Z',
      '2026-11-09T00:00:00Z',
      ['2026-10-25T05:30:00Z', '2026-11-01T05:30:00Z', '2026-11-08T06:30:00Z'],
    ],
    [
      'a rule that only ever takes place in the gap',
      rule('Europe/Berlin:20260329T023000', 'FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU'),
      '2026-01-01T00:00:00Z',
      '2028-01-01T00:00:00Z',
      ['2026-03-29T01:30:00Z', '2027-03-28T01:30:00Z'],
    ],
    [
      'the day in the gap counts for COUNT',
      rule('Europe/Berlin:20260328T023000', 'FREQ=DAILY;COUNT=2'),
      '2026-03-01T00:00:00Z',
      '2026-04-30T00:00:00Z',
      ['2026-03-28T01:30:00Z', '2026-03-29T01:30:00Z'],
    ],
    [
      'an excluded date counts for COUNT, too',
      rule('UTC:20260101T000000', 'FREQ=DAILY;COUNT=3', 'EXDATE;TZID=UTC:20260102T000000'),
      '2026-01-01T00:00:00Z',
      '2026-02-01T00:00:00Z',
      ['2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z'],
    ],
    [
      'dates are excluded in the zone of the start, several on a line',
      rule('Europe/Berlin:20260601T040000', 'FREQ=DAILY', 'EXDATE:20260602T040000,20260603T020000Z'),
      '2026-06-01T00:00:00Z',
      '2026-06-05T00:00:00Z',
      ['2026-06-01T02:00:00Z', '2026-06-04T02:00:00Z'],
    ],
    [
      'UNTIL as an instant is included',
      rule('Europe/Berlin:20260601T040000', 'FREQ=DAILY;UNTIL=20260603T020000Z'),
      '2026-06-02T00:00:00Z',
      '2026-07-01T00:00:00Z',
      ['2026-06-02T02:00:00Z', '2026-06-03T02:00:00Z'],
    ],
    [
      'UNTIL as a date holds to the end of that day, there',
      rule('America/New_York:20260601T220000', 'FREQ=DAILY;UNTIL=20260602'),
      '2026-06-01T00:00:00Z',
      '2026-07-01T00:00:00Z',
      ['2026-06-02T02:00:00Z', '2026-06-03T02:00:00Z'],
    ],
    [
      'the last Friday of each month',
      rule('America/New_York:20260101T220000', 'FREQ=MONTHLY;BYDAY=-1FR'),
      '2026-02-01T00:00:00Z',
      '2026-04-30T00:00:00Z',
      ['2026-02-28T03:00:00Z', '2026-03-28T02:00:00Z', '2026-04-25T02:00:00Z'],
    ],
    [
      'a start given in UTC',
      { rrule: 'DTSTART:20260104T020000Z\nRRULE:FREQ=WEEKLY', durationMinutes: 60 },
      '2026-01-01T00:00:00Z',
      '2026-01-12T00:00:00Z',
      ['2026-01-04T02:00:00Z', '2026-01-11T02:00:00Z'],
    ],
    [
      'cron, Berlin, spring: the skipped hour moves forward',
      cron('30 2 * * *', 'Europe/Berlin'),
      '2026-03-28T12:00:00Z',
      '2026-03-30T12:00:00Z',
      ['2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z'],
    ],
    [
      'cron, New York, autumn: the hour that occurs twice counts once',
      cron('30 1 * * *', 'America/New_York'),
      '2026-10-31T12:00:00Z',
      '2026-11-02T12:00:00Z',
      ['2026-11-01T05:30:00Z', '2026-11-02T06:30:00Z'],
    ],
    [
      'cron with both kinds of days takes place on either',
      cron('0 0 13 * FRI', 'UTC'),
      '2026-02-09T00:00:00Z',
      '2026-02-21T00:00:00Z',
      ['2026-02-13T00:00:00Z', '2026-02-20T00:00:00Z'],
    ],
    [
      'both ends of the span are included',
      rule('UTC:20260101T000000', 'FREQ=DAILY'),
      '2026-01-05T00:00:00Z',
      '2026-01-06T00:00:00Z',
      ['2026-01-05T00:00:00Z', '2026-01-06T00:00:00Z'],
    ],
  ]
  test.each(rows)('%s', (_, recurrence, from, to, expected) => {
    expect(starts(recurrence, from, to)).toEqual(expected)
  })

  test('nothing starts before DTSTART', () => {
    expect(starts(rule('UTC:20260101T000000', 'FREQ=DAILY'), '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z')).toEqual([
      '2026-01-01T00:00:00Z',
    ])
  })

  test('asking in any order gives the same starts', () => {
    const one = rule('Europe/Berlin:20200101T023000', 'FREQ=DAILY')
    const base = Date.parse('2026-03-01T00:00:00Z')
    const span = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60 }))
    let fresh = 0
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 8 }), (spans) => {
        for (const [day, days] of spans) {
          const from = new Date(base + day * 86_400_000)
          const to = new Date(from.getTime() + days * 86_400_000)
          // A rule that nobody asked about before: it differs by an excluded date that never comes.
          fresh += 1
          const unasked = `EXDATE:${String(1000 + (fresh % 900))}0101T00${String(fresh % 60).padStart(2, '0')}00`
          expect(startsBetween(one, from, to)).toEqual(
            startsBetween(rule('Europe/Berlin:20200101T023000', 'FREQ=DAILY', unasked), from, to),
          )
        }
      }),
      { numRuns: 30 },
    )
  })
})

describe('recurrences that are refused', () => {
  const rows: [string, Recurrence, string][] = [
    ['no time zone', { rrule: 'DTSTART:20260101T000000\nRRULE:FREQ=DAILY', durationMinutes: 1 }, 'needs a time zone'],
    ['an unknown time zone', rule('Europe/Atlantis:20260101T000000', 'FREQ=DAILY'), 'Europe/Atlantis is no time zone'],
    ['an offset as time zone', cron('0 0 * * *', '+02:00'), '+02:00 is no time zone'],
    ['a date that does not exist', rule('UTC:20260230T000000', 'FREQ=DAILY'), 'is no date and time'],
    ['no rule', { rrule: 'DTSTART;TZID=UTC:20260101T000000', durationMinutes: 1 }, 'expected DTSTART'],
    ['two rules', rule('UTC:20260101T000000', 'FREQ=DAILY', 'RRULE:FREQ=WEEKLY'), 'expected DTSTART'],
    ['RDATE', rule('UTC:20260101T000000', 'FREQ=DAILY', 'RDATE:20260101T000000'), 'only DTSTART, RRULE and EXDATE'],
    ['no frequency', rule('UTC:20260101T000000', 'BYDAY=MO'), 'needs FREQ'],
    ['every second', rule('UTC:20260101T000000', 'FREQ=SECONDLY'), 'FREQ=SECONDLY is not allowed'],
    ['a part it does not know', rule('UTC:20260101T000000', 'FREQ=DAILY;BYEASTER=1'), 'does not know BYEASTER'],
    ['a month that does not exist', rule('UTC:20260101T000000', 'FREQ=DAILY;BYMONTH=13'), 'BYMONTH=13'],
    ['a part twice', rule('UTC:20260101T000000', 'FREQ=DAILY;FREQ=DAILY'), 'FREQ twice'],
    ['both UNTIL and COUNT', rule('UTC:20260101T000000', 'FREQ=DAILY;COUNT=2;UNTIL=20260401'), 'both UNTIL and COUNT'],
    ['an EXDATE that is none', rule('UTC:20260101T000000', 'FREQ=DAILY', 'EXDATE:yesterday'), 'EXDATE yesterday'],
    ['a cron of six fields', cron('0 0 0 * * *', 'UTC'), 'cron cannot be used'],
    ['no cron at all', cron('often', 'UTC'), 'cron cannot be used'],
    ['a word in place of the fields', cron('@daily', 'UTC'), 'expected minute, hour, day of month'],
    ['a date in place of the fields', cron('2026-01-01T00:00:00', 'UTC'), 'expected minute, hour, day of month'],
    ['a cron of every minute', cron('* * * * *', 'UTC'), 'starts more than 24 times a day'],
    ['a cron of every minute of one day in the year', cron('* * 1 1 *', 'UTC'), 'starts more than 24 times a day'],
    ['twice an hour', rule('UTC:20260101T000000', 'FREQ=HOURLY;BYMINUTE=0,30'), 'starts more than 24 times a day'],
    [
      'half-hourly on some days',
      rule('UTC:20260101T000000', `FREQ=MONTHLY;BYHOUR=${Array.from({ length: 24 }, (_, hour) => hour)};BYMINUTE=0,30`),
      'starts more than 24 times a day',
    ],
    ['no duration', { ...cron('0 0 * * *', 'UTC'), durationMinutes: 0 }, 'duration'],
  ]
  test.each(rows)('%s', (_, recurrence, message) => expect(recurrenceFault(recurrence)).toContain(message))

  test.each([
    ['some days', rule('Europe/Berlin:20260101T000000', 'FREQ=WEEKLY;BYDAY=MO,+2TU')],
    ['every hour', cron('0 * * * *', 'Europe/Berlin')],
    ['every hour, by RRULE', rule('UTC:20260101T000000', 'FREQ=HOURLY')],
    ['twice in every sixth hour', rule('UTC:20260101T000000', 'FREQ=HOURLY;INTERVAL=6;BYMINUTE=0,30')],
    ['every five minutes of one hour', cron('*/5 2 * * *', 'UTC')],
  ])('%s: fine', (_, recurrence) => expect(recurrenceFault(recurrence)).toBeNull())

  test('no text crashes it', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((rrule) => `DTSTART;TZID=UTC:20260101T000000\nRRULE:${rrule}`),
    )
    fc.assert(fc.property(text, (rrule) => void recurrenceFault({ rrule, durationMinutes: 1 })))
  })
})

test('the shortest gap between starts is shorter where clocks go forward', () => {
  const daily = rule('Europe/Berlin:20260101T040000', 'FREQ=DAILY')
  const [from, to] = [new Date('2026-03-01T00:00:00Z'), new Date('2026-04-30T00:00:00Z')]
  expect(shortestGapMinutes(daily, from, to)).toBe(23 * 60)
})

test('a single start has no gap', () => {
  const once = rule('UTC:20260101T000000', 'FREQ=DAILY;COUNT=1')
  expect(shortestGapMinutes(once, new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z'))).toBeNull()
})

describe('warnings', () => {
  test('cron with both kinds of days', () => expect(recurrenceWarnings(cron('0 0 13 * 5', 'UTC'))).toHaveLength(1))
  test('cron with one of them', () => expect(recurrenceWarnings(cron('0 0 * * 5', 'UTC'))).toEqual([]))
})

import { describe, expect, test } from 'vitest'
import {
  exclusionsOf,
  inMaintenance,
  type MaintenanceScope,
  type MaintenanceWindow,
  nextOccurrences,
  occurrencesOf,
  subjectOf,
} from '../../slo/overlay/maintenance.ts'
import { maintenanceFaults } from '../../slo/overlay/maintenance-check.ts'
import { slo } from './build.ts'

const at = (text: string) => new Date(`2026-${text}:00Z`)
const NOW = at('06-10T12:00')
const DAY_MS = 86_400_000
const SUBJECT = { slo: 'checkout-stripe', service: 'checkout', dependency: 'stripe', env: 'prod' }
const scope = (changed: Partial<MaintenanceScope> = {}): MaintenanceScope => ({
  services: [],
  slos: [],
  dependencies: [],
  environments: [],
  ...changed,
})

const window = (changed: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  id: 'm1',
  scope: scope({ services: ['checkout'] }),
  schedule: { from: at('06-10T12:00'), to: at('06-10T13:00') },
  suppress: true,
  excludeFromBudget: false,
  reason: '',
  createdBy: 'ada',
  createdAt: NOW,
  endedAt: null,
  reviewAt: null,
  ...changed,
})
const nightly = (durationMinutes = 60) => ({
  rrule: 'DTSTART;TZID=Europe/Berlin:20260601T020000\nRRULE:FREQ=DAILY',
  durationMinutes,
})

describe('scope', () => {
  const rows: [string, Partial<MaintenanceScope>, boolean][] = [
    ['a service', { services: ['checkout', 'cart'] }, true],
    ['another service', { services: ['cart'] }, false],
    ['an SLO', { slos: ['checkout-stripe'] }, true],
    ['a dependency', { dependencies: ['stripe'] }, true],
    ['an environment', { environments: ['prod'] }, true],
    ['a service in another environment', { services: ['checkout'], environments: ['staging'] }, false],
    ['a service and its dependency', { services: ['checkout'], dependencies: ['stripe'] }, true],
  ]
  test.each(rows)('%s', (_, changed, expected) => {
    expect(inMaintenance([window({ scope: scope(changed) })], SUBJECT, NOW) !== null).toBe(expected)
  })

  test('the subject of an SLO names its only dependency', () => {
    expect(subjectOf({ ...slo(), labels: { env: 'prod' } })).toEqual(SUBJECT)
  })
})

describe('when a window takes place', () => {
  const rows: [string, Partial<MaintenanceWindow>, string, boolean][] = [
    ['at its start', {}, '06-10T12:00', true],
    ['before it', {}, '06-10T11:59', false],
    ['at its end', {}, '06-10T13:00', false],
    ['within a recurring one', { schedule: nightly() }, '06-05T00:30', true],
    ['between two', { schedule: nightly() }, '06-05T01:00', false],
    ['a long one that began the day before', { schedule: nightly(1380) }, '06-05T22:59', true],
    ['one that was ended', { endedAt: at('06-10T12:30') }, '06-10T12:45', false],
    ['one that was ended later', { endedAt: at('06-10T12:30') }, '06-10T12:15', true],
    ['one that suppresses nothing', { suppress: false, excludeFromBudget: true }, '06-10T12:15', false],
  ]
  test.each(rows)('%s', (_, changed, when, expected) => {
    expect(inMaintenance([window(changed)], SUBJECT, at(when))?.id ?? null).toBe(expected ? 'm1' : null)
  })

  test('occurrences touch the span and are cut where somebody ended them', () => {
    const found = occurrencesOf(
      { schedule: nightly(), endedAt: at('06-04T00:30') },
      { from: at('06-02T00:30'), to: at('06-30T00:00') },
    )
    expect(found).toEqual([
      { from: at('06-02T00:00'), to: at('06-02T01:00') },
      { from: at('06-03T00:00'), to: at('06-03T01:00') },
      { from: at('06-04T00:00'), to: at('06-04T00:30') },
    ])
  })

  test('a window lasts as long as it says across the change of clocks', () => {
    const schedule = { rrule: 'DTSTART;TZID=Europe/Berlin:20260328T013000\nRRULE:FREQ=DAILY', durationMinutes: 120 }
    const [, second] = occurrencesOf({ schedule, endedAt: null }, { from: at('03-28T00:00'), to: at('03-30T00:00') })
    expect(second).toEqual({ from: at('03-29T00:30'), to: at('03-29T02:30') })
  })
})

describe('time left out of the budget', () => {
  const excluding = (changed: Partial<MaintenanceWindow> = {}) =>
    window({ excludeFromBudget: true, reason: 'upgrade', ...changed })
  const MADE = at('06-10T12:00')
  const day = { from: at('06-10T00:00'), to: at('06-11T00:00') }

  test('only by explicit choice', () => {
    expect(exclusionsOf([window()], SUBJECT, day)).toEqual([])
    expect(exclusionsOf([excluding()], SUBJECT, day)).toEqual([
      { from: at('06-10T12:00'), to: at('06-10T13:00'), reason: 'upgrade', by: 'ada', madeAt: MADE },
    ])
  })

  test('not out of scope', () => {
    expect(exclusionsOf([excluding()], { ...SUBJECT, service: 'cart' }, day)).toEqual([])
  })

  test('cut to the span', () => {
    const span = { from: at('06-10T12:10'), to: at('06-10T12:20') }
    expect(exclusionsOf([excluding()], SUBJECT, span)).toEqual([
      { ...span, reason: 'upgrade', by: 'ada', madeAt: MADE },
    ])
  })

  test('overlapping and touching windows are one, with both reasons', () => {
    const found = exclusionsOf(
      [
        excluding({
          schedule: { from: at('06-10T13:00'), to: at('06-10T14:00') },
          reason: 'failover',
          createdBy: 'sam',
        }),
        excluding(),
        excluding({ schedule: { from: at('06-10T12:30'), to: at('06-10T12:40') } }),
      ],
      SUBJECT,
      day,
    )
    expect(found).toEqual([
      { from: at('06-10T12:00'), to: at('06-10T14:00'), reason: 'upgrade; failover', by: 'ada, sam', madeAt: MADE },
    ])
  })

  test('what was over more than seven days before the window was made stays in', () => {
    const found = exclusionsOf([excluding({ schedule: nightly() })], SUBJECT, {
      from: at('06-01T00:00'),
      to: at('06-05T00:00'),
    })
    expect(found.map(({ from }) => from)).toEqual([at('06-04T00:00')])
  })

  test('ending a window keeps what took place', () => {
    const ended = excluding({ schedule: nightly(), endedAt: at('06-09T12:00') })
    const found = exclusionsOf([ended], SUBJECT, { from: at('06-08T00:00'), to: at('06-12T00:00') })
    expect(found.map(({ from }) => from)).toEqual([at('06-08T00:00'), at('06-09T00:00')])
  })
})

describe('what comes next', () => {
  const year = { from: NOW, to: new Date(NOW.getTime() + 366 * DAY_MS) }
  const rows: [string, Partial<MaintenanceWindow>][] = [
    ['one-off', {}],
    ['one-off that is over', { schedule: { from: at('06-01T00:00'), to: at('06-01T01:00') } }],
    ['nightly', { schedule: nightly() }],
    ['nightly, ended in three days', { schedule: nightly(), endedAt: at('06-13T00:30') }],
    ['in the middle of one', { schedule: { cron: '30 13 * * *', timeZone: 'Europe/Berlin', durationMinutes: 60 } }],
    ['monthly', { schedule: { cron: '0 2 1 * *', timeZone: 'Europe/Berlin', durationMinutes: 60 } }],
    ['once a year', { schedule: { cron: '0 2 1 1 *', timeZone: 'Europe/Berlin', durationMinutes: 60 } }],
  ]
  test.each(rows)('%s: the first of the year, however few are asked for', (_, changed) => {
    const planned = window(changed)
    const all = occurrencesOf(planned, year)
    for (const count of [1, 5, 1000]) expect(nextOccurrences(planned, NOW, count)).toEqual(all.slice(0, count))
  })
})

describe('windows that are refused', () => {
  const rows: [string, Partial<MaintenanceWindow>, string | null][] = [
    ['a plain one is fine', {}, null],
    ['no scope', { scope: scope() }, 'scope is empty'],
    ['neither suppress nor exclude', { suppress: false }, 'would do nothing'],
    ['excluding without a reason', { excludeFromBudget: true, reason: ' ' }, 'needs a reason'],
    ['ends before it starts', { schedule: { from: NOW, to: NOW } }, 'end after it starts'],
    ['over already', { schedule: { from: at('06-09T00:00'), to: at('06-09T01:00') } }, 'over already'],
    [
      'excluded afterwards within seven days is fine',
      {
        schedule: { from: at('06-09T00:00'), to: at('06-09T01:00') },
        excludeFromBudget: true,
        reason: 'provider upgrade',
      },
      null,
    ],
    [
      'excluded more than seven days afterwards',
      {
        schedule: { from: new Date(NOW.getTime() - 7 * DAY_MS - 1), to: NOW },
        excludeFromBudget: true,
        reason: 'provider upgrade',
      },
      'at most 7 days afterwards',
    ],
    ['a nightly one without end and review', { schedule: nightly() }, 'set reviewAt'],
    ['a nightly one with review is fine', { schedule: nightly(), reviewAt: at('09-01T00:00') }, null],
    ['a review in the past', { schedule: nightly(), reviewAt: at('06-01T00:00') }, 'reviewAt is in the past'],
    [
      'a nightly one for ten nights is fine',
      { schedule: { ...nightly(), rrule: `${nightly().rrule};COUNT=20` } },
      null,
    ],
    [
      'as long as the gap, which is 23 h once a year',
      { schedule: nightly(1380), reviewAt: at('09-01T00:00') },
      'less than the shortest time between two starts (1380 min)',
    ],
    ['just shorter than that gap is fine', { schedule: nightly(1379), reviewAt: at('09-01T00:00') }, null],
    [
      'never within a year',
      {
        schedule: {
          rrule: 'DTSTART;TZID=UTC:20260101T000000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
          durationMinutes: 60,
        },
      },
      'not take place within a year',
    ],
    [
      'a rule that ended',
      { schedule: { ...nightly(), rrule: `${nightly().rrule};UNTIL=20260605T000000Z` } },
      'not take place within a year',
    ],
    [
      'every hour is fine',
      { schedule: { cron: '0 * * * *', timeZone: 'Europe/Berlin', durationMinutes: 10 }, reviewAt: at('09-01T00:00') },
      null,
    ],
    ['a rule that cannot be read', { schedule: { rrule: 'daily', durationMinutes: 1 } }, 'DTSTART'],
    ['a one-off of four months', { schedule: { from: NOW, to: at('10-10T00:00') } }, 'set reviewAt'],
  ]
  test.each(rows)('%s', (_, changed, message) => {
    const faults = maintenanceFaults(window(changed), NOW)
    if (message === null) expect(faults).toEqual([])
    else expect(faults.join('\n')).toContain(message)
  })
})

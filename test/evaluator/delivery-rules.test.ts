import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ledger, ledgerOf } from '../../evaluator/deliver/ledger.ts'
import { notificationId } from '../../evaluator/deliver/notification-id.ts'
import { nextAttemptAt, SCHEDULE_MS } from '../../evaluator/deliver/retry-schedule.ts'
import { scheduleFor } from '../../evaluator/schedule.ts'
import type { Arrival } from '../../storage/notifications.ts'

describe('the webhook-id', () => {
  it('is the example', () => {
    expect(notificationId('inc_01JZ8Q2W7RN4V9T3M6D5XH1C0B', 3, 'pager')).toBe('msg_360d5cd1ed9cf236056bb2f195d61323')
  })
  it('differs by incident, sequence and endpoint', () => {
    const ids = [
      notificationId('a', 1, 'p'),
      notificationId('b', 1, 'p'),
      notificationId('a', 2, 'p'),
      notificationId('a', 1, 'c'),
    ]
    expect(new Set(ids).size).toBe(4)
  })
})

describe('the ledger of one endpoint and incident', () => {
  type Step = readonly [event: 'firing' | 'resolved', ...arrivals: Arrival[]]
  const ROWS: Record<string, { steps: Step[]; is: Ledger }> = {
    'nothing attempted': { steps: [['firing']], is: 'none' },
    'firing accepted': { steps: [['firing', 'accepted']], is: 'open' },
    'firing refused': { steps: [['firing', 'no', 'no']], is: 'none' },
    'firing timed out': { steps: [['firing', 'maybe']], is: 'maybe' },
    'firing timed out, then refused': { steps: [['firing', 'maybe', 'no']], is: 'maybe' },
    'firing attempted, result unknown': { steps: [['firing', 'unknown']], is: 'maybe' },
    'firing timed out, then accepted': { steps: [['firing', 'maybe', 'accepted']], is: 'open' },
    'update timed out after an accepted firing': {
      steps: [
        ['firing', 'accepted'],
        ['firing', 'maybe'],
      ],
      is: 'open',
    },
    'resolve accepted': {
      steps: [
        ['firing', 'accepted'],
        ['resolved', 'accepted'],
      ],
      is: 'none',
    },
    'resolve timed out: still owed': {
      steps: [
        ['firing', 'accepted'],
        ['resolved', 'maybe'],
      ],
      is: 'open',
    },
    'resolve refused: still owed': {
      steps: [
        ['firing', 'maybe'],
        ['resolved', 'no'],
      ],
      is: 'maybe',
    },
    'told again after a resolve': {
      steps: [
        ['firing', 'accepted'],
        ['resolved', 'accepted'],
        ['firing', 'accepted'],
      ],
      is: 'open',
    },
  }
  for (const [title, { steps, is }] of Object.entries(ROWS)) {
    it(`${title}: ${is}`, () => {
      const notifications = steps.map(([event], n) => ({ id: `m${n}`, event, sequence: n }))
      const attempts = steps.flatMap(([, ...arrivals], n) =>
        arrivals.map((arrival) => ({ notification: `m${n}`, arrival })),
      )
      expect(ledgerOf(notifications, attempts)).toBe(is)
      expect(ledgerOf(notifications.toReversed(), attempts)).toBe(is)
    })
  }
})

describe('the next attempt', () => {
  const FIRST = new Date('2026-01-01T00:00:00Z')
  const secondsIn = (seconds: number) => new Date(FIRST.getTime() + seconds * 1000)
  const next = (changes: Partial<Parameters<typeof nextAttemptAt>[0]>, now = FIRST, random = 0.5) =>
    nextAttemptAt(
      { severity: 'page', attempts: 1, firstAttemptAt: FIRST, retryAfter: '', ...changes },
      now,
      () => random,
    )

  it('of a page follows its slots for a quarter of an hour', () => {
    const slots = SCHEDULE_MS.page.slice(1).map((_, n) => next({ attempts: n + 1 }))
    expect(slots).toEqual([2, 5, 15, 30, 60, 120, 180, 300, 420, 600, 900].map(secondsIn))
    expect(next({ attempts: 12 })).toBeNull()
  })

  it('of a ticket follows Standard Webhooks for three days', () => {
    const hours = (SCHEDULE_MS.ticket.at(-1) ?? 0) / 3_600_000
    expect(hours).toBeCloseTo(75.58, 2)
    expect(SCHEDULE_MS.ticket.map((ms, n) => (ms - (SCHEDULE_MS.ticket[n - 1] ?? 0)) / 1000)).toEqual([
      0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ])
    expect(next({ severity: 'ticket', attempts: 10 })).toBeNull()
  })

  it('is jittered by ten percent of its offset', () => {
    expect(next({ attempts: 5 }, FIRST, 0)).toEqual(secondsIn(54))
    expect(next({ attempts: 5 }, FIRST, 1)).toEqual(secondsIn(66))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 11 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
        const at = next({ attempts }, FIRST, random)?.getTime() ?? 0
        const offset = SCHEDULE_MS.page[attempts] ?? 0
        expect(Math.abs(at - FIRST.getTime() - offset)).toBeLessThanOrEqual(offset * 0.1 + 1)
      }),
    )
  })

  it('is now when its slot passed during a time-out', () => {
    expect(next({ attempts: 1 }, secondsIn(10))).toEqual(secondsIn(10))
  })

  const ASKED: Record<string, { retryAfter: string; severity?: 'page' | 'ticket'; seconds: number }> = {
    'seconds postpone it': { retryAfter: '40', seconds: 40 },
    'a date postpones it': { retryAfter: secondsIn(50).toUTCString(), seconds: 50 },
    'a date in the past does not': { retryAfter: secondsIn(-50).toUTCString(), seconds: 2 },
    'less than the slot does not': { retryAfter: '1', seconds: 2 },
    'nonsense does not': { retryAfter: 'soon', seconds: 2 },
    'a page waits 5 min at most': { retryAfter: '86400', seconds: 300 },
    'a ticket waits a day at most': { retryAfter: '999999', severity: 'ticket', seconds: 86_400 },
  }
  for (const [title, { retryAfter, severity = 'page', seconds }] of Object.entries(ASKED)) {
    it(`Retry-After: ${title}`, () => expect(next({ retryAfter, severity })).toEqual(secondsIn(seconds)))
  }
})

describe('the schedule of ticks', () => {
  it.each([
    [5_000, 5_000, '*/5 * * * * *'],
    [1_000, 1_000, '*/1 * * * * *'],
    [250, 1_000, '* * * * * *'],
    [7_000, 6_000, '*/6 * * * * *'],
    [45_000, 30_000, '*/30 * * * * *'],
    [60_000, 60_000, '0 */1 * * * *'],
    [300_000, 300_000, '0 */5 * * * *'],
    [5_400_000, 3_600_000, '0 0 */1 * * *'],
  ])('of %i ms is every %i ms', (wanted, intervalMs, expression) => {
    expect(scheduleFor(wanted)).toEqual({ intervalMs, expression })
  })
})

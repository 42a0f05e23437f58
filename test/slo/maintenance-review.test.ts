import { describe, expect, test } from 'vitest'
import type { MaintenanceWindow } from '../../slo/overlay/maintenance.ts'
import { reviewsDue } from '../../slo/overlay/maintenance-review.ts'

const NOON = new Date('2026-06-10T12:00:00Z')
const DAY_MS = 86_400_000
const day = (days: number) => new Date(NOON.getTime() + days * DAY_MS)

const nightly = (changed: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  id: 'm1',
  scope: { services: ['checkout'], slos: [], dependencies: ['stripe'], environments: [] },
  schedule: { cron: '0 2 * * *', timeZone: 'Europe/Berlin', durationMinutes: 60 },
  suppress: true,
  excludeFromBudget: false,
  reason: 'backup',
  createdBy: 'ada',
  createdAt: day(-200),
  endedAt: null,
  reviewAt: day(0),
  ...changed,
})

describe('a window is looked at again', () => {
  const rows: [string, Partial<MaintenanceWindow>, Date | null, boolean][] = [
    ['on its day', {}, null, true],
    ['not before', { reviewAt: day(0.1) }, null, false],
    ['not when nobody said so', { reviewAt: null }, null, false],
    ['weekly', {}, day(-7), true],
    ['not more often', {}, day(-6.9), false],
    ['not when it was ended', { endedAt: day(-1) }, null, false],
    ['not when it is over', { schedule: { from: day(-9), to: day(-1) } }, null, false],
  ]
  test.each(rows)('%s', (_, changed, last, due) => {
    const found = reviewsDue([nightly(changed)], new Map(last ? [['m1', last]] : []), NOON)
    expect(found.length).toBe(due ? 1 : 0)
  })

  test('by name, with what to do', () => {
    expect(reviewsDue([nightly()], new Map(), NOON)[0]?.text).toBe(
      'ada: the maintenance of checkout, stripe (backup) was to be looked at again on 2026-06-10; end it, or plan it anew',
    )
  })
})

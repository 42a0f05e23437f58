import { describe, expect, it, test } from 'vitest'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { budgetSpent } from '../../slo/alert/budget-alerts.ts'
import { trafficWarning } from '../../slo/traffic-warning.ts'
import { counts, NOW, reading, slo } from './build.ts'

/** The windows of an SLO with so many events a day, evenly. */
const daily = (events: number, of = slo()) => {
  const lengths = [5, 10, 30, 60, 70, 120, 360, 1440, 4320, 43_200]
  const bad = Object.fromEntries(lengths.map((minutes) => [minutes, [0, (events * minutes) / 1440] as const]))
  return reading({ of, bad })
}

describe('an SLO whose guards its traffic cannot meet says so, with the numbers:', () => {
  const ROWS: Record<string, { events: number; of?: ReturnType<typeof slo>; says: RegExp | null }> = {
    '20 a day: nothing can fire': {
      events: 20,
      says: /with 20 events a day no burn-rate alert can fire: .* 3d holds 60, and alerts need 100/,
    },
    '100 a day: tickets can, pages cannot': {
      events: 100,
      says: /no page can fire: the longest window of 6h holds 25, and alerts need 100/,
    },
    '10,000 a day: all can': { events: 10_000, says: null },
    'none yet: nothing is known': { events: 0, says: null },
    '20 a day with guards to match': { events: 20, of: slo({ guards: { minEvents: 1, minBadEvents: 1 } }), says: null },
    'that does not alert': { events: 20, of: slo({ alerting: 'off' }), says: null },
    'that asks for more bad events than there are events': {
      events: 20,
      of: slo({ guards: { minEvents: 1, minBadEvents: 80 } }),
      says: /alerts need 80/,
    },
  }
  for (const [title, { events, of, says }] of Object.entries(ROWS)) {
    it(title, () => {
      const message = trafficWarning(daily(events, of))?.message ?? null
      if (says === null) expect(message).toBeNull()
      else expect(message ?? '').toMatch(says)
    })
  }
})

test('the mark of the whole budget counts however few events there were; the others wait for enough', () => {
  const of = slo()
  const few = reading({ of, elsewhere: counts(2, 20) })
  expect(
    budgetSpent(few, NOW, ALERT_POLICY).map(({ subject, conditions }) => [subject.alert, conditions[0]?.verdict]),
  ).toEqual([
    [`${of.name}#budget50`, 'frozen'],
    [`${of.name}#budget75`, 'frozen'],
    [`${of.name}#budget90`, 'frozen'],
    [`${of.name}#budget100`, 'matched'],
  ])
})

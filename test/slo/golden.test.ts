import { describe, expect, it } from 'vitest'
import { budgetOf, estimatedShareSpent, remainingOfPeriod, shareSpent } from '../../slo/budget/budget.ts'
import { burnRate } from '../../slo/budget/burn-rate.ts'
import {
  exhaustionMinutes,
  fixedExhaustionMinutes,
  growingExhaustionMinutes,
  type PastMinute,
} from '../../slo/budget/exhaustion.ts'
import type { Tier } from '../../slo/model.ts'
import { statusOf } from '../../slo/status.ts'
import { checkTiers, defaultTiers, detectionSeconds, type Share, tierFactor, tierShare } from '../../slo/tiers.ts'
import { counts, DAY, NOW, reading, slo, THIRTY_DAYS } from './build.ts'

/** Worked examples, numbered for reference; their sources are beside the formulas. `toBe` where the double must be exact. */
const BUDGET_99_9 = 1_000
const HOUR = 60
const near = (value: number | null, expected: number) => {
  expect(value).not.toBeNull()
  expect(Math.abs(((value ?? 0) - expected) / expected)).toBeLessThan(1e-9)
}
const isOver = (burn: number | null, factor: number) => burn !== null && burn > factor

describe('burn rate', () => {
  const rows = [
    {
      id: 'G01 exactly the threshold is not over it',
      bad: 144,
      total: 10_000,
      budgetPpm: 1_000,
      burn: 14.4,
      over: false,
    },
    { id: 'G02 one more is over', bad: 145, total: 10_000, budgetPpm: 1_000, burn: 14.5, over: true },
    { id: 'G03 exact at 99.95 % too', bad: 72, total: 10_000, budgetPpm: 500, burn: 14.4, over: false },
    { id: 'G04 compared unrounded', bad: 1_444, total: 100_000, budgetPpm: 1_000, burn: 14.44, over: true },
    { id: 'G05 no events, no burn', bad: 0, total: 0, budgetPpm: 1_000, burn: null, over: false },
  ]
  it.each(rows)('$id', ({ bad, total, budgetPpm, burn, over }) => {
    const measured = burnRate(counts(bad, total), budgetPpm)
    expect(measured).toBe(burn)
    expect(isOver(measured, 14.4)).toBe(over)
  })
  it('G05 no events are over nothing, whatever the target', () => {
    for (const budgetPpm of [1, 500, 1_000_000]) expect(isOver(burnRate(counts(0, 0), budgetPpm), -1)).toBe(false)
  })
})

describe('budget', () => {
  it('G06 Occurrences: 1,200 bad of 2,000,000 at 99.9 %', () => {
    expect(budgetOf(counts(1_200, 2_000_000), BUDGET_99_9)).toEqual({
      sli: 0.9994,
      consumed: 0.6,
      remaining: 0.4,
      badEventsLeft: 800,
    })
  })
  it('G07 overspent budgets are signed, never clamped', () => {
    expect(budgetOf(counts(144, 10_000), BUDGET_99_9)).toMatchObject({ remaining: -13.4, badEventsLeft: -134 })
  })
  it('G08 a peak hour spends more than the estimate says', () => {
    const [hour, month] = [counts(720, 50_000), counts(720, 10_000_000)]
    expect(burnRate(hour, BUDGET_99_9)).toBe(14.4)
    const lengths = { windowMinutes: HOUR, sloWindowMinutes: THIRTY_DAYS }
    expect(estimatedShareSpent(hour, BUDGET_99_9, lengths)).toBe(0.02)
    expect(shareSpent(hour, month, BUDGET_99_9)).toBe(0.072)
  })
  it('G09 a night hour burns fast and spends next to nothing', () => {
    const [hour, month] = [counts(3, 200), counts(3, 10_000_000)]
    expect(isOver(burnRate(hour, BUDGET_99_9), 14.4)).toBe(true)
    expect(shareSpent(hour, month, BUDGET_99_9)).toBe(0.0003)
    expect(0.0003 >= 0.02).toBe(false)
  })
  it('G21 at 10 requests an hour one failure is a seventh of the budget', () => {
    near(shareSpent(counts(1, 10), counts(1, 7_200), BUDGET_99_9), 0.138888888889)
    expect(burnRate(counts(1, 10), BUDGET_99_9)).toBe(100)
  })
  it('G23 an hour of total outage at 90 % spends little of 30 days', () => {
    const lengths = { windowMinutes: HOUR, sloWindowMinutes: THIRTY_DAYS }
    near(estimatedShareSpent(counts(1_000, 1_000), 100_000, lengths), 0.0138888888889)
    near(shareSpent(counts(1_000, 1_000), counts(1_000, 720_000), 100_000), 0.0138888888889)
  })
})

describe('factors', () => {
  const LONG = [HOUR, 6 * HOUR, DAY, 3 * DAY]
  const workbook: Share[] = [
    [2, 100],
    [5, 100],
    [10, 100],
    [10, 100],
  ]
  const sloth: Share[] = [
    [8, 100],
    [125, 1_000],
    [20, 100],
    [42, 100],
  ]
  const rows = [
    { id: 'G17 the shares of the Workbook on 30 days', shares: workbook, days: 30, factors: [14.4, 6, 3, 1] },
    {
      id: 'G17 the same shares on 28 days',
      shares: workbook,
      days: 28,
      factors: [13.44, 5.6, 2.8, 0.9333333333333333],
    },
    { id: "G18 Sloth's shares on 7 days", shares: sloth, days: 7, factors: [13.44, 3.5, 1.4, 0.98] },
  ]
  it.each(rows)('$id', ({ shares, days, factors }) => {
    expect(shares.map((share, k) => tierFactor(share, LONG[k] ?? 0, days * DAY))).toEqual(factors)
  })
  const defaults = [
    { id: 'G19 defaults on 7 days', days: 7, factors: [16.8, 5.6, 2.8, 1] },
    { id: 'G19 defaults on 90 days', days: 90, factors: [21.6, 10.8, 4.5, 3] },
    { id: 'G17 defaults on 30 days', days: 30, factors: [14.4, 6, 3, 1] },
    { id: 'G17 defaults on 28 days', days: 28, factors: [13.44, 5.6, 2.8, 0.9333333333333333] },
  ]
  it.each(defaults)('$id', ({ days, factors }) => {
    expect(defaultTiers(days * DAY, BUDGET_99_9).tiers).toEqual([
      { severity: 'page', longMinutes: 60, shortMinutes: 5, factor: factors[0] },
      { severity: 'page', longMinutes: 360, shortMinutes: 30, factor: factors[1] },
      { severity: 'ticket', longMinutes: 1440, shortMinutes: 120, factor: factors[2] },
      { severity: 'ticket', longMinutes: 4320, shortMinutes: 360, factor: factors[3] },
    ])
  })
  it('G20 5 % in an hour of 30 days is a burn of 36', () => {
    expect(tierFactor([5, 100], HOUR, THIRTY_DAYS)).toBe(36)
  })
  it.each([
    { factor: 14.4, refused: true },
    { factor: 10, refused: true },
    { factor: 9.99, refused: false },
  ])('G22 at 90 % a factor of $factor is refused: $refused', ({ factor, refused }) => {
    const tier: Tier = { severity: 'page', longMinutes: 60, shortMinutes: 5, factor }
    const { errors } = checkTiers([tier], { sloWindowMinutes: THIRTY_DAYS, budgetPpm: 100_000 })
    expect(errors.map(({ code }) => code)).toEqual(refused ? ['unreachable_threshold'] : [])
  })
  it('G24 total outage: time until each tier, and until the budget is gone', () => {
    const outage = { budgetPpm: BUDGET_99_9, errorPpm: 1_000_000 }
    const { tiers } = defaultTiers(THIRTY_DAYS, BUDGET_99_9)
    expect(tiers.map((tier) => detectionSeconds(tier, outage))).toEqual([51.84, 129.6, 259.2, 259.2])
    // The whole budget is the tier that allows a share of 100 % over the SLO window.
    const wholeBudget = { longMinutes: THIRTY_DAYS, factor: 1 }
    expect(detectionSeconds(wholeBudget, { budgetPpm: 10, errorPpm: 1_000_000 })).toBe(25.92)
  })
  it('G38 30-day factors on a 7-day window mean other shares', () => {
    const { tiers } = defaultTiers(THIRTY_DAYS, BUDGET_99_9)
    const expected = [0.0857142857143, 0.214285714286, 0.428571428571, 0.428571428571]
    for (const [k, tier] of tiers.entries()) near(tierShare(tier, 7 * DAY), expected[k] ?? Number.NaN)
  })
})

describe('few events', () => {
  it('G30 one failure of 20 requests in 30 days: every window burns, every tier is over, the guards are not met', () => {
    const of = slo()
    const bad = Object.fromEntries([5, 30, 60, 120, 360, 1440, 4320].map((minutes) => [minutes, [1, 1] as const]))
    const { burnRates } = statusOf(reading({ of, bad, elsewhere: counts(1, 20) }), null, { now: NOW })
    expect(Object.values(burnRates).every((burn) => burn !== null && burn >= 50)).toBe(true)
    expect(burnRate(counts(1, 20), BUDGET_99_9)).toBe(50)
    expect(of.tiers.every((tier) => isOver(burnRates['1h'] ?? null, tier.factor))).toBe(true)
    expect(1 < of.guards.minBadEvents).toBe(true)
  })
})

describe('time to exhaustion', () => {
  it('G33 what ages out of the window comes back', () => {
    const burst = new Map([29 * DAY, 5 * DAY].map((minutesAgo) => [minutesAgo, 10_800]))
    const minutes: PastMinute[] = Array.from({ length: THIRTY_DAYS }, (_, k) => {
      const bad = burst.get(k + 1) ?? 0
      return { minutesAgo: k + 1, good: 1_000 - bad, total: 1_000 }
    })
    const forecast = { badPerMinute: 2, totalPerMinute: 1_000 }
    const options = { budgetPpm: BUDGET_99_9, windowMinutes: THIRTY_DAYS, forecast }
    expect(exhaustionMinutes(minutes, options)).toBe(16_200)
  })
  const perDay = (bad: number) => ({ badPerMinute: bad / DAY, totalPerMinute: 1_000_000 / DAY })
  it.each([
    ['at 0.3 % bad in 6 days', 3_000, 30, 6],
    ['at 0.08 % bad not before the period ends', 800, 20, null],
    ['at 0.08 % bad in 22.5 days of a longer one', 800, 30, 22.5],
    ['without bad events never', 0, 20, null],
  ])('G34 calendar, expected volume: %s', (_, bad, daysLeft, days) => {
    const found = fixedExhaustionMinutes(
      { bad: 12_000, total: 30_000_000 },
      { budgetPpm: BUDGET_99_9, badPerMinute: perDay(bad).badPerMinute, minutesLeft: daysLeft * DAY },
    )
    if (days === null) expect(found).toBeNull()
    else near(found, days * DAY)
  })
  it('G34 calendar, budget growing with traffic: 3 days', () => {
    const soFar = counts(4_000, 10_000_000)
    const ends = { budgetPpm: BUDGET_99_9, minutesLeft: 20 * DAY }
    near(growingExhaustionMinutes(soFar, { ...ends, forecast: perDay(3_000) }), 3 * DAY)
    expect(growingExhaustionMinutes(soFar, { ...ends, forecast: perDay(1_000) })).toBeNull()
    expect(growingExhaustionMinutes(soFar, { ...ends, minutesLeft: 2 * DAY, forecast: perDay(3_000) })).toBeNull()
    expect(growingExhaustionMinutes(counts(10_000, 10_000_000), { ...ends, forecast: perDay(0) })).toBe(0)
  })
  it('slices: the budget left over the share of bad ones to come', () => {
    const slices = { bad: 504, total: 20_160 }
    expect(fixedExhaustionMinutes(slices, { budgetPpm: 50_000, badPerMinute: 0.5, minutesLeft: 20_160 })).toBe(1_008)
  })
})

describe('a calendar period under Occurrences', () => {
  it('tells what is left of the events so far, and of those expected', () => {
    near(budgetOf(counts(12_000, 10_000_000), BUDGET_99_9).remaining, -0.2)
    near(remainingOfPeriod(12_000, 30_000_000, BUDGET_99_9), 0.6)
    expect(remainingOfPeriod(0, 0, BUDGET_99_9)).toBeNull()
  })
})

describe('counts that cannot be true', () => {
  it('G39 a minute with 11 good of 10 makes the SLO invalid, whatever fires and whatever the sums look like', () => {
    const invalid = reading({ invalidMinute: new Date('2026-01-31T11:58:00Z'), bad: { 5: [-1, 10] } })
    const alert = { severity: 'page', since: NOW, incident: 'inc_1' } as const
    for (const fires of [null, alert]) {
      const status = statusOf(invalid, fires, { now: NOW })
      expect(status.status).toBe('invalid')
      expect(status.budget.exhaustsAt).toBeNull()
    }
  })
})

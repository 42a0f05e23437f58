import { describe, expect, it } from 'vitest'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { governingWindow, judgeTier } from '../../slo/alert/alert-verdict.ts'
import { keyOf } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import { backtest } from '../../slo/replay/backtest.ts'
import { emptySeries, type MinuteSeries, minuteAt, putMinute } from '../../slo/replay/minute-series.ts'
import { tierFactor } from '../../slo/tiers.ts'
import { DAY, reading, slo } from './build.ts'

/** What went wrong in other tools, each with the tool and what happens here instead. */

const START = new Date('2026-01-01T00:00:00Z')

/** `good/total` of a minute, by its number; null: quiet, undefined: nothing is known. */
function series(
  minutes: number,
  of: (minute: number) => [bad: number, total: number] | null | undefined,
): MinuteSeries {
  const filled = emptySeries(START, minutes)
  for (let n = 0; n < minutes; n++) {
    const found = of(n)
    if (found) putMinute(filled, minuteAt(filled, n), { good: found[1] - found[0], total: found[1] })
    else if (found === null) filled.covered[n] = 1
  }
  return filled
}

const over = (of: Slo, ...parts: [Pick<Slo, 'indicator' | 'generation'>, MinuteSeries][]) => {
  const [, first] = parts[0]!
  const to = minuteAt(first, first.total.length)
  const members = parts.map(([part, minutes]): [string, MinuteSeries] => [keyOf(part as Slo), minutes])
  return backtest(of, new Map(members), { from: START, to, stepMinutes: DAY, kinds: new Set(['SLOBurnRate']) })
}

const sliced = (minutes: number, windowMinutes: number) => {
  const of = slo({ windowMinutes, alerting: 'off' })
  return {
    ...of,
    tiers: [],
    objective: { ...of.objective, method: 'timeslices' as const, slice: { minutes, targetPpm: 950_000 } },
  }
}

describe('Sloth', () => {
  it('took the mean of five-minute ratios for the SLI: busy hours weigh as their events do', () => {
    // Twelve hours of 1,000 a minute without failure, then twelve of 2 a minute, one of them bad.
    const day = series(DAY, (n) => (n < DAY / 2 ? [0, 1_000] : [1, 2]))
    const of = slo({ windowMinutes: DAY })
    expect(over(of, [of, day]).budget.sli).toBe(1 - 720 / 721_440)
    const earlier = series(DAY - 5, (n) => (n < DAY / 2 ? [0, 1_000] : [1, 2]))
    expect(over(of, [of, earlier]).budget.remaining).toBeGreaterThan(0)
  })
  it('lost the budget to 0/0 in quiet minutes: they add nothing, and no failure at all is an SLI of 1', () => {
    const of = slo({ windowMinutes: DAY })
    const { budget, coverage, alerts } = over(of, [of, series(1_315, (n) => (n >= 300 && n < 315 ? null : [0, 1_000]))])
    expect([budget.sli, budget.remaining, coverage, alerts]).toEqual([1, 1, 1, []])
  })
  it('paged and ticketed one failed request: with the guards off it is one page, with them nothing', () => {
    const quiet = series(4 * DAY, (n) => (n === 4 * DAY - 1 ? [1, 1] : n % 300 === 0 ? [0, 1] : null))
    const unguarded = slo({ guards: { minEvents: 0, minBadEvents: 0 } })
    expect(over(unguarded, [unguarded, quiet]).alerts.map(({ severity }) => severity)).toEqual(['page'])
    const guarded = slo({ guards: { minEvents: 0, minBadEvents: 2 } })
    expect(over(guarded, [guarded, quiet]).alerts).toEqual([])
  })
  it('computed factors in floating point: 5 % of 28 days in 6 hours is 5.6, not 5.6000000000000005', () => {
    expect(0.05 * (672 / 6)).not.toBe(5.6)
    expect(tierFactor([5, 100], 360, 28 * DAY)).toBe(5.6)
  })
})

describe('slo-generator', () => {
  const [page] = slo().tiers
  const verdict = (bad: number, total: number) =>
    judgeTier(page!, reading({ bad: { 5: [bad, total], 60: [bad, total] } }), ALERT_POLICY).verdict
  it('rounded the burn rate before comparing it: 14.44 is above 14.4, and 14.4 is not', () => {
    expect(verdict(1_444, 100_000)).toBe('matched')
    expect(verdict(1_440, 100_000)).not.toBe('matched')
  })
  it('let an SLI exceed 1 unnoticed: such counts freeze the alert', () => {
    const impossible = reading({ invalidMinute: START, bad: { 5: [-1, 10], 60: [900, 1_000] } })
    expect(judgeTier(page!, impossible, ALERT_POLICY, 'frozen_invalid').verdict).toBe('frozen')
  })
})

describe('many', () => {
  const outage = (n: number) => n >= 300 && n < 320
  const of = slo()
  it('took missing data for good or for bad: an alert neither ends nor begins while nothing is known', () => {
    const blindAfter = series(500, (n) => (n >= 320 ? undefined : outage(n) ? [1_000, 1_000] : [0, 1_000]))
    expect(over(of, [of, blindAfter]).alerts).toMatchObject([{ severity: 'page', to: null }])
    const blindBefore = series(500, (n) => (n >= 290 && n < 400 ? undefined : [0, 1_000]))
    expect(over(of, [of, blindBefore]).alerts).toEqual([])
  })
  it('told the burn of the long window although the short one had resolved: the lesser of the two is told', () => {
    const [page] = of.tiers
    const told = judgeTier(page!, reading({ bad: { 5: [20, 1_000], 60: [500, 1_000] } }), ALERT_POLICY)
    expect(told.verdict).toBe('matched')
    expect(governingWindow(told)).toMatchObject({ minutes: 5, burn: 20 })
  })
})

describe('groups (Datadog, OpenSLO)', () => {
  /** Twelve hours of five-minute slices, all bad in one of them. */
  const badSlice = (slice: number) => series(DAY / 2, (n) => (Math.floor(n / 5) === slice ? [10, 10] : [0, 10]))
  it.each([
    ['G25 one group with one bad slice', [3], 143 / 144],
    ['G26 two groups, each with another bad slice', [3, 7], 142 / 144],
    ['G26 two groups with the same bad slice', [3, 3], 143 / 144],
  ])('%s', (_, slices, sli) => {
    const base = sliced(5, DAY / 2)
    const members = slices.map((_slice, n) => ({
      displayName: `group ${n}`,
      weight: 1,
      targetPpm: 999_000,
      indicator: { ...base.indicator, name: `group-${n}` } as never,
      generation: `${n}`,
    }))
    const of: Slo = { ...base, indicator: { source: 'composite', name: 'groups', method: 'openslo', members } }
    const parts = members.map((member, n): [never, MinuteSeries] => [member as never, badSlice(slices[n]!)])
    expect(over(of, ...parts).budget.sli).toBe(sli)
  })
})

import { describe, expect, it } from 'vitest'
import { durationMinutes, splitDuration, windowEnd, windowLabel } from '../../slo/budget/window.ts'
import type { Tier } from '../../slo/model.ts'
import { checkTiers, defaultTiers, oneFailurePages, tierLabel } from '../../slo/tiers.ts'
import { DAY, THIRTY_DAYS } from './build.ts'

const PPM_99_9 = 1_000
const tier = (change: Partial<Tier> = {}): Tier => ({
  severity: 'page',
  longMinutes: 60,
  shortMinutes: 5,
  factor: 14.4,
  ...change,
})

describe('windows', () => {
  it.each([
    [5, '5m'],
    [30, '30m'],
    [60, '1h'],
    [90, '90m'],
    [120, '2h'],
    [1440, '1d'],
    [2160, '36h'],
    [4320, '3d'],
    [43_200, '30d'],
  ])('%i minutes are called %s', (minutes, label) => {
    expect(windowLabel(minutes)).toBe(label)
  })
  it.each([
    ['1m', 1],
    ['1h', 60],
    ['1d', 1_440],
    ['2w', 20_160],
    ['1M', 43_200],
    ['1Q', 129_600],
    ['1Y', 525_600],
  ])('the duration %s has %i minutes', (text, minutes) => {
    expect(durationMinutes(text)).toBe(minutes)
  })
  it.each(['', '0w', '-1d', '1.5h', '1 m', ' 1m', '1m foo', 'm', '30', '1D', '1y', '1constructor'])(
    '%j is no duration',
    (text) => {
      expect(durationMinutes(text)).toBeNull()
    },
  )
  it('a wrong unit is told apart from a wrong form', () => {
    expect(splitDuration('1y')).toEqual({ value: 1, unit: 'y' })
    expect(splitDuration('1 y')).toBeNull()
  })
  it.each([
    ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00.001Z', '2026-01-01T00:01:00.000Z'],
    ['2026-01-01T00:00:59.999Z', '2026-01-01T00:01:00.000Z'],
  ])('the minute open at %s ends at %s', (at, end) => {
    expect(windowEnd(new Date(at)).toISOString()).toBe(end)
  })
})

describe('default tiers', () => {
  const labels = (minutes: number, budgetPpm = PPM_99_9) => defaultTiers(minutes, budgetPpm).tiers.map(tierLabel)
  const rows = [
    { name: '30 days have all four', days: 30, kept: ['1h/5m', '6h/30m', '1d/2h', '3d/6h'] },
    { name: '3 days have no room for a window of 3 days', days: 3, kept: ['1h/5m', '6h/30m', '1d/2h'] },
    { name: '1 day keeps what does not fire far below a sustainable burn', days: 1, kept: ['1h/5m'] },
    { name: '14 days take the shares of 30', days: 14, kept: ['1h/5m', '6h/30m', '1d/2h'] },
    { name: '365 days take the shares of 90', days: 365, kept: ['1h/5m', '6h/30m', '1d/2h', '3d/6h'] },
  ]
  it.each(rows)('$name', ({ days, kept }) => {
    expect(labels(days * DAY)).toEqual(kept)
  })
  it('factors follow the real window, not the one the shares were made for', () => {
    expect(defaultTiers(365 * DAY, PPM_99_9).tiers.map(({ factor }) => factor)).toEqual([
      87.6, 43.8, 18.25, 12.166666666666666,
    ])
    expect(defaultTiers(10 * DAY, PPM_99_9).tiers.map(({ factor }) => factor)).toEqual([24, 8, 4, 1.4285714285714286])
  })
  it('one tier left out beyond the ceiling of 90 %, with the number in the warning', () => {
    const { tiers, warnings } = defaultTiers(THIRTY_DAYS, 100_000)
    expect(tiers.map(tierLabel)).toEqual(['6h/30m', '1d/2h', '3d/6h'])
    expect(warnings).toEqual([
      {
        code: 'unreachable_threshold',
        message: expect.stringMatching(/^default tier 1h\/5m left out: .*14\.4.* burns at 10,/),
      },
    ])
  })
  it('a target of 0 % leaves none', () => {
    expect(labels(THIRTY_DAYS, 1_000_000)).toEqual([])
  })
  it('an hour leaves none', () => {
    expect(labels(60)).toEqual([])
  })
  it('28 days keep a tier below 1 and say that it fires while on track', () => {
    const { tiers, warnings } = defaultTiers(28 * DAY, PPM_99_9)
    expect(tiers).toHaveLength(4)
    expect(warnings.map(({ code }) => code)).toEqual(['fires_while_on_track'])
  })
  it('short windows are a twelfth of the long ones', () => {
    for (const { longMinutes, shortMinutes } of defaultTiers(THIRTY_DAYS, PPM_99_9).tiers) {
      expect(shortMinutes * 12).toBe(longMinutes)
    }
  })
})

describe('stated tiers', () => {
  const check = (...tiers: Tier[]) => checkTiers(tiers, { sloWindowMinutes: 7 * DAY, budgetPpm: PPM_99_9 })
  const codes = (findings: readonly { code: string }[]) => findings.map(({ code }) => code)
  const rows = [
    { name: 'a usual one is accepted', tiers: [tier()], errors: [] },
    { name: 'one window alone', tiers: [tier({ shortMinutes: 60 })], errors: [] },
    {
      name: 'a short window longer than the long one',
      tiers: [tier({ shortMinutes: 61 })],
      errors: ['tier_outside_window'],
    },
    { name: 'a short window of half a minute', tiers: [tier({ shortMinutes: 0.5 })], errors: ['tier_outside_window'] },
    {
      name: 'a long window as long as the SLO',
      tiers: [tier({ longMinutes: 7 * DAY })],
      errors: ['tier_outside_window'],
    },
    { name: 'a factor at the ceiling', tiers: [tier({ factor: 1_000 })], errors: ['unreachable_threshold'] },
    { name: 'more than the whole budget', tiers: [tier({ factor: 168.1 })], errors: ['unreachable_threshold'] },
    { name: 'exactly the whole budget', tiers: [tier({ factor: 168 })], errors: [] },
    { name: 'a factor of nothing', tiers: [tier({ factor: 0 })], errors: ['unreachable_threshold'] },
    { name: 'two pages over one hour', tiers: [tier(), tier({ factor: 10 })], errors: ['duplicate_tier'] },
    { name: 'a page and a ticket over one hour', tiers: [tier(), tier({ severity: 'ticket' })], errors: [] },
  ]
  it.each(rows)('$name', ({ tiers, errors }) => {
    expect(codes(check(...tiers).errors)).toEqual(errors)
  })
  it('a factor below 1 is a warning, no error', () => {
    expect(codes(check(tier({ factor: 0.98 })).warnings)).toEqual(['fires_while_on_track'])
    expect(check(tier({ factor: 0.98 })).errors).toEqual([])
  })
  it('refusals name the number that would do', () => {
    expect(check(tier({ factor: 1_000 })).errors[0]?.message).toContain('burns at 1000')
    expect(check(tier({ factor: 170 })).errors[0]?.message).toContain('a factor up to 168')
  })
})

describe('tiers on slices', () => {
  const context = { sloWindowMinutes: THIRTY_DAYS, budgetPpm: PPM_99_9, sliceMinutes: 20 }
  it('must look at whole slices', () => {
    const codes = (longMinutes: number, shortMinutes: number) =>
      checkTiers([tier({ longMinutes, shortMinutes })], context).errors.map(({ code }) => code)
    expect(codes(60, 20)).toEqual([])
    expect(codes(60, 60)).toEqual([])
    expect(codes(60, 5)).toEqual(['tier_outside_window'])
    expect(codes(70, 20)).toEqual(['tier_outside_window'])
  })
  it.each([
    [1, ['1h/5m', '6h/30m', '1d/2h', '3d/6h']],
    [5, ['1h/5m', '6h/30m', '1d/2h', '3d/6h']],
    [10, ['1h/10m', '6h/30m', '1d/2h', '3d/6h']],
    [60, ['6h/1h', '1d/2h', '3d/6h']],
    [1440, ['3d/1d']],
    [4320, []],
  ])('of %i minutes keep the default tiers %j', (sliceMinutes, labels) => {
    expect(defaultTiers(THIRTY_DAYS, PPM_99_9, { sliceMinutes }).tiers.map(tierLabel)).toEqual(labels)
  })
})

describe('one failure alone', () => {
  const tiers = [tier(), tier({ severity: 'ticket', longMinutes: 4320, shortMinutes: 360, factor: 1 })]
  const found = (events: number, of = tiers) =>
    oneFailurePages(of, { sloWindowMinutes: THIRTY_DAYS, budgetPpm: PPM_99_9, events }).map(({ message }) => message)
  it('is told where it is more than a page allows: ten calls an hour at 99.9 %', () => {
    expect(found(7_200)).toEqual([
      expect.stringMatching(/^one failure alone is 13\.89 % of the budget, more than the 2 % that page in 1h:/),
    ])
  })
  it.each([
    ['exactly what a page allows', 50_000],
    ['less', 50_001],
    ['unknown, without events', 0],
  ])('is not told where it is %s', (_, events) => {
    expect(found(events)).toEqual([])
  })
  it('is not told of tickets', () => {
    expect(found(7_200, tiers.slice(1))).toEqual([])
  })
})

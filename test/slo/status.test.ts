import { describe, expect, it } from 'vitest'
import type { Slo } from '../../slo/model.ts'
import type { Reading } from '../../slo/reading.ts'
import { sloStatusSchema, statusOf, statusOfRefused } from '../../slo/status.ts'
import { counts, DAY, NOW, reading, slo, THIRTY_DAYS } from './build.ts'

const MINUTE_MS = 60_000
const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * MINUTE_MS)
const page = { severity: 'page', since: minutesAgo(3), incident: 'inc_1' } as const
const ticket = { ...page, severity: 'ticket' } as const
const SPENT = { [THIRTY_DAYS]: [1_000, 1_000_000] } as const
const NOTHING = { elsewhere: counts(0, 0) }

describe('the status word', () => {
  const rows = [
    { when: 'budget is left and nothing fires', given: {}, word: 'ok' },
    { when: 'a ticket fires', given: {}, alert: ticket, word: 'warning' },
    { when: 'a page fires', given: {}, alert: page, word: 'critical' },
    { when: 'the budget is spent to the last event', given: { bad: SPENT }, word: 'exhausted' },
    {
      when: 'one event of the budget is left',
      given: { bad: { [THIRTY_DAYS]: [999, 1_000_000] as const } },
      word: 'ok',
    },
    { when: 'the budget is spent and a ticket fires', given: { bad: SPENT }, alert: ticket, word: 'exhausted' },
    { when: 'the budget is spent and a page fires', given: { bad: SPENT }, alert: page, word: 'critical' },
    { when: 'there are no events', given: NOTHING, word: 'no_data' },
    {
      when: 'there never was any telemetry',
      given: { ...NOTHING, watermark: null, lastEventAt: null },
      word: 'no_data',
    },
    { when: 'data is complete up to three minutes ago', given: { watermark: minutesAgo(3) }, word: 'ok' },
    { when: 'data is staler than three minutes', given: { watermark: minutesAgo(3.1) }, word: 'frozen' },
    { when: 'data is stale and the budget was spent', given: { bad: SPENT, watermark: minutesAgo(9) }, word: 'frozen' },
    { when: 'data is stale and a ticket is open', given: { watermark: minutesAgo(9) }, alert: ticket, word: 'frozen' },
    { when: 'data is stale and a page is open', given: { watermark: minutesAgo(9) }, alert: page, word: 'critical' },
    { when: 'both windows of a tier have gaps', given: { coverage: { 60: 0.5, 5: 0.8 } }, word: 'frozen' },
    { when: 'one window has gaps and the other is calm', given: { coverage: { 60: 0.5 } }, word: 'ok' },
    {
      when: 'one window has gaps and the other burns',
      given: { coverage: { 60: 0.5 }, bad: { 5: [900, 1_000] as const } },
      word: 'frozen',
    },
    { when: 'coverage is just enough', given: { coverage: { 60: 0.9, 5: 0.9 } }, word: 'ok' },
    { when: 'there are few events', given: { elsewhere: counts(0, 3) }, word: 'ok' },
    { when: 'a minute cannot be true', given: { invalidMinute: minutesAgo(2) }, word: 'invalid' },
    {
      when: 'a minute cannot be true and a page is open',
      given: { invalidMinute: minutesAgo(2) },
      alert: page,
      word: 'invalid',
    },
    { when: 'a later definition was refused', given: {}, refused: true, word: 'invalid' },
    {
      when: 'a later definition was refused and a page fires',
      given: {},
      refused: true,
      alert: page,
      word: 'critical',
    },
  ]
  it.each(rows)('is $word when $when', ({ given, alert = null, refused = false, word }) => {
    expect(statusOf(reading(given), alert, { now: NOW, refused }).status).toBe(word)
  })
  it('does not ask for coverage of alert windows when alerts are off', () => {
    const of = slo({ alerting: 'off', tiers: [] })
    expect(statusOf(reading({ of, coverage: { 60: 0, 5: 0 } }), null, { now: NOW }).status).toBe('ok')
  })
})

describe('the shape', () => {
  it('is what the API promises', () => {
    const status = statusOf(
      reading({
        bad: {
          5: [2, 5_000],
          30: [15, 30_000],
          60: [30, 60_000],
          120: [0, 0],
          360: [216, 360_000],
          [THIRTY_DAYS]: [500, 999_000],
        },
        elsewhere: counts(500, 1_000_000),
        lastEventAt: minutesAgo(1),
      }),
      ticket,
      { now: NOW },
    )
    expect(status).toEqual({
      name: 'checkout-stripe',
      service: 'checkout',
      displayName: 'Stripe answers',
      status: 'warning',
      objective: {
        target: 0.999,
        targetPpm: 999_000,
        window: { duration: '30d', rolling: true },
        method: 'occurrences',
        slice: null,
        noData: 'gap',
      },
      period: { from: '2026-01-01T12:00:00.000Z', to: '2026-01-31T12:00:00.000Z' },
      counts: { good: 998_500, total: 999_000 },
      units: { good: 998_500, total: 999_000 },
      sli: 0.9994994994994995,
      budget: {
        remaining: 0.4994994994994995,
        consumed: 0.5005005005005005,
        exhaustsAt: null,
        remainingOfPeriod: null,
        resets: [],
      },
      exclusions: [],
      raw: null,
      sampling: null,
      members: null,
      burnRates: { '5m': 0.4, '30m': 0.5, '1h': 0.5, '2h': null, '6h': 0.6, '1d': 0.5, '3d': 0.5 },
      alert: { severity: 'ticket', since: '2026-01-31T11:57:00.000Z', incident: 'inc_1' },
      freshness: { watermark: '2026-01-31T12:00:00.000Z', lastEventAt: '2026-01-31T11:59:00.000Z', coverage: 1 },
      generation: '00000000deadbeef',
    })
    expect(sloStatusSchema.parse(status)).toEqual(status)
  })
  it('has null for every ratio without events', () => {
    const status = statusOf(reading({ ...NOTHING, watermark: null, lastEventAt: null }), null, { now: NOW })
    expect(status).toMatchObject({
      counts: { good: 0, total: 0 },
      sli: null,
      budget: { remaining: null, consumed: null, exhaustsAt: null },
      freshness: { watermark: null, lastEventAt: null },
    })
    expect(Object.values(status.burnRates)).toEqual([null, null, null, null, null, null, null])
  })
  it('survives JSON unchanged', () => {
    const status = statusOf(reading({ coverage: { [THIRTY_DAYS]: 0.97 } }), page, { now: NOW })
    expect(sloStatusSchema.parse(JSON.parse(JSON.stringify(status)))).toEqual(status)
    expect(status.freshness.coverage).toBe(0.97)
  })
  it('names windows of custom tiers beside the standard ones, shortest first', () => {
    const of = slo({ tiers: [{ severity: 'page', longMinutes: 90, shortMinutes: 8, factor: 10 }] })
    const { burnRates } = statusOf(reading({ of }), null, { now: NOW })
    expect(Object.keys(burnRates)).toEqual(['5m', '8m', '30m', '1h', '90m', '2h', '6h', '1d', '3d'])
  })
  it('of a definition that never was valid is invalid and holds no numbers', () => {
    const status = statusOfRefused('typo')
    expect(status).toMatchObject({ name: 'typo', status: 'invalid', objective: null, sli: null, alert: null })
    expect(sloStatusSchema.parse(status)).toEqual(status)
  })
})

describe('when the budget is gone', () => {
  const inDays = (days: number) => new Date(NOW.getTime() + days * DAY * MINUTE_MS).toISOString()
  const half = { [THIRTY_DAYS]: [500, 1_000_000] as const }
  const exhaustsAt = (given: Parameters<typeof reading>[0], context = {}, alert: typeof page | null = null) =>
    statusOf(reading(given), alert, { now: NOW, ...context }).budget.exhaustsAt

  it('is now when nothing is left', () => {
    expect(exhaustsAt({ bad: SPENT })).toBe(NOW.toISOString())
  })
  it('is remaining · window / burn of the last six hours', () => {
    expect(exhaustsAt({ bad: { ...half, 360: [200, 100_000] } })).toBe(inDays(7.5))
  })
  it('is never at a sustainable burn', () => {
    expect(exhaustsAt({ bad: { ...half, 360: [100, 100_000] } })).toBeNull()
  })
  it('follows the window that governs a firing alert', () => {
    const bad = { ...half, 360: [200, 100_000] as const, 60: [600, 30_000] as const, 5: [100, 4_000] as const }
    expect(exhaustsAt({ bad }, {}, page)).toBe(inDays(0.75))
  })
  it('is unknown on stale data', () => {
    expect(exhaustsAt({ bad: { ...half, 360: [200, 100_000] }, watermark: minutesAgo(9) })).toBeNull()
  })
  it('is exact where the minutes are given', () => {
    const given = { bad: { [THIRTY_DAYS]: [21_600, 43_200_000] as const, 360: [720, 360_000] as const } }
    const minutes = Array.from({ length: THIRTY_DAYS }, (_, k) => {
      const bad = k + 1 === 29 * DAY || k + 1 === 5 * DAY ? 10_800 : 0
      return { minutesAgo: k + 1, good: 1_000 - bad, total: 1_000 }
    })
    expect(exhaustsAt(given, { minutes })).toBe(inDays(11.25))
    expect(exhaustsAt(given)).toBe(inDays(7.5))
  })
})

describe('a calendar window', () => {
  const START = new Date('2026-01-01T00:00:00Z')
  const END = new Date('2026-02-01T00:00:00Z')
  const month = (given: Partial<Slo['objective']> = {}) => {
    const of = slo()
    const window = {
      kind: 'calendar' as const,
      minutes: THIRTY_DAYS,
      duration: '1M',
      start: '2026-01-01 00:00:00',
      timeZone: 'UTC',
    }
    return { ...of, objective: { ...of.objective, window, ...given } }
  }
  const period = (given: Partial<Reading['period']>): Reading['period'] => ({
    counts: counts(0, 0),
    units: counts(0, 0),
    coverage: 1,
    from: START,
    to: END,
    raw: null,
    exclusions: [],
    ...given,
  })

  it('under Occurrences tells what is left of the events so far, and an estimate for the whole period', () => {
    const events = counts(12_000, 10_000_000)
    const of = reading({
      of: month(),
      period: period({ counts: events, units: events, expectedTotal: 30_000_000 }),
      bad: { 360: [750, 250_000] },
    })
    const { budget, objective, period: told } = statusOf(of, null, { now: NOW })
    expect(budget.remaining).toBeCloseTo(-0.2, 12)
    expect(budget.exhaustsAt).toBe(NOW.toISOString())
    expect(budget.remainingOfPeriod).toMatchObject({ remaining: 0.6, expectedTotal: 30_000_000, estimated: true })
    // 18,000 bad events are left, 3,000 come a day, and the period ends in half a day.
    expect(budget.remainingOfPeriod?.exhaustsAt).toBeNull()
    expect(objective?.window).toEqual({ duration: '1M', rolling: false, timeZone: 'UTC' })
    expect(told).toEqual({ from: START.toISOString(), to: END.toISOString() })
  })
  it('of slices is gone when the slices to come have used up what is left', () => {
    const sliced = month({ method: 'timeslices', slice: { minutes: 1, targetPpm: 950_000 } })
    const units = counts(34.64, 44_640)
    const of = reading({ of: sliced, period: period({ counts: counts(1, 1), units }), bad: { 360: [36, 360] } })
    const { exhaustsAt, remainingOfPeriod } = statusOf(of, null, { now: NOW }).budget
    // 10 slices are left, one in ten minutes goes bad.
    expect(Date.parse(exhaustsAt!) - NOW.getTime()).toBeCloseTo(100 * MINUTE_MS, -1)
    expect(remainingOfPeriod).toBeNull()
  })
})

describe('what stands beside the numbers', () => {
  const base = reading()
  const told = (given: Partial<Reading['period']>, rest: Partial<Reading> = {}) =>
    statusOf({ ...base, ...rest, period: { ...base.period, ...given } }, null, { now: NOW })

  it('exclusions and the numbers without them', () => {
    const status = told({
      counts: counts(500, 900_000),
      units: counts(500, 900_000),
      raw: { counts: counts(1_500, 1_000_000), units: counts(1_500, 1_000_000) },
      exclusions: [{ from: minutesAgo(60), to: minutesAgo(30), reason: 'database upgrade', by: 'ada' }],
    })
    expect(status.exclusions).toEqual([
      { from: '2026-01-31T11:00:00.000Z', to: '2026-01-31T11:30:00.000Z', reason: 'database upgrade', by: 'ada' },
    ])
    expect(status.budget.remaining).toBeCloseTo(4 / 9, 12)
    expect(status.raw).toMatchObject({ counts: counts(1_500, 1_000_000), remaining: -0.5, consumed: 1.5 })
    expect(sloStatusSchema.parse(status)).toEqual(status)
  })
  it('resets of the budget with reason and author', () => {
    const reset = { slo: 'checkout-stripe', at: minutesAgo(90), reason: 'provider paid', by: 'ann' }
    expect(told({ resets: [reset] }).budget.resets).toEqual([
      { at: '2026-01-31T10:30:00.000Z', reason: 'provider paid', by: 'ann' },
    ])
  })
  it('the error bars of sampled counts', () => {
    const status = told({
      counts: counts(200, 100_000),
      units: counts(200, 100_000),
      variance: { good: 898_200, bad: 1_800 },
    })
    expect(status.budget.consumed).toBe(2)
    expect(status.sampling?.burn.low).toBeCloseTo(1.1692743991, 9)
    expect(status.sampling?.weak).toBe(false)
  })
  it('members of a composite, and which of them have no data', () => {
    const member = { displayName: 'pay', weight: 2, targetPpm: 999_000, period: base.period }
    const silent = {
      ...member,
      displayName: 'ship',
      period: { ...base.period, counts: counts(0, 0), units: counts(0, 0) },
    }
    const { members } = told({}, { members: [member, silent] })
    expect(members?.map(({ displayName, sli, hasData }) => [displayName, sli, hasData])).toEqual([
      ['pay', 1, true],
      ['ship', null, false],
    ])
  })
  it('is judged by what the method counts, not by events', () => {
    const status = told({ counts: counts(0, 1_000_000), units: counts(50, 1_000) })
    expect(status).toMatchObject({ sli: 0.95, status: 'exhausted', counts: counts(0, 1_000_000) })
  })
})

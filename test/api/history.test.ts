import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseStep, type HistoryPlan, isReadable, planHistory } from '../../api/history.ts'
import { rangeOf } from '../../api/slo-history.ts'
import { type HistoryRow, historySource, historySteps } from '../../slo/budget/history.ts'
import type { Objective } from '../../slo/model.ts'
import { slo } from '../slo/build.ts'

const MINUTE_MS = 60_000
const T0 = Date.UTC(2026, 0, 10)
const at = (minutes: number) => new Date(T0 + minutes * MINUTE_MS)
const row = (minutes: number, good: number, total: number) => ({ minute: at(minutes), good, total })

describe('the step of a range', () => {
  test.each([
    ['an hour', 60, 1],
    ['six hours', 360, 1],
    ['a day', 1440, 5],
    ['a week', 7 * 1440, 30],
    ['thirty days', 30 * 1440, 120],
    ['a year', 365 * 1440, 2880],
  ])('%s', (_, range, step) => {
    expect(chooseStep(range, 30 * 1440)).toBe(step)
  })

  test('is coarser where a long SLO window would need too many rows', () => {
    expect(chooseStep(60, 365 * 1440)).toBe(5)
    expect(isReadable(60, 1, 365 * 1440)).toBe(false)
  })

  test.each([
    ['five-minute slices', 60, 5, 5],
    ['hours', 1440, 60, 60],
    ['slices of seven minutes', 7 * 1440, 7, 10_080],
  ])('is whole slices: %s', (_, range, slice, step) => {
    expect(chooseStep(range, 30 * 1440, slice)).toBe(step)
  })
})

describe('a step that is asked for', () => {
  const NOW_MS = Date.UTC(2026, 5, 1)
  const ask = (minutes: number, step: number, objective: Objective) => {
    const from = new Date(NOW_MS - minutes * MINUTE_MS).toISOString()
    return rangeOf({ from, to: undefined, step }, objective, new Date(NOW_MS))
  }
  const refusalOf = (minutes: number, step: number, objective: Objective): string | null => {
    try {
      ask(minutes, step, objective)
      return null
    } catch (error) {
      return (error as Error).message
    }
  }

  test('of seven minutes is refused because it does not divide the SLO window', () => {
    const long = { ...rolling(365 * 1440), window: { kind: 'rolling' as const, minutes: 365 * 1440, duration: '1Y' } }
    expect(refusalOf(7 * 1440, 7, long)).toBe(
      'query.step: of 7m does not divide the SLO window of 1Y, so too much would have to be read; take 10m',
    )
    expect(refusalOf(7 * 1440, 10, long)).toBeNull()
    expect(refusalOf(30 * 1440, 7, rolling(30 * 1440))).toBe('query.step: makes more than 3000 steps; take 15m')
  })

  test('is either taken or refused with one that is taken', () => {
    const windows = fc.constantFrom(1, 7, 28, 30, 90, 365)
    const slices = fc.constantFrom(null, 1, 5, 15, 60)
    const minutes = fc.integer({ min: 10, max: 9 * 365 * 1440 })
    fc.assert(
      fc.property(windows, slices, minutes, fc.integer({ min: 1, max: 3_000 }), (days, slice, range, step) => {
        const sliced = slice === null ? null : { minutes: slice, targetPpm: null }
        const objective = { ...rolling(days * 1440), slice: sliced }
        const refusal = refusalOf(range, step, objective)
        if (refusal === null) return
        const [, count, unit] = /take (\d+)([mhd])$/.exec(refusal) ?? []
        const wanted = Number(count) * ({ m: 1, h: 60, d: 1440 }[unit ?? ''] ?? Number.NaN)
        expect([refusal, refusalOf(range, wanted, objective)]).toEqual([refusal, null])
      }),
    )
  })
})

const rolling = (minutes: number): Objective => ({
  ...slo().objective,
  window: { kind: 'rolling', minutes, duration: `${minutes}m` },
})
const monthly = (timeZone: string): Objective => ({
  ...slo().objective,
  window: { kind: 'calendar', minutes: 43_200, duration: '1M', start: '2026-01-01 00:00:00', timeZone },
})

describe('what is read for a range', () => {
  test('begins one SLO window before the end of the first step', () => {
    const plan = planHistory({ from: at(5), to: at(15), stepMinutes: 10 }, rolling(60))
    expect(plan).toMatchObject({ from: at(0), to: at(20), readFrom: at(-50), resolutionMinutes: 10 })
  })

  test('is finer than the step when the window is no multiple of it', () => {
    expect(planHistory({ from: at(0), to: at(14), stepMinutes: 7 }, rolling(60)).resolutionMinutes).toBe(1)
  })

  test('of a calendar window begins with the period, and its steps count from there', () => {
    const range = { from: new Date('2026-03-10T12:00:00Z'), to: new Date('2026-04-01T04:00:00Z'), stepMinutes: 1_440 }
    expect(planHistory(range, monthly('America/New_York'))).toMatchObject({
      from: new Date('2026-03-10T04:00:00Z'),
      readFrom: new Date('2026-03-01T05:00:00Z'),
      resolutionMinutes: 60,
    })
  })

  test('is fine enough for a reset of the budget, unless that takes too many rows', () => {
    const plan = (days: number) =>
      planHistory({ from: at(0), to: at(days * 1440), stepMinutes: 60 }, rolling(1440), [at(90), at(-999_999)])
    expect(plan(2).resolutionMinutes).toBe(30)
    const odd = planHistory({ from: at(0), to: at(200 * 1440), stepMinutes: 1440 }, rolling(1440), [at(91)])
    expect(odd.resolutionMinutes).toBe(1440)
  })

  test('of several calendar periods is fine enough for the hour by which clocks changed', () => {
    const range = { from: new Date('2026-02-20T00:00:00Z'), to: new Date('2026-04-10T00:00:00Z'), stepMinutes: 1_440 }
    expect(planHistory(range, monthly('America/New_York')).resolutionMinutes).toBe(60)
  })
})

describe('steps', () => {
  const stepsOf = (rows: HistoryRow[], plan: HistoryPlan, objective: Objective) => {
    const grid = { ...plan, from: plan.readFrom, knownFrom: new Date(0), knownTo: plan.to, exclusions: [] }
    return historySteps(historySource(rows, grid, objective), objective, plan, { now: plan.to, knownTo: plan.to })
  }
  const objective = rolling(20)
  const plan = planHistory({ from: at(0), to: at(30), stepMinutes: 10 }, objective)

  test('tell good, total, SLI and burn of the step and what is left over the window', () => {
    const rows = [row(-10, 1000, 1000), row(0, 999, 1000), row(10, 990, 1000)]
    const none = { ideal: null }
    expect(stepsOf(rows, plan, objective)).toEqual([
      { at: at(0), counts: { good: 999, total: 1000 }, sli: 0.999, budgetRemaining: 0.5, burn: 1, ...none },
      { at: at(10), counts: { good: 990, total: 1000 }, sli: 0.99, budgetRemaining: -4.5, burn: 10, ...none },
      { at: at(20), counts: { good: 0, total: 0 }, sli: null, budgetRemaining: -9, burn: null, ...none },
    ])
  })

  test('without any events have no ratio and no budget', () => {
    for (const { sli, budgetRemaining, burn } of stepsOf([], plan, objective))
      expect([sli, budgetRemaining, burn]).toEqual([null, null, null])
  })

  test('add up to the counts given, and the window to those inside it, in any division into steps', () => {
    const minutes = fc.array(fc.record({ minute: fc.integer({ min: 0, max: 59 }), bad: fc.nat(3), good: fc.nat(20) }))
    fc.assert(
      fc.property(minutes, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 60 }), (found, step, window) => {
        const of = rolling(window)
        const range = planHistory({ from: at(0), to: at(60), stepMinutes: step }, of)
        const size = range.resolutionMinutes
        const rows = found.map(({ minute, bad, good }) => row(Math.floor(minute / size) * size, good, good + bad))
        const steps = stepsOf(rows, range, of)
        const sum = (all: readonly { total: number }[]) => all.reduce((whole, { total }) => whole + total, 0)
        expect(sum(steps.map(({ counts }) => counts))).toBe(sum(rows))
        const last = steps.at(-1)!
        const end = last.at.getTime() + step * MINUTE_MS
        const inside = rows.filter(({ minute }) => minute.getTime() >= end - window * MINUTE_MS)
        expect(last.budgetRemaining === null).toBe(sum(inside) === 0)
      }),
    )
  })
})

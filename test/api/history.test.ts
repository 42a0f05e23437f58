import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseStep, historySteps, isReadable, planHistory } from '../../api/history.ts'

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
})

describe('what is read for a range', () => {
  test('begins one SLO window before the end of the first step', () => {
    const plan = planHistory({ from: at(5), to: at(15), stepMinutes: 10, windowMinutes: 60 })
    expect(plan).toMatchObject({ from: at(0), to: at(20), readFrom: at(-50), resolutionMinutes: 10 })
  })

  test('is finer than the step when the window is no multiple of it', () => {
    expect(planHistory({ from: at(0), to: at(14), stepMinutes: 7, windowMinutes: 60 }).resolutionMinutes).toBe(1)
  })
})

describe('steps', () => {
  const plan = planHistory({ from: at(0), to: at(30), stepMinutes: 10, windowMinutes: 20 })

  test('tell good, total, SLI and burn of the step and what is left over the window', () => {
    const rows = [row(-10, 1000, 1000), row(0, 999, 1000), row(10, 990, 1000)]
    expect(historySteps(rows, plan, 1000)).toEqual([
      { at: at(0).toISOString(), good: 999, total: 1000, sli: 0.999, budgetRemaining: 0.5, burn: 1 },
      { at: at(10).toISOString(), good: 990, total: 1000, sli: 0.99, budgetRemaining: -4.5, burn: 10 },
      { at: at(20).toISOString(), good: 0, total: 0, sli: null, budgetRemaining: -9, burn: null },
    ])
  })

  test('without any events have no ratio and no budget', () => {
    expect(historySteps([], plan, 1000).map(({ sli, budgetRemaining, burn }) => [sli, budgetRemaining, burn])).toEqual([
      [null, null, null],
      [null, null, null],
      [null, null, null],
    ])
  })

  test('add up to the counts given, and the window to those inside it, in any division into steps', () => {
    const minutes = fc.array(fc.record({ minute: fc.integer({ min: 0, max: 59 }), bad: fc.nat(3), good: fc.nat(20) }))
    fc.assert(
      fc.property(minutes, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 60 }), (found, step, window) => {
        const range = planHistory({ from: at(0), to: at(60), stepMinutes: step, windowMinutes: window })
        const size = range.resolutionMinutes
        const rows = found.map(({ minute, bad, good }) => row(Math.floor(minute / size) * size, good, good + bad))
        const steps = historySteps(rows, range, 10_000)
        expect(steps.reduce((sum, { total }) => sum + total, 0)).toBe(rows.reduce((sum, { total }) => sum + total, 0))
        const last = steps.at(-1)
        const end = Date.parse(last?.at ?? '') + step * MINUTE_MS
        const inside = rows.filter(({ minute }) => minute.getTime() >= end - window * MINUTE_MS)
        const total = inside.reduce((sum, counts) => sum + counts.total, 0)
        expect(last?.budgetRemaining === null).toBe(total === 0)
      }),
    )
  })
})

import { describe, expect, test } from 'vitest'
import { budgetOf } from '../../slo/budget/budget.ts'
import { burnRate } from '../../slo/budget/burn-rate.ts'
import { compositeWindow, type MemberWindow } from '../../slo/budget/composite.ts'
import { counts } from './build.ts'

const member = (given: Partial<MemberWindow> & { bad?: number; total?: number }): MemberWindow => {
  const { bad = 0, total = 10_000, ...rest } = given
  return {
    counts: counts(bad, total),
    units: counts(bad, total),
    coverage: 1,
    weight: 1,
    budgetPpm: 1_000,
    ...rest,
  }
}

describe('G37 composites', () => {
  test('openslo, Occurrences: burn is the weighted sum of burns, weights as they are', () => {
    const members = [member({ bad: 20 }), member({ bad: 5, weight: 0.5 })]
    const { units } = compositeWindow(members, { composite: 'openslo', method: 'occurrences', budgetPpm: 1_000 })
    expect(burnRate(units, 1_000)).toBeCloseTo(2.25, 12)
    expect(budgetOf(units, 1_000).consumed).toBeCloseTo(2.25, 12)
  })
  test('openslo, Occurrences: members may have other targets than the composite', () => {
    const members = [member({ bad: 20 }), member({ bad: 50, budgetPpm: 10_000, weight: 2 })]
    const { units } = compositeWindow(members, { composite: 'openslo', method: 'occurrences', budgetPpm: 10_000 })
    expect(burnRate(units, 10_000)).toBeCloseTo(3, 12)
  })
  test.each([
    [1, 1, 0.9],
    [0.5, 1, 0.925],
    [30, 1, 0],
  ])('openslo, RatioTimeslices: 0.95 and 0.95 with weights %f and %f → %f', (a, b, sli) => {
    const members = [member({ bad: 500, weight: a }), member({ bad: 500, weight: b })]
    const { units } = compositeWindow(members, { composite: 'openslo', method: 'ratio_timeslices', budgetPpm: 100_000 })
    expect(budgetOf(units, 100_000).sli).toBeCloseTo(sli, 12)
  })
  test('weighted-mean: 0.7 · 0.999 + 0.3 · 0.99', () => {
    const members = [member({ bad: 10, weight: 0.7 }), member({ bad: 100, weight: 0.3 })]
    const { units } = compositeWindow(members, { composite: 'weighted-mean', method: 'occurrences', budgetPpm: 5_000 })
    expect(budgetOf(units, 5_000).sli).toBeCloseTo(0.9963, 12)
    expect(budgetOf(units, 5_000).consumed).toBeCloseTo(0.74, 9)
  })
  test('pooled: counts are added up', () => {
    const members = [member({ bad: 5, total: 5_000 }), member({ bad: 15, total: 1_000 })]
    const { units, counts: events } = compositeWindow(members, {
      composite: 'pooled',
      method: 'occurrences',
      budgetPpm: 5_000,
    })
    expect(events).toEqual(counts(20, 6_000))
    expect(budgetOf(units, 5_000).sli).toBeCloseTo(0.996666667, 9)
  })
})

describe('a member without data', () => {
  const silent = member({ total: 0, coverage: 0.5, weight: 3 })
  test.each([
    ['openslo', 'occurrences', 0.998],
    ['openslo', 'ratio_timeslices', 0.998],
    ['weighted-mean', 'occurrences', 0.998],
    ['pooled', 'occurrences', 0.998],
  ] as const)('adds nothing under %s, %s, and lowers the coverage', (composite, method, sli) => {
    const { units, coverage } = compositeWindow([member({ bad: 20 }), silent], { composite, method, budgetPpm: 1_000 })
    expect(budgetOf(units, 1_000).sli).toBeCloseTo(sli, 12)
    expect(coverage).toBe(0.5)
  })
  test('and without any there is no ratio', () => {
    for (const composite of ['openslo', 'weighted-mean', 'pooled'] as const) {
      const { units } = compositeWindow([silent, silent], { composite, method: 'occurrences', budgetPpm: 1_000 })
      expect(burnRate(units, 1_000)).toBeNull()
    }
  })
})

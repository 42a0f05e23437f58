import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { budgetOf } from '../../slo/budget/budget.ts'
import { burnRate } from '../../slo/budget/burn-rate.ts'
import {
  addSlices,
  isSliceGood,
  judgeSlices,
  NO_SLICES,
  readSlices,
  type SliceWindow,
} from '../../slo/budget/slices.ts'
import { NO_DATA_POLICIES } from '../../slo/model.ts'
import { counts } from './build.ts'

const window = (given: Partial<SliceWindow>): SliceWindow => ({
  ...NO_SLICES,
  expected: 0,
  blind: 0,
  ahead: 0,
  ...given,
})
const near = (value: number | null, expected: number) => expect(value).toBeCloseTo(expected, 10)

describe('a slice', () => {
  test.each([
    ['G12 at its target is good', counts(5, 100), 950_000, true],
    ['G12 below it is bad: 94 of 99', counts(5, 99), 950_000, false],
    ['of counts whose product is no safe integer is judged exactly', counts(1, 9_007_199_254_740_991), 999_999, true],
    ['with a target of 100 % allows no bad event', counts(1, 1_000_000), 1_000_000, false],
  ])('%s', (_, slice, target, good) => {
    expect(isSliceGood(slice, target)).toBe(good)
  })

  test('that is not over yet is not judged', () => {
    const minutes = [counts(0, 10), counts(0, 10), counts(10, 10)]
    expect(judgeSlices(minutes, { minutes: 2, targetPpm: 950_000 })).toEqual({ measured: 1, bad: 0, lost: 0 })
  })

  test('half arrived is not bad because of what is missing', () => {
    expect(judgeSlices([counts(1, 1)], { minutes: 5, targetPpm: 950_000 })).toEqual(NO_SLICES)
  })
})

describe('a window of slices', () => {
  const week = { expected: 2_016, measured: 1_992, bad: 6, blind: 24 }
  test.each([
    ['G31 good', 'good', 0.99702381, 0.297619047619, 1],
    ['G31 bad', 'bad', 0.985119048, 1.4880952381, 1],
    ['G31 ignore', 'ignore', 0.996987952, 0.301204819277, 1],
    ['G31 gap', 'gap', 0.996987952, 0.301204819277, 0.988095238095],
  ] as const)('%s', (_, policy, sli, consumed, coverage) => {
    const read = readSlices(window(week), 'timeslices', policy)
    expect(budgetOf(read.units, 10_000).sli).toBeCloseTo(sli, 9)
    near(budgetOf(read.units, 10_000).consumed, consumed)
    near(read.coverage, coverage)
  })

  test('G29 quiet slices lower nothing under gap', () => {
    const quiet = window({ expected: 1_315, measured: 1_300 })
    const { units, coverage } = readSlices(quiet, 'timeslices', 'gap')
    expect([budgetOf(units, 1_000).sli, budgetOf(units, 1_000).remaining, coverage]).toEqual([1, 1, 1])
  })

  test('G10 two weeks of minutes at 95 %: 1,008 bad ones are the whole budget, one more is too much', () => {
    const all = { expected: 20_160, measured: 20_160 }
    const left = (bad: number) =>
      budgetOf(readSlices(window({ ...all, bad }), 'timeslices', 'gap').units, 50_000).remaining
    expect(left(1_008)).toBe(0)
    near(left(1_009), -1 / 1_008)
  })

  test('G11 a week of minutes at 99.95 % has a budget of 5.04 slices', () => {
    const { units } = readSlices(window({ expected: 10_080, measured: 10_080 }), 'timeslices', 'gap')
    expect(budgetOf(units, 500).badEventsLeft).toBe(5.04)
  })

  test.each([
    [822, 0.999166666667],
    [823, 1.000138888889],
  ])('G13 RatioTimeslices: %i attacked minutes of two weeks', (attacked, consumed) => {
    const minutes = Array.from({ length: 20_160 }, (_, n) => (n < attacked ? counts(99, 100) : counts(1, 100)))
    const sums = judgeSlices(minutes, { minutes: 1, targetPpm: null })
    const { units } = readSlices(window({ ...sums, expected: 20_160 }), 'ratio_timeslices', 'gap')
    expect(budgetOf(units, 50_000).consumed).toBeCloseTo(consumed, 11)
  })

  test('G25 twelve hours of five-minute slices, one bad', () => {
    const { units } = readSlices(window({ expected: 144, measured: 144, bad: 1 }), 'timeslices', 'gap')
    near(budgetOf(units, 10_000).sli, 715 / 720)
  })

  test('G27 a day excluded takes its slices out of both sides', () => {
    const consumed = (expected: number) =>
      budgetOf(readSlices(window({ expected, measured: expected, bad: 60 }), 'timeslices', 'gap').units, 10_000)
        .consumed
    near(consumed(10_080), 0.595238095238)
    near(consumed(8_640), 0.694444444444)
  })

  test('of nothing but gaps has no ratio', () => {
    const { units, coverage } = readSlices(window({ expected: 5, blind: 5 }), 'timeslices', 'gap')
    expect([burnRate(units, 1_000), coverage]).toEqual([null, 0])
  })

  test('RatioTimeslices under bad loses a whole slice for each without data', () => {
    const { units } = readSlices(window({ expected: 10, measured: 8, lost: 0.5 }), 'ratio_timeslices', 'bad')
    expect(units).toEqual({ good: 7.5, total: 10 })
  })
})

describe('G28 the same minutes under three methods', () => {
  const minutes = Array.from({ length: 1_440 }, (_, n) => (n < 720 ? counts(0, 1_000) : counts(1, 2)))
  const sums = judgeSlices(minutes, { minutes: 1, targetPpm: 950_000 })
  const all = window({ ...sums, expected: 1_440 })
  test.each([
    ['Occurrences', counts(720, 721_440), 0.998003992016],
    ['Timeslices', readSlices(all, 'timeslices', 'gap').units, 500],
    ['RatioTimeslices', readSlices(all, 'ratio_timeslices', 'gap').units, 250],
  ])('%s', (_, units, consumed) => {
    near(budgetOf(units, 1_000).consumed, consumed)
  })
})

describe('slices add up', () => {
  const minute = fc.tuple(fc.nat(1_000), fc.nat(1_000)).map(([good, bad]) => ({ good, total: good + bad }))
  test('to the same sums however a window is cut between slices', () => {
    fc.assert(
      fc.property(
        fc.array(minute, { maxLength: 120 }),
        fc.constantFrom(1, 2, 5),
        fc.nat(24),
        fc.integer({ min: 1, max: 1_000_000 }),
        (minutes, length, cut, targetPpm) => {
          const slice = { minutes: length, targetPpm }
          const whole = judgeSlices(minutes, slice)
          const at = Math.min(cut * length, Math.floor(minutes.length / length) * length)
          const parts = addSlices(judgeSlices(minutes.slice(0, at), slice), judgeSlices(minutes.slice(at), slice))
          expect({ ...parts, lost: 0 }).toEqual({ ...whole, lost: 0 })
          expect(parts.lost).toBeCloseTo(whole.lost, 12)
        },
      ),
    )
  })

  test('and one more bad event never helps, under any policy', () => {
    fc.assert(
      fc.property(
        fc.array(minute, { minLength: 1, maxLength: 60 }),
        fc.nat(59),
        fc.constantFrom(...NO_DATA_POLICIES),
        fc.constantFrom('timeslices' as const, 'ratio_timeslices' as const),
        (minutes, place, policy, method) => {
          const remaining = (given: typeof minutes) => {
            const sums = judgeSlices(given, { minutes: 1, targetPpm: 950_000 })
            const read = readSlices(window({ ...sums, expected: given.length }), method, policy)
            return budgetOf(read.units, 50_000).remaining
          }
          const hit = minutes.findIndex((_, n) => n >= place % minutes.length && minutes[n]!.total > 0)
          if (hit < 0) return
          const worse = minutes.map((given, n) => (n === hit ? { ...given, total: given.total + 1 } : given))
          expect(remaining(worse)!).toBeLessThanOrEqual(remaining(minutes)! + 1e-12)
        },
      ),
    )
  })

  test('a slice target can change without measuring again: the sums of a stricter one are never better', () => {
    fc.assert(
      fc.property(fc.array(minute), fc.integer({ min: 1, max: 999_999 }), (minutes, targetPpm) => {
        const loose = judgeSlices(minutes, { minutes: 1, targetPpm })
        const strict = judgeSlices(minutes, { minutes: 1, targetPpm: targetPpm + 1 })
        expect(strict.bad).toBeGreaterThanOrEqual(loose.bad)
        expect(strict.measured).toBe(loose.measured)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { burnRate } from '../../slo/budget/burn-rate.ts'
import { samplingInterval, standardError } from '../../slo/budget/sampling.ts'

/** 1 in 10 sampled: 10,000 calls seen, 20 of them bad. */
const ONE_IN_TEN = { good: 99_800, total: 100_000, varianceGood: 898_200, varianceBad: 1_800 }

describe('G36 one call in ten, 99.9 %', () => {
  test('the standard error', () => {
    expect(standardError(ONE_IN_TEN)).toBeCloseTo(0.000423839592, 12)
  })
  test('the interval around a burn of 2', () => {
    const interval = samplingInterval(ONE_IN_TEN, 1_000)
    expect(burnRate(ONE_IN_TEN, 1_000)).toBe(2)
    expect(interval?.burn.low).toBeCloseTo(1.1692743991, 9)
    expect(interval?.burn.high).toBeCloseTo(2.8307256009, 9)
    expect(interval?.sli.high).toBeCloseTo(1 - 0.0011692743991, 12)
    expect(interval?.weak).toBe(false)
  })
})

test('nothing sampled away: no error, no interval', () => {
  const all = { ...ONE_IN_TEN, varianceGood: 0, varianceBad: 0 }
  expect(standardError(all)).toBe(0)
  expect(samplingInterval(all, 1_000)).toBeNull()
})
test('no events: neither', () => {
  const none = { good: 0, total: 0, varianceGood: 0, varianceBad: 0 }
  expect([standardError(none), samplingInterval(none, 1_000)]).toEqual([null, null])
})
test('fewer than ten bad events seen: the interval is weak', () => {
  const seen = (bad: number) => ({ ...ONE_IN_TEN, good: 100_000 - bad * 10, varianceBad: bad * 90 })
  expect(samplingInterval(seen(9), 1_000)?.weak).toBe(true)
  expect(samplingInterval(seen(10), 1_000)?.weak).toBe(false)
  expect(samplingInterval(seen(0), 1_000)?.weak).toBe(true)
})
test('the interval holds the burn and stays within what is possible', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), fc.integer({ min: 2, max: 100 }), (good, bad, every) => {
      const counts = {
        good: good * every,
        total: (good + bad) * every,
        varianceGood: good * every * (every - 1),
        varianceBad: bad * every * (every - 1),
      }
      const interval = samplingInterval(counts, 1_000)
      const burn = burnRate(counts, 1_000)
      if (interval === null || burn === null) return
      expect(interval.burn.low).toBeLessThanOrEqual(burn + 1e-9)
      expect(interval.burn.high).toBeGreaterThanOrEqual(burn - 1e-9)
      expect(interval.sli.low).toBeGreaterThanOrEqual(0)
      expect(interval.sli.high).toBeLessThanOrEqual(1)
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetOf, shareSpent } from '../../slo/budget/budget.ts'
import { burnRate } from '../../slo/budget/burn-rate.ts'
import { divide, minus, times } from '../../slo/budget/exact.ts'
import { exhaustionMinutes } from '../../slo/budget/exhaustion.ts'
import type { Counts } from '../../slo/model.ts'

const minute = fc.tuple(fc.nat(10_000), fc.nat(10_000)).map(([good, bad]): Counts => ({ good, total: good + bad }))
const budgetPpm = fc.integer({ min: 1, max: 1_000_000 })
const sum = (minutes: readonly Counts[]): Counts =>
  minutes.reduce((a, b) => ({ good: a.good + b.good, total: a.total + b.total }), { good: 0, total: 0 })

describe('minutes add up', () => {
  it('G41 to the same counts in any order and any partition', () => {
    const cases = fc
      .array(minute, { maxLength: 60 })
      .chain((minutes) =>
        fc.tuple(
          fc.constant(minutes),
          fc.shuffledSubarray(minutes, { minLength: minutes.length }),
          fc.array(fc.nat(minutes.length), { maxLength: 5 }),
        ),
      )
    fc.assert(
      fc.property(cases, budgetPpm, ([minutes, shuffled, cuts], budget) => {
        const at = [0, ...cuts.sort((a, b) => a - b), shuffled.length]
        const parts = at.slice(1).map((end, k) => sum(shuffled.slice(at[k], end)))
        expect(sum(parts)).toEqual(sum(minutes))
        expect(budgetOf(sum(parts), budget)).toEqual(budgetOf(sum(minutes), budget))
      }),
    )
  })
  it('a window inside another never spent more of the budget', () => {
    fc.assert(
      fc.property(fc.array(minute, { minLength: 1, maxLength: 60 }), fc.nat(60), budgetPpm, (minutes, from, budget) => {
        const [outer, inner] = [sum(minutes), sum(minutes.slice(from))]
        expect(inner.total - inner.good).toBeLessThanOrEqual(outer.total - outer.good)
        const [part, whole] = [shareSpent(inner, outer, budget), shareSpent(outer, outer, budget)]
        if (part !== null && whole !== null) expect(part).toBeLessThanOrEqual(whole)
      }),
    )
  })
  it('empty minutes change nothing', () => {
    fc.assert(
      fc.property(fc.array(minute), budgetPpm, fc.nat(20), (minutes, budget, quiet) => {
        const padded = [...minutes, ...Array.from({ length: quiet }, () => ({ good: 0, total: 0 }))]
        expect(budgetOf(sum(padded), budget)).toEqual(budgetOf(sum(minutes), budget))
      }),
    )
  })
})

describe('the numbers move the right way', () => {
  it('one more bad event never helps', () => {
    fc.assert(
      fc.property(minute, budgetPpm, (counts, budget) => {
        const worse = { good: counts.good, total: counts.total + 1 }
        const [before, after] = [budgetOf(counts, budget), budgetOf(worse, budget)]
        expect(after.consumed).toBeGreaterThanOrEqual(before.consumed ?? 0)
        expect(after.remaining).toBeLessThanOrEqual(before.remaining ?? 1)
        expect(after.sli).toBeLessThanOrEqual(before.sli ?? 1)
      }),
    )
  })
  it('a stricter target burns faster', () => {
    fc.assert(
      fc.property(minute, budgetPpm, budgetPpm, (counts, a, b) => {
        const [strict, loose] = [Math.min(a, b), Math.max(a, b)]
        expect(burnRate(counts, strict) ?? 0).toBeGreaterThanOrEqual(burnRate(counts, loose) ?? 0)
      }),
    )
  })
  it('burn stays between 0 and the ceiling of the target', () => {
    fc.assert(
      fc.property(minute, budgetPpm, (counts, budget) => {
        const burn = burnRate(counts, budget)
        if (burn === null) return
        expect(burn).toBeGreaterThanOrEqual(0)
        expect(burn).toBeLessThanOrEqual(1_000_000 / budget)
      }),
    )
  })
})

describe('huge and fractional counts', () => {
  const big = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
  /** Distance in units of 2^-53 of the value, worked out in whole numbers. */
  const errorInHalfUlps = (value: number, numerator: bigint, denominator: bigint) => {
    const scale = 2n ** 120n
    const exact = (numerator * scale) / denominator
    const [mantissa, exponent] = decompose(value)
    const approximate =
      exponent >= 0 ? mantissa * 2n ** BigInt(exponent) * scale : (mantissa * scale) / 2n ** BigInt(-exponent)
    const difference = approximate > exact ? approximate - exact : exact - approximate
    return Number((difference * 2n ** 53n * 1000n) / exact) / 1000
  }
  const decompose = (value: number): [bigint, number] => {
    let exponent = 0
    let mantissa = value
    while (!Number.isInteger(mantissa)) {
      mantissa *= 2
      exponent--
    }
    return [BigInt(mantissa), exponent]
  }
  it('divide as if in exact arithmetic, rounded once', () => {
    fc.assert(
      fc.property(big, big, budgetPpm, (bad, total, budget) => {
        const value = divide(times(bad, 1_000_000), times(total, budget))
        expect(errorInHalfUlps(value, BigInt(bad) * 1_000_000n, BigInt(total) * BigInt(budget))).toBeLessThanOrEqual(
          1.001,
        )
      }),
    )
  })
  it('keep the last event of a huge budget', () => {
    const total = 9_000_000_000_000_000
    const spent = { good: total - 9_000_000_000_000, total }
    expect(budgetOf(spent, 1_000)).toEqual({ sli: 0.999, consumed: 1, remaining: 0, badEventsLeft: 0 })
    const oneLess = { good: spent.good + 1, total }
    expect(budgetOf(oneLess, 1_000).badEventsLeft).toBe(1)
    const oneMore = { good: spent.good - 1, total }
    expect(budgetOf(oneMore, 1_000).badEventsLeft).toBe(-1)
    expect(budgetOf(oneMore, 1_000).remaining).toBeLessThan(0)
  })
  it('weighted counts beyond the exact range divide as doubles', () => {
    const budget = budgetOf({ good: 1e13 - 0.5, total: 1e13 }, 1_000)
    expect(budget.consumed).toBeCloseTo(5e-11, 20)
    expect(minus(times(1.5, 1e16), times(0.5, 1e16))).toBe(1e16)
  })
  it('negative differences keep their sign', () => {
    expect(divide(-(10n ** 20n), 10n ** 19n)).toBe(-10)
    expect(divide(0n, 10n ** 19n)).toBe(0)
  })
})

describe('time to exhaustion', () => {
  const WINDOW = 60
  const past = fc.uniqueArray(
    fc.record({ minutesAgo: fc.integer({ min: 1, max: WINDOW }), good: fc.nat(50), bad: fc.nat(10) }),
    { selector: ({ minutesAgo }) => minutesAgo, maxLength: WINDOW },
  )
  const rate = fc.record({ badPerMinute: fc.nat(10), good: fc.nat(50) })

  it('is the first minute at which a replay of the window finds nothing left', () => {
    fc.assert(
      fc.property(past, rate, fc.integer({ min: 10_000, max: 500_000 }), (minutes, { badPerMinute, good }, budget) => {
        const forecast = { badPerMinute, totalPerMinute: badPerMinute + good }
        const measured = minutes.map(({ minutesAgo, good, bad }) => ({ minutesAgo, good, total: good + bad }))
        const after = exhaustionMinutes(measured, { budgetPpm: budget, windowMinutes: WINDOW, forecast })
        const overspends = badPerMinute * 1_000_000 > forecast.totalPerMinute * budget
        let replayed: number | null = null
        for (let elapsed = 0; elapsed <= WINDOW && replayed === null; elapsed++) {
          const old = sum(measured.filter(({ minutesAgo }) => minutesAgo + elapsed <= WINDOW))
          const total = old.total + forecast.totalPerMinute * elapsed
          const bad = old.total - old.good + badPerMinute * elapsed
          if ((total > 0 || overspends) && bad * 1_000_000 >= total * budget) replayed = elapsed
        }
        // The replay looks at whole minutes only; within one the budget may be gone a little earlier.
        if (after === null) expect(replayed).toBeNull()
        else if (Number.isInteger(after)) expect(replayed).toBe(after)
        else if (replayed !== null) expect(after).toBeLessThan(replayed)
      }),
    )
  })
  it('finds the instant inside a minute', () => {
    const minutes = Array.from({ length: 43_200 }, (_, k) => ({ minutesAgo: k + 1, good: 1_000, total: 1_000 }))
    const outage = { badPerMinute: 1_000, totalPerMinute: 1_000 }
    const after = exhaustionMinutes(minutes, { budgetPpm: 1, windowMinutes: 43_200, forecast: outage })
    expect(after).toBeCloseTo(0.0432, 6)
  })
  it('is never without traffic', () => {
    const forecast = { badPerMinute: 0, totalPerMinute: 0 }
    expect(exhaustionMinutes([], { budgetPpm: 1_000, windowMinutes: WINDOW, forecast })).toBeNull()
  })
  it('comes when good events age out, even at a sustainable rate', () => {
    const minutes = [
      { minutesAgo: 60, good: 1_000_000, total: 1_000_000 },
      { minutesAgo: 1, good: 900, total: 1_000 },
    ]
    const forecast = { badPerMinute: 0, totalPerMinute: 10 }
    expect(exhaustionMinutes(minutes, { budgetPpm: 1_000, windowMinutes: WINDOW, forecast })).toBe(1)
  })
})

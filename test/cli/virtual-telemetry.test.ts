import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arrivedOf } from '../../cli/rehearse/virtual-telemetry.ts'

describe('what arrived of an open minute', () => {
  test('is whole events, and none that arrived well turns bad afterwards', () => {
    const minutes = fc.nat(2_000).chain((total) => fc.record({ good: fc.nat(total), total: fc.constant(total) }))
    fc.assert(
      fc.property(minutes, fc.nat(59), (minute, second) => {
        const before = arrivedOf(minute, second)
        const after = arrivedOf(minute, second + 1)
        expect(after.good).toBeGreaterThanOrEqual(before.good)
        expect(after.total - after.good).toBeGreaterThanOrEqual(before.total - before.good)
        expect(Object.values(after).every(Number.isInteger)).toBe(true)
      }),
    )
  })

  test('is all of it when the minute ends', () => {
    expect(arrivedOf({ good: 1, total: 3 }, 60)).toEqual({ good: 1, total: 3 })
  })

  test('of three events of which two are bad, the first is a good one at 30 s', () => {
    expect(arrivedOf({ good: 1, total: 3 }, 30)).toEqual({ good: 1, total: 1 })
  })
})

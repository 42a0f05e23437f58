import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Days, dayOf, dayOfWords, MAX_DAYS } from '../../collector/rows/days.ts'
import { T0_NS } from './builders.ts'

const DAY_NS = 86_400_000_000_000n

test('the days of any instants are counted by calendar day, up to the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 60n * DAY_NS }), { maxLength: 200 }), (offsets) => {
      const days = new Days()
      const expected = new Set<bigint>()
      for (const offset of offsets) {
        const day = (T0_NS + offset) / DAY_NS
        const fits = expected.has(day) || expected.size < MAX_DAYS
        if (fits) expected.add(day)
        expect(days.admit(dayOf(T0_NS + offset))).toBe(fits)
      }
      expect(days.touched.size).toBe(expected.size)
    }),
  )
})

test('the first and the last nanosecond of a day are the same day', () => {
  const days = new Days()
  days.admit(dayOf(T0_NS))
  days.admit(dayOf(T0_NS + DAY_NS - 1n))
  expect(days.touched.size).toBe(1)
  days.admit(dayOf(T0_NS + DAY_NS))
  expect(days.touched.size).toBe(2)
})

test('a reset forgets', () => {
  const days = new Days()
  days.admit(dayOf(T0_NS))
  days.reset()
  expect(days.touched.size).toBe(0)
  expect(days.admit(dayOf(T0_NS))).toBe(true)
  expect(days.touched.size).toBe(1)
})

test('an instant in two words has the same day, at the edges of days too', () => {
  const edge = fc.record({ day: fc.nat(200_000), offset: fc.bigInt({ min: -2n, max: 2n }) })
  const anyTime = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  const time = fc.oneof(
    anyTime,
    edge.map(({ day, offset }) => BigInt(day + 1) * DAY_NS + offset),
  )
  fc.assert(
    fc.property(time, (timeNs) => {
      expect(dayOfWords(Number(timeNs & 0xffffffffn), Number(timeNs >> 32n))).toBe(dayOf(timeNs))
    }),
  )
})

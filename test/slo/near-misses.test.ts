import { expect, test } from 'vitest'
import { nearMisses } from '../../slo/near-misses.ts'

const KNOWN = ['checkout-availability', 'checkout-latency', 'cart-availability', 'search']

test.each([
  ['a typing error', 'checkout-availabilty', ['checkout-availability']],
  ['another case', 'SEARCH', ['search']],
  ['a part of a name', 'latency', ['checkout-latency']],
  ['nothing alike', 'zzz', []],
])('%s', (_, wanted, found) => {
  expect(nearMisses(wanted, KNOWN)).toEqual(found)
})

test('no more than five', () => {
  const known = Array.from({ length: 20 }, (_, k) => `slo-${k}`)
  expect(nearMisses('slo-', known)).toHaveLength(5)
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fnv1a, labelFingerprint } from '../../slo/fnv1a.ts'

it.each([
  { labels: { job: 'foo', severity: 'warning' }, fingerprint: '9266ef3da838ad95' },
  { labels: { severity: 'critical', job: 'foo' }, fingerprint: '3b15fd163d36582e' },
  {
    labels: {
      alertname: 'SLOBurnRate',
      env: 'prod',
      owner: 'payments',
      root_cause: 'dependency:acme-pay/timeout',
      service: 'checkout',
      severity: 'page',
      slo: 'checkout-availability',
    },
    fingerprint: 'd9183c168743e47c',
  },
])('the fingerprint Alertmanager gives: $fingerprint', ({ labels, fingerprint }) => {
  expect(labelFingerprint(labels)).toBe(fingerprint)
})

it('nothing hashed is the offset basis', () => {
  expect(fnv1a([])).toBe('cbf29ce484222325')
})

it('where a part ends counts', () => {
  expect(fnv1a(['ab', 'c'])).not.toBe(fnv1a(['a', 'bc']))
})

it('is always 16 hex digits and does not depend on the order of labels', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), (labels) => {
      const reversed = Object.fromEntries(Object.entries(labels).reverse())
      expect(labelFingerprint(labels)).toMatch(/^[0-9a-f]{16}$/)
      expect(labelFingerprint(reversed)).toBe(labelFingerprint(labels))
    }),
  )
})

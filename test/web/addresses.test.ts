import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesFilter } from '../../dashboards/web/filter.ts'
import { dependencyPath, incidentPath, matchRoute, sloPath, tracePath } from '../../dashboards/web/route.ts'

test.each([
  ['/', { page: 'overview' }],
  ['/slos', { page: 'slos' }],
  ['/slos/', { page: 'slos' }],
  ['/slos/checkout-payments', { page: 'slo', slo: 'checkout-payments' }],
  ['/incidents', { page: 'incidents' }],
  ['/incidents/inc-1', { page: 'incident', id: 'inc-1' }],
  ['/dependencies', { page: 'dependencies' }],
  ['/dependencies/api.stripe.com', { page: 'dependency', dependency: 'api.stripe.com' }],
  ['/traces/4bf9', { page: 'trace', id: '4bf9' }],
  ['/traces', { page: 'notFound', path: '/traces' }],
  ['/slos/a/b', { page: 'notFound', path: '/slos/a/b' }],
  ['/settings', { page: 'notFound', path: '/settings' }],
  ['/slos/%E0%A4%A', { page: 'slo', slo: '%E0%A4%A' }],
])('%s is %j', (path, route) => expect(matchRoute(path)).toEqual(route))

test('any name survives the way into an address and back', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.isWellFormed())
  fc.assert(
    fc.property(name, (text) => {
      expect(matchRoute(sloPath(text))).toEqual({ page: 'slo', slo: text })
      expect(matchRoute(incidentPath(text))).toEqual({ page: 'incident', id: text })
      expect(matchRoute(dependencyPath(text))).toEqual({ page: 'dependency', dependency: text })
      expect(matchRoute(tracePath(text))).toEqual({ page: 'trace', id: text })
    }),
  )
})

test.each([
  ['an empty filter matches all', '', true],
  ['case does not matter', 'ACME', true],
  ['every word must occur, wherever', 'check acme', true],
  ['one word missing', 'acme billing', false],
])('%s', (_, filter, matches) => expect(matchesFilter(filter, 'acme-pay', 'checkout')).toBe(matches))

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CallNames } from '../../integration/cardinality.ts'
import { AdmittedNames, OVERFLOW } from '../../integration/cardinality.ts'

const names = (part: Partial<CallNames>): CallNames => ({
  service: 'checkout',
  dependency: 'pay',
  operation: 'GET /',
  ...part,
})
const fill = (admitted: AdmittedNames, count: number, make: (index: number) => CallNames) => {
  for (let index = 0; index < count; index++) admitted.admit(make(index))
}

test('the 201st dependency of a service is _overflow, the first 200 stay', () => {
  const admitted = new AdmittedNames()
  fill(admitted, 200, (index) => names({ dependency: `host-${index}` }))
  expect(admitted.admit(names({ dependency: 'host-200' })).dependency).toBe(OVERFLOW)
  expect(admitted.admit(names({ dependency: 'host-199' })).dependency).toBe('host-199')
})

test('the 201st operation of a dependency is _overflow, for that service and dependency only', () => {
  const admitted = new AdmittedNames()
  fill(admitted, 200, (index) => names({ operation: `GET /${index}` }))
  expect(admitted.admit(names({ operation: 'GET /new' }))).toEqual(names({ operation: OVERFLOW }))
  expect(admitted.admit(names({ operation: 'GET /new', dependency: 'mail' })).operation).toBe('GET /new')
  expect(admitted.admit(names({ operation: 'GET /new', service: 'cart' })).operation).toBe('GET /new')
})

test('inbound calls need no dependency and take no place of one', () => {
  const admitted = new AdmittedNames([], { dependenciesPerService: 1, operationsPerDependency: 2 })
  const inbound = names({ dependency: '' })
  expect(admitted.admit(inbound)).toBe(inbound)
  expect(admitted.admit(names({ dependency: 'pay' })).dependency).toBe('pay')
  expect(admitted.admit(names({ dependency: '', operation: 'GET /b' })).operation).toBe('GET /b')
  expect(admitted.admit(names({ dependency: '', operation: 'GET /c' }))).toEqual(
    names({ dependency: '', operation: OVERFLOW }),
  )
})

test('what overflows is capped, too', () => {
  const admitted = new AdmittedNames([], { dependenciesPerService: 0, operationsPerDependency: 1 })
  expect(admitted.admit(names({ operation: 'a' }))).toEqual(names({ dependency: OVERFLOW, operation: 'a' }))
  expect(admitted.admit(names({ operation: 'b' }))).toEqual(names({ dependency: OVERFLOW, operation: OVERFLOW }))
})

test('an admitted call is the same object, others keep their other fields', () => {
  const admitted = new AdmittedNames([], { dependenciesPerService: 1 })
  const first = { ...names({}), outcome: 'ok' }
  expect(admitted.admit(first)).toBe(first)
  expect(admitted.admit({ ...first, dependency: 'mail' })).toEqual({ ...first, dependency: OVERFLOW })
})

test('a restart that is seeded with the stored names admits the same ones', () => {
  const limits = { dependenciesPerService: 3, operationsPerDependency: 3 }
  const stream = fc.array(
    fc.record({
      service: fc.constantFrom('a', 'b'),
      dependency: fc.constantFrom('', 'p', 'q', 'r', 's', 't'),
      operation: fc.constantFrom('1', '2', '3', '4', '5'),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(stream, stream, (before, after) => {
      const running = new AdmittedNames([], limits)
      const stored = before.map((each) => running.admit(each))
      const restarted = new AdmittedNames(stored, limits)
      expect(after.map((each) => restarted.admit(each))).toEqual(after.map((each) => running.admit(each)))
    }),
  )
})

test('memory is bounded even against invented services', () => {
  const admitted = new AdmittedNames([], { names: 30 })
  fill(admitted, 1000, (index) => names({ service: `s${index}` }))
  expect(admitted.size).toBeLessThanOrEqual(30)
  expect(admitted.admit(names({ service: 'late' }))).toEqual(
    names({ service: 'late', dependency: OVERFLOW, operation: OVERFLOW }),
  )
  expect(admitted.admit(names({ service: 's0' }))).toEqual(names({ service: 's0' }))
  expect(admitted.admit(names({ service: 'late', dependency: '' })).dependency).toBe('')
})

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describe('a name that was not seen for a day gives way', () => {
  test('to a new dependency, and not before', () => {
    const admitted = new AdmittedNames([], { dependenciesPerService: 2 }, DAY_MS)
    admitted.admit(names({ dependency: 'old' }))
    admitted.advance(DAY_MS + 20 * HOUR_MS)
    admitted.admit(names({ dependency: 'recent' }))
    expect(admitted.admit(names({ dependency: 'new' })).dependency).toBe(OVERFLOW)
    admitted.advance(2 * DAY_MS)
    expect(admitted.admit(names({ dependency: 'new' })).dependency).toBe('new')
    expect(admitted.admit(names({ dependency: 'recent' })).dependency).toBe('recent')
    expect(admitted.admit(names({ dependency: 'old' })).dependency).toBe(OVERFLOW)
  })

  test('to a new operation', () => {
    const admitted = new AdmittedNames([], { operationsPerDependency: 1 }, DAY_MS)
    admitted.admit(names({ operation: 'GET /old' }))
    admitted.advance(2 * DAY_MS)
    expect(admitted.admit(names({ operation: 'GET /new' })).operation).toBe('GET /new')
    expect(admitted.admit(names({ operation: 'GET /old' })).operation).toBe(OVERFLOW)
  })

  test('is one that calls still name: being seen keeps it', () => {
    const admitted = new AdmittedNames([], { dependenciesPerService: 1 }, 0)
    for (let hour = 0; hour < 100; hour++) {
      admitted.advance(hour * HOUR_MS)
      expect(admitted.admit(names({ dependency: 'pay' })).dependency).toBe('pay')
      expect(admitted.admit(names({ dependency: 'mail' })).dependency).toBe(OVERFLOW)
    }
  })

  test('and one that was read at a start counts as seen then', () => {
    const admitted = new AdmittedNames([names({ dependency: 'pay' })], { dependenciesPerService: 1 }, 5 * DAY_MS)
    admitted.advance(5 * DAY_MS + HOUR_MS)
    expect(admitted.admit(names({ dependency: 'mail' })).dependency).toBe(OVERFLOW)
  })

  test('when all services together have too many, and services that are gone with it', () => {
    const admitted = new AdmittedNames([], { names: 30 }, 0)
    fill(admitted, 1000, (index) => names({ service: `s${index}` }))
    expect(admitted.admit(names({ service: 'late' })).dependency).toBe(OVERFLOW)
    admitted.advance(2 * DAY_MS)
    expect(admitted.admit(names({ service: 'late' }))).toEqual(names({ service: 'late' }))
    expect(admitted.size).toBe(3)
  })
})

describe('a name that an SLO selects', () => {
  const inUse = { dependencies: new Set(['api.stripe.com']), operations: new Set(['POST /charges']) }

  test('is never refused', () => {
    const admitted = new AdmittedNames([], { dependenciesPerService: 1, operationsPerDependency: 1 })
    admitted.keepInUse(inUse)
    admitted.admit(names({ dependency: 'mail' }))
    const charge = names({ dependency: 'api.stripe.com', operation: 'POST /charges' })
    expect(admitted.admit(names({ dependency: 'api.stripe.com', operation: 'GET /' })).dependency).toBe(
      'api.stripe.com',
    )
    expect(admitted.admit(charge)).toBe(charge)
    expect(admitted.admit(names({ dependency: 'fax' })).dependency).toBe(OVERFLOW)
  })

  test('is never refused, even of a service that comes when everything is full', () => {
    const admitted = new AdmittedNames([], { names: 0 })
    admitted.keepInUse(inUse)
    const charge = names({ dependency: 'api.stripe.com', operation: 'POST /charges' })
    expect(admitted.admit(charge)).toBe(charge)
  })

  test('does not give way', () => {
    const admitted = new AdmittedNames([], { dependenciesPerService: 1 }, 0)
    admitted.keepInUse(inUse)
    admitted.admit(names({ dependency: 'api.stripe.com' }))
    admitted.advance(9 * DAY_MS)
    expect(admitted.admit(names({ dependency: 'mail' })).dependency).toBe(OVERFLOW)
  })
})

test('calls beyond a cap are counted by the kind of name that was one too many', () => {
  const admitted = new AdmittedNames([], { dependenciesPerService: 1, operationsPerDependency: 1 })
  admitted.admit(names({}))
  expect(admitted.refusedCalls).toEqual({ dependency: 0, operation: 0 })
  admitted.admit(names({ dependency: 'mail' }))
  admitted.admit(names({ operation: 'GET /b' }))
  admitted.admit(names({ operation: 'GET /c' }))
  expect(admitted.refusedCalls).toEqual({ dependency: 1, operation: 2 })
})

test('pods and nodes have their place next to the names of a service, however many names there are', () => {
  const admitted = new AdmittedNames([], { dependenciesPerService: 1 })
  admitted.admit(names({ dependency: 'mail' }))
  expect(admitted.admit(names({ dependency: '_addresses' })).dependency).toBe('_addresses')
  expect(admitted.admit(names({ dependency: 'fax' })).dependency).toBe(OVERFLOW)
})

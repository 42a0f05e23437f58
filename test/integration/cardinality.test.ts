import fc from 'fast-check'
import { expect, test } from 'vitest'
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

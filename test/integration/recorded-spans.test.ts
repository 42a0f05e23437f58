import { describe, expect, test } from 'vitest'
import recorded from './recorded-spans.json' with { type: 'json' }
import type { SpanOptions } from './span.ts'
import { call } from './span.ts'

/** Spans as SDKs of several generations and languages send them, with the call each must become. */
describe('a recorded span becomes the expected call', () => {
  test.each(recorded)('$name', ({ name: _, expected, ...span }) => {
    const { dependency, operation, protocol, status, outcome } = call(span as unknown as SpanOptions)
    expect({ dependency, operation, protocol, status, outcome }).toEqual(expected)
  })
})

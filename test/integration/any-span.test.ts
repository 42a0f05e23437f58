import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HOST_SOURCES, NAMES } from '../../integration/attribute-names.ts'
import type { SpanFacts } from '../../integration/call.ts'
import { PROTOCOLS } from '../../integration/call.ts'
import { DEPENDENCY_MAX_CHARS } from '../../integration/dependency-name.ts'
import { OPERATION_MAX_CHARS } from '../../integration/operation-name.ts'
import { OUTCOMES } from '../../integration/outcome.ts'
import { DEFAULT_MAX_WEIGHT } from '../../integration/sampling.ts'
import { callOf } from '../../integration/span-to-call.ts'
import { span } from './span.ts'

const HUGE = 200_000

const knownNames = [
  ...new Set([
    ...Object.values(NAMES).flat(),
    ...HOST_SOURCES.map(({ address }) => address),
    'sampling.threshold',
    'sampling.probability',
    'sampler.type',
    'sampler.param',
    'SampleRate',
  ]),
]

/** What senders really put into attributes, and what they should not. */
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '[',
    '[]',
    '[null]',
    '["a","b"]',
    '[[1]]',
    '{}',
    '-1',
    '0',
    '1e999',
    'NaN',
    '%',
    '%ff',
    '://',
    '@',
    ':',
    '[::1]:80',
    'true',
    'grpc',
    'aws-api',
    'redis',
    'postgresql',
    '57014',
    'create',
    'UO,-',
  ),
  fc.integer().map(String),
  fc.double().map(String),
  fc.webUrl({ withQueryParameters: true }),
  fc.ipV6(),
  fc.array(fc.string()).map((list) => JSON.stringify(list)),
  fc
    .constantFrom('x', '/', '%41', 'a.', '(', 'select ', '1:', '\u{1f600}', '-', '/*', ',', '@')
    .map((piece) => piece.repeat(HUGE / piece.length)),
)

const attributes = fc
  .array(fc.tuple(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...knownNames) }, fc.string()), value), {
    maxLength: 15,
  })
  .map((entries) => new Map(entries))

const anySpan: fc.Arbitrary<SpanFacts> = fc.record({
  traceState: fc.oneof(
    value,
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef;:=,otphrv'), maxLength: 30 }).map((text) => `ot=${text}`),
  ),
  name: fc.oneof(value, fc.constant('Sent.a/b'), fc.constant('Attempt.a/b')),
  kind: fc.integer({ min: 0, max: 6 }),
  statusCode: fc.integer({ min: 0, max: 3 }),
  statusMessage: value,
  attributes,
  resource: attributes,
  exception: fc.option(
    fc.record({ 'exception.type': value, 'exception.message': value }).map((fields) => new Map(Object.entries(fields))),
  ),
})

const RULES = {
  aliases: [{ match: '*.example.*', dependency: 'example' }],
  pathTemplates: [{ template: '/a/{b}/*' }],
  promote: ['service.name'],
}

const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])$/

test('any span at all becomes a bounded call or none', () => {
  fc.assert(
    fc.property(anySpan, fc.boolean(), (facts, configured) => {
      const call = configured ? callOf(facts, RULES) : callOf(facts)
      if (call === null) return
      expect(OUTCOMES).toContain(call.outcome)
      expect(PROTOCOLS).toContain(call.protocol)
      expect(call.operation.length).toBeGreaterThan(0)
      expect(call.operation.length).toBeLessThanOrEqual(OPERATION_MAX_CHARS)
      expect(call.dependency.length).toBeLessThanOrEqual(DEPENDENCY_MAX_CHARS)
      expect(call.dependency === '').toBe(call.direction === 'inbound')
      for (const text of [
        call.env,
        call.service,
        call.version,
        call.region,
        call.errorType,
        call.status,
        call.correlationId,
      ])
        expect(text.length).toBeLessThanOrEqual(256)
      expect(Number.isInteger(call.attempt) && call.attempt >= 0 && call.attempt <= 65_535).toBe(true)
      if (!/p:63/.test(facts.traceState)) expect(call.weight).toBeGreaterThan(0)
      expect(call.weight).toBeLessThanOrEqual(DEFAULT_MAX_WEIGHT)
    }),
    { numRuns: 400 },
  )
})

test('a text is never cut within a character', () => {
  const emoji = '\u{1f600}'.repeat(HUGE)
  for (const lead of ['', 'a']) {
    const call = callOf(span({ name: lead + emoji, attributes: { 'peer.service': lead + emoji } }))
    expect(HALF_PAIR.test(call?.dependency ?? '')).toBe(false)
    expect(HALF_PAIR.test(call?.operation ?? '')).toBe(false)
  }
})

test('the same span gives the same call, whatever was seen before', () => {
  fc.assert(
    fc.property(anySpan, fc.array(anySpan, { maxLength: 5 }), (facts, others) => {
      const first = callOf(facts)
      for (const other of others) callOf(other)
      expect(callOf(facts)).toEqual(first)
    }),
    { numRuns: 50 },
  )
})

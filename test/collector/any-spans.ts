import fc from 'fast-check'
import { HOST_SOURCES, NAMES } from '../../integration/attribute-names.ts'
import { hexOf, type SpanSpec, T0_NS, type Value } from './builders.ts'

/** Names that rules read or redaction hides, so that both have work. */
const NAMES_WITH_MEANING = [
  ...new Set([
    ...Object.values(NAMES).flat(),
    ...HOST_SOURCES.map(({ address }) => address),
    ...['sampling.probability', 'SampleRate', 'api_key', 'http.request.header.cookie', 'url.query', 'app.tenant'],
  ]),
]

const TEXTS = [
  ...['', 'GET', 'POST', 'ok', 'true', '200', '503', '0', '["a","b"]', 'grüße', 'é'.repeat(100), 'a'.repeat(200)],
  ...['api.stripe.com', '10.0.0.1', 'redis', 'postgresql', 'kafka', 'grpc', 'aws-api', 'openai', 'TimeoutError', 'UT'],
  ...['https://u:p@api.stripe.com/v1/customers/42?key=sk_live_abcdefghijklmnop', '/a/b/c?d=1', '/v1/users/4711'],
  ...['Bearer abcdefghij1234567890', 'password=hunter2', "SELECT * FROM t WHERE a = 'x'", 'kube-probe/1.31'],
]

const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }).map((any) => any.toWellFormed()) },
  { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true }) },
)
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 2, arbitrary: fc.integer({ min: -2, max: 2000 }).map(BigInt) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { weight: 1, arbitrary: fc.oneof(fc.boolean(), fc.double({ noNaN: true }), fc.constant(null)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 9 }) },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('a', 'b'), text, { maxKeys: 2 }) },
)
const name = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...NAMES_WITH_MEANING) }, fc.constantFrom('k', 'ü', ''))
export const attributes = fc
  .array(fc.tuple(name, value), { maxLength: 14 })
  .map((entries): Record<string, Value> => Object.fromEntries(entries))

const time = fc.oneof(
  { weight: 6, arbitrary: fc.nat(5_000_000_000).map((ns) => T0_NS + BigInt(ns)) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n) },
)
const exception = fc.record({ 'exception.type': text, 'exception.message': text })

/** Spans as tidy and as odd as they come; `spanId` is to be set, as ids are unique. */
export const span: fc.Arbitrary<SpanSpec> = fc.record(
  {
    parentSpanId: fc.oneof(
      fc.nat(4).map((id) => hexOf(id, 8)),
      fc.constantFrom('', 'ab'),
    ),
    traceState: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, fc.constantFrom('ot=th:8', 'ot=th:zz;p:2'), text),
    name: fc.oneof(fc.constantFrom('GET', 'Sent.a/B', 'Attempt.a/B', 'run 42'), text),
    kind: fc.integer({ min: 0, max: 6 }),
    startNs: time,
    endNs: time,
    attributes,
    events: fc.array(
      fc.record({ timeNs: time, name: fc.constantFrom('exception', 'message'), attributes: exception }),
      { maxLength: 2 },
    ),
    links: fc.array(
      fc.record({ traceId: fc.constant('ab'.repeat(16)), spanId: fc.constant('cd'.repeat(8)), attributes }),
      {
        maxLength: 1,
      },
    ),
    status: fc.record({ code: fc.integer({ min: 0, max: 3 }), message: text }),
  },
  { requiredKeys: [] },
)

/** The spans of a request, each with an id of its own; few parents, so that some are nested. */
export const spans = fc
  .array(span, { maxLength: 5 })
  .map((list) => list.map((spec, index): SpanSpec => ({ ...spec, spanId: hexOf(index + 1, 8) })))

/** Requests of spans with the same names in the same order, whose values and other fields are of few kinds. */
export const alike = fc.uniqueArray(name, { maxLength: 5 }).chain((names) => {
  const few = fc.constantFrom<Value>('GET', 'kafka', 'api.stripe.com', '/v1/users/4711', '503', 'TimeoutError', 7n)
  const thrown = (type: string, message: string): NonNullable<SpanSpec['events']> => [
    { name: 'exception', attributes: { 'exception.type': type, 'exception.message': message } },
  ]
  const one = fc.record({
    name: fc.constantFrom('run', 'Sent.a/B', ''),
    kind: fc.constantFrom(0, 3, 3, 2),
    traceState: fc.constantFrom('', 'ot=th:8'),
    values: fc.tuple(...names.map(() => few)),
    status: fc.record({ code: fc.constantFrom(0, 1, 2, 2), message: fc.constantFrom('', 'connection refused') }),
    events: fc.constantFrom(
      [],
      thrown('QuotaExceeded', 'no more'),
      thrown('Oops', 'connection refused'),
      thrown('Oops', 'read timed out'),
    ),
  })
  return fc.array(one, { minLength: 8, maxLength: 16 }).map((list) =>
    list.map(
      ({ values, ...spec }, index): SpanSpec => ({
        ...spec,
        spanId: hexOf(index + 1, 8),
        attributes: Object.fromEntries(names.map((key, place) => [key, values[place]!])),
      }),
    ),
  )
})

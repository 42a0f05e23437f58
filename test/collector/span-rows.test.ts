import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyTooLarge, MAX_PARTS } from '../../collector/bad-body.ts'
import { jsonToProtobuf } from '../../collector/json/to-protobuf.ts'
import { textOf } from '../../collector/value-text.ts'
import type { SpanFacts } from '../../integration/call.ts'
import { callOf } from '../../integration/span-to-call.ts'
import recorded from '../integration/recorded-spans.json' with { type: 'json' }
import { KIND, STATUS } from '../integration/span.ts'
import { alike, attributes, spans } from './any-spans.ts'
import {
  type Attributes,
  anyValue,
  asBody,
  hexOf,
  type SpanSpec,
  spanBytes,
  spanJson,
  traceBody,
  traceEnvelope,
  traceJson,
  type Value,
} from './builders.ts'
import { rowsOfBody, spanRows } from './read-rows.ts'
import { len, vint } from './wire.ts'

const RULES = {
  aliases: [{ match: '*.stripe.com', dependency: 'stripe' }],
  pathTemplates: [{ template: '/v1/{kind}/*' }],
  promote: ['app.tenant', 'service.name'],
}
/** Everything that may be configured, at once. */
const CONFIGURED = {
  rules: RULES,
  redaction: { keys: ['enduser.*', 'peer.service'], patterns: [String.raw`\d{3}-\d{2}`] },
  keepAttributes: 0.5,
}

const storedIn = (body: Buffer, settings = {}) => rowsOfBody(spanRows(settings), body)
const jsonBody = (list: SpanSpec[], resource: Attributes) =>
  jsonToProtobuf(
    'traces',
    asBody(
      traceJson(
        list.map((spec) => spanJson(spec)),
        resource,
      ),
    ),
  ).message

describe('any request', () => {
  test.each([
    ['plainly', {}],
    ['with everything configured', CONFIGURED],
  ])('gives the same rows from protobuf and from JSON, %s', (_, settings) => {
    fc.assert(
      fc.property(spans, attributes, (list, resource) => {
        expect(storedIn(jsonBody(list, resource), settings)).toEqual(storedIn(traceBody(list, resource), settings))
      }),
    )
  })

  test.each([
    ['any spans', spans, {}],
    ['spans that are alike', alike, {}],
    ['any spans, with everything configured', spans, CONFIGURED],
    ['spans that are alike, with everything configured', alike, CONFIGURED],
  ])('gives the same rows whatever was seen before: %s', (_, any, settings) => {
    const experienced = spanRows(settings)
    const resource = { 'service.name': 'shop', 'app.tenant': 'a' }
    fc.assert(
      fc.property(any, (list) => {
        // One by one, each by a writer that has seen nothing.
        const expected = list.map((spec) => rowsOfBody(spanRows(settings), traceBody([spec], resource)))
        // Attributes are kept the second time, results found by them the third, and used the fourth.
        for (let time = 1; time <= 4; time++) {
          const { spans: stored, calls } = rowsOfBody(experienced, traceBody(list, resource), true)
          expect(stored).toEqual(expected.flatMap((one) => one.spans))
          expect(calls.map((call) => ({ ...call, nested: false }))).toEqual(expected.flatMap((one) => one.calls))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('has the calls that the rules find in maps of texts', () => {
    const write = spanRows()
    fc.assert(
      fc.property(spans, attributes, (list, resource) => {
        const { calls, spans: stored } = rowsOfBody(write, traceBody(list, resource), true)
        const kept = new Set(stored.map(({ spanId }) => spanId))
        const expected = list
          .filter(({ spanId }) => kept.has(spanId!))
          .map((spec) => callOf(factsOf(spec, resource)))
          .filter((call) => call !== null)
          .map(({ direction, protocol, outcome, attempt, synthetic, weight }) => ({
            ...{ direction, protocol, outcome, attempt, synthetic, weight },
          }))
        expect(calls).toMatchObject(expected)
        expect(calls).toHaveLength(expected.length)
      }),
    )
  })
})

const mapOf = (values: Attributes = {}) =>
  new Map(Object.entries(values).map(([name, value]) => [name, textOf(anyValueOf(value))]))

/** The value as the decoder has it: integers are numbers where that is exact. */
function anyValueOf(value: Value): Parameters<typeof textOf>[0] {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (Array.isArray(value)) return value.map(anyValueOf)
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  return new Map(Object.entries(value).map(([name, item]) => [name, anyValueOf(item)]))
}

function factsOf(spec: SpanSpec, resource: Attributes): SpanFacts {
  const { name = 'GET /orders', kind = 3, traceState = '', status, events = [] } = spec
  const exception = events.findLast((event) => event.name === 'exception')
  return {
    ...{ name, kind, traceState },
    statusCode: status?.code ?? 0,
    statusMessage: status?.message ?? '',
    attributes: mapOf(spec.attributes),
    resource: mapOf(resource),
    exception: exception === undefined ? null : mapOf(exception.attributes),
  }
}

describe('spans as SDKs recorded them', () => {
  const specOf = (example: (typeof recorded)[number]): SpanSpec => {
    const { kind, status, attributes: given, exception, statusMessage } = example as Partial<Record<string, unknown>>
    const thrown = Object.entries((exception ?? {}) as Record<string, string>)
    return {
      kind: KIND[(kind ?? 'client') as keyof typeof KIND],
      status: { code: STATUS[(status ?? 'unset') as keyof typeof STATUS], message: (statusMessage ?? '') as string },
      attributes: Object.fromEntries(
        Object.entries((given ?? {}) as Record<string, Value>).map(([name, value]) => [
          name,
          typeof value === 'number' ? BigInt(value) : value,
        ]),
      ),
      events:
        thrown.length === 0
          ? []
          : [
              {
                name: 'exception',
                attributes: Object.fromEntries(thrown.map(([key, text]) => [`exception.${key}`, text])),
              },
            ],
    }
  }

  test.each(recorded)('$name', (example) => {
    const body = traceBody([specOf(example)])
    const { dependency, operation, protocol, status, outcome } = storedIn(body).calls[0]!
    expect({ dependency, operation, protocol, status, outcome }).toEqual(example.expected)
    expect(storedIn(jsonBody([specOf(example)], { 'service.name': 'shop' }))).toEqual(storedIn(body))
  })
})

test('an operation that depends on whom the call went to is not mistaken for that of another', () => {
  const rules = { ...RULES, pathTemplates: [{ dependency: 'a.example', template: '/v1/{any}' }] }
  const to = (host: string) => ({
    attributes: { 'server.address': host, 'http.request.method': 'GET', 'url.path': '/v1/users' },
  })
  const list = Array.from({ length: 8 }, (_, i) => ({
    ...to(i % 2 === 0 ? 'a.example' : 'b.example'),
    spanId: hexOf(i + 1, 8),
  }))
  const { calls } = storedIn(traceBody(list), { rules })
  expect(calls.map(({ operation }) => operation)).toEqual(
    list.map((_, i) => (i % 2 === 0 ? 'GET /v1/{any}' : 'GET /v1/users')),
  )
})

test('a failure that an exception explains is not mistaken for those before it that none does', () => {
  const failed: SpanSpec = { attributes: { 'peer.service': 'acme' }, status: { code: 2 } }
  const events = [{ name: 'exception', attributes: { 'exception.type': 'QuotaExceeded' } }]
  const { calls } = storedIn(traceBody([...Array.from({ length: 6 }, () => failed), { ...failed, events }]))
  expect(calls.map(({ outcome }) => outcome)).toEqual([
    ...Array.from({ length: 6 }, () => 'unknown_error'),
    'throttled',
  ])
})

test('names, status and error type of a call are searched for secrets', () => {
  const SECRET = 'hunter2hunter2'
  const attributes = { 'peer.service': `Bearer ${SECRET}`, 'error.type': `token=${SECRET}` }
  const resource = { 'service.name': `shop password=${SECRET}` }
  const { calls } = storedIn(traceBody([{ name: `run?token=${SECRET}`, kind: KIND.internal, attributes }], resource))
  const texts = calls.map((call) => Object.values(call).join(' '))
  expect(texts).toEqual([expect.stringContaining('Bearer [redacted]')])
  expect(texts[0]).not.toContain(SECRET)
})

describe('calls nested in calls', () => {
  const PEER = { 'peer.service': 'ledger' }
  const outer = { spanId: hexOf(1, 8), attributes: PEER }
  const inner = { spanId: hexOf(2, 8), parentSpanId: hexOf(1, 8), attributes: PEER }
  const nestedOf = (list: SpanSpec[]) =>
    storedIn(traceBody(list))
      .calls.filter(({ nested }) => nested)
      .map(({ spanId }) => spanId)

  test('are marked, in whichever order they come', () => {
    expect(nestedOf([outer, inner])).toEqual([inner.spanId])
    expect(nestedOf([inner, outer])).toEqual([inner.spanId])
  })

  test.each<[string, SpanSpec, SpanSpec]>([
    ['of another dependency', outer, { ...inner, attributes: { 'peer.service': 'mail' } }],
    ['of another parent', outer, { ...inner, parentSpanId: hexOf(3, 8) }],
    ['that is its own parent', outer, { ...inner, parentSpanId: inner.spanId }],
    ['without a parent', outer, { ...inner, parentSpanId: '' }],
    ['of another trace', outer, { ...inner, traceId: 'f'.repeat(32) }],
    ['that is inbound', outer, { ...inner, kind: KIND.server }],
    ['under a server span', { ...outer, kind: KIND.server }, inner],
    ['under a span that is no call', { ...outer, kind: KIND.internal, attributes: {} }, inner],
  ])('not one %s', (_, first, second) => expect(nestedOf([first, second])).toEqual([]))

  test('among thousands, each in the one before it, whose rows fill several blocks', () => {
    const chain = Array.from({ length: 5_000 }, (_, i) => ({
      spanId: hexOf(i + 1, 8),
      parentSpanId: hexOf(i, 8),
      attributes: PEER,
    }))
    expect(nestedOf(chain)).toHaveLength(chain.length - 1)
  })

  test('of an earlier request are marked', () => {
    const write = spanRows()
    rowsOfBody(write, traceBody([outer]))
    expect(rowsOfBody(write, traceBody([inner])).calls).toMatchObject([{ nested: true, sign: 1 }])
  })

  test('of a later request are taken back and written again as nested, once', () => {
    const write = spanRows()
    const [before] = rowsOfBody(write, traceBody([inner])).calls
    const { calls, callTimes } = rowsOfBody(write, traceBody([outer]))
    expect(calls).toEqual([
      expect.objectContaining({ spanId: outer.spanId, nested: false, sign: 1 }),
      { ...before, sign: -1 },
      { ...before, nested: true },
    ])
    expect(callTimes).toEqual({ firstNs: before!.startNs, lastNs: before!.startNs })
    expect(rowsOfBody(write, traceBody([outer])).calls).toEqual([])
  })

  test('of a request that was lost count as never sent', () => {
    const write = spanRows()
    rowsOfBody(write, traceBody([inner]), true)
    expect(rowsOfBody(write, traceBody([outer])).calls).toHaveLength(1)
    const other = spanRows()
    rowsOfBody(other, traceBody([outer]), true)
    expect(rowsOfBody(other, traceBody([inner])).calls).toMatchObject([{ nested: false }])
  })
})

describe('what is remembered is bounded', () => {
  test('names that are never the same do not end it, and what comes between is right', () => {
    const write = spanRows()
    const GOOD = { 'http.request.method': 'GET', 'url.path': '/orders/42' }
    for (let round = 0; round < 12; round++) {
      const odd = Array.from({ length: 1_000 }, (_, i) => ({
        spanId: hexOf(round * 1_000 + i + 1, 8),
        attributes: { [`k${round}.${i}`]: 'v', ...GOOD },
      }))
      const { spans: stored, calls } = rowsOfBody(write, traceBody(odd))
      expect(stored[999]!.attributes).toEqual([[`k${round}.999`, 'v'], ...Object.entries(GOOD)])
      expect(calls.every(({ operation }) => operation === 'GET /orders/{id}')).toBe(true)
    }
  })

  test('attributes of one span, as many as a record may have, are stored; more are too large', () => {
    const pair = (index: number) => len(9, len(1, `k${index}`), len(2, anyValue('v')))
    const spanOf = (count: number) =>
      traceEnvelope([Buffer.concat([spanBytes(), ...Array.from({ length: count }, (_, index) => pair(index))])])
    expect(storedIn(spanOf(MAX_PARTS)).spans[0]!.attributes).toHaveLength(MAX_PARTS)
    expect(() => storedIn(spanOf(MAX_PARTS + 1))).toThrow(BodyTooLarge)
  })
})

test('string-table references are counted each time, however often they come', () => {
  const write = spanRows()
  const body = traceEnvelope([spanBytes(), spanBytes()].map((bytes) => Buffer.concat([bytes, len(9, vint(3, 7))])))
  for (let time = 1; time <= 3; time++) expect(rowsOfBody(write, body).stringIndexes).toBe(2)
})

describe('pods and nodes that a caller reaches by address', () => {
  const storedDependencies = (list: SpanSpec[], settings = {}) =>
    storedIn(traceBody(list), settings).calls.map(({ dependency }) => dependency)
  const to = (address: string, more: Attributes = { 'http.request.method': 'GET' }): SpanSpec => ({
    kind: KIND.client,
    attributes: { ...more, 'server.address': address, 'server.port': 8080n },
  })

  test.each([
    '10.4.0.1',
    '172.20.3.4',
    '192.168.1.9',
    '100.64.7.8',
    '::ffff:10.4.0.1',
    'fd12:3456::1',
    '2600:1f13:abc:de00::5',
    'ip-10-4-0-1.ec2.internal',
    'ip-10-4-0-1.eu-west-1.compute.internal',
    'ip-10-4-0-1',
    'i-0abcdef1234567890.ec2.internal',
    'ec2-3-80-1-2.compute-1.amazonaws.com',
    '10-4-0-1.shop.pod.cluster.local',
    'gke-prod-default-pool-1a2b3c4d-x7k9',
    'aks-nodepool1-12345678-vmss00000a',
    'orders-7d9c5b6f4d-x2x7z',
    '3f2a1b4c5d6e',
  ])('are one dependency: %s', (address) => expect(storedDependencies([to(address)])).toEqual(['_addresses']))

  test.each([
    ['api.stripe.com', 'api.stripe.com'],
    ['localhost', 'localhost:8080'],
    ['127.0.0.1', '127.0.0.1:8080'],
    ['::1', '[::1]:8080'],
    ['203.0.113.7', '203.0.113.7:8080'],
    ['169.254.169.254', '169.254.169.254:8080'],
    ['10-4-0-1.orders.shop.svc.cluster.local', 'orders.shop.svc.cluster.local'],
    ['kafka-0.kafka.shop.svc.cluster.local', 'kafka-0.kafka.shop.svc.cluster.local'],
    ['orders', 'orders'],
    ['my-very-long-service-name', 'my-very-long-service-name'],
  ])('are not %s', (address, dependency) => expect(storedDependencies([to(address)])).toEqual([dependency]))

  test('are distinguished by the database that they run', () => {
    const redis = { 'db.system.name': 'redis', 'db.operation.name': 'GET' }
    expect(storedDependencies([to('10.4.0.1', redis), to('10.4.0.2', redis)])).toEqual([
      'redis/_addresses',
      'redis/_addresses',
    ])
  })

  test('have the name that an alias gives them', () => {
    const rules = { ...RULES, aliases: [{ match: '10.4.0.1:8080', dependency: 'warehouse' }] }
    expect(storedDependencies([to('10.4.0.1'), to('10.4.0.2')], { rules })).toEqual(['warehouse', '_addresses'])
  })

  test('are two calls where one is called within a call of another', () => {
    const outer = { ...to('10.4.0.1'), spanId: hexOf(1, 8) }
    const inner = { ...to('10.4.0.2'), spanId: hexOf(2, 8), parentSpanId: hexOf(1, 8) }
    const same = { ...to('10.4.0.1'), spanId: hexOf(3, 8), parentSpanId: hexOf(1, 8) }
    expect(storedIn(traceBody([outer, inner, same])).calls.map(({ nested }) => nested)).toEqual([false, false, true])
  })
})

test('what is remembered of spans is remembered by scope, as Spring’s Ok is no person’s', () => {
  const attributes: Attributes = { 'http.request.method': 'GET', 'http.response.status_code': 500n }
  const body = (scope: string): Buffer => {
    const json = traceJson([spanJson({ kind: KIND.client, status: { code: STATUS.ok, message: '' }, attributes })])
    json.resourceSpans[0]!.scopeSpans[0]!.scope.name = scope
    return jsonToProtobuf('traces', asBody(json)).message
  }
  const write = spanRows()
  for (let time = 1; time <= 5; time++) {
    expect(rowsOfBody(write, body('my.app'), true).calls[0]!.outcome).toBe('ok')
    expect(rowsOfBody(write, body('org.springframework.boot'), true).calls[0]!.outcome).toBe('server_error')
  }
})

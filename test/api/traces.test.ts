import { afterAll, beforeAll, expect, test } from 'vitest'
import { insert, minutesAgo, seconds, seedCalls, seededApp } from './seeded-app.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
let app: Awaited<ReturnType<typeof seededApp>>

beforeAll(async () => {
  app = await seededApp()
  const span = { TraceState: '', ScopeName: '', ScopeVersion: '', ResourceAttributes: { 'service.name': 'checkout' } }
  await insert(app.db, 'otel_traces', [
    {
      ...span,
      Timestamp: seconds(minutesAgo(5)),
      TraceId: TRACE,
      SpanId: '00f067aa0ba902b7',
      ParentSpanId: '',
      SpanName: 'POST /pay',
      SpanKind: 'Server',
      ServiceName: 'checkout',
      SpanAttributes: { 'http.route': '/pay' },
      Duration: 1_234_567,
      StatusCode: 'Error',
      StatusMessage: 'upstream timed out',
    },
    { ...span, Timestamp: seconds(minutesAgo(5)), TraceId: 'f'.repeat(32), SpanId: '1', SpanName: 'another' },
  ])
  await seedCalls(app.db, [
    { ago: 5, traceId: TRACE, outcome: 'timeout' },
    { ago: 5, traceId: 'f'.repeat(32) },
    { ago: 5, traceId: 'e'.repeat(32) },
  ])
})
afterAll(() => app[Symbol.asyncDispose]())

test('a trace has its calls with outcome and owner, and its spans', async () => {
  const { status, body } = await app.get(`/api/v1/traces/${TRACE.toUpperCase()}`)
  expect(status).toBe(200)
  const at = minutesAgo(5).toISOString().replace('Z', '000000Z')
  expect(body).toMatchObject({
    id: TRACE,
    truncated: false,
    calls: [{ at, durationMs: 5, dependency: 'acme-pay', outcome: 'timeout', owner: 'provider', service: 'checkout' }],
    spans: [
      {
        at,
        durationMs: 1.234567,
        spanId: '00f067aa0ba902b7',
        parentSpanId: '',
        name: 'POST /pay',
        statusCode: 'Error',
        attributes: { 'http.route': '/pay' },
        resource: { 'service.name': 'checkout' },
      },
    ],
  })
  expect(body.calls).toHaveLength(1)
  expect(body.spans).toHaveLength(1)
})

test('calls are kept longer than spans: a trace may have only those', async () => {
  const { body } = await app.get(`/api/v1/traces/${'e'.repeat(32)}`)
  expect([body.calls.length, body.spans]).toEqual([1, []])
})

test.each([
  ['an unknown trace', '0'.repeat(32), 404],
  ['a name that is no trace id', 'abc', 400],
])('%s', async (_, id, wanted) => {
  const { status, headers } = await app.get(`/api/v1/traces/${id}`)
  expect(status).toBe(wanted)
  expect(headers.get('content-type')).toBe('application/problem+json')
})

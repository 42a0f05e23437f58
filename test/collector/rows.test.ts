import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { metricsEnvelope, pairs, SPAN_ID, T0_NS, TRACE_ID, traceBody } from './builders.ts'
import { collectorUnderTest, eventually, rowsOf, type UnderTest } from './under-test.ts'
import { double, doubleBytes, fixed64, fixed64Bytes, hex, len, type Part, varint, vint, zigzag } from './wire.ts'

let store: TestDatabase
let collector: UnderTest
beforeAll(async () => {
  store = await testDatabase()
  collector = await collectorUnderTest({ db: store.db })
})
afterAll(async () => {
  await collector[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
})

/** The only row of `table` that fits, as soon as it is stored. */
async function rowOf(table: string, where: string): Promise<Record<string, unknown>> {
  const rows = await eventually(
    () => rowsOf(store.db, `SELECT * FROM ${table} WHERE ${where}`),
    (found) => found.length > 0,
  )
  expect(rows).toHaveLength(1)
  return rows[0]!
}

/** Spans stored with a change so far. */
async function adjusted(reason: string): Promise<number> {
  const line = new RegExp(`adjusted_records_total\\{signal="traces",reason="${reason}"\\} (\\d+)`)
  return Number(line.exec(await collector.registry.metrics())?.[1] ?? 0)
}

describe('otel_traces', () => {
  test('a span with everything comes back as it was sent', async () => {
    const span = {
      spanId: SPAN_ID,
      traceState: 'ot=th:8',
      parentSpanId: '00f067aa0ba902b7',
      name: 'GET /grüße/🦊',
      kind: 3,
      endNs: T0_NS + 123_456_789n,
      attributes: { 'http.request.method': 'GET', n: 2n ** 63n - 1n, list: ['ä', 1n], long: 'é'.repeat(20_000) },
      events: [
        { timeNs: T0_NS + 1n, name: 'first', attributes: { a: '1', b: '2' } },
        { timeNs: T0_NS + 2n, name: 'second' },
      ],
      links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceState: 'x=y', attributes: { why: 'batch' } }],
      status: { code: 2, message: 'böse' },
    }
    await collector.post(traceBody([span], { 'service.name': 'warehouse', zone: '日本' }))
    expect(await rowOf('otel_traces', `ServiceName = 'warehouse'`)).toEqual({
      Timestamp: '2026-01-01 00:00:00.000000000',
      TraceId: TRACE_ID,
      SpanId: SPAN_ID,
      ParentSpanId: '00f067aa0ba902b7',
      TraceState: 'ot=th:8',
      SpanName: 'GET /grüße/🦊',
      SpanKind: 'Client',
      ServiceName: 'warehouse',
      ResourceAttributes: { 'service.name': 'warehouse', zone: '日本' },
      ScopeName: 'lib',
      ScopeVersion: '1.0',
      SpanAttributes: {
        'http.request.method': 'GET',
        n: '9223372036854775807',
        list: '["ä",1]',
        long: 'é'.repeat(20_000),
      },
      Duration: '123456789',
      StatusCode: 'Error',
      StatusMessage: 'böse',
      'Events.Timestamp': ['2026-01-01 00:00:00.000000001', '2026-01-01 00:00:00.000000002'],
      'Events.Name': ['first', 'second'],
      'Events.Attributes': [{ a: '1', b: '2' }, {}],
      'Links.TraceId': ['ab'.repeat(16)],
      'Links.SpanId': ['cd'.repeat(8)],
      'Links.TraceState': ['x=y'],
      'Links.Attributes': [{ why: 'batch' }],
    })
  })

  test.each([
    [0, 'Internal'],
    [1, 'Internal'],
    [2, 'Server'],
    [3, 'Client'],
    [4, 'Producer'],
    [5, 'Consumer'],
    [9, 'Unspecified'],
  ])('kind %i is stored as %s', async (kind, text) => {
    await collector.post(traceBody([{ kind }], { 'service.name': `kind-${kind}` }))
    expect(await rowOf('otel_traces', `ServiceName = 'kind-${kind}'`)).toMatchObject({ SpanKind: text })
  })

  test('a span that ends before it begins lasts 0', async () => {
    await collector.post(traceBody([{ endNs: T0_NS - 1n }], { 'service.name': 'backwards' }))
    expect(await rowOf('otel_traces', `ServiceName = 'backwards'`)).toMatchObject({ Duration: '0' })
    expect(await collector.registry.metrics()).toContain(
      'plumbline_ingest_adjusted_records_total{signal="traces",reason="end_before_start"} 1',
    )
  })

  test.each([
    ['the largest number', 2n ** 64n - 1n],
    ['the latest instant of the store', 2n ** 63n - 1n],
    ['two years after its start', T0_NS + 2n * 366n * 86_400n * 10n ** 9n],
  ])('a span that ends at %s lasts 0, in spans and in calls', async (name, endNs) => {
    const before = await adjusted('end_too_late')
    await collector.post(traceBody([{ endNs, attributes: { 'server.address': 'x.test' } }], { 'service.name': name }))
    expect(await rowOf('otel_traces', `ServiceName = '${name}'`)).toMatchObject({ Duration: '0' })
    expect(await rowOf('calls', `service = '${name}'`)).toMatchObject({ duration_ns: '0' })
    expect((await adjusted('end_too_late')) - before).toBe(1)
  })

  test('a span of thirty days keeps its duration', async () => {
    const days30 = 30n * 86_400n * 10n ** 9n
    await collector.post(traceBody([{ endNs: T0_NS + days30 }], { 'service.name': 'thirty days' }))
    expect(await rowOf('otel_traces', `ServiceName = 'thirty days'`)).toMatchObject({ Duration: String(days30) })
  })

  test('a span that has not ended lasts 0', async () => {
    await collector.post(traceBody([{ endNs: 0n }], { 'service.name': 'open' }))
    expect(await rowOf('otel_traces', `ServiceName = 'open'`)).toMatchObject({ Duration: '0' })
  })

  test.each(['ab', '00f067aa0ba902b7ff', '0000000000000000'])(
    'a parent id of %s is no parent',
    async (parentSpanId) => {
      const service = `parent-${parentSpanId}`
      await collector.post(traceBody([{ parentSpanId }], { 'service.name': service }))
      expect(await rowOf('otel_traces', `ServiceName = '${service}'`)).toMatchObject({ ParentSpanId: '' })
    },
  )

  test('without service.name it is unknown_service', async () => {
    await collector.post(traceBody([{ name: 'nameless' }], {}))
    expect(await rowOf('otel_traces', `SpanName = 'nameless'`)).toMatchObject({ ServiceName: 'unknown_service' })
  })

  test('requests of a hundred and twenty different days at once are all stored', async () => {
    const dayNs = 86_400_000_000_000n
    const days = Array.from({ length: 12 }, (_, i) =>
      Array.from({ length: 10 }, (_, j) => ({ startNs: T0_NS - BigInt(i * 10 + j) * dayNs })),
    )
    const replies = await Promise.all(
      days.map((spans) => collector.post(traceBody(spans, { 'service.name': 'archive' }))),
    )
    expect(replies.map(({ status, body }) => [status, body.length])).toEqual(Array(12).fill([200, 0]))
    const count = `SELECT count() AS n FROM otel_traces WHERE ServiceName = 'archive'`
    await eventually(
      () => rowsOf<{ n: string }>(store.db, count),
      ([row]) => row?.n === '120',
    )
  })
})

describe('calls', () => {
  const call = (service: string, extra: object) => traceBody([{ ...extra }], { 'service.name': service })

  test('a client span is a call with its dependency and outcome', async () => {
    const attributes = {
      'http.request.method': 'GET',
      'url.full': 'https://api.stripe.com/v1/customers/42',
      'server.address': 'api.stripe.com',
      'http.response.status_code': 503n,
    }
    await collector.post(call('checkout', { spanId: 'ab'.repeat(8), attributes, status: { code: 2 } }))
    expect(await rowOf('calls', `service = 'checkout'`)).toMatchObject({
      ts: '2026-01-01 00:00:00.000000000',
      direction: 'outbound',
      dependency: 'api.stripe.com',
      operation: 'GET /v1/customers/{id}',
      protocol: 'http',
      outcome: 'server_error',
      status: '503',
      attempt: 0,
      nested: false,
      synthetic: false,
      weight: 1,
      duration_ns: '25000000',
      trace_id: TRACE_ID,
      span_id: 'ab'.repeat(8),
      parent_span_id: '',
      correlation_id: '',
    })
  })

  test('rules of the configuration come before the built-in ones', async () => {
    const rules = {
      aliases: [{ match: '*.bank.example', dependency: 'the-bank' }],
      pathTemplates: [{ template: '/v1/{tenant}/pay', dependency: 'the-bank' }],
      promote: ['tenant.id'],
    }
    await using ruled = await collectorUnderTest({ db: store.db, calls: rules })
    const attributes = {
      'http.request.method': 'POST',
      'url.full': 'https://eu.bank.example/v1/acme/pay',
      'http.response.status_code': 200n,
      'tenant.id': 'acme',
    }
    await ruled.post(traceBody([{ kind: 3, attributes }], { 'service.name': 'ruled' }))
    expect(await rowOf('calls', `service = 'ruled'`)).toMatchObject({
      dependency: 'the-bank',
      operation: 'POST /v1/{tenant}/pay',
      attributes: { 'tenant.id': 'acme' },
    })
  })

  test('an internal span is no call', async () => {
    await collector.post(
      traceBody([{ kind: 1 }, { kind: 2, name: 'marker', spanId: 'aa'.repeat(8) }], { 'service.name': 'inner' }),
    )
    expect(await rowOf('calls', `service = 'inner'`)).toMatchObject({ direction: 'inbound', span_id: 'aa'.repeat(8) })
  })

  test('a call inside a call to the same dependency is nested', async () => {
    const attributes = { 'peer.service': 'ledger' }
    const outer = { spanId: 'aa'.repeat(8), attributes }
    const inner = { spanId: 'bb'.repeat(8), parentSpanId: 'aa'.repeat(8), attributes }
    await collector.post(traceBody([inner, outer], { 'service.name': 'books' }))
    expect(await rowOf('calls', `service = 'books' AND nested`)).toMatchObject({ span_id: 'bb'.repeat(8) })
    expect(await rowOf('calls', `service = 'books' AND NOT nested`)).toMatchObject({ span_id: 'aa'.repeat(8) })
  })

  test('dependencies beyond the cap become _overflow', async () => {
    const spans = Array.from({ length: 201 }, (_, i) => ({ attributes: { 'peer.service': `peer-${i}` } }))
    await collector.post(traceBody(spans, { 'service.name': 'sprawl' }))
    const query = `SELECT uniq(dependency) AS n, countIf(dependency = '_overflow') AS over FROM calls WHERE service = 'sprawl'`
    const [row] = await eventually(
      () => rowsOf<{ n: string; over: string }>(store.db, query),
      ([found]) => found?.n !== '0',
    )
    expect(row).toEqual({ n: '201', over: '1' })
  })

  test('the rollup by minute counts the call once', async () => {
    await collector.post(call('rolled', { attributes: { 'peer.service': 'x' } }))
    expect(await rowOf('calls_1m', `service = 'rolled'`)).toMatchObject({ calls: 1, samples: '1', dependency: 'x' })
  })
})

describe('metrics', () => {
  const times = [fixed64(2, T0_NS), fixed64(3, T0_NS + 1_000_000_000n)]
  const attributes = pairs(7, { route: '/ö' })
  const exemplar = Buffer.concat([
    fixed64(2, T0_NS + 5n),
    double(3, 0.25),
    hex(4, SPAN_ID),
    hex(5, TRACE_ID),
    ...pairs(7, { user: 'u1' }),
  ])
  const post = (name: string, ...data: Part[]) =>
    collector.post(metricsEnvelope([Buffer.concat([len(1, name), len(2, 'about'), len(3, 's'), ...data])]), {
      path: '/v1/metrics',
    })
  const COMMON = {
    ResourceAttributes: { 'service.name': 'shop' },
    ResourceSchemaUrl: '',
    ScopeName: 'lib',
    ScopeVersion: '1.0',
    ScopeAttributes: {},
    ScopeDroppedAttrCount: 0,
    ScopeSchemaUrl: '',
    ServiceName: 'shop',
    MetricDescription: 'about',
    MetricUnit: 's',
    Attributes: { route: '/ö' },
    StartTimeUnix: '2026-01-01 00:00:00.000000000',
    TimeUnix: '2026-01-01 00:00:01.000000000',
    Flags: 0,
  }
  const EXEMPLAR = {
    'Exemplars.FilteredAttributes': [{ user: 'u1' }],
    'Exemplars.TimeUnix': ['2026-01-01 00:00:00.000000005'],
    'Exemplars.Value': [0.25],
    'Exemplars.SpanId': [SPAN_ID],
    'Exemplars.TraceId': [TRACE_ID],
  }

  test('gauge', async () => {
    await post('g', len(5, len(1, ...times, double(4, -0.5), len(5, exemplar), ...attributes)))
    expect(await rowOf('otel_metrics_gauge', `MetricName = 'g'`)).toEqual({
      ...COMMON,
      MetricName: 'g',
      Value: -0.5,
      ...EXEMPLAR,
    })
  })

  test('gauge of NaN', async () => {
    await post('g.nan', len(5, len(1, ...times, double(4, Number.NaN))))
    expect(await rowOf('otel_metrics_gauge', `MetricName = 'g.nan'`)).toMatchObject({ Value: 'nan' })
  })

  test('sum', async () => {
    await post('s', len(7, len(1, ...times, fixed64(6, -7n), ...attributes), vint(2, 2), vint(3, 1)))
    expect(await rowOf('otel_metrics_sum', `MetricName = 's'`)).toMatchObject({
      ...COMMON,
      Value: -7,
      AggregationTemporality: 2,
      IsMonotonic: true,
      'Exemplars.Value': [],
    })
  })

  test('histogram with counts up to 2^64 - 1', async () => {
    const counts = len(6, fixed64Bytes(2n ** 64n - 1n), fixed64Bytes(0), fixed64Bytes(3))
    const bounds = len(7, doubleBytes(0.1), doubleBytes(1e9))
    const point = [...times, fixed64(4, 2n ** 64n - 1n), double(5, 1.5), counts, bounds, len(8, exemplar)]
    await post('h', len(9, len(1, ...point, double(11, 0.1), double(12, 9)), vint(2, 1)))
    expect(await rowOf('otel_metrics_histogram', `MetricName = 'h'`)).toMatchObject({
      Count: '18446744073709551615',
      Sum: 1.5,
      BucketCounts: ['18446744073709551615', '0', '3'],
      ExplicitBounds: [0.1, 1e9],
      Min: 0.1,
      Max: 9,
      AggregationTemporality: 1,
      ...EXEMPLAR,
    })
  })

  test('exponential histogram', async () => {
    const positive = len(8, zigzag(1, -4), len(2, varint(1), varint(300)))
    const negative = len(9, zigzag(1, 7), len(2, varint(2)))
    const point = [...times, fixed64(4, 9), double(5, 3), zigzag(6, -2), fixed64(7, 5), positive, negative]
    await post('e', len(10, len(1, ...point), vint(2, 2)))
    expect(await rowOf('otel_metrics_exponential_histogram', `MetricName = 'e'`)).toMatchObject({
      Count: '9',
      Sum: 3,
      Scale: -2,
      ZeroCount: '5',
      PositiveOffset: -4,
      PositiveBucketCounts: ['1', '300'],
      NegativeOffset: 7,
      NegativeBucketCounts: ['2'],
      Min: 0,
      Max: 0,
      AggregationTemporality: 2,
    })
  })

  test('summary', async () => {
    const quantiles = [len(6, double(1, 0.5), double(2, 10)), len(6, double(1, 0.99), double(2, 20))]
    await post('q', len(11, len(1, ...times, fixed64(4, 100), double(5, 1234.5), ...quantiles, ...attributes)))
    expect(await rowOf('otel_metrics_summary', `MetricName = 'q'`)).toEqual({
      ...COMMON,
      MetricName: 'q',
      Count: '100',
      Sum: 1234.5,
      'ValueAtQuantiles.Quantile': [0.5, 0.99],
      'ValueAtQuantiles.Value': [10, 20],
    })
  })

  test('a point without recorded value keeps its flag and has 0 for values', async () => {
    await post('gone', len(5, len(1, ...times, double(4, 77), vint(8, 1))))
    expect(await rowOf('otel_metrics_gauge', `MetricName = 'gone'`)).toMatchObject({ Flags: 1, Value: 0 })
    const histogram = [...times, fixed64(4, 5), double(5, 5), len(6, fixed64Bytes(5)), vint(10, 1)]
    await post('gone.h', len(9, len(1, ...histogram), vint(2, 1)))
    expect(await rowOf('otel_metrics_histogram', `MetricName = 'gone.h'`)).toMatchObject({
      Flags: 1,
      Count: '0',
      Sum: 0,
      BucketCounts: [],
    })
  })
})

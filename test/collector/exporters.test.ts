import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { collectorUnderTest, eventually, rowsOf, type UnderTest } from './under-test.ts'

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

type Compression = NonNullable<ConstructorParameters<typeof JsonTraces>[0]>['compression']
const NONE = 'none' as Compression
const GZIP = 'gzip' as Compression

describe.each([
  ['protobuf', ProtobufTraces, NONE],
  ['protobuf with gzip', ProtobufTraces, GZIP],
  ['JSON', JsonTraces, NONE],
  ['JSON with gzip', JsonTraces, GZIP],
  ['gRPC', GrpcTraces, NONE],
  ['gRPC with gzip', GrpcTraces, GZIP],
] as const)('the OpenTelemetry trace exporter for %s', (name, Exporter, compression) => {
  test('stores spans with kind, status, events and parents', async () => {
    const service = `sdk ${name}`
    const url = name.startsWith('gRPC') ? collector.grpc : `${collector.url}/v1/traces`
    const exporter = new Exporter({ url, ...(compression && { compression }) })
    const provider = new NodeTracerProvider({
      resource: resourceFromAttributes({ 'service.name': service }),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    })
    const tracer = provider.getTracer('shop', '1.2.3')
    const attributes = { 'http.request.method': 'POST', 'server.address': 'pay.example', sizes: [1, 2], ratio: 0.5 }
    const span = tracer.startSpan('POST /charge', { kind: SpanKind.CLIENT, attributes })
    span.recordException(new TypeError('kaputt'))
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no money' })
    span.end()
    const { traceId, spanId } = span.spanContext()
    await provider.forceFlush()
    await provider.shutdown()

    const [row] = await eventually(
      () => rowsOf(store.db, `SELECT * FROM otel_traces WHERE ServiceName = '${service}'`),
      (rows) => rows.length > 0,
    )
    expect(row).toMatchObject({
      TraceId: traceId,
      SpanId: spanId,
      ParentSpanId: '',
      SpanName: 'POST /charge',
      SpanKind: 'Client',
      ScopeName: 'shop',
      ScopeVersion: '1.2.3',
      SpanAttributes: { 'http.request.method': 'POST', 'server.address': 'pay.example', sizes: '[1,2]', ratio: '0.5' },
      StatusCode: 'Error',
      StatusMessage: 'no money',
      'Events.Name': ['exception'],
      'Events.Attributes': [expect.objectContaining({ 'exception.type': 'TypeError', 'exception.message': 'kaputt' })],
    })
    const [call] = await eventually(
      () => rowsOf(store.db, `SELECT dependency, direction FROM calls WHERE service = '${service}'`),
      (rows) => rows.length > 0,
    )
    expect(call).toEqual({ dependency: 'pay.example', direction: 'outbound' })
  })
})

describe.each([
  ['protobuf', ProtobufMetrics],
  ['JSON', JsonMetrics],
] as const)('the OpenTelemetry metric exporter for %s', (name, Exporter) => {
  test('stores counters, gauges and both kinds of histogram', async () => {
    const service = `metrics ${name}`
    const exporter = new Exporter({ url: `${collector.url}/v1/metrics` })
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': service }),
      readers: [reader],
      views: [{ instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    })
    const meter = provider.getMeter('shop', '1.2.3')
    meter.createCounter('orders', { unit: '{order}' }).add(7, { route: '/a' })
    meter.createGauge('queue').record(-2.5)
    meter.createHistogram('duration', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } }).record(0.5)
    meter.createHistogram('size').record(100)
    await provider.forceFlush()
    await provider.shutdown()

    const read = async (table: string, columns: string) => {
      const rows = await eventually(
        () => rowsOf(store.db, `SELECT ${columns} FROM otel_metrics_${table} WHERE ServiceName = '${service}'`),
        (found) => found.length > 0,
      )
      return rows[0]
    }
    expect(await read('sum', 'MetricName, MetricUnit, Attributes, Value, IsMonotonic, AggregationTemporality')).toEqual(
      {
        MetricName: 'orders',
        MetricUnit: '{order}',
        Attributes: { route: '/a' },
        Value: 7,
        IsMonotonic: true,
        AggregationTemporality: 2,
      },
    )
    expect(await read('gauge', 'MetricName, Value')).toEqual({ MetricName: 'queue', Value: -2.5 })
    expect(await read('histogram', 'Count, Sum, BucketCounts, ExplicitBounds, Min, Max')).toEqual({
      Count: '1',
      Sum: 0.5,
      BucketCounts: ['0', '1', '0'],
      ExplicitBounds: [0.1, 1],
      Min: 0.5,
      Max: 0.5,
    })
    expect(await read('exponential_histogram', 'Count, Sum, PositiveBucketCounts')).toEqual({
      Count: '1',
      Sum: 100,
      PositiveBucketCounts: ['1'],
    })
  })
})

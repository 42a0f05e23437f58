import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { anyJson, asBody, doubleJson, metricsJson, traceJson, type Value } from './builders.ts'
import { decodeMetrics, decodeMetricsJson, decodeTraces, decodeTracesJson } from './decoded.ts'

/** The official .proto files and example bodies, where a copy of them lies beside the repository. */
const [FOLDER] = globSync(join(import.meta.dirname, '../../../*/conformance/otlp'))

const IDS = new Set(['traceId', 'spanId', 'parentSpanId'])

/** OTLP/JSON has ids in hex where protobuf's own JSON has base64. */
function idsToBytes(json: unknown, key = ''): unknown {
  if (typeof json === 'string') return IDS.has(key) ? Buffer.from(json, 'hex') : json
  if (Array.isArray(json)) return json.map((item) => idsToBytes(item))
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, idsToBytes(value, name)]))
}

describe.skipIf(FOLDER === undefined)('against a generic protobuf library and the official definitions', () => {
  const type = (file: string, name: string) => {
    const root = new protobuf.Root()
    root.resolvePath = (_origin, target) => join(FOLDER!, target)
    return root.loadSync(`opentelemetry/proto/collector/${file}`).lookupType(name)
  }
  const encoder = (file: string, name: string) => {
    let known: protobuf.Type | undefined
    return (json: object): Buffer => {
      known ??= type(file, name)
      return Buffer.from(known.encode(known.fromObject(idsToBytes(json) as object)).finish())
    }
  }
  const encodeTraces = encoder('trace/v1/trace_service.proto', 'ExportTraceServiceRequest')
  const encodeMetrics = encoder('metrics/v1/metrics_service.proto', 'ExportMetricsServiceRequest')
  const example = (name: string) => JSON.parse(readFileSync(join(FOLDER!, 'examples', name), 'utf8')) as object

  test('the example trace decodes alike from both encodings', () => {
    const json = example('trace.json')
    const decoded = decodeTraces(encodeTraces(json))
    expect(decoded.groups[0]!.scopes[0]!.items).toHaveLength(1)
    expect(decoded).toEqual(decodeTracesJson(asBody(json)))
  })

  test('the example metrics decode alike from both encodings', () => {
    const json = example('metrics.json')
    const decoded = decodeMetrics(encodeMetrics(json))
    expect(decoded.groups[0]!.scopes[0]!.items.map(({ data }) => data?.kind)).toEqual(
      expect.arrayContaining(['sum', 'gauge', 'histogram', 'exponential_histogram']),
    )
    expect(decoded).toEqual(decodeMetricsJson(asBody(json)))
  })

  test('any spans decode alike from both encodings', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 4 }), attributes, (spans, resource) => {
        const json = { resourceSpans: [{ ...traceJson(spans).resourceSpans[0], resource: { attributes: resource } }] }
        expect(decodeTraces(encodeTraces(json))).toEqual(decodeTracesJson(asBody(json)))
      }),
    )
  })

  test('any metrics decode alike from both encodings', () => {
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 4 }), (metrics) => {
        const json = metricsJson(metrics)
        expect(decodeMetrics(encodeMetrics(json))).toEqual(decodeMetricsJson(asBody(json)))
      }),
    )
  })
})

const text = fc.string({ unit: 'grapheme', maxLength: 30 })
const hexId = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex'))
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const number = fc.double().map(doubleJson)
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true }),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'ü'), tie('value'), { maxKeys: 3 }),
  ),
}))
const attributes = fc.array(fc.record({ key: text, value: value.map(anyJson) }), { maxLength: 4 })
const span = fc.record(
  {
    traceId: hexId(16),
    spanId: hexId(8),
    parentSpanId: hexId(8),
    traceState: text,
    name: text,
    kind: fc.nat(7),
    startTimeUnixNano: uint64,
    endTimeUnixNano: uint64,
    attributes,
    droppedAttributesCount: fc.nat(),
    flags: fc.nat(),
    events: fc.array(fc.record({ timeUnixNano: uint64, name: text, attributes }), { maxLength: 2 }),
    links: fc.array(fc.record({ traceId: hexId(16), spanId: hexId(8), traceState: text, attributes }), {
      maxLength: 2,
    }),
    status: fc.record({ code: fc.nat(3), message: text }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)
const exemplars = fc.array(
  fc.record({
    timeUnixNano: uint64,
    asDouble: number,
    spanId: hexId(8),
    traceId: hexId(16),
    filteredAttributes: attributes,
  }),
  { maxLength: 2 },
)
const common = { attributes, startTimeUnixNano: uint64, timeUnixNano: uint64, flags: fc.nat() }
const points = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.array(fc.record({ ...common, ...shape }, { requiredKeys: [] }), { maxLength: 3 })
const temporality = fc.nat(3)
const buckets = fc.record({
  offset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  bucketCounts: fc.array(uint64, { maxLength: 5 }),
})
const distribution = { count: uint64, sum: number, min: number, max: number, exemplars }
const scalar = points({ asDouble: number, exemplars })
const metric = fc
  .oneof(
    fc.record({ gauge: fc.record({ dataPoints: scalar }) }),
    fc.record({
      sum: fc.record({ dataPoints: scalar, aggregationTemporality: temporality, isMonotonic: fc.boolean() }),
    }),
    fc.record({
      histogram: fc.record({
        dataPoints: points({
          ...distribution,
          bucketCounts: fc.array(uint64, { maxLength: 5 }),
          explicitBounds: fc.array(number, { maxLength: 5 }),
        }),
        aggregationTemporality: temporality,
      }),
    }),
    fc.record({
      exponentialHistogram: fc.record({
        dataPoints: points({
          ...distribution,
          scale: fc.integer({ min: -10, max: 20 }),
          zeroCount: uint64,
          positive: buckets,
          negative: buckets,
        }),
        aggregationTemporality: temporality,
      }),
    }),
    fc.record({
      summary: fc.record({
        dataPoints: points({
          count: uint64,
          sum: number,
          quantileValues: fc.array(fc.record({ quantile: number, value: number }), { maxLength: 3 }),
        }),
      }),
    }),
  )
  .chain((data) => fc.record({ name: text, description: text, unit: text }).map((head) => ({ ...head, ...data })))

import { createHash } from 'node:crypto'
import { double, fixed64, hex, len, type Part, vint } from './wire.ts'

/** 2026-01-01T00:00:00Z. */
export const T0_NS = 1_767_225_600_000_000_000n

export const TRACE_ID = '5b8efff798038103d269b633813fc60c'
export const SPAN_ID = 'eee19b7ec3c1b174'

/** A value in the shape of both encodings; bigint stands for int64. */
export type Value = string | boolean | bigint | number | null | Uint8Array | Value[] | { [key: string]: Value }

export type Attributes = Record<string, Value>

export interface SpanSpec {
  traceId?: string
  spanId?: string
  parentSpanId?: string
  traceState?: string
  name?: string
  kind?: number
  startNs?: bigint
  endNs?: bigint
  attributes?: Attributes
  events?: { timeNs?: bigint; name?: string; attributes?: Attributes }[]
  links?: { traceId: string; spanId: string; traceState?: string; attributes?: Attributes }[]
  status?: { code?: number; message?: string }
}

/** Spans that differ have ids that differ, in both encodings alike; one about which nothing is said has `SPAN_ID`. */
function spanIdOf(spec: SpanSpec, occurrence = 0): string {
  if (Object.keys(spec).length === 0 && occurrence === 0) return SPAN_ID
  const text = JSON.stringify(spec, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
  return createHash('sha1').update(`${occurrence} ${text}`).digest('hex').slice(0, 16)
}

const DEFAULTS = {
  traceId: TRACE_ID,
  name: 'GET /orders',
  kind: 3,
  startNs: T0_NS,
  endNs: T0_NS + 25_000_000n,
} satisfies SpanSpec

export function anyValue(value: Value): Part {
  if (value === null) return Buffer.alloc(0)
  if (typeof value === 'string') return len(1, value)
  if (typeof value === 'boolean') return vint(2, value ? 1 : 0)
  if (typeof value === 'bigint') return vint(3, value)
  if (typeof value === 'number') return double(4, value)
  if (value instanceof Uint8Array) return len(7, Buffer.from(value))
  if (Array.isArray(value)) return len(5, ...value.map((item) => len(1, anyValue(item))))
  return len(6, ...pairs(1, value))
}

export const pairs = (field: number, attributes: Attributes): Part[] =>
  Object.entries(attributes).map(([key, value]) => len(field, len(1, key), len(2, anyValue(value))))

export function spanBytes(spec: SpanSpec = {}): Part {
  const span = { ...DEFAULTS, spanId: spanIdOf(spec), ...spec }
  return Buffer.concat([
    hex(1, span.traceId),
    hex(2, span.spanId),
    ...(span.traceState ? [len(3, span.traceState)] : []),
    ...(span.parentSpanId ? [hex(4, span.parentSpanId)] : []),
    len(5, span.name),
    vint(6, span.kind),
    fixed64(7, span.startNs),
    fixed64(8, span.endNs),
    ...pairs(9, span.attributes ?? {}),
    ...(span.events ?? []).map(({ timeNs = T0_NS, name = '', attributes = {} }) =>
      len(11, fixed64(1, timeNs), len(2, name), ...pairs(3, attributes)),
    ),
    ...(span.links ?? []).map(({ traceId, spanId, traceState = '', attributes = {} }) =>
      len(13, hex(1, traceId), hex(2, spanId), len(3, traceState), ...pairs(4, attributes)),
    ),
    ...(span.status ? [len(15, len(2, span.status.message ?? ''), vint(3, span.status.code ?? 0))] : []),
  ])
}

const SHOP = { 'service.name': 'shop' }

/** ExportTraceServiceRequest with one resource and one scope. */
export const traceBody = (spans: SpanSpec[], resource: Attributes = SHOP): Part =>
  traceEnvelope(
    spans.map((span, n) => spanBytes({ spanId: spanIdOf(span, spans.indexOf(span) === n ? 0 : n), ...span })),
    resource,
  )

/** The same around spans already encoded. */
export const traceEnvelope = (spans: Part[], resource: Attributes = SHOP): Part =>
  len(
    1,
    len(1, ...pairs(1, resource)),
    len(2, len(1, len(1, 'lib'), len(2, '1.0')), ...spans.map((span) => len(2, span))),
  )

/** As text where `JSON.stringify` would lose the value: not a number, infinities, minus zero. */
export function doubleJson(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}

export function anyJson(value: Value): object {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') return { doubleValue: doubleJson(value) }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyJson) } }
  return { kvlistValue: { values: pairsJson(value) } }
}

export const pairsJson = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyJson(value) }))

export function spanJson(spec: SpanSpec = {}) {
  const span = { ...DEFAULTS, spanId: spanIdOf(spec), ...spec }
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceState,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    attributes: pairsJson(span.attributes ?? {}),
    events: (span.events ?? []).map(({ timeNs = T0_NS, name = '', attributes = {} }) => ({
      timeUnixNano: String(timeNs),
      name,
      attributes: pairsJson(attributes),
    })),
    links: (span.links ?? []).map(({ attributes = {}, ...link }) => ({ ...link, attributes: pairsJson(attributes) })),
    status: span.status,
  }
}

/** The OTLP/JSON form of `traceBody`. */
export const traceJson = (spans: object[], resource: Attributes = SHOP) => ({
  resourceSpans: [
    {
      resource: { attributes: pairsJson(resource) },
      scopeSpans: [{ scope: { name: 'lib', version: '1.0' }, spans }],
    },
  ],
})

/** ExportMetricsServiceRequest with one resource, one scope and the given encoded metrics. */
export const metricsEnvelope = (metrics: Part[], resource: Attributes = SHOP): Part =>
  len(
    1,
    len(1, ...pairs(1, resource)),
    len(2, len(1, len(1, 'lib'), len(2, '1.0')), ...metrics.map((metric) => len(2, metric))),
  )

export const metricsJson = (metrics: object[], resource: Attributes = SHOP) => ({
  resourceMetrics: [
    {
      resource: { attributes: pairsJson(resource) },
      scopeMetrics: [{ scope: { name: 'lib', version: '1.0' }, metrics }],
    },
  ],
})

export const asBody = (json: object): Buffer => Buffer.from(JSON.stringify(json))

/** A number as an id of so many bytes. */
export const hexOf = (value: number, bytes: number): string => value.toString(16).padStart(bytes * 2, '0')

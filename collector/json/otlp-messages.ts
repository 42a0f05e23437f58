import { attributes } from './attributes.ts'
import {
  bool,
  double,
  enumeration,
  type Fields,
  fixed32,
  fixed64,
  id,
  message,
  messages,
  packedDouble,
  packedFixed64,
  packedUint64,
  sint32,
  text,
  uint32,
  type WriteField,
  wholeNumber,
} from './fields.ts'

// The messages of OTLP: key in JSON, field number, type. Source: opentelemetry-proto 1.11 (common, resource, trace, metrics).

const fields = (table: Record<string, WriteField>): Fields => new Map(Object.entries(table))

const RESOURCE = fields({ attributes: attributes(1), droppedAttributesCount: uint32(2) })
const SCOPE = fields({ name: text(1), version: text(2), attributes: attributes(3), droppedAttributesCount: uint32(4) })

const KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
] as const
const STATUS_CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] as const

const EVENT = fields({
  timeUnixNano: fixed64(1),
  name: text(2),
  attributes: attributes(3),
  droppedAttributesCount: uint32(4),
})
const LINK = fields({
  traceId: id(1),
  spanId: id(2),
  traceState: text(3),
  attributes: attributes(4),
  droppedAttributesCount: uint32(5),
  flags: fixed32(6),
})
const STATUS = fields({ message: text(2), code: enumeration(3, STATUS_CODES) })
const SPAN = fields({
  traceId: id(1),
  spanId: id(2),
  traceState: text(3),
  parentSpanId: id(4),
  name: text(5),
  kind: enumeration(6, KINDS),
  startTimeUnixNano: fixed64(7),
  endTimeUnixNano: fixed64(8),
  attributes: attributes(9),
  droppedAttributesCount: uint32(10),
  events: messages(11, () => EVENT),
  droppedEventsCount: uint32(12),
  links: messages(13, () => LINK),
  droppedLinksCount: uint32(14),
  status: message(15, () => STATUS),
  flags: fixed32(16),
})

const TEMPORALITIES = [
  'AGGREGATION_TEMPORALITY_UNSPECIFIED',
  'AGGREGATION_TEMPORALITY_DELTA',
  'AGGREGATION_TEMPORALITY_CUMULATIVE',
] as const

const EXEMPLAR = fields({
  timeUnixNano: fixed64(2),
  asDouble: double(3),
  spanId: id(4),
  traceId: id(5),
  asInt: wholeNumber(6, 3),
  filteredAttributes: attributes(7),
})
const TIMES = { startTimeUnixNano: fixed64(2), timeUnixNano: fixed64(3) }
const NUMBER_POINT = fields({
  ...TIMES,
  asDouble: double(4),
  exemplars: messages(5, () => EXEMPLAR),
  asInt: wholeNumber(6, 4),
  attributes: attributes(7),
  flags: uint32(8),
})
const HISTOGRAM_POINT = fields({
  ...TIMES,
  count: fixed64(4),
  sum: double(5),
  bucketCounts: packedFixed64(6),
  explicitBounds: packedDouble(7),
  exemplars: messages(8, () => EXEMPLAR),
  attributes: attributes(9),
  flags: uint32(10),
  min: double(11),
  max: double(12),
})
const BUCKETS = fields({ offset: sint32(1), bucketCounts: packedUint64(2) })
const EXPONENTIAL_POINT = fields({
  attributes: attributes(1),
  ...TIMES,
  count: fixed64(4),
  sum: double(5),
  scale: sint32(6),
  zeroCount: fixed64(7),
  positive: message(8, () => BUCKETS),
  negative: message(9, () => BUCKETS),
  flags: uint32(10),
  exemplars: messages(11, () => EXEMPLAR),
  min: double(12),
  max: double(13),
  zeroThreshold: double(14),
})
const QUANTILE = fields({ quantile: double(1), value: double(2) })
const SUMMARY_POINT = fields({
  ...TIMES,
  count: fixed64(4),
  sum: double(5),
  quantileValues: messages(6, () => QUANTILE),
  attributes: attributes(7),
  flags: uint32(8),
})

const TEMPORALITY = { aggregationTemporality: enumeration(2, TEMPORALITIES) }
const points = (point: Fields, more: Record<string, WriteField> = {}): Fields =>
  fields({ dataPoints: messages(1, () => point), ...more })
const GAUGE = points(NUMBER_POINT)
const SUM = points(NUMBER_POINT, { ...TEMPORALITY, isMonotonic: bool(3) })
const HISTOGRAM = points(HISTOGRAM_POINT, TEMPORALITY)
const EXPONENTIAL = points(EXPONENTIAL_POINT, TEMPORALITY)
const SUMMARY = points(SUMMARY_POINT)
const METRIC = fields({
  name: text(1),
  description: text(2),
  unit: text(3),
  gauge: message(5, () => GAUGE),
  sum: message(7, () => SUM),
  histogram: message(9, () => HISTOGRAM),
  exponentialHistogram: message(10, () => EXPONENTIAL),
  summary: message(11, () => SUMMARY),
})

/**
 * Request → resources → scopes → records: alike but for the keys. Scopes were instrumentation libraries until OTLP 0.15,
 * with the same fields.
 */
function request(resources: string, scopes: string, libraries: string, records: string, record: Fields): Fields {
  const scope = message(1, () => SCOPE)
  const scopeGroup = fields({
    scope,
    instrumentationLibrary: scope,
    [records]: messages(2, () => record),
    schemaUrl: text(3),
  })
  const scopeGroups = messages(2, () => scopeGroup)
  const group = fields({
    resource: message(1, () => RESOURCE),
    [scopes]: scopeGroups,
    [libraries]: scopeGroups,
    schemaUrl: text(3),
  })
  return fields({ [resources]: messages(1, () => group) })
}

/** Export{Trace,Metrics}ServiceRequest. */
export const REQUESTS = {
  traces: request('resourceSpans', 'scopeSpans', 'instrumentationLibrarySpans', 'spans', SPAN),
  metrics: request('resourceMetrics', 'scopeMetrics', 'instrumentationLibraryMetrics', 'metrics', METRIC),
} as const

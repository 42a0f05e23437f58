import type {
  Buckets,
  Decoded,
  ExponentialPoint,
  HistogramPoint,
  Metric,
  MetricData,
  Notes,
  NumberPoint,
  Point,
  SummaryPoint,
} from '../telemetry.ts'
import { attributesOf, decodeGroups, exemplarsOf, numberOf } from './common.ts'
import {
  asDouble,
  asUint64,
  bool,
  double,
  enumeration,
  int32,
  list,
  message,
  messages,
  optionalDouble,
  text,
  uint32,
  uint64,
} from './fields.ts'
import { type JsonObject, parseBody } from './parse.ts'

const TEMPORALITIES = [
  'AGGREGATION_TEMPORALITY_UNSPECIFIED',
  'AGGREGATION_TEMPORALITY_DELTA',
  'AGGREGATION_TEMPORALITY_CUMULATIVE',
] as const

/** Decodes an OTLP/JSON ExportMetricsServiceRequest; throws `BadBody`. */
export const decodeMetricsJson = (body: Buffer): Decoded<Metric> =>
  decodeGroups(parseBody(body), { groups: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics' }, metricOf)

const metricOf = (json: JsonObject, notes: Notes): Metric => ({
  name: text(json, 'name'),
  description: text(json, 'description'),
  unit: text(json, 'unit'),
  data: dataOf(json, notes),
})

function dataOf(json: JsonObject, notes: Notes): MetricData | null {
  const has = (key: string) => (json[key] ?? null) !== null
  const points = <P>(key: string, pointOf: (json: JsonObject, notes: Notes) => P): P[] =>
    messages(message(json, key), 'dataPoints').map((point) => pointOf(point, notes))
  const temporality = (key: string) => enumeration(message(json, key), 'aggregationTemporality', TEMPORALITIES)

  if (has('gauge')) return { kind: 'gauge', points: points('gauge', numberPointOf) }
  if (has('sum')) {
    const monotonic = bool(message(json, 'sum'), 'isMonotonic')
    return { kind: 'sum', points: points('sum', numberPointOf), temporality: temporality('sum'), monotonic }
  }
  if (has('histogram')) {
    return { kind: 'histogram', points: points('histogram', histogramPointOf), temporality: temporality('histogram') }
  }
  if (has('exponentialHistogram')) {
    const key = 'exponentialHistogram'
    return { kind: 'exponential_histogram', points: points(key, exponentialPointOf), temporality: temporality(key) }
  }
  return has('summary') ? { kind: 'summary', points: points('summary', summaryPointOf) } : null
}

const pointOf = (json: JsonObject, notes: Notes): Point => ({
  attributes: attributesOf(json, 'attributes', notes),
  startNs: uint64(json, 'startTimeUnixNano'),
  timeNs: uint64(json, 'timeUnixNano'),
  flags: uint32(json, 'flags'),
})

const numberPointOf = (json: JsonObject, notes: Notes): NumberPoint => ({
  ...pointOf(json, notes),
  value: numberOf(json),
  exemplars: exemplarsOf(json, notes),
})

const distributionOf = (json: JsonObject, notes: Notes) => ({
  ...pointOf(json, notes),
  count: uint64(json, 'count'),
  sum: optionalDouble(json, 'sum'),
  min: optionalDouble(json, 'min'),
  max: optionalDouble(json, 'max'),
  exemplars: exemplarsOf(json, notes),
})

const histogramPointOf = (json: JsonObject, notes: Notes): HistogramPoint => ({
  ...distributionOf(json, notes),
  bucketCounts: list(json, 'bucketCounts').map((count) => asUint64(count, 'bucketCounts')),
  bounds: list(json, 'explicitBounds').map((bound) => asDouble(bound, 'explicitBounds')),
})

const exponentialPointOf = (json: JsonObject, notes: Notes): ExponentialPoint => ({
  ...distributionOf(json, notes),
  scale: int32(json, 'scale'),
  zeroCount: uint64(json, 'zeroCount'),
  positive: bucketsOf(message(json, 'positive')),
  negative: bucketsOf(message(json, 'negative')),
})

const bucketsOf = (json: JsonObject): Buckets => ({
  offset: int32(json, 'offset'),
  counts: list(json, 'bucketCounts').map((count) => asUint64(count, 'bucketCounts')),
})

const summaryPointOf = (json: JsonObject, notes: Notes): SummaryPoint => ({
  ...pointOf(json, notes),
  count: uint64(json, 'count'),
  sum: double(json, 'sum'),
  quantiles: messages(json, 'quantileValues').map((pair) => ({
    quantile: double(pair, 'quantile'),
    value: double(pair, 'value'),
  })),
})

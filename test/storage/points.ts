import type { Db } from '../../storage/query.ts'

export const DELTA = 1
export const CUMULATIVE = 2

interface CommonPoint {
  at: number
  since?: number
  metric?: string
  service?: string
  attributes?: Record<string, string>
  resource?: Record<string, string>
  flags?: number
}

export interface SumPoint extends CommonPoint {
  value: number
  temporality?: number
  monotonic?: boolean
}

export interface HistogramPoint extends CommonPoint {
  /** Counts of the buckets, one more than bounds. */
  buckets: number[]
  bounds: number[]
  temporality?: number
}

export interface ExponentialPoint extends CommonPoint {
  scale: number
  offset: number
  buckets: number[]
  zero?: number
  negative?: number[]
  temporality?: number
}

const iso = (ms: number) => new Date(ms).toISOString()
const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0)

const common = ({
  at,
  since = 0,
  metric = 'messages',
  service = 'orders',
  attributes = {},
  resource = {},
  flags = 0,
}: CommonPoint) => ({
  ResourceAttributes: { 'service.name': service, ...resource },
  ServiceName: service,
  MetricName: metric,
  Attributes: attributes,
  StartTimeUnix: iso(since),
  TimeUnix: iso(at),
  Flags: flags,
})

let token = 0

/** Points as the collector stores them: `token` would make a repeated insert count once, here each is its own. */
const store = (db: Db, table: string, values: object[]) =>
  db.insert({
    table,
    values,
    format: 'JSONEachRow',
    clickhouse_settings: { insert_deduplication_token: `points-${++token}` },
  })

export const storeSums = (db: Db, points: readonly SumPoint[]) =>
  store(
    db,
    'otel_metrics_sum',
    points.map(({ value, temporality = CUMULATIVE, monotonic = true, ...rest }) => ({
      ...common(rest),
      Value: Number.isFinite(value) ? value : String(value).replace('Infinity', 'inf').toLowerCase(),
      AggregationTemporality: temporality,
      IsMonotonic: monotonic,
    })),
  )

export const storeGauges = (db: Db, points: readonly (CommonPoint & { value: number })[]) =>
  store(
    db,
    'otel_metrics_gauge',
    points.map(({ value, ...rest }) => ({ ...common(rest), Value: value })),
  )

export const storeHistograms = (db: Db, points: readonly HistogramPoint[]) =>
  store(
    db,
    'otel_metrics_histogram',
    points.map(({ buckets, bounds, temporality = CUMULATIVE, ...rest }) => ({
      ...common(rest),
      Count: sum(buckets),
      BucketCounts: buckets,
      ExplicitBounds: bounds,
      AggregationTemporality: temporality,
    })),
  )

export const storeExponentials = (db: Db, points: readonly ExponentialPoint[]) =>
  store(
    db,
    'otel_metrics_exponential_histogram',
    points.map(({ scale, offset, buckets, zero = 0, negative = [], temporality = CUMULATIVE, ...rest }) => ({
      ...common(rest),
      Count: sum(buckets) + zero + sum(negative),
      Scale: scale,
      ZeroCount: zero,
      PositiveOffset: offset,
      PositiveBucketCounts: buckets,
      NegativeOffset: 0,
      NegativeBucketCounts: negative,
      AggregationTemporality: temporality,
    })),
  )

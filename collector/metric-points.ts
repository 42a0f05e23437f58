import { timeRefusal } from './kept-times.ts'
import type { Reason } from './rejections.ts'
import {
  type HistogramPoint,
  MAX_TIME_NS,
  type Metric,
  type MetricData,
  type NumberPoint,
  type Point,
} from './telemetry.ts'

/** DataPointFlags bit 0: the point exists without a value (a staleness marker); its value fields mean nothing. */
const NO_RECORDED_VALUE = 1

export const hasNoRecordedValue = ({ flags }: Point): boolean => (flags & NO_RECORDED_VALUE) !== 0

/** Why no point of this metric can be stored, or null. */
export function metricRefusal(metric: Metric): Reason | null {
  if (metric.name === '') return 'no_metric_name'
  return hasUnspecifiedTemporality(metric.data) ? 'no_temporality' : null
}

const hasUnspecifiedTemporality = (data: MetricData | null): boolean =>
  (data?.kind === 'sum' || data?.kind === 'histogram' || data?.kind === 'exponential_histogram') &&
  data.temporality === 0

/** What a point's time is judged by. */
export interface PointTimes {
  nowMs: number
  /** How long points are kept. */
  lifetimeMs: number
}

/** Why a point cannot be stored, or null. Source: OTLP metrics.proto and its data model. */
export function pointRefusal(kind: MetricData['kind'], point: Point, { nowMs, lifetimeMs }: PointTimes): Reason | null {
  if (point.timeNs === 0n) return 'no_point_time'
  if (point.timeNs > MAX_TIME_NS || point.startNs > MAX_TIME_NS) return 'time_out_of_range'
  const late = timeRefusal(Number(point.timeNs), nowMs, lifetimeMs)
  if (late !== null) return late
  if (hasNoRecordedValue(point)) return null
  if (kind === 'gauge' || kind === 'sum') return (point as NumberPoint).value === null ? 'no_value' : null
  return kind === 'histogram' ? histogramRefusal(point as HistogramPoint) : null
}

function histogramRefusal({ bucketCounts, bounds }: HistogramPoint): Reason | null {
  if (bucketCounts.length === 0 && bounds.length === 0) return null
  if (bucketCounts.length !== bounds.length + 1) return 'bucket_mismatch'
  return bounds.every((bound, i) => (i === 0 ? !Number.isNaN(bound) : bound > bounds[i - 1]!))
    ? null
    : 'bounds_not_increasing'
}

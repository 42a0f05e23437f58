import type { IngestTable } from '../../storage/ingest.ts'
import { hasNoRecordedValue } from '../metric-points.ts'
import type {
  Exemplar,
  ExponentialPoint,
  HistogramPoint,
  Metric,
  MetricKind,
  NumberPoint,
  Point,
  Resource,
  Scope,
  SummaryPoint,
} from '../telemetry.ts'
import { encoded, type RowWriter } from './row-writer.ts'
import { serviceOf, storable } from './span-row.ts'

export const METRIC_TABLES: Record<MetricKind, IngestTable> = {
  gauge: 'otel_metrics_gauge',
  sum: 'otel_metrics_sum',
  histogram: 'otel_metrics_histogram',
  exponential_histogram: 'otel_metrics_exponential_histogram',
  summary: 'otel_metrics_summary',
}

/** What all points of one scope share, encoded once: the columns ResourceAttributes … ServiceName. */
export const encodeMetricOrigin = (resource: Resource, scope: Scope): Uint8Array =>
  encoded((writer) => {
    writer.map(resource.attributes)
    writer.string(resource.schemaUrl)
    writer.string(scope.name)
    writer.string(scope.version)
    writer.map(scope.attributes)
    writer.uint32(scope.droppedAttributes)
    writer.string(scope.schemaUrl)
    writer.string(serviceOf(resource.attributes))
  })

/**
 * One row of the metric's table, in the order of `INGEST_COLUMNS`. A point without recorded value keeps its flag and has 0
 * in every value column.
 */
export function writePointRow(writer: RowWriter, origin: Uint8Array, metric: Metric, point: Point): void {
  const data = metric.data!
  const empty = hasNoRecordedValue(point)
  writer.raw(origin)
  writer.string(metric.name)
  writer.string(metric.description)
  writer.string(metric.unit)
  writer.map(point.attributes)
  writer.uint64(storable(point.startNs))
  writer.uint64(storable(point.timeNs))
  writer.uint32(point.flags)
  switch (data.kind) {
    case 'gauge':
      writeNumber(writer, point as NumberPoint, empty)
      break
    case 'sum':
      writeNumber(writer, point as NumberPoint, empty)
      writer.int32(data.temporality)
      writer.bool(data.monotonic)
      break
    case 'histogram':
      writeHistogram(writer, empty ? { ...(point as HistogramPoint), ...NO_HISTOGRAM } : (point as HistogramPoint))
      writer.int32(data.temporality)
      break
    case 'exponential_histogram':
      writeExponential(
        writer,
        empty ? { ...(point as ExponentialPoint), ...NO_EXPONENTIAL } : (point as ExponentialPoint),
      )
      writer.int32(data.temporality)
      break
    case 'summary':
      writeSummary(writer, empty ? { ...(point as SummaryPoint), ...NO_SUMMARY } : (point as SummaryPoint))
  }
  writer.rows++
}

const NO_DISTRIBUTION = { count: 0n, sum: 0, min: 0, max: 0 }
const NO_HISTOGRAM = { ...NO_DISTRIBUTION, bucketCounts: [], bounds: [] }
const NO_BUCKETS = { offset: 0, counts: [] }
const NO_EXPONENTIAL = { ...NO_DISTRIBUTION, scale: 0, zeroCount: 0n, positive: NO_BUCKETS, negative: NO_BUCKETS }
const NO_SUMMARY = { count: 0n, sum: 0, quantiles: [] }

function writeNumber(writer: RowWriter, point: NumberPoint, empty: boolean): void {
  writer.float64(empty ? 0 : (point.value ?? 0))
  writeExemplars(writer, point.exemplars)
}

function writeHistogram(writer: RowWriter, point: HistogramPoint): void {
  writer.uint64(point.count)
  writer.float64(point.sum ?? 0)
  writer.array(point.bucketCounts, (count) => writer.uint64(count))
  writer.array(point.bounds, (bound) => writer.float64(bound))
  writeExemplars(writer, point.exemplars)
  writer.float64(point.min ?? 0)
  writer.float64(point.max ?? 0)
}

function writeExponential(writer: RowWriter, point: ExponentialPoint): void {
  writer.uint64(point.count)
  writer.float64(point.sum ?? 0)
  writer.int32(point.scale)
  writer.uint64(point.zeroCount)
  writer.int32(point.positive.offset)
  writer.array(point.positive.counts, (count) => writer.uint64(count))
  writer.int32(point.negative.offset)
  writer.array(point.negative.counts, (count) => writer.uint64(count))
  writeExemplars(writer, point.exemplars)
  writer.float64(point.min ?? 0)
  writer.float64(point.max ?? 0)
}

function writeSummary(writer: RowWriter, point: SummaryPoint): void {
  writer.uint64(point.count)
  writer.float64(point.sum)
  writer.array(point.quantiles, ({ quantile }) => writer.float64(quantile))
  writer.array(point.quantiles, ({ value }) => writer.float64(value))
}

function writeExemplars(writer: RowWriter, exemplars: Exemplar[]): void {
  writer.array(exemplars, ({ attributes }) => writer.map(attributes))
  writer.array(exemplars, ({ timeNs }) => writer.uint64(storable(timeNs)))
  writer.array(exemplars, ({ value }) => writer.float64(value))
  writer.array(exemplars, ({ spanId }) => writer.string(spanId))
  writer.array(exemplars, ({ traceId }) => writer.string(traceId))
}

import { metricRefusal, type PointTimes, pointRefusal } from './metric-points.ts'
import { decodeMetrics } from './protobuf/metrics.ts'
import { dayOf } from './rows/days.ts'
import { encodeMetricOrigin, METRIC_TABLES, writePointRow } from './rows/metric-rows.ts'
import type { TableRows } from './rows/tables.ts'
import { type Keeping, redactMetric, redactPoint, storedResource, storedScope } from './stored-telemetry.ts'
import type { Metric, Notes } from './telemetry.ts'
import { nothingWritten, type Written } from './written.ts'

type MetricKeeping = Pick<Keeping, 'redaction' | 'lifetimes'> & {
  /** Whether a metric of this name may be stored. */
  admitsMetric?: (name: string) => boolean
}

/**
 * ExportMetricsServiceRequest → rows of `otel_metrics_*`, redacted in place. A metric without data has no points; a span or
 * log record in place of a metric is rejected as one point. Throws `BadBody` and what making rows throws.
 */
export function writeMetricRows(body: Buffer, rows: TableRows, keeping: MetricKeeping, nowMs: number): Written & Notes {
  const { redaction, lifetimes, admitsMetric = () => true } = keeping
  const times = { nowMs, lifetimeMs: lifetimes.points }
  const written = nothingWritten()
  const { groups, notes } = decodeMetrics(body)
  for (const { resource: sent, scopes } of groups) {
    const resource = storedResource(sent, redaction)
    for (const { scope, items } of scopes) {
      const origin = encodeMetricOrigin(resource, storedScope(scope, redaction))
      for (const metric of items) writeMetric(metric, { origin, rows, written, redaction, times, admitsMetric })
    }
  }
  return { ...written, ...notes }
}

interface MetricTarget extends Pick<Keeping, 'redaction'> {
  origin: Uint8Array
  rows: TableRows
  written: Written
  times: PointTimes
  admitsMetric: (name: string) => boolean
}

function writeMetric(metric: Metric, { origin, rows, written, redaction, times, admitsMetric }: MetricTarget): void {
  if (metric.data === null || metric.data.points.length === 0) {
    if (metric.isForeign) written.rejections.add('no_metric')
    return
  }
  const { kind, points } = metric.data
  const refusal = metricRefusal(metric)
  if (refusal !== null) {
    written.rejections.add(refusal, points.length)
    return
  }
  redactMetric(metric, redaction)
  if (!admitsMetric(metric.name)) {
    written.rejections.add('too_many_metrics', points.length)
    return
  }
  const writer = rows.writers[METRIC_TABLES[kind]]
  for (const point of points) {
    const pointProblem =
      pointRefusal(kind, point, times) ?? (rows.days.admit(dayOf(point.timeNs)) ? null : 'too_many_days')
    if (pointProblem !== null) {
      written.rejections.add(pointProblem)
      continue
    }
    redactPoint(point, redaction)
    writePointRow(writer, origin, metric, point)
    written.accepted++
  }
}

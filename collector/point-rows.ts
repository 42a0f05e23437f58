import type { Redaction } from '../integration/redaction.ts'
import { metricRefusal, pointRefusal } from './metric-points.ts'
import { Rejections } from './rejections.ts'
import { encodeMetricOrigin, METRIC_TABLES, writePointRow } from './rows/metric-rows.ts'
import { RowWriter } from './rows/row-writer.ts'
import type { TableRows } from './rows/tables.ts'
import { redactMetric, redactPoint, storedResource, storedScope } from './stored-telemetry.ts'
import type { Group, Metric } from './telemetry.ts'
import type { Written } from './trace-rows.ts'

/** Decoded metrics → rows of `otel_metrics_*`, redacted in place. A metric without data has no points. */
export function writeMetricRows(groups: Group<Metric>[], rows: TableRows, redaction: Redaction): Written {
  const written: Written = { accepted: 0, rejections: new Rejections(), backwards: 0 }
  const scratch = new RowWriter()
  for (const { resource: sent, scopes } of groups) {
    const resource = storedResource(sent, redaction)
    for (const { scope, items } of scopes) {
      const origin = encodeMetricOrigin(scratch, resource, storedScope(scope, redaction))
      for (const metric of items) writeMetric(metric, origin, rows, written, redaction)
    }
  }
  return written
}

function writeMetric(
  metric: Metric,
  origin: Uint8Array,
  rows: TableRows,
  written: Written,
  redaction: Redaction,
): void {
  if (metric.data === null) return
  const { kind, points } = metric.data
  const refusal = metricRefusal(metric)
  if (refusal !== null) {
    written.rejections.add(refusal, points.length)
    return
  }
  redactMetric(metric, redaction)
  const writer = rows.writers[METRIC_TABLES[kind]]
  for (const point of points) {
    const pointProblem = pointRefusal(kind, point) ?? (rows.days.admit(point.timeNs) ? null : 'too_many_days')
    if (pointProblem !== null) {
      written.rejections.add(pointProblem)
      continue
    }
    redactPoint(point, redaction)
    writePointRow(writer, origin, metric, point)
    written.accepted++
  }
}

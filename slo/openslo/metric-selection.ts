import { METRIC_KINDS, type MetricSelection } from '../model.ts'
import { readAttributes } from './selector.ts'
import type { PropertyPath, Reporter } from './source.ts'
import { refuseUnknownFields } from './source-fields.ts'
import { suggest } from './suggest.ts'

const FIELDS = ['source', 'name', 'kind', 'attributes', 'le']

/** Which points of an OTLP metric the `spec` of a metric source `metric` selects, or null when it is refused. */
export function readMetricSelection(
  spec: Readonly<Record<string, unknown>>,
  at: PropertyPath,
  report: Reporter,
): MetricSelection | null {
  const before = report.problems.length
  refuseUnknownFields(spec, FIELDS, { source: 'metric', at, report })
  const { name } = spec
  if (typeof name !== 'string' || name === '') {
    const path = name === undefined ? at : [...at, 'name']
    report.error('plan', path, 'required', 'needs the name of the metric, as text', 'Say name: queue.depth')
  }
  const kind = METRIC_KINDS.find((known) => known === spec.kind)
  if (!kind) {
    const path = spec.kind === undefined ? at : [...at, 'kind']
    const message = `needs the kind of the metric: ${METRIC_KINDS.join(', ')}`
    const hint = spec.kind === undefined ? 'Say kind: sum for a counter' : suggest(String(spec.kind), METRIC_KINDS)
    report.error('plan', path, spec.kind === undefined ? 'required' : 'one_of', message, hint)
  }
  const attributes = readAttributes(spec.attributes, [...at, 'attributes'], report)
  const le = readBound(spec.le, kind, [...at, 'le'], report)
  if (report.problems.length > before || typeof name !== 'string' || !kind) return null
  return { source: 'metric', metric: name, kind, attributes, le }
}

/** Only a bound of the histogram itself counts exactly; which ones it has is known when it is measured. */
function readBound(
  value: unknown,
  kind: MetricSelection['kind'] | undefined,
  path: PropertyPath,
  report: Reporter,
): number | null {
  if (value === undefined) return null
  if (kind && kind !== 'histogram') {
    return report.error('plan', path, 'forbidden', `a bucket bound belongs to a histogram, not to a ${kind}`)
  }
  if (typeof value === 'number' && Number.isFinite(value)) return value
  const hint = 'Use a bound of the histogram in its own unit: le: 0.3'
  return report.error('plan', path, 'invalid_bound', `must be a number, not ${JSON.stringify(value)}`, hint)
}

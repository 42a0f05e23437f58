import type { Problem } from '../problem.ts'
import type { Metric } from './sli-schema.ts'
import { missingReference, type PropertyPath, type Reporter } from './source.ts'
import { suggest } from './suggest.ts'

/** What reading an SLI needs to know of the objects around it. */
export interface SourceContext {
  report: Reporter
  /** Type of a DataSource by its name, null when there is none. */
  typeOf: (name: string) => string | null
}

const SOURCES = ['calls', 'metric', 'sql'] as const

/** Does this say that a metric is another system's? Such an SLO is fine as OpenSLO, and not for Plumbline to measure. */
export const isForeignSource = ({ code, path }: Pick<Problem, 'code' | 'path'>): boolean =>
  code === 'unsupported_source' || (code === 'ref_not_found' && path.endsWith('.metricSourceRef'))

/** The `spec` of a metric that comes from Plumbline's own store, with its path and source; null with the reason reported. */
export function measurableSpec(
  { metricSource }: Metric,
  at: PropertyPath,
  context: SourceContext,
): { source: (typeof SOURCES)[number]; spec: Metric['metricSource']['spec']; at: PropertyPath } | null {
  const path = [...at, 'metricSource']
  if (!isOurs(metricSource, path, context)) return null
  const specAt = [...path, 'spec']
  const source = sourceOf(metricSource.spec, specAt, context.report)
  return source && { source, spec: metricSource.spec, at: specAt }
}

/** Which source the `spec` at `specAt` names; null with the reason reported. */
export function sourceOf(
  spec: Metric['metricSource']['spec'],
  specAt: PropertyPath,
  report: Reporter,
): (typeof SOURCES)[number] | null {
  const source = SOURCES.find((known) => known === spec.source)
  if (source) return source
  if (spec.source === undefined) return report.error('plan', specAt, 'required', 'needs a source', 'Say source: calls')
  const message = `${JSON.stringify(spec.source)} is no source`
  return report.error('plan', [...specAt, 'source'], 'one_of', message, suggest(String(spec.source), SOURCES))
}

function isOurs(
  { metricSourceRef, type }: Metric['metricSource'],
  path: PropertyPath,
  { report, typeOf }: SourceContext,
): boolean {
  const actual = type || (metricSourceRef ? typeOf(metricSourceRef) : null)
  if (actual === 'plumbline') return true
  if (actual) {
    const hint = 'Send the telemetry to Plumbline and say type: plumbline'
    report.error('plan', [...path, 'type'], 'unsupported_source', `Plumbline cannot read from '${actual}'`, hint)
  } else if (metricSourceRef) {
    const message = missingReference('DataSource', metricSourceRef, [...path, 'metricSourceRef'])
    report.error('plan', [...path, 'metricSourceRef'], 'ref_not_found', message)
  } else {
    const message = 'is required without a metricSourceRef'
    report.error('plan', [...path, 'type'], 'required', message, 'Say type: plumbline')
  }
  return false
}

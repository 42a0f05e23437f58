import { canonicalJson } from '../generation.ts'
import type { CallSelection, Indicator, Selector } from '../model.ts'
import { readSelection } from './selection.ts'
import type { Metric, SliSpec } from './sli-schema.ts'
import { missingReference, type PropertyPath, type Reporter } from './source.ts'
import { suggest } from './suggest.ts'

/** Type of a DataSource by its name, null when there is none. */
export type DataSourceType = (name: string) => string | null

const SOURCES = ['calls', 'metric', 'sql']

/**
 * What Plumbline measures for an SLI, or null when it cannot; the reasons go to `report`.
 * @param at path of the SLI's `spec`
 */
export function readIndicator(
  name: string,
  { thresholdMetric, ratioMetric }: SliSpec,
  at: PropertyPath,
  report: Reporter,
  typeOf: DataSourceType,
): Indicator | null {
  if (thresholdMetric) {
    const path = [...at, 'thresholdMetric']
    return isMeasurable(thresholdMetric, path, report, typeOf) ? notYet(path, 'thresholdMetric', report) : null
  }
  if (!ratioMetric?.total) {
    const path = [...at, 'ratioMetric', 'raw']
    return ratioMetric?.raw && isMeasurable(ratioMetric.raw, path, report, typeOf) ? notYet(path, 'raw', report) : null
  }
  const counts = ratioMetric.good ? 'good' : 'bad'
  const ratioAt = [...at, 'ratioMetric']
  const numerator = readCalls(ratioMetric.good ?? ratioMetric.bad, [...ratioAt, counts], true, report, typeOf)
  const total = readCalls(ratioMetric.total, [...ratioAt, 'total'], false, report, typeOf)
  if (!numerator || !total) return null
  if (canonicalJson(numerator) === canonicalJson(total)) {
    const hint = 'Restrict it, for example by outcome: ok'
    return report.error('plan', [...ratioAt, counts], 'same_query', 'selects the same calls as total', hint)
  }
  if (!isWithin(numerator, total)) {
    const message = 'can select calls that total does not: should it ever count more than total, the SLO is invalid'
    report.warning('plan', [...ratioAt, counts], 'beyond_total', message, 'Repeat the selectors of total here')
  }
  return { source: 'calls', name, numerator: { counts, selection: numerator }, total }
}

function notYet(path: PropertyPath, what: string, report: Reporter): null {
  return report.error('plan', path, 'not_supported_yet', `not supported yet: ${what}`, 'Use good or bad, with total')
}

function readCalls(
  metric: Metric | null | undefined,
  at: PropertyPath,
  allowLatency: boolean,
  report: Reporter,
  typeOf: DataSourceType,
): CallSelection | null {
  if (!metric || !isMeasurable(metric, at, report, typeOf)) return null
  const { spec } = metric.metricSource
  const specAt = [...at, 'metricSource', 'spec']
  if (spec.source === 'calls') return readSelection(spec, specAt, report, allowLatency)
  const path = spec.source === undefined ? specAt : [...specAt, 'source']
  if (spec.source === 'metric' || spec.source === 'sql') {
    return report.error(
      'plan',
      path,
      'not_supported_yet',
      `not supported yet: source ${spec.source}`,
      'Use source: calls',
    )
  }
  if (spec.source === undefined) return report.error('plan', path, 'required', 'needs a source', 'Say source: calls')
  const message = `${JSON.stringify(spec.source)} is no source`
  return report.error('plan', path, 'one_of', message, suggest(String(spec.source), SOURCES))
}

/** Does the metric come from Plumbline's own store? */
function isMeasurable({ metricSource }: Metric, at: PropertyPath, report: Reporter, typeOf: DataSourceType): boolean {
  const path = [...at, 'metricSource']
  const { metricSourceRef, type } = metricSource
  const actual = type ?? (metricSourceRef ? typeOf(metricSourceRef) : null)
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

/** Is every call of the numerator one of the total? */
function isWithin(numerator: CallSelection, total: CallSelection): boolean {
  if (numerator.direction !== total.direction || numerator.synthetic !== total.synthetic) return false
  const everyField = Object.entries(total.fields) as [keyof CallSelection['fields'], Selector][]
  return (
    isSubset(numerator.outcome, total.outcome) &&
    everyField.every(([field, outer]) => {
      const inner = numerator.fields[field]
      return inner !== undefined && isSubset(inner, outer)
    })
  )
}

function isSubset(inner: Selector, outer: Selector): boolean {
  if ('notIn' in outer) {
    return outer.notIn.every((value) => ('in' in inner ? !inner.in.includes(value) : inner.notIn.includes(value)))
  }
  return 'in' in inner && inner.in.every((value) => outer.in.includes(value))
}

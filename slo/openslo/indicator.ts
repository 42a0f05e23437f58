import { canonicalJson } from '../generation.ts'
import type { CallSelection, MeasuredIndicator, MetricSelection, Objective, Selector } from '../model.ts'
import { readMetricSelection } from './metric-selection.ts'
import { measurableSpec, type SourceContext, sourceOf } from './metric-source.ts'
import { readSelection } from './selection.ts'
import type { Metric, SliSpec } from './sli-schema.ts'
import { isComparison, type ObjectiveSpec } from './slo-schema.ts'
import { isRecord, type PropertyPath, type Reporter } from './source.ts'
import { readQuery } from './sql-source.ts'

/** An SLI as far as it is known without an objective: a threshold stands in the objective. */
export type ReadSli = MeasuredIndicator | ThresholdSli

/** Judged are the points of a gauge, or with `per` what is counted in each minute: see `RateIndicator`. */
type ThresholdSli =
  | { source: 'threshold'; name: string; selection: MetricSelection; per?: undefined }
  | { source: 'threshold'; name: string; selection: Counted; per: Counted | null }

type Counted = CallSelection | MetricSelection

/**
 * What Plumbline measures for an SLI, or null when it cannot; the reasons go to `report`.
 * @param at path of the SLI's `spec`
 */
export function readSli(
  name: string,
  { thresholdMetric, ratioMetric }: SliSpec,
  at: PropertyPath,
  context: SourceContext,
): ReadSli | null {
  if (thresholdMetric) return readThreshold(name, thresholdMetric, [...at, 'thresholdMetric'], context)
  const ratioAt = [...at, 'ratioMetric']
  if (ratioMetric?.raw) return readRaw(name, ratioMetric.raw, ratioMetric.rawType ?? '', ratioAt, context)
  const counts = ratioMetric?.good ? 'good' : 'bad'
  const part = ratioMetric?.good ?? ratioMetric?.bad
  if (!ratioMetric?.total || !part) return null
  const { report } = context
  const numeratorAt = [...ratioAt, counts]
  const numerator = readPart(part, numeratorAt, counts, context)
  const total = readPart(ratioMetric.total, [...ratioAt, 'total'], 'total', context)
  if (!numerator || !total) return null
  if (canonicalJson(numerator) === canonicalJson(total)) {
    const hint = numerator.source === 'calls' ? 'Restrict it, for example by outcome: ok' : 'Restrict it by attributes'
    return report.error('plan', numeratorAt, 'same_query', 'selects the same as total', hint)
  }
  if (numerator.source === 'metric' || total.source === 'metric') {
    return { source: 'metric', name, numerator: { counts, selection: numerator }, total }
  }
  if (!isWithin(numerator, total)) {
    const message = 'can select calls that total does not: should it ever count more than total, the SLO is invalid'
    report.warning('plan', numeratorAt, 'beyond_total', message, 'Repeat the selectors of total here')
  }
  return { source: 'calls', name, numerator: { counts, selection: numerator }, total }
}

/** The indicator of one objective: with a threshold every bound is an SLI of its own. */
export function indicatorFor(
  sli: ReadSli,
  { op, value }: ObjectiveSpec,
  at: PropertyPath,
  report: Reporter,
): MeasuredIndicator | null {
  if (sli.source !== 'threshold') return sli
  if (isComparison(op) && typeof value === 'number') {
    const { name, selection, per } = sli
    return per === undefined
      ? { source: 'gauge', name, selection, op, value }
      : { source: 'rate', name, selection, per, op, value }
  }
  const wrong = isComparison(op) ? 'value' : 'op'
  return report.error('plan', [...at, wrong], 'required', 'a thresholdMetric needs op (lte, gte, lt, gt) and value')
}

function readThreshold(name: string, metric: Metric, at: PropertyPath, context: SourceContext): ReadSli | null {
  const found = measurableSpec(metric, at, context)
  if (!found) return null
  if (found.spec.per !== undefined && found.source !== 'sql') return readRate(name, found, context.report)
  if (found.source !== 'metric') return misplaced(found.source, 'thresholdMetric', found.at, context.report)
  const selection = readMetricSelection(found.spec, found.at, context.report)
  if (!selection || selection.kind === 'gauge') return selection && { source: 'threshold', name, selection }
  const hint = 'Say per: minute to judge its count of each minute, or count it under ratioMetric: good, with total'
  const message = `a thresholdMetric judges the points of a gauge; a ${selection.kind} counts events`
  return context.report.error('plan', [...found.at, 'kind'], 'misplaced_source', message, hint)
}

/** What is judged minute by minute: a count, or with another source under `per` the ratio of two. */
function readRate(name: string, { spec, at }: FoundSpec, report: Reporter): ReadSli | null {
  const { per, ...counted } = spec
  const perAt = [...at, 'per']
  const selection = readCount(counted, at, report, true)
  if (per === 'minute') return selection && { source: 'threshold', name, selection, per: null }
  if (!isRecord(per)) {
    const message = `must be minute, or a source to divide by, not ${JSON.stringify(per)}`
    return report.error('plan', perAt, 'invalid_per', message, 'Say per: minute for a count per minute')
  }
  const basis = readCount(per, perAt, report, false)
  if (!selection || !basis) return null
  if (canonicalJson(selection) !== canonicalJson(basis)) {
    return { source: 'threshold', name, selection, per: basis }
  }
  return report.error('plan', perAt, 'same_query', 'selects the same as what is divided', 'Restrict one of them')
}

/** @param allowLatency a latency on what is divided by would hide the slow calls */
function readCount(spec: FoundSpec['spec'], at: PropertyPath, report: Reporter, allowLatency: boolean): Counted | null {
  const source = sourceOf(spec, at, report)
  if (source === null) return null
  if (source === 'sql') return misplaced('sql', 'thresholdMetric', at, report)
  if (source === 'calls') return readSelection(spec, at, report, allowLatency)
  const selection = readMetricSelection(spec, at, report)
  if (selection?.kind === 'gauge') {
    const hint = 'Leave out per to judge the points of the gauge'
    return report.error('plan', [...at, 'kind'], 'misplaced_source', 'a gauge counts nothing per minute', hint)
  }
  if (!selection || selection.le === null) return selection
  const hint = 'Say good with le under ratioMetric: the share of events at or below the bound'
  return report.error('plan', [...at, 'le'], 'forbidden', 'a bucket bound does not belong on a count per minute', hint)
}

/** Minutes in which nothing is counted are judged by slices only, one for each minute: else what `no-data` says of them is lost. */
export function warnQuietMinutes(
  { source }: MeasuredIndicator,
  { method, slice, noData }: Pick<Objective, 'method' | 'slice' | 'noData'>,
  at: PropertyPath,
  report: Reporter,
): void {
  if (source !== 'rate' || (noData !== 'bad' && noData !== 'good')) return
  if (method !== 'occurrences' && slice?.minutes === 1) return
  const message = `a minute without anything counted is no event here, so no-data: ${noData} does not reach it`
  const hint = 'Say budgetingMethod: Timeslices with timeSliceWindow: 1m and timeSliceTarget: 1'
  report.warning('plan', at, 'quiet_minutes_left_out', message, hint)
}

type FoundSpec = NonNullable<ReturnType<typeof measurableSpec>>

function readRaw(
  name: string,
  metric: Metric,
  rawType: string,
  at: PropertyPath,
  context: SourceContext,
): ReadSli | null {
  const found = measurableSpec(metric, [...at, 'raw'], context)
  if (!found) return null
  if (found.source !== 'sql') return misplaced(found.source, 'raw', found.at, context.report)
  if (rawType !== 'success') {
    const message = 'a query returns good and total, so its ratio is one of success'
    context.report.error('plan', [...at, 'rawType'], 'misplaced_source', message, 'Say rawType: success')
  }
  const query = readQuery(found.spec, found.at, context.report)
  return query === null || rawType !== 'success' ? null : { source: 'sql', name, query }
}

function readPart(
  metric: Metric,
  at: PropertyPath,
  role: 'good' | 'bad' | 'total',
  context: SourceContext,
): CallSelection | MetricSelection | null {
  const found = measurableSpec(metric, at, context)
  if (!found) return null
  const { report } = context
  if (found.source === 'sql') return misplaced('sql', role, found.at, report)
  if (found.source === 'calls') return readSelection(found.spec, found.at, report, role !== 'total')
  const selection = readMetricSelection(found.spec, found.at, report)
  if (selection?.kind === 'gauge') {
    const hint = 'Judge its points under thresholdMetric, with op and value in the objective'
    return report.error('plan', [...found.at, 'kind'], 'misplaced_source', 'a gauge counts nothing', hint)
  }
  if (selection && selection.le !== null && role !== 'good') {
    const hint = 'Put it on good: what is above the bound must stay in the total'
    return report.error('plan', [...found.at, 'le'], 'forbidden', `a bucket bound does not belong on ${role}`, hint)
  }
  return selection
}

const PLACES: Record<string, string> = {
  calls: 'good, bad and total of a ratioMetric, or with per: minute in a thresholdMetric',
  metric: 'good, bad and total of a ratioMetric, or (a gauge, or with per) in a thresholdMetric',
  sql: 'raw of a ratioMetric, with rawType: success',
}

function misplaced(source: string, place: string, at: PropertyPath, report: Reporter): null {
  const message = `the source ${source} belongs in ${PLACES[source]}, not in ${place}`
  return report.error('plan', [...at, 'source'], 'misplaced_source', message)
}

/** Is every call of the numerator one of the total? */
function isWithin(numerator: CallSelection, total: CallSelection): boolean {
  if (numerator.direction !== total.direction || numerator.synthetic !== total.synthetic) return false
  if (total.attempt && numerator.attempt !== total.attempt) return false
  const inner: Record<string, Selector | undefined> = { ...numerator.attributes, ...numerator.fields }
  const outer: Record<string, Selector> = { ...total.attributes, ...total.fields }
  return (
    isSubset(numerator.outcome, total.outcome) &&
    Object.entries(outer).every(([field, selector]) => {
      const narrower = inner[field]
      return narrower !== undefined && isSubset(narrower, selector)
    })
  )
}

function isSubset(inner: Selector, outer: Selector): boolean {
  if ('notIn' in outer) {
    return outer.notIn.every((value) => ('in' in inner ? !inner.in.includes(value) : inner.notIn.includes(value)))
  }
  return 'in' in inner && inner.in.every((value) => outer.in.includes(value))
}

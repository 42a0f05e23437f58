import type { GaugeIndicator, MetricSelection } from '../slo/model.ts'
import { matches, type Parameters } from './sql-parameters.ts'

/**
 * An increment is counted from the point before when that is at most so long ago: what a counter gained over a longer
 * silence belongs to no minute. Hence a late point changes nothing later than this after it.
 */
export const COUNTER_GAP_MINUTES = 60

export const NS_PER_SECOND = 1_000_000_000
export const GAP_NS = COUNTER_GAP_MINUTES * 60 * NS_PER_SECOND

/** OTLP's AggregationTemporality. */
export const DELTA = 1
export const CUMULATIVE = 2

/**
 * Points of a sum that may be counted. A delta is one whether or not its sender calls it monotonic (StatsD receivers did
 * not), as long as it takes nothing away. A value that is no finite number tells nothing.
 */
export const COUNTER = `(IsMonotonic OR (AggregationTemporality = ${DELTA} AND Value >= 0)) AND isFinite(Value)`

/** OTLP's data point flag "no recorded value". */
export const RECORDED = 'bitAnd(Flags, 1) = 0'

/** Points of one series come from one source: everything that OTLP says identifies a stream, and its resource. */
export const SERIES = `sipHash64(ServiceName, ScopeName, ScopeVersion, MetricUnit, mapSort(ScopeAttributes), mapSort(ResourceAttributes), mapSort(Attributes))`

export const AT = 'toUnixTimestamp64Nano(TimeUnix)'
export const SINCE = 'toUnixTimestamp64Nano(StartTimeUnix)'

/** An attribute of the point, else of its resource; '' where neither has it. */
function attribute(key: string, params: Parameters): string {
  if (key === 'service.name') return 'ServiceName'
  const name = params.add('String', key)
  return `if(mapContains(Attributes, ${name}), Attributes[${name}], ResourceAttributes[${name}])`
}

/** Conditions on what all points of a series have in common. */
export function seriesTerms(
  { metric, attributes }: Pick<MetricSelection, 'metric' | 'attributes'>,
  params: Parameters,
): string[] {
  const terms = Object.entries(attributes).map(([key, selector]) => matches(attribute(key, params), selector, params))
  return [`MetricName = ${params.add('String', metric)}`, ...terms]
}

/** Condition on rows of any otel_metrics_* table. */
export function pointsCondition({ metric, attributes }: MetricSelection, params: Parameters): string {
  return [RECORDED, ...seriesTerms({ metric, attributes }, params)].join(' AND ')
}

export const inRange = (lookBackMinutes: number) =>
  `TimeUnix >= toDateTime64({from:DateTime}, 9) - toIntervalMinute(${lookBackMinutes}) AND TimeUnix < toDateTime64({to:DateTime}, 9)`

/** What a threshold off the bounds is answered with, in the engine's own way. */
export const OFF_BOUND = 'the threshold is no bucket bound'

export const explicitUpTo = (bound: string) =>
  `arraySum(arraySlice(BucketCounts, 1, indexOf(ExplicitBounds, ${bound})))`

/** Number of the bound among the powers of 2^(2^-scale); whole when the threshold is one of them. */
export const exponentialBound = (bound: string) => `round(log2(${bound}) * exp2(Scale))`

/** Source: OpenTelemetry metrics data model, exponential histogram: bucket i holds (base^i, base^(i+1)], base = 2^(2^-scale). */
export const exponentialUpTo = (bound: string) =>
  `ZeroCount + arraySum(NegativeBucketCounts) + arraySum(arraySlice(PositiveBucketCounts, 1, greatest(0, toInt64(${exponentialBound(bound)}) - PositiveOffset)))`

/** As far as a double can say. */
export const isExponentialBound = (bound: string) =>
  `${bound} > 0 AND abs(exp2(${exponentialBound(bound)} / exp2(Scale)) - ${bound}) <= 1e-12 * ${bound}`

const COMPARISON_SQL = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

/**
 * SELECT (minute, good, total) of a gauge: every point is one event. A sum that may fall (an UpDownCounter) is a gauge
 * too. A point whose value is no finite number is none.
 */
export function gaugeMinutes({ selection, op, value }: GaugeIndicator, params: Parameters): string {
  const condition = `${pointsCondition(selection, params)} AND isFinite(Value) AND ${inRange(0)}`
  const points = (table: string, more: string) =>
    `SELECT DISTINCT ${SERIES} AS series, TimeUnix, Value FROM ${table} WHERE ${condition}${more}`
  return `SELECT toStartOfMinute(toDateTime(TimeUnix)) AS minute, countIf(Value ${COMPARISON_SQL[op]} ${params.add('Float64', value)}) AS good, count() AS total
FROM (
  ${points('otel_metrics_gauge', '')}
  UNION ALL
  ${points('otel_metrics_sum', ` AND NOT IsMonotonic AND AggregationTemporality = ${CUMULATIVE}`)}
)
GROUP BY minute`
}

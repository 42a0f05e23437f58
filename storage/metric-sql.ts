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

/** Points of a sum that may be counted: one whose value is no finite number tells nothing. */
export const COUNTER = 'IsMonotonic AND isFinite(Value)'

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

/** The tables of a kind, and how many events a point of each holds since its start: all, or those at or below `le`. */
function sourcesOf(
  { kind, le }: MetricSelection,
  params: Parameters,
): { table: string; all: string; events: string }[] {
  if (kind === 'sum') return [{ table: 'otel_metrics_sum', all: 'Value', events: 'Value' }]
  const bound = le === null ? null : params.add('Float64', le)
  return [
    {
      table: 'otel_metrics_histogram',
      all: 'Count',
      events: bound ? orThrow(`has(ExplicitBounds, ${bound})`, explicitUpTo(bound)) : 'Count',
    },
    {
      table: 'otel_metrics_exponential_histogram',
      all: 'Count',
      events: bound ? orThrow(isExponentialBound(bound), exponentialUpTo(bound)) : 'Count',
    },
  ]
}

/** What a threshold off the bounds is answered with, in the engine's own way. */
export const OFF_BOUND = 'the threshold is no bucket bound'

const orThrow = (isBound: string, events: string) => `${events} + throwIf(NOT (${isBound}), '${OFF_BOUND}')`

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

/**
 * SELECT (minute, events) of a counter or histogram over [from, to), with a row for every minute that has a point.
 * Delta points count as they are, each once. Cumulative points count what they gained since the point before them in
 * their series; after a reset (a start after that point, or a smaller value) and at the first point of a series that
 * began within the gap, their whole value. A gain belongs to the minute of the later point.
 * Source: OpenTelemetry metrics data model, "Resets and gaps".
 */
export function eventsByMinute(selection: MetricSelection, params: Parameters): string {
  const condition = pointsCondition(selection, params)
  const monotonic = selection.kind === 'sum' ? ` AND ${COUNTER}` : ''
  const points = sourcesOf(selection, params).map(
    ({ table, all, events }) => `SELECT ${SERIES} AS series, AggregationTemporality AS temporality,
      ${AT} AS at, ${SINCE} AS since, toFloat64(${all}) AS held, toFloat64(${events}) AS events
    FROM ${table} WHERE ${condition}${monotonic} AND AggregationTemporality IN (${DELTA}, ${CUMULATIVE}) AND ${inRange(COUNTER_GAP_MINUTES)}`,
  )
  return `SELECT toStartOfMinute(toDateTime(intDiv(gained.1, ${NS_PER_SECOND}))) AS minute, sum(gained.2) AS events
FROM (
  SELECT arraySort(groupUniqArray((at, since, held, events))) AS points,
    arrayJoin(if(temporality = ${DELTA}, arrayMap(point -> (point.1, point.4), points), arrayMap(
      (point, before, n) -> (point.1, multiIf(
        n > 1 AND point.1 - before.1 <= ${GAP_NS} AND point.2 <= before.1 AND point.3 >= before.3 AND point.4 >= before.4, point.4 - before.4,
        n > 1 AND point.1 - before.1 <= ${GAP_NS}, point.4,
        point.2 > 0 AND point.2 < point.1 AND point.1 - point.2 <= ${GAP_NS}, point.4,
        0)),
      points, arrayPushFront(arrayPopBack(points), points[1]), arrayEnumerate(points)))) AS gained
  FROM (
    ${points.join('\n    UNION ALL\n    ')}
  )
  GROUP BY series, temporality
)
WHERE gained.1 >= toInt64(toUnixTimestamp({from:DateTime})) * ${NS_PER_SECOND}
GROUP BY minute`
}

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

import type { BadCallRule } from '../slo/bad-calls.ts'
import {
  type CallSelection,
  type CallsIndicator,
  type MeasuredIndicator,
  type MetricIndicator,
  type MetricSelection,
  type RateIndicator,
  SELECTABLE,
} from '../slo/model.ts'
import { countedMinutes, eventsByMinute, isCounted } from './metric-scan.ts'
import { gaugeMinutes } from './metric-sql.ts'
import { type Compiled, matches, Parameters } from './sql-parameters.ts'

const COMPARISON_SQL = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

function condition(selection: CallSelection, params: Parameters): string {
  const terms = [
    `direction = ${params.add('String', selection.direction)}`,
    `synthetic = ${params.add('Bool', selection.synthetic)}`,
    'NOT nested',
    matches('outcome', selection.outcome, params),
  ]
  for (const field of SELECTABLE) {
    const selector = selection.fields[field]
    if (selector) terms.push(matches(field, selector, params))
  }
  if (selection.latency) {
    terms.push(`duration_ns ${COMPARISON_SQL[selection.latency.op]} ${params.add('UInt64', selection.latency.ns)}`)
  }
  if (selection.attempt) terms.push(selection.attempt === 'retry' ? 'attempt > 0' : 'attempt = 0')
  for (const [key, selector] of Object.entries(selection.attributes)) {
    terms.push(matches(`attributes[${params.add('String', key)}]`, selector, params))
  }
  return `(${terms.join(' AND ')})`
}

/** Condition that a row of `calls` is one of those that the rules name; none is without rules. */
export const isBadCall = (rules: readonly BadCallRule[], params: Parameters): string =>
  rules.length === 0
    ? 'false'
    : rules
        .map(({ of, unless }) => {
          const counted = condition(of, params)
          return unless ? `(${counted} AND NOT ${condition(unless, params)})` : counted
        })
        .join(' OR ')

/** What both selections agree on narrows the read by the tables' sort key. */
function keyRange(a: CallSelection, b: CallSelection, params: Parameters): string {
  const terms = (['service', 'dependency'] as const).flatMap((field) => {
    const [left, right] = [a.fields[field], b.fields[field]]
    if (!left || !right || !('in' in left) || !('in' in right)) return []
    return [`${field} IN ${params.add('Array(String)', [...new Set([...left.in, ...right.in])])}`]
  })
  return terms.map((term) => ` AND ${term}`).join('')
}

/** Does something decide that the minute rollup leaves out? */
export const needsSingleCalls = (selections: readonly CallSelection[]): boolean =>
  selections.some(
    ({ latency, attributes, attempt }) =>
      latency !== null || attempt !== undefined || Object.keys(attributes).length > 0,
  )

/** Where selections are counted exactly. */
function sourceOf(selections: readonly CallSelection[]) {
  return needsSingleCalls(selections)
    ? {
        table: 'call_rows',
        time: 'ts',
        minute: 'toStartOfMinute(toDateTime(ts))',
        amount: 'sign * weight',
        variance: 'sign * weight * (weight - 1)',
        seen: 'toInt64(sign)',
      }
    : { table: 'calls_1m', time: 'minute', minute: 'minute', amount: 'calls', variance: 'variance', seen: 'samples' }
}

/** A ratio over calls; `sampled` adds what sampling says of the bad and of the good calls. */
function callsSelect({ numerator, total }: CallsIndicator, params: Parameters, sampled: boolean): string {
  const { table, time, minute, amount, variance, seen } = sourceOf([numerator.selection, total])
  const [isNumerator, isTotal] = [condition(numerator.selection, params), condition(total, params)]
  const counted = `sumIf(${amount}, ${isNumerator})`
  const all = `sumIf(${amount}, ${isTotal})`
  const isGood = numerator.counts === 'good' ? isNumerator : `(${isTotal} AND NOT ${isNumerator})`
  const isBad = numerator.counts === 'bad' ? isNumerator : `(${isTotal} AND NOT ${isNumerator})`
  const more = sampled
    ? `, sumIf(${variance}, ${isBad}) AS variance_bad, sumIf(${variance}, ${isGood}) AS variance_good,
  toFloat64(sumIf(${seen}, ${isBad})) AS seen_bad, toFloat64(sumIf(${seen}, ${isGood})) AS seen_good`
    : ''
  return `SELECT ${minute} AS minute, ${numerator.counts === 'good' ? counted : `${all} - ${counted}`} AS good, ${all} AS total${more}
FROM ${table}
WHERE ${time} >= {from:DateTime} AND ${time} < {to:DateTime}${keyRange(numerator.selection, total, params)}
GROUP BY minute HAVING total > 0 OR good != 0`
}

/** SELECT (minute, events) of one side of a ratio. */
function sideSelect(selection: CallSelection | MetricSelection, params: Parameters): string {
  if (selection.source === 'metric') return eventsByMinute(selection, params)
  const { table, time, minute, amount } = sourceOf([selection])
  return `SELECT ${minute} AS minute, sum(${amount}) AS events
FROM ${table}
WHERE ${time} >= {from:DateTime} AND ${time} < {to:DateTime} AND ${condition(selection, params)}
GROUP BY minute`
}

/** A ratio of two sources, each counted by itself. */
function mixedSelect({ numerator, total }: MetricIndicator, params: Parameters): string {
  const good = numerator.counts === 'good' ? 'sum(counted)' : 'sum(everything) - sum(counted)'
  return `SELECT minute, ${good} AS good, sum(everything) AS total
FROM (
SELECT minute, toFloat64(events) AS counted, toFloat64(0) AS everything FROM (${sideSelect(numerator.selection, params)})
UNION ALL
SELECT minute, toFloat64(0), toFloat64(events) FROM (${sideSelect(total, params)})
)
GROUP BY minute`
}

/**
 * One event for each minute in which something of what the value is judged by was counted. Divided once: what equals the
 * bound in decimals equals it here.
 */
function rateSelect({ selection, per, op, value }: RateIndicator, params: Parameters): string {
  const counted = sideSelect(selection, params)
  const basis = per
    ? `\nUNION ALL\nSELECT minute, toFloat64(0), toFloat64(events) FROM (${sideSelect(per, params)})`
    : ''
  const judged = `${per ? 'sum(counted) / sum(everything)' : 'sum(counted)'} ${COMPARISON_SQL[op]} ${params.add('Float64', value)}`
  return `SELECT minute, toFloat64(sum(everything) > 0 AND ${judged}) AS good, toFloat64(sum(everything) > 0) AS total
FROM (
SELECT minute, toFloat64(events) AS counted, toFloat64(${per ? '0' : 'events'}) AS everything FROM (${counted})${basis}
)
GROUP BY minute`
}

/**
 * One SELECT (minute, good, total) over `[from, to)`, from the cheapest table that answers exactly: the minute rollup
 * for outcomes, single calls where a latency, an attempt or an attribute decides, points of metrics, or what the author
 * wrote. Takes `{from:DateTime}` and `{to:DateTime}` beside its own parameters.
 * @param prefix of parameter names, for statements that hold several indicators
 */
export function compileIndicator(indicator: MeasuredIndicator, prefix = 'p'): Compiled {
  const params = new Parameters(prefix)
  return { sql: selectOf(indicator, params, false), params: params.values }
}

/**
 * The same with four more columns: `variance_bad` and `variance_good`, what sampling adds to the uncertainty of a minute, and
 * `seen_bad` and `seen_good`, how many events were really received.
 */
export function compileWithSampling(indicator: MeasuredIndicator, prefix: string): Compiled {
  const params = new Parameters(prefix)
  const select = selectOf(indicator, params, true)
  const sql =
    indicator.source === 'calls'
      ? select
      : `SELECT minute, good, total, 0 AS variance_bad, 0 AS variance_good, 0 AS seen_bad, 0 AS seen_good FROM (${select})`
  return { sql, params: params.values }
}

function selectOf(indicator: MeasuredIndicator, params: Parameters, sampled: boolean): string {
  switch (indicator.source) {
    case 'calls':
      return callsSelect(indicator, params, sampled)
    case 'metric':
      return isCounted(indicator) ? countedMinutes(indicator, params) : mixedSelect(indicator, params)
    case 'gauge':
      return gaugeMinutes(indicator, params)
    case 'rate':
      return rateSelect(indicator, params)
    case 'sql':
      return indicator.query
  }
}

import { type CallSelection, type CallsIndicator, type Indicator, SELECTABLE, type Selector } from '../slo/model.ts'

/** SQL text with `{name:Type}` parameters and their values; nothing of a value is ever part of the text. */
export interface Compiled {
  sql: string
  params: Record<string, unknown>
}

/** Collects parameters under names that stay unique when several compiled selects share one statement. */
class Parameters {
  readonly values: Record<string, unknown> = {}
  readonly #prefix: string
  constructor(prefix: string) {
    this.#prefix = prefix
  }
  add(type: string, value: unknown): string {
    const name = `${this.#prefix}${Object.keys(this.values).length}`
    this.values[name] = value
    return `{${name}:${type}}`
  }
}

const LATENCY_SQL = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

const matches = (column: string, selector: Selector, params: Parameters): string =>
  'in' in selector
    ? `${column} IN ${params.add('Array(String)', selector.in)}`
    : `${column} NOT IN ${params.add('Array(String)', selector.notIn)}`

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
    terms.push(`duration_ns ${LATENCY_SQL[selection.latency.op]} ${params.add('UInt64', selection.latency.ns)}`)
  }
  return `(${terms.join(' AND ')})`
}

/** What both selections agree on narrows the read by the tables' sort key. */
function keyRange(a: CallSelection, b: CallSelection, params: Parameters): string {
  const terms = (['service', 'dependency'] as const).flatMap((field) => {
    const [left, right] = [a.fields[field], b.fields[field]]
    if (!left || !right || !('in' in left) || !('in' in right)) return []
    return [`${field} IN ${params.add('Array(String)', [...new Set([...left.in, ...right.in])])}`]
  })
  return terms.map((term) => ` AND ${term}`).join('')
}

/**
 * One SELECT (minute, good, total) over `[from, to)`, from the cheapest table that answers exactly: the minute rollup
 * for outcomes, single calls where a latency decides. Takes `{from:DateTime}` and `{to:DateTime}` beside its own parameters.
 * @param prefix of parameter names, for statements that hold several indicators
 */
export function compileIndicator({ numerator, total }: CallsIndicator, prefix = 'p'): Compiled {
  const params = new Parameters(prefix)
  const exact = numerator.selection.latency !== null || total.latency !== null
  const source = exact
    ? { table: 'calls', time: 'ts', minute: 'toStartOfMinute(toDateTime(ts))', weight: 'weight' }
    : { table: 'calls_1m', time: 'minute', minute: 'minute', weight: 'calls' }
  const counted = `sumIf(${source.weight}, ${condition(numerator.selection, params)})`
  const all = `sumIf(${source.weight}, ${condition(total, params)})`
  const sql = `SELECT ${source.minute} AS measured_minute, ${numerator.counts === 'good' ? counted : `${all} - ${counted}`} AS good, ${all} AS total
FROM ${source.table}
WHERE ${source.time} >= {from:DateTime} AND ${source.time} < {to:DateTime}${keyRange(numerator.selection, total, params)}
GROUP BY measured_minute HAVING total > 0 OR good != 0`
  return { sql, params: params.values }
}

/** Condition on rows of `calls` that an indicator counts as bad, for evidence: WHERE `where` with `params`. */
export function badCalls(indicator: Indicator, prefix = 'bad'): { where: string; params: Record<string, unknown> } {
  if (indicator.source !== 'calls') return { where: 'false', params: {} }
  const { numerator, total } = indicator
  const params = new Parameters(prefix)
  const counted = condition(numerator.selection, params)
  const where = numerator.counts === 'bad' ? counted : `(${condition(total, params)} AND NOT ${counted})`
  return { where, params: params.values }
}

import { z } from 'zod'
import type { MetricSelection } from '../slo/model.ts'
import type { OddSeries } from '../slo/self-check.ts'
import { CUMULATIVE, isExponentialBound, pointsCondition, SERIES } from './metric-sql.ts'
import { type Db, query } from './query.ts'
import { Parameters } from './sql-parameters.ts'

interface Range {
  from: Date
  to: Date
}

/** Series that are named in a warning at most. */
const NAMED = 3
/** A value that falls once under the same start is a reset or an odd point; more often, writers take turns. */
const FALLS = 2

const TABLES = [
  { table: 'otel_metrics_sum', kind: 'sum', held: 'Value', isBound: null },
  {
    table: 'otel_metrics_histogram',
    kind: 'histogram',
    held: 'Count',
    isBound: (le: string) => `has(ExplicitBounds, ${le})`,
  },
  { table: 'otel_metrics_exponential_histogram', kind: 'histogram', held: 'Count', isBound: isExponentialBound },
] as const

/** Series of the range that an SLI cannot count, or not for sure. */
export async function readOddSeries(
  db: Db,
  selections: readonly MetricSelection[],
  { from, to }: Range,
): Promise<OddSeries> {
  const odd: OddSeries = { strays: [], tangled: [] }
  for (const selection of selections) {
    for (const { table, held, isBound } of TABLES.filter((one) => one.kind === selection.kind)) {
      const { metric, le } = selection
      if (isBound !== null && le !== null) {
        const found = await readSeries(
          db,
          selection,
          { from, to },
          table,
          (params) => `NOT (${isBound(params.add('Float64', le))})`,
        )
        odd.strays.push(...found.map((series) => ({ metric, le, series })))
      }
      const isTangled = `AggregationTemporality = ${CUMULATIVE}`
      const having = `countIf(fell) >= ${FALLS}`
      const found = await readSeries(db, selection, { from, to }, table, () => isTangled, { held, having })
      odd.tangled.push(...found.map((series) => ({ metric, series })))
    }
  }
  return odd
}

/** Attributes of the series with points for which the condition holds, as text. */
async function readSeries(
  db: Db,
  selection: MetricSelection,
  range: Range,
  table: string,
  condition: (params: Parameters) => string,
  falls?: { held: string; having: string },
): Promise<string[]> {
  const params = new Parameters('p')
  const where = `${pointsCondition(selection, params)} AND ${condition(params)}
      AND TimeUnix >= toDateTime64({from:DateTime}, 9) AND TimeUnix < toDateTime64({to:DateTime}, 9)`
  const fell = falls
    ? `, ${falls.held} < lagInFrame(${falls.held}) OVER (PARTITION BY ${SERIES}, StartTimeUnix ORDER BY TimeUnix) AS fell`
    : ''
  const rows = await query({
    sql: `SELECT arrayStringConcat(arrayMap(pair -> concat(pair.1, '=', pair.2), any(attributes)), ', ') AS series
    FROM (SELECT ${SERIES} AS id, CAST(mapSort(Attributes), 'Array(Tuple(String, String))') AS attributes, StartTimeUnix AS since${fell} FROM ${table} WHERE ${where})
    GROUP BY id${falls ? `, since HAVING ${falls.having}` : ''} ORDER BY series LIMIT ${NAMED + 1}`,
    params: z.looseObject({ from: z.date(), to: z.date() }),
    row: z.object({ series: z.string() }),
  })(db, { ...params.values, ...range })
  return rows.map(({ series }) => series)
}

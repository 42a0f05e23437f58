import type { MeasuredIndicator, MetricIndicator, MetricSelection } from '../slo/model.ts'
import { storedCounts } from './countable.ts'
import { IN_ORDER } from './indicator-hours.ts'
import { gainsOf, STREAM } from './metric-gains.ts'
import {
  AT,
  COUNTER,
  COUNTER_GAP_MINUTES,
  CUMULATIVE,
  DELTA,
  explicitUpTo,
  exponentialUpTo,
  inRange,
  isExponentialBound,
  NS_PER_SECOND,
  OFF_BOUND,
  RECORDED,
  SERIES,
  SINCE,
  seriesTerms,
} from './metric-sql.ts'
import type { Db } from './query.ts'
import { Parameters } from './sql-parameters.ts'

/** A ratio of counters, or of histograms: many of them are counted in one look at the points. */
export type CountedIndicator = MetricIndicator & {
  numerator: { selection: MetricSelection }
  total: MetricSelection
}

export function isCounted(indicator: MeasuredIndicator): indicator is CountedIndicator {
  if (indicator.source !== 'metric') return false
  const [one, other] = [indicator.numerator.selection, indicator.total]
  return one.source === 'metric' && other.source === 'metric' && one.kind === other.kind
}

interface MeasuredCounts {
  indicator: CountedIndicator
  generation: string
}

/** SLIs that share a statement: bounds its text. */
const MAX_TOGETHER = 100

/** Measures SLIs over counters or histograms: the same counts as one select of `compileIndicator` each, in few scans. */
export function scansOfPoints<T extends MeasuredCounts>(measured: readonly T[]): T[][] {
  const scans: T[][] = []
  for (const sameKind of Map.groupBy(measured, ({ indicator }) => indicator.total.kind).values()) {
    for (let start = 0; start < sameKind.length; start += MAX_TOGETHER) {
      scans.push(sameKind.slice(start, start + MAX_TOGETHER))
    }
  }
  return scans
}

export async function measurePoints(
  db: Db,
  measured: readonly MeasuredCounts[],
  range: { from: Date; to: Date },
  measuredAt: Date,
): Promise<void> {
  const params = new Parameters('p')
  const query = statement(
    measured.map(({ indicator }) => indicator),
    params,
  )
  await db.command({
    query,
    query_params: {
      ...params.values,
      ...range,
      measured_at: measuredAt,
      names: measured.map(({ indicator }) => indicator.name),
      generations: measured.map(({ generation }) => generation),
      bad: measured.map(({ indicator }) => Number(indicator.numerator.counts === 'bad')),
    },
    clickhouse_settings: { ...IN_ORDER, max_query_size: '4194304' },
  })
}

function statement(indicators: readonly CountedIndicator[], params: Parameters): string {
  const sides = indicators.flatMap(({ numerator, total }, n) => [
    { n: n + 1, side: NUMERATOR, selection: numerator.selection },
    { n: n + 1, side: TOTAL, selection: total },
  ])
  return `INSERT INTO indicator_minutes (indicator, generation, minute, good, total, measured_at)
SELECT transform(n, arrayEnumerate({names:Array(String)}), {names:Array(String)}, '') AS indicator,
  transform(n, arrayEnumerate({generations:Array(String)}), {generations:Array(String)}, '') AS generation,
  minute, ${storedCounts('if({bad:Array(UInt8)}[n] = 1, everything - counted, counted)', 'everything')}, {measured_at:DateTime64(3)}
FROM (${eventsOfSides(sides, params)})`
}

/** SELECT (minute, good, total) of one. */
export function countedMinutes({ numerator, total }: CountedIndicator, params: Parameters): string {
  const sides = [
    { n: 1, side: NUMERATOR, selection: numerator.selection },
    { n: 1, side: TOTAL, selection: total },
  ]
  const good = numerator.counts === 'good' ? 'counted' : 'everything - counted'
  return `SELECT minute, ${good} AS good, everything AS total FROM (${eventsOfSides(sides, params)})`
}

/** SELECT (minute, events) of one selection. */
export const eventsByMinute = (selection: MetricSelection, params: Parameters): string =>
  `SELECT minute, everything AS events FROM (${eventsOfSides([{ n: 1, side: TOTAL, selection }], params)})`

interface Side {
  /** Number of the SLI. */
  n: number
  /** `NUMERATOR` or `TOTAL`. */
  side: number
  selection: MetricSelection
}

const NUMERATOR = 0
const TOTAL = 1
/** In place of a side: the series cannot tell what the SLI asks for. */
const STRAY = 2

/**
 * SELECT (n, minute, counted, everything) of counters or histograms over [from, to), with a row for every minute that has a
 * point. Points of all metrics are read once, gains of every series taken once, for each threshold; then each gain goes to
 * the sides that select its series. A series that has no bucket bound at a threshold of an SLI is left out of that SLI, on
 * both sides; where it leaves out all there are, the statement fails with `OFF_BOUND`.
 */
function eventsOfSides(sides: readonly Side[], params: Parameters): string {
  const bounds = [...new Set(sides.flatMap(({ selection: { le } }) => (le === null ? [] : [le])))]
  const names = bounds.map((bound) => params.add('Float64', bound))
  // Position in the amounts of a point: all events first, then those at or below each bound.
  const positionOf = ({ le }: MetricSelection) => (le === null ? 1 : bounds.indexOf(le) + 2)
  const shares = sides.map(({ n, side, selection }) => `(${n}, ${side}, ${positionOf(selection)})`)
  const conditions = sides.map(({ selection }) => seriesTerms(selection, params).join(' AND '))
  return `SELECT n, minute, counted, everything
FROM (
  SELECT n, minute, counted, everything, known,
    sum(known) OVER (PARTITION BY n) AS all_known, sum(strays) OVER (PARTITION BY n) AS all_strays
  FROM (
    SELECT toUInt32(share.1) AS n, toStartOfMinute(toDateTime(intDiv(gained.1, ${NS_PER_SECOND}))) AS minute,
      sumIf(gained.2[share.3], share.2 = ${NUMERATOR}) AS counted, sumIf(gained.2[share.3], share.2 = ${TOTAL}) AS everything,
      countIf(share.2 != ${STRAY}) AS known, countIf(share.2 = ${STRAY}) AS strays
    FROM (
      SELECT arrayJoin(gains) AS gained, arrayConcat(
          arrayFilter(share -> NOT has(strays, share.1), shares), arrayMap(n -> (n, ${STRAY}, 1), strays)) AS told
      FROM (
        SELECT ${SERIES_COLUMNS}
          arrayFilter((share, selects) -> selects, [${shares.join(', ')}], [${conditions.join(', ')}]) AS shares,
          arraySort(groupArray(points)) AS streams,
          arrayDistinct(arrayMap(share -> share.1, arrayFilter(
            share -> arrayExists(points -> arrayExists(point -> isNaN(point.4[share.3]), points), streams), shares))) AS strays,
          arrayFlatten(${gainsOf('streams')}) AS gains
        FROM (
          SELECT series, temporality, ${STREAM} AS stream,
            any(service) AS point_service, any(metric) AS point_metric, any(attributes) AS point_attributes, any(resource) AS point_resource,
            arraySort(groupUniqArray((at, since, held, amounts))) AS points
          FROM (
            ${sourcesOf(sides[0]?.selection.kind, names)
              .map((source) => pointsOf(source, sides, params))
              .join('\n            UNION ALL\n            ')}
          )
          GROUP BY series, temporality, stream
        )
        GROUP BY series, temporality
        HAVING notEmpty(shares)
      )
    )
    ARRAY JOIN told AS share
    GROUP BY n, minute
  )
)
WHERE throwIf(all_known = 0 AND all_strays > 0, '${OFF_BOUND}') = 0 AND known > 0 AND minute >= {from:DateTime}`
}

/** What a series is selected by; the same for all its points. */
const SERIES_COLUMNS = `any(point_service) AS ServiceName, any(point_metric) AS MetricName,
          any(point_attributes) AS Attributes, any(point_resource) AS ResourceAttributes,`

interface Source {
  table: string
  held: string
  amounts: readonly string[]
  condition: string
}

/** An amount that a point cannot tell, because the threshold is none of its bounds, is not a number. */
function sourcesOf(kind: MetricSelection['kind'] | undefined, bounds: readonly string[]): Source[] {
  if (kind === 'sum')
    return [{ table: 'otel_metrics_sum', held: 'Value', amounts: ['Value'], condition: ` AND ${COUNTER}` }]
  const amounts = (isBound: (bound: string) => string, upTo: (bound: string) => string) => [
    'toFloat64(Count)',
    ...bounds.map((bound) => `if(${isBound(bound)}, toFloat64(${upTo(bound)}), nan)`),
  ]
  return [
    {
      table: 'otel_metrics_histogram',
      held: 'Count',
      amounts: amounts((bound) => `has(ExplicitBounds, ${bound})`, explicitUpTo),
      condition: '',
    },
    {
      table: 'otel_metrics_exponential_histogram',
      held: 'Count',
      amounts: amounts(isExponentialBound, exponentialUpTo),
      condition: '',
    },
  ]
}

function pointsOf({ table, held, amounts, condition }: Source, sides: readonly Side[], params: Parameters): string {
  const metrics = params.add('Array(String)', [...new Set(sides.map(({ selection }) => selection.metric))])
  const services = servicesOf(sides.map(({ selection }) => selection))
  const named = services === null ? '' : ` AND ServiceName IN ${params.add('Array(String)', services)}`
  return `SELECT sipHash64(MetricName, ${SERIES}) AS series, AggregationTemporality AS temporality, ServiceName AS service, MetricName AS metric,
          Attributes AS attributes, ResourceAttributes AS resource,
          ${AT} AS at, ${SINCE} AS since, toFloat64(${held}) AS held, [${amounts.join(', ')}] AS amounts
        FROM ${table}
        WHERE MetricName IN ${metrics}${named} AND ${RECORDED}${condition} AND AggregationTemporality IN (${DELTA}, ${CUMULATIVE}) AND ${inRange(COUNTER_GAP_MINUTES)}`
}

/** The services that all selections together name; null when one of them does not say. */
function servicesOf(selections: readonly MetricSelection[]): string[] | null {
  const services = new Set<string>()
  for (const { attributes } of selections) {
    const selector = attributes['service.name']
    if (!selector || !('in' in selector)) return null
    for (const service of selector.in) services.add(service)
  }
  return [...services]
}

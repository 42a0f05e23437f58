import { z } from 'zod'
import type { CallsIndicator } from '../slo/model.ts'
import { SPREAD, storedCounts, storedCountsOf } from './countable.ts'
import { IN_ORDER } from './indicator-hours.ts'
import { type Db, query } from './query.ts'
import { type Classes, classify, cutsOf, indexSeries, type Series, type SeriesIndex } from './series-match.ts'

const MINUTE_MS = 60_000

/** What a selection can look at beside the duration; the same columns in `call_rows` and `calls_1m`. */
const DIMENSIONS = 'direction, synthetic, outcome, env, service, dependency, operation, protocol, version'
const KEY = `sipHash64(${DIMENSIONS})`

/** Narrows the read by the tables' sort key. */
const NAMED = `(empty({services:Array(String)}) OR service IN {services:Array(String)})
      AND (empty({dependencies:Array(String)}) OR dependency IN {dependencies:Array(String)})`

const CALLS_OF_SERIES = `
    FROM calls_1m
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND NOT nested
      AND ${NAMED}
    GROUP BY ${DIMENSIONS}`

const range = { from: z.date(), to: z.date(), services: z.array(z.string()), dependencies: z.array(z.string()) }

const series = z.object({
  key: z.string(),
  direction: z.string(),
  synthetic: z.boolean(),
  outcome: z.string(),
  env: z.string(),
  service: z.string(),
  dependency: z.string(),
  operation: z.string(),
  protocol: z.string(),
  version: z.string(),
})

const readSeries = query({
  sql: `SELECT toString(${KEY}) AS key, ${DIMENSIONS} ${CALLS_OF_SERIES}`,
  params: z.object(range),
  row: series,
})

const readSums = query({
  sql: `SELECT toString(${KEY}) AS key, ${DIMENSIONS}, groupArray((toUnixTimestamp(at), amount, spread, received)) AS minutes
    FROM (SELECT ${DIMENSIONS}, minute AS at, sum(calls) AS amount, sum(variance) AS spread, toFloat64(sum(samples)) AS received ${CALLS_OF_SERIES}, minute)
    GROUP BY ${DIMENSIONS}`,
  params: z.object(range),
  row: series.extend({ minutes: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])) }),
})

/** The series with calls in the range that the indicators may look at. */
export async function seriesOf(
  db: Db,
  indicators: readonly CallsIndicator[],
  range: { from: Date; to: Date },
): Promise<SeriesIndex> {
  const found: Series[] = await readSeries(db, { ...range, ...namedBy(indicators) })
  return indexSeries(found)
}

/** Above this, a list of names costs more than it saves. */
const MAX_NAMES = 200

const namedBy = (indicators: readonly CallsIndicator[]) => ({
  services: namesOf(indicators, 'service'),
  dependencies: namesOf(indicators, 'dependency'),
})

/** Everything that any of the indicators names; empty when one of them does not say. */
function namesOf(indicators: readonly CallsIndicator[], field: 'service' | 'dependency'): string[] {
  const names = new Set<string>()
  for (const { numerator, total } of indicators) {
    for (const selection of [numerator.selection, total]) {
      const selector = selection.fields[field]
      if (!selector || !('in' in selector)) return []
      for (const name of selector.in) names.add(name)
    }
  }
  return names.size > MAX_NAMES ? [] : [...names]
}

const SHORT_MINUTES = 5

/** What a tick measures: so few sums that they are added up here, where the statement that would do it costs more than they do. */
export const isShort = ({ from, to }: { from: Date; to: Date }): boolean =>
  to.getTime() - from.getTime() <= SHORT_MINUTES * MINUTE_MS

/** What a minute of calls is measured as, and one such minute. */
const SAMPLED_COLUMNS = ['good', 'total', 'variance_bad', 'variance_good', 'seen_bad', 'seen_good'] as const
type SampledMinute = [number, number, number, number, number, number]

/** Measures SLOs that the minute rollup answers over a few whole minutes: the same counts as their scan. */
export async function measureShort(
  db: Db,
  slos: readonly MeasuredCalls[],
  range: { from: Date; to: Date },
  measuredAt: Date,
): Promise<void> {
  if (slos.length === 0) return
  const indicators = slos.map(({ indicator }) => indicator)
  const found = await readSums(db, { ...range, ...namedBy(indicators) })
  const { classOf, shares } = classify(indexSeries(found), indicators, [])
  const sharesOf = Map.groupBy(shares, (share) => share.class)
  const counts = new Map<string, SampledMinute>()
  for (const { key, minutes } of found) {
    for (const { indicator, good, total } of sharesOf.get(classOf.get(key) ?? 0) ?? []) {
      const [asBad, asGood] = [Math.abs(total - good), Math.max(good, 0)]
      for (const [minute, amount, spread, received] of minutes) {
        const place = `${indicator} ${minute}`
        const [goods, totals, bad, well, seenBad, seenGood] = counts.get(place) ?? [0, 0, 0, 0, 0, 0]
        counts.set(place, [
          goods + amount * good,
          totals + amount * total,
          bad + spread * asBad,
          well + spread * asGood,
          seenBad + received * asBad,
          seenGood + received * asGood,
        ])
      }
    }
  }
  const values = [...counts].flatMap(([place, of]) => {
    const [n = 0, minute] = place.split(' ').map(Number)
    const { indicator, generation } = slos[n - 1]!
    const [good, total, ...variance] = of
    const counted = [...storedCountsOf(good, total), ...variance.map((of) => (Number.isFinite(of) ? of : 0))]
    return total > 0 || good !== 0 ? [[indicator.name, generation, minute, ...counted, measuredAt.toISOString()]] : []
  })
  if (values.length === 0) return
  await db.insert({
    table: 'indicator_minutes',
    columns: ['indicator', 'generation', 'minute', ...SAMPLED_COLUMNS, 'measured_at'],
    values,
    format: 'JSONCompactEachRow',
    clickhouse_settings: { ...IN_ORDER, precise_float_parsing: 1 },
  })
}

/** Of the text of one statement: below `max_query_size` (256 KiB) of every ClickHouse. */
const MAX_TEXT = 160_000
const KEY_TEXT = 28
const SHARE_TEXT = 14

/** Rows a statement may group into: bounds what the engine holds. */
const MAX_MINUTES = 1_000_000

/** An indicator over calls, and the generation its minutes belong to. */
export interface MeasuredCalls {
  indicator: CallsIndicator
  generation: string
}

interface Scan {
  slos: readonly MeasuredCalls[]
  cuts: readonly number[]
  classes: Classes
}

/** Sorts SLOs that read the same table into as few scans as one statement's text has room for. */
export function scansOf(index: SeriesIndex, slos: readonly MeasuredCalls[]): Scan[] {
  const indicators = slos.map(({ indicator }) => indicator)
  const cuts = cutsOf(indicators)
  const classes = classify(index, indicators, cuts)
  const text = classes.classOf.size * KEY_TEXT + classes.shares.length * SHARE_TEXT
  if (classes.shares.length === 0) return []
  if (slos.length === 1 || text <= MAX_TEXT) return [{ slos, cuts, classes }]
  const half = Math.ceil(slos.length / 2)
  return [...scansOf(index, slos.slice(0, half)), ...scansOf(index, slos.slice(half))]
}

/** Measures the SLOs of a scan over whole minutes, in pieces of bounded size. */
export async function measureScan(
  db: Db,
  { slos, cuts, classes }: Scan,
  range: { from: Date; to: Date },
  measuredAt: Date,
): Promise<void> {
  const pieceMs = Math.max(60, Math.floor(MAX_MINUTES / slos.length)) * MINUTE_MS
  for (let fromMs = range.from.getTime(); fromMs < range.to.getTime(); fromMs += pieceMs) {
    await db.command({
      query: statement(cuts, classes),
      query_params: {
        from: new Date(fromMs),
        to: new Date(Math.min(fromMs + pieceMs, range.to.getTime())),
        measured_at: measuredAt,
        names: slos.map(({ indicator }) => indicator.name),
        generations: slos.map(({ generation }) => generation),
        ...namedBy(slos.map(({ indicator }) => indicator)),
        ...(cuts.length > 0 && { cuts }),
      },
      clickhouse_settings: { ...IN_ORDER, max_query_size: '4194304' },
    })
  }
}

/** Sums each class once by minute, then gives the sums to the indicators that count the class. Only numbers are in the text. */
function statement(cuts: readonly number[], { classOf, shares }: Classes): string {
  const source =
    cuts.length === 0
      ? {
          table: 'calls_1m',
          time: 'minute',
          minute: 'minute',
          amount: 'calls',
          variance: 'variance',
          seen: 'samples',
          key: KEY,
        }
      : {
          table: 'call_rows',
          time: 'ts',
          minute: 'toStartOfMinute(toDateTime(ts))',
          amount: 'sign * weight',
          variance: 'sign * weight * (weight - 1)',
          seen: 'toInt64(sign)',
          key: `${KEY} + arrayCount(cut -> duration_ns >= cut, {cuts:Array(UInt64)})`,
        }
  const column = (values: Iterable<string | number>, type: string) => `CAST([${[...values].join()}], 'Array(${type})')`
  return `INSERT INTO indicator_minutes (indicator, generation, minute, ${SAMPLED_COLUMNS.join(', ')}, measured_at)
SELECT
  transform(place, arrayEnumerate({names:Array(String)}), {names:Array(String)}, '') AS indicator,
  transform(place, arrayEnumerate({generations:Array(String)}), {generations:Array(String)}, '') AS generation,
  measured_minute, ${storedCounts('good', 'total')}, ${SPREAD}, {measured_at:DateTime64(3)}
FROM (
SELECT place, measured_minute, sum(amount * counted_good) AS good, sum(amount * counted) AS total,
  sum(spread * abs(counted - counted_good)) AS variance_bad, sum(spread * greatest(counted_good, 0)) AS variance_good,
  toFloat64(sum(received * abs(counted - counted_good))) AS seen_bad, toFloat64(sum(received * greatest(counted_good, 0))) AS seen_good
FROM (
  SELECT ${source.minute} AS measured_minute, transform(${source.key}, ${column(classOf.keys(), 'UInt64')}, ${column(classOf.values(), 'UInt32')}, toUInt32(0)) AS class, sum(${source.amount}) AS amount, sum(${source.variance}) AS spread, sum(${source.seen}) AS received
  FROM ${source.table}
  WHERE ${source.time} >= {from:DateTime} AND ${source.time} < {to:DateTime} AND NOT nested AND ${NAMED}
  GROUP BY measured_minute, class HAVING class > 0
) AS sums
INNER JOIN (
  SELECT share.1 AS class, share.2 AS place, share.3 AS counted_good, share.4 AS counted FROM (
    SELECT arrayJoin(arrayZip(
      ${column(
        shares.map((share) => share.class),
        'UInt32',
      )},
      ${column(
        shares.map(({ indicator }) => indicator),
        'UInt32',
      )},
      ${column(
        shares.map(({ good }) => good),
        'Int8',
      )},
      ${column(
        shares.map(({ total }) => total),
        'UInt8',
      )}
    )) AS share
  )
) AS shares ON shares.class = sums.class
GROUP BY place, measured_minute HAVING total > 0 OR good != 0
)`
}

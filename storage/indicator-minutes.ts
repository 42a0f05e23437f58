import { ClickHouseError } from '@clickhouse/client'
import { z } from 'zod'
import { keyOf, type Measured, measuredOf } from '../slo/indicator.ts'
import type { CallsIndicator, MeasuredIndicator, Slo } from '../slo/model.ts'
import { areCountable, SPREAD, storedCounts } from './countable.ts'
import { completeHours, IN_ORDER, reopenHours } from './indicator-hours.ts'
import { isShort, measureScan, measureShort, scansOf, seriesOf } from './indicator-series.ts'
import { compileWithSampling, needsSingleCalls } from './indicator-sql.ts'
import { offBounds } from './metric-bounds.ts'
import { type CountedIndicator, isCounted, measurePoints, scansOfPoints } from './metric-scan.ts'
import { type Db, query } from './query.ts'
import { selectUserMinutes } from './sql-source.ts'
import { Unmeasurable } from './unmeasurable.ts'

const MINUTE_MS = 60_000
const floorMinute = (at: Date) => new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS)
const ceilMinute = (at: Date) => new Date(Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS)

/** Indicators looked at together, whose names travel in the address of one request. */
const MAX_TOGETHER = 1_000

/** Selects that share a statement, each with a scan of its own. */
const MAX_SELECTS = 25

interface Range {
  from: Date
  to: Date
}

/** An SLI that was left as it was, and why in words for its author. */
export interface Failure {
  measured: Measured
  error: Error
}

/** `measureIndicators` for what the SLOs need. */
export const measureMinutes = (db: Db, slos: readonly Slo[], range: Range, measuredAt: Date): Promise<Failure[]> =>
  measureIndicators(db, measuredOf(slos), range, measuredAt)

/**
 * Measures over the whole minutes that touch `range` and stores the counts; the last measurement of a minute is the one
 * that counts. Equal to one select of `compileIndicator` for each, but indicators over calls that read the same table
 * share a scan of it. Sums of closed hours follow; until they do, the hours are open.
 * An SLI that the engine cannot measure fails alone; anything else rejects, and may have stored a part. Counts that are no
 * numbers are stored as such that cannot be true: see `storedCounts`.
 */
export async function measureIndicators(
  db: Db,
  measured: readonly Measured[],
  range: Range,
  measuredAt: Date,
): Promise<Failure[]> {
  const whole = { from: floorMinute(range.from), to: ceilMinute(range.to) }
  if (measured.length === 0 || whole.from >= whole.to) return []
  const shared = measured.filter(isShared)
  const counted = measured.filter(isOverCounters)
  const single = measured.filter((one) => !isShared(one) && !isOverCounters(one) && one.indicator.source !== 'sql')
  const authored = measured.filter(({ indicator }) => indicator.source === 'sql')
  await reopenHours(db, measured, whole)
  const failures = await isolated(shared, (these) => measureShared(db, these, whole, measuredAt))
  failures.push(...(await measureCounted(db, counted, whole, measuredAt)))
  failures.push(...(await measureSingly(db, single, whole, measuredAt)))
  for (const one of authored) failures.push(...(await measureAuthored(db, one, whole, measuredAt)))
  await completeHours(db, measured, whole, measuredAt)
  return failures
}

/** Calls in the dimensions of the minute rollup, and their durations: sorted into classes, many are measured in one scan. */
function isShared(measured: Measured): measured is Measured & { indicator: CallsIndicator } {
  const { indicator } = measured
  return (
    indicator.source === 'calls' &&
    [indicator.numerator.selection, indicator.total].every(
      ({ attempt, attributes }) => attempt === undefined && Object.keys(attributes).length === 0,
    )
  )
}

/** Errors of the engine about a value that a definition brought along; any other is no SLI's own. */
const OWN_ERROR =
  /^(CANNOT_(PARSE|READ_ARRAY|CONVERT)_|BAD_(ARGUMENTS|QUERY_PARAMETER)|ILLEGAL_TYPE|TYPE_MISMATCH|ARGUMENT_OUT_OF_BOUND|VALUE_IS_OUT_OF_RANGE)/

/** Together; when a value of one of them fails, by halves, to find out whose it is. */
async function isolated<T extends Measured>(
  measured: readonly T[],
  measure: (these: readonly T[]) => Promise<void>,
): Promise<Failure[]> {
  try {
    await measure(measured)
    return []
  } catch (error) {
    if (!(error instanceof ClickHouseError) || !OWN_ERROR.test(error.type ?? '')) throw error
    const [first] = measured
    if (measured.length === 1 && first) return [{ measured: first, error }]
    const half = Math.ceil(measured.length / 2)
    const failures = await isolated(measured.slice(0, half), measure)
    return [...failures, ...(await isolated(measured.slice(half), measure))]
  }
}

async function measureShared(
  db: Db,
  shared: readonly (Measured & { indicator: CallsIndicator })[],
  whole: Range,
  measuredAt: Date,
): Promise<void> {
  if (shared.length === 0) return
  const inPlace = shared.toSorted((a, b) => (placeOf(a.indicator) < placeOf(b.indicator) ? -1 : 1))
  const byTable = Map.groupBy(inPlace, ({ indicator: { numerator, total } }) =>
    needsSingleCalls([numerator.selection, total]) ? 'call_rows' : 'calls_1m',
  )
  const fromRollup = byTable.get('calls_1m') ?? []
  if (isShort(whole)) {
    await measureShort(db, fromRollup, whole, measuredAt)
    byTable.delete('calls_1m')
  }
  const scanned = [...byTable.values()].flat().map(({ indicator }) => indicator)
  if (scanned.length === 0) return
  const index = await seriesOf(db, scanned, whole)
  for (const sameTable of byTable.values()) {
    for (let start = 0; start < sameTable.length; start += MAX_TOGETHER) {
      for (const scan of scansOf(index, sameTable.slice(start, start + MAX_TOGETHER))) {
        await measureScan(db, scan, whole, measuredAt)
      }
    }
  }
}

/** Neighbours in this order look at the same series. */
const placeOf = ({ total: { fields } }: CallsIndicator) => JSON.stringify([fields.service, fields.dependency])

const isOverCounters = (measured: Measured): measured is Measured & { indicator: CountedIndicator } =>
  isCounted(measured.indicator)

/** Together; when that fails, each alone, to find out whose fault it is. */
async function measureCounted(
  db: Db,
  counted: readonly (Measured & { indicator: CountedIndicator })[],
  whole: Range,
  measuredAt: Date,
): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const together of scansOfPoints(counted)) {
    try {
      await measurePoints(db, together, whole, measuredAt)
    } catch (error) {
      if (!(error instanceof ClickHouseError)) throw error
      for (const one of together) failures.push(...(await measureSingly(db, [one], whole, measuredAt)))
    }
  }
  return failures
}

/** Each by its own select, several in a statement; when a statement fails, each alone, to find out whose fault it is. */
async function measureSingly(db: Db, single: readonly Measured[], whole: Range, measuredAt: Date): Promise<Failure[]> {
  const failures: Failure[] = []
  for (let start = 0; start < single.length; start += MAX_SELECTS) {
    const these = single.slice(start, start + MAX_SELECTS)
    try {
      await insertSelected(db, these, whole, measuredAt)
    } catch (error) {
      if (!(error instanceof ClickHouseError)) throw error
      if (these.length > 1) {
        for (const one of these) failures.push(...(await measureSingly(db, [one], whole, measuredAt)))
      } else if (these[0]) {
        failures.push({ measured: these[0], error: await reasonOf(db, these[0].indicator, whole, error) })
      }
    }
  }
  return failures
}

async function reasonOf(db: Db, indicator: MeasuredIndicator, whole: Range, error: ClickHouseError): Promise<Error> {
  const reason = await offBounds(db, indicator, whole)
  return reason === null ? error : new Unmeasurable(reason, { cause: error })
}

async function insertSelected(db: Db, these: readonly Measured[], whole: Range, measuredAt: Date): Promise<void> {
  const params: Record<string, unknown> = { ...whole, measured_at: measuredAt }
  const selects = these.map(({ indicator, generation }, n) => {
    const { sql, params: own } = compileWithSampling(indicator, `i${n}_`)
    Object.assign(params, own, { [`name${n}`]: indicator.name, [`generation${n}`]: generation })
    return `SELECT {name${n}:String}, {generation${n}:String}, minute, ${storedCounts('good', 'total')}, ${SPREAD}, {measured_at:DateTime64(3)} FROM (\n${sql}\n)`
  })
  await db.command({
    query: `INSERT INTO indicator_minutes (indicator, generation, minute, good, total, variance_bad, variance_good, seen_bad, seen_good, measured_at)
${selects.join('\nUNION ALL\n')}`,
    query_params: params,
    clickhouse_settings: { ...IN_ORDER, max_query_size: '4194304' },
  })
}

/** What the author's statement answers, and 0 for minutes that it answered once and does no longer. */
async function measureAuthored(db: Db, one: Measured, whole: Range, measuredAt: Date): Promise<Failure[]> {
  const { indicator, generation } = one
  if (indicator.source !== 'sql') return []
  try {
    const minutes = await selectUserMinutes(db, indicator, whole)
    const answered = new Set(minutes.map(({ minute }) => minute.getTime()))
    const before = await storedMinutes(db, { ...whole, indicator: indicator.name, generation })
    const gone = before.filter(({ minute }) => !answered.has(minute.getTime()))
    const rows = [...minutes, ...gone.map(({ minute }) => ({ minute, good: 0, total: 0 }))]
    if (rows.length === 0) return []
    await db.insert({
      table: 'indicator_minutes',
      values: rows.map(({ minute, good, total }) => ({
        indicator: indicator.name,
        generation,
        minute: minute.getTime() / 1000,
        good,
        total,
        measured_at: measuredAt.toISOString(),
      })),
      format: 'JSONEachRow',
      clickhouse_settings: IN_ORDER,
    })
    return []
  } catch (error) {
    if (error instanceof Unmeasurable) return [{ measured: one, error }]
    throw error
  }
}

/**
 * Minutes whose stored counts are no counts, as an earlier version wrote them for points that are no numbers: they become
 * minutes without events, to be measured again. Answers with them, by `keyOf` of their SLI.
 */
export async function clearUncountable(db: Db, clearedAt: Date): Promise<Map<string, Range[]>> {
  const spans = await selectUncountable(db, {})
  if (spans.length > 0)
    await db.command({
      query: `INSERT INTO indicator_minutes (indicator, generation, minute, good, total, measured_at)
        SELECT DISTINCT indicator, generation, minute, 0, 0, {cleared_at:DateTime64(3)} FROM indicator_minutes AS m WHERE ${UNCOUNTABLE}`,
      query_params: { cleared_at: clearedAt },
      clickhouse_settings: IN_ORDER,
    })
  const byKey = Map.groupBy(spans, ({ indicator, generation }) => keyOf({ indicator: { name: indicator }, generation }))
  return new Map([...byKey].map(([key, found]) => [key, found.map(({ from, to }) => ({ from, to }))]))
}

const UNCOUNTABLE = `NOT ${areCountable('m.good', 'm.total')}`

const epochMs = z.number().transform((ms) => new Date(ms))

// By hour: one bad point spoils a minute, a bad sender many.
const selectUncountable = query({
  sql: `SELECT indicator, generation, toUnixTimestamp(min(minute)) * 1000 AS from, toUnixTimestamp(max(minute)) * 1000 + ${MINUTE_MS} AS to
    FROM indicator_minutes AS m WHERE ${UNCOUNTABLE} GROUP BY indicator, generation, toStartOfHour(minute)`,
  params: z.object({}),
  row: z.object({ indicator: z.string(), generation: z.string(), from: epochMs, to: epochMs }),
})

const storedMinutes = query({
  sql: `SELECT toUnixTimestamp(m.minute) * 1000 AS minute FROM indicator_minutes AS m FINAL
    WHERE indicator = {indicator:String} AND generation = {generation:String} AND m.minute >= {from:DateTime} AND m.minute < {to:DateTime}
      AND (m.total != 0 OR m.good != 0)`,
  params: z.object({ indicator: z.string(), generation: z.string(), from: z.date(), to: z.date() }),
  row: z.object({ minute: epochMs }),
})

/** When each generation was measured last; a generation that is absent was never measured. */
export async function lastMeasured(
  db: Db,
  measured: readonly Pick<Measured, 'generation'>[],
): Promise<Map<string, Date>> {
  const generations = [...new Set(measured.map(({ generation }) => generation))]
  const last = new Map<string, Date>()
  for (let start = 0; start < generations.length; start += MAX_TOGETHER) {
    const rows = await maxMeasuredAt(db, { generations: generations.slice(start, start + MAX_TOGETHER) })
    for (const { generation, measured_at } of rows) last.set(generation, measured_at)
  }
  return last
}

// A process that dies while it writes may leave a minute in one of the two tables: then it counts as not measured.
const maxMeasuredAt = query({
  sql: `
    SELECT generation, toUnixTimestamp64Milli(min(measured)) AS measured_at
    FROM (
      SELECT generation, max(measured_at) AS measured FROM indicator_minutes WHERE generation IN {generations:Array(String)} GROUP BY generation
      UNION ALL
      SELECT generation, max(measured_at) AS measured FROM indicator_minutes_by_time WHERE generation IN {generations:Array(String)} GROUP BY generation
    )
    GROUP BY generation HAVING count() = 2`,
  params: z.object({ generations: z.array(z.string()) }),
  row: z.object({ generation: z.string(), measured_at: epochMs }),
})

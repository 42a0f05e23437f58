import { z } from 'zod'
import { ALERT_POLICY } from '../slo/alert/alert-policy.ts'
import { judgeTier, urgency } from '../slo/alert/alert-verdict.ts'
import { budgetOf, budgetOfSlo } from '../slo/budget/budget.ts'
import { burnRate } from '../slo/budget/burn-rate.ts'
import { fenced } from '../slo/invalid.ts'
import type { Slo } from '../slo/model.ts'
import type { MemberReading, PeriodReading, Reading, WindowReading } from '../slo/reading.ts'
import { type StatusWord, statusWord } from '../slo/status.ts'
import { type Db, query } from './query.ts'
import { readReadings } from './readings.ts'
import type { StoredDefinition } from './slo-definitions.ts'

/** All are written this often where there are many: an answer tells by its watermark how old it is. */
const MAX_INTERVAL_MS = 15_000
/** Where there are few, at every evaluation. */
const INTERVAL_PER_SLO_MS = 15

/**
 * Stores what an evaluation read, for boards and the API: one row an SLO, the row written last counts. Of many SLOs most
 * evaluations write only those whose definition or status word changed.
 */
export type RecordReadings = (
  readings: readonly Reading[],
  definitions: readonly StoredDefinition[],
  evaluatedAt: Date,
) => Promise<void>

/** Records one evaluation after another. */
export function readingsRecorder(db: Db): RecordReadings {
  let last: Written | null = null
  return async (readings, definitions, evaluatedAt) => {
    last = await recordReadings(db, last, judgedOf(readings, definitions, evaluatedAt), evaluatedAt)
  }
}

/** When all were written last, and how each was last written. */
interface Written {
  at: number
  states: ReadonlyMap<string, string>
}

function judgedOf(readings: readonly Reading[], definitions: readonly StoredDefinition[], evaluatedAt: Date): Judged[] {
  const definedAt = new Map(definitions.map(({ name, changedAt }) => [name, changedAt]))
  return readings.map((reading) =>
    fenced(reading, (sound): Judged => {
      const { slo, watermark } = sound
      const word = statusWord(sound, null, { now: watermark ?? evaluatedAt })
      return { reading: sound, word, definitionAt: definedAt.get(slo.name) ?? new Date(0), evaluatedAt }
    }),
  )
}

async function recordReadings(
  db: Db,
  last: Written | null,
  judged: readonly Judged[],
  evaluatedAt: Date,
): Promise<Written | null> {
  const age = last === null ? Number.POSITIVE_INFINITY : evaluatedAt.getTime() - last.at
  const isDue = age < 0 || age >= Math.min(MAX_INTERVAL_MS, INTERVAL_PER_SLO_MS * judged.length)
  const due = isDue ? judged : judged.filter((one) => last?.states.get(one.reading.slo.name) !== stateOf(one))
  if (due.length === 0) return last
  await db.insert({
    table: 'slo_readings',
    format: 'JSONEachRow',
    values: due.map((one) => fenced(one.reading, (reading) => rowOf({ ...one, reading, word: wordOf(one, reading) }))),
    // A board tells the very number the API tells.
    clickhouse_settings: { distributed_foreground_insert: 1, precise_float_parsing: 1 },
  })
  const states = new Map(judged.map((one) => [one.reading.slo.name, stateOf(one)]))
  return { at: isDue ? evaluatedAt.getTime() : last!.at, states }
}

interface Judged {
  reading: Reading
  /** By the counts alone: without what fires, without a refused version, and not grown old. */
  word: StatusWord
  definitionAt: Date
  evaluatedAt: Date
}

/** That of a reading whose numbers cannot be computed is another than was found. */
const wordOf = ({ reading, word }: Judged, sound: Reading): StatusWord => (sound === reading ? word : 'invalid')

/** What is told at once when it changes. */
function stateOf({ word, definitionAt, reading: { period, fault } }: Judged): string {
  const excluded = period.exclusions.flatMap(({ from, to }) => [from.getTime(), to.getTime()])
  return [word, definitionAt.getTime(), period.resets?.length ?? 0, ...excluded, fault].join()
}

/** What the last evaluation of each SLO left behind, as it is stored. */
export type StoredReadings = ReadonlyMap<string, { definitionAt: number; reading: string }>

export const readStored = async (db: Db): Promise<StoredReadings> =>
  new Map((await selectReadings(db, { form: FORM })).map(({ slo, ...row }) => [slo, row]))

/**
 * The reading of every SLO in force: of the last evaluation, or read now where there was none since the definition, a budget
 * reset or maintenance changed, or since it was written in another form.
 */
export async function latestReadings(
  db: Db,
  definitions: readonly StoredDefinition[],
  stored: StoredReadings,
  now: Date,
): Promise<Map<string, Reading>> {
  const readings = new Map<string, Reading>()
  const others: Slo[] = []
  for (const { name, slo, changedAt } of definitions) {
    if (slo === null) continue
    const row = stored.get(name)
    const reading = row?.definitionAt === changedAt.getTime() ? decodeOrNull(row.reading, slo) : null
    if (reading) readings.set(name, reading)
    else others.push(slo)
  }
  for (const reading of await readReadings(db, others, now)) readings.set(reading.slo.name, reading)
  return readings
}

/** Null for text that `encode` did not write: then the SLO is read now. */
function decodeOrNull(text: string, slo: Slo): Reading | null {
  try {
    return decode(text, slo)
  } catch {
    return null
  }
}

/** Windows that boards show, in minutes. */
const BURN_WINDOWS = { '5m': 5, '30m': 30, '1h': 60, '2h': 120, '6h': 360, '1d': 1_440, '3d': 4_320 } as const

function rowOf({ reading, word, definitionAt, evaluatedAt }: Judged) {
  const { slo, period, windows, watermark, lastEventAt } = reading
  const { budgetPpm } = slo.objective
  const { sli, consumed, remaining } = budgetOfSlo(slo, period.units)
  const burn = Object.entries(BURN_WINDOWS).map(([label, minutes]) => [
    `burn_${label}`,
    burnRate(windows.get(minutes)?.units ?? { good: 0, total: 0 }, budgetPpm),
  ])
  return {
    slo: slo.name,
    definition_at: definitionAt.toISOString(),
    evaluated_at: evaluatedAt.toISOString(),
    watermark: watermark?.toISOString() ?? null,
    last_event_at: lastEventAt?.toISOString() ?? null,
    period_from: period.from.toISOString(),
    period_to: period.to.toISOString(),
    good: period.counts.good,
    total: period.counts.total,
    units_good: period.units.good,
    units_total: period.units.total,
    sli,
    consumed,
    remaining,
    raw_remaining: period.raw && budgetOf(period.raw.units, budgetPpm).remaining,
    ...Object.fromEntries(burn),
    urgency: Math.max(0, ...slo.tiers.map((tier) => urgency(judgeTier(tier, reading, ALERT_POLICY)))),
    coverage: period.coverage,
    word,
    form: FORM,
    reading: encode(reading),
  }
}

/** Of the text that `encode` writes: another number for another form, so that no version reads what it does not understand. */
const FORM = 2

const selectReadings = query({
  sql: `
    SELECT slo, toUnixTimestamp64Milli(definition_at) AS definitionAt, reading FROM slo_readings FINAL
    WHERE form = {form:UInt8} AND evaluated_at >= (SELECT max(changed_at) FROM maintenance_windows WHERE exclude_from_budget)
      AND (evaluated_at >= (SELECT max(recorded_at) FROM budget_resets) OR slo NOT IN (SELECT slo FROM budget_resets))`,
  params: z.object({ form: z.int() }),
  row: z.object({ slo: z.string(), definitionAt: z.number(), reading: z.string() }),
})

/** When SLOs were evaluated last; null before the first time. */
export async function readLastEvaluation(db: Db): Promise<Date | null> {
  const [row] = await selectLastEvaluation(db, {})
  return row?.at ?? null
}

const selectLastEvaluation = query({
  sql: `SELECT toUnixTimestamp64Milli(max(evaluated_at)) AS at FROM slo_readings HAVING count() > 0`,
  params: z.object({}),
  row: z.object({ at: z.number().transform((ms) => new Date(ms)) }),
})

/** [good, total, coverage], then [good, total] of the units where they are others, then [good, bad] of the variance and of what was seen. */
type StoredWindow = readonly number[]

interface StoredReading {
  watermark: number | null
  lastEventAt: number | null
  invalidMinute: number | null
  fault?: string
  backfill?: { measuredFrom: number; progress: number }
  windows: (readonly [minutes: number, window: StoredWindow])[]
  period: Omit<PeriodReading, keyof WindowReading | 'from' | 'to' | 'exclusions' | 'resets'> & {
    from: number
    to: number
    window: StoredWindow
    exclusions: { from: number; to: number; reason: string; by: string }[]
    resets?: { slo: string; at: number; reason: string; by: string }[]
  }
  members?: (Omit<MemberReading, 'period'> & { window: StoredWindow })[]
}

/** Everything of a reading but its definition, as text. */
export function encode({
  watermark,
  lastEventAt,
  invalidMinute,
  fault,
  backfill,
  windows,
  period,
  members,
}: Reading): string {
  const { from, to, raw, exclusions, resets, expectedTotal } = period
  const stored: StoredReading = {
    watermark: msOf(watermark),
    lastEventAt: msOf(lastEventAt),
    invalidMinute: msOf(invalidMinute),
    ...(fault !== undefined && { fault }),
    ...(backfill && { backfill: { ...backfill, measuredFrom: backfill.measuredFrom.getTime() } }),
    windows: [...windows].map(([minutes, window]) => [minutes, packed(window)]),
    period: {
      from: from.getTime(),
      to: to.getTime(),
      window: packed(period),
      raw,
      exclusions: exclusions.map((one) => ({ ...one, from: one.from.getTime(), to: one.to.getTime() })),
      ...(resets && { resets: resets.map((reset) => ({ ...reset, at: reset.at.getTime() })) }),
      ...(expectedTotal !== undefined && { expectedTotal }),
    },
    ...(members && {
      members: members.map(({ period: window, ...member }) => ({ ...member, window: packed(window) })),
    }),
  }
  return JSON.stringify(stored)
}

/** The reading that `encode` wrote, of the same definition. */
export function decode(text: string, slo: Slo): Reading {
  const { watermark, lastEventAt, invalidMinute, fault, backfill, windows, period, members } = JSON.parse(
    text,
  ) as StoredReading
  const { from, to, window, exclusions, resets, ...rest } = period
  return {
    slo,
    watermark: dateOf(watermark),
    lastEventAt: dateOf(lastEventAt),
    invalidMinute: dateOf(invalidMinute),
    ...(fault !== undefined && { fault }),
    ...(backfill && { backfill: { ...backfill, measuredFrom: new Date(backfill.measuredFrom) } }),
    windows: new Map(windows.map(([minutes, stored]) => [minutes, unpacked(stored)])),
    period: {
      ...unpacked(window),
      ...rest,
      from: new Date(from),
      to: new Date(to),
      exclusions: exclusions.map((one) => ({ ...one, from: new Date(one.from), to: new Date(one.to) })),
      ...(resets && { resets: resets.map((reset) => ({ ...reset, at: new Date(reset.at) })) }),
    },
    ...(members && {
      members: members.map(({ window: stored, ...member }) => ({ ...member, period: unpacked(stored) })),
    }),
  }
}

const msOf = (at: Date | null): number | null => (at === null ? null : at.getTime())
const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

function packed({ counts, units, coverage, variance, seen }: WindowReading): StoredWindow {
  const isSame = units.good === counts.good && units.total === counts.total
  return [
    counts.good,
    counts.total,
    coverage,
    ...(isSame && !variance ? [] : [units.good, units.total]),
    ...(variance ? [variance.good, variance.bad] : []),
    ...(variance && seen ? [seen.good, seen.bad] : []),
  ]
}

function unpacked([
  good,
  total,
  coverage,
  unitsGood,
  unitsTotal,
  varianceGood,
  varianceBad,
  seenGood,
  seenBad,
]: StoredWindow): WindowReading {
  const counts = { good: good!, total: total! }
  return {
    counts,
    units: unitsGood === undefined ? counts : { good: unitsGood, total: unitsTotal! },
    coverage: coverage!,
    ...(varianceGood !== undefined && { variance: { good: varianceGood, bad: varianceBad! } }),
    ...(seenGood !== undefined && { seen: { good: seenGood, bad: seenBad! } }),
  }
}

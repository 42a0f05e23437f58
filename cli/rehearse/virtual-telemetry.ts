import { absenceWindows } from '../../slo/alert/absence.ts'
import type { AlertPolicy } from '../../slo/alert/alert-policy.ts'
import type { Counts, Slo } from '../../slo/model.ts'
import { type Reading, STATUS_WINDOWS, type WindowReading } from '../../slo/reading.ts'
import type { Scenario, ScenarioSlo } from './scenario.ts'

const MINUTE_S = 60
const MINUTE_MS = 60_000

/** Whole minutes that count for no budget, from minute 0. */
export interface ExcludedMinutes {
  from: number
  to: number
}

/** What a store would answer about made-up telemetry, at any second of its timeline. */
export interface VirtualTelemetry {
  /** Event time up to which data is complete, in seconds from minute 0. */
  watermarkAt(second: number): number
  readAt(slo: string, second: number): Reading
  /** Minutes that arrived late in (from, to] seconds; null when none did. */
  arrivedLate(from: number, to: number): { from: Date; to: Date } | null
}

type Blind = Scenario['blind'][number]

/**
 * Calls are spread evenly over their minute: of the open one, what happened by then. Failures and calls are rounded down
 * each, since a call that is not over yet has not failed.
 * @param startMs the instant of minute 0
 * @param excluded minutes left out, by SLO
 */
export function virtualTelemetry(
  { blind, timeline, until_min }: Scenario,
  slos: readonly { slo: Slo; given: ScenarioSlo }[],
  startMs: number,
  excluded: (slo: string) => readonly ExcludedMinutes[],
  policy: AlertPolicy,
): VirtualTelemetry {
  const columns = new Map(
    slos.map(({ slo, given }) => [
      slo.name,
      column(slo, given, timeline, until_min, excluded(slo.name), absenceWindows(policy)),
    ]),
  )
  const isBlindAt = (minute: number) => blind.find(({ from_min, to_min }) => from_min <= minute && minute < to_min)

  /** Where nothing arrives, data is complete up to where that began. */
  function watermarkAt(second: number): number {
    const silent = isBlindAt(Math.floor(second / MINUTE_S))
    return silent ? silent.from_min * MINUTE_S : second
  }

  return {
    watermarkAt,
    arrivedLate(from, to) {
      const arrived = blind.find(
        ({ arrives_min }) => arrives_min !== undefined && arrives_min * MINUTE_S > from && arrives_min * MINUTE_S <= to,
      )
      if (!arrived) return null
      return {
        from: new Date(startMs + arrived.from_min * MINUTE_MS),
        to: new Date(startMs + arrived.to_min * MINUTE_MS),
      }
    },
    readAt(name, second) {
      const found = columns.get(name)
      if (!found) throw new Error(`no telemetry was made up for SLO ${name}`)
      const missing = blind.filter(
        ({ arrives_min, from_min }) =>
          from_min * MINUTE_S <= second && (arrives_min === undefined || arrives_min * MINUTE_S > second),
      )
      return readingOf(found, watermarkAt(second), missing, startMs)
    },
  }
}

interface Column {
  slo: Slo
  /** The minute that stands first in the sums. */
  first: number
  /** At n: sums of the n minutes from `first`. */
  good: Float64Array
  total: Float64Array
  counted: Float64Array
  at: (minute: number) => Counts
  excluded: readonly ExcludedMinutes[]
  windows: readonly number[]
}

function column(
  slo: Slo,
  given: ScenarioSlo,
  timeline: Scenario['timeline'],
  untilMinute: number,
  excluded: readonly ExcludedMinutes[],
  more: readonly number[],
): Column {
  const first = -slo.objective.window.minutes - 1
  const length = untilMinute + 1 - first
  const own = timeline.filter((row) => row.slo === slo.name)
  const at = (minute: number): Counts =>
    own.findLast(
      ({ from_min, to_min, every }) => from_min <= minute && minute < to_min && (minute - from_min) % every === 0,
    ) ?? given.history
  const good = new Float64Array(length + 1)
  const total = new Float64Array(length + 1)
  const counted = new Float64Array(length + 1)
  for (let n = 0; n < length; n++) {
    const minute = first + n
    const counts = minute < 0 && own.every(({ from_min }) => from_min > minute) ? given.history : at(minute)
    const isCounted = !isExcluded(excluded, minute)
    good[n + 1] = good[n]! + (isCounted ? counts.good : 0)
    total[n + 1] = total[n]! + (isCounted ? counts.total : 0)
    counted[n + 1] = counted[n]! + (isCounted ? 1 : 0)
  }
  const windows = [
    ...new Set([
      ...STATUS_WINDOWS,
      ...slo.tiers.flatMap(({ longMinutes, shortMinutes }) => [longMinutes, shortMinutes]),
      ...more,
      slo.objective.window.minutes,
    ]),
  ]
  return { slo, first, good, total, counted, at, excluded, windows }
}

const isExcluded = (excluded: readonly ExcludedMinutes[], minute: number) =>
  excluded.some(({ from, to }) => from <= minute && minute < to)

function readingOf(column: Column, watermarkSecond: number, missing: readonly Blind[], startMs: number): Reading {
  const { slo, windows, excluded } = column
  const open = Math.floor(watermarkSecond / MINUTE_S)
  const part = watermarkSecond % MINUTE_S
  const end = part === 0 ? open : open + 1
  const partial = part === 0 || isExcluded(excluded, open) ? NOTHING : arrivedOf(column.at(open), part)
  const between = (sums: Float64Array, from: number, to: number) =>
    sums[Math.max(0, to - column.first)]! - sums[Math.max(0, from - column.first)]!

  const windowOf = (minutes: number): WindowReading => {
    const from = end - minutes
    const sums = { good: between(column.good, from, open), total: between(column.total, from, open) }
    let covered = between(column.counted, from, open) + (end > open && !isExcluded(excluded, open) ? 1 : 0)
    const expected = covered
    for (const { from_min, to_min } of missing) {
      const [low, high] = [Math.max(from_min, from), Math.min(to_min, open)]
      if (low >= high) continue
      sums.good -= between(column.good, low, high)
      sums.total -= between(column.total, low, high)
      covered -= between(column.counted, low, high)
    }
    const counts = { good: sums.good + partial.good, total: sums.total + partial.total }
    return { counts, units: counts, coverage: expected === 0 ? 1 : covered / expected }
  }

  const instant = (minute: number) => new Date(startMs + minute * MINUTE_MS)
  const read = new Map(windows.map((minutes) => [minutes, windowOf(minutes)]))
  const sloMinutes = slo.objective.window.minutes
  return {
    slo,
    watermark: new Date(startMs + watermarkSecond * 1000),
    lastEventAt: null,
    windows: read,
    period: {
      ...(read.get(sloMinutes) as WindowReading),
      from: instant(end - sloMinutes),
      to: instant(end),
      raw: null,
      exclusions: excluded.map(({ from, to }) => ({
        from: instant(from),
        to: instant(to),
        reason: 'maintenance',
        by: '',
      })),
    },
    invalidMinute: null,
  }
}

const NOTHING: Counts = { good: 0, total: 0 }

/** What arrived of a minute so far: whole events, in the order of their arrival, so that none turns bad afterwards. */
export function arrivedOf({ good, total }: Counts, seconds: number): Counts {
  const arrived = Math.floor((total * seconds) / MINUTE_S)
  const bad = total === 0 ? 0 : Math.floor(((total - good) * arrived) / total)
  return { good: arrived - bad, total: arrived }
}

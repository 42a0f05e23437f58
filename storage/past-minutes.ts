import { firstOf, minuteCoverage } from '../slo/budget/coverage.ts'
import { environmentsOf } from '../slo/indicator.ts'
import type { MeasuredIndicator } from '../slo/model.ts'
import { emptySeries, type MinuteSeries, putMinute } from '../slo/replay/minute-series.ts'
import { readRuns } from './covered-minutes.ts'
import { selectMinutes } from './indicator-select.ts'
import type { Db } from './query.ts'

interface Range {
  from: Date
  to: Date
}

const MINUTE_MS = 60_000

/** History is read in so many pieces, so that its progress can be told. */
const PIECES = 10

/**
 * The minutes of an indicator that need not be stored: measured from the telemetry that is kept, as the evaluator would.
 * @param range on whole minutes
 * @param onProgress is told the share that is read, 0…1
 */
export async function readPastMinutes(
  db: Db,
  indicator: MeasuredIndicator,
  { from, to }: Range,
  onProgress: (share: number) => void = () => {},
): Promise<MinuteSeries> {
  const minutes = Math.max(0, Math.round((to.getTime() - from.getTime()) / MINUTE_MS))
  const series = emptySeries(from, minutes)
  const runs = await readRuns(db, { from, to })
  const grid = { fromMs: from.getTime(), minutes, completeMs: to.getTime() }
  Object.assign(series, minuteCoverage(runs, environmentsOf(indicator), grid))
  if (runs.length > 0) series.expectedFrom = Math.max(0, (firstOf(runs) - grid.fromMs) / MINUTE_MS)
  const pieceMinutes = Math.ceil(minutes / PIECES)
  for (let start = 0; start < minutes; start += pieceMinutes) {
    const end = Math.min(minutes, start + pieceMinutes)
    const piece = { from: atMinute(from, start), to: atMinute(from, end) }
    for (const { minute, good, total, spread } of await selectMinutes(db, indicator, piece))
      putMinute(series, minute, { good, total }, spread)
    onProgress(end / minutes)
  }
  return series
}

const atMinute = (from: Date, minutes: number) => new Date(from.getTime() + minutes * MINUTE_MS)

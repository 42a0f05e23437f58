import { keyOf, measuredOf } from '../slo/indicator.ts'
import type { Slo } from '../slo/model.ts'
import { exclusionsOf, subjectOf } from '../slo/overlay/maintenance.ts'
import { type Backtest, type BacktestOptions, backtest } from '../slo/replay/backtest.ts'
import type { MinuteSeries } from '../slo/replay/minute-series.ts'
import { readBudgetResets } from './budget-resets.ts'
import { readFreshness } from './freshness.ts'
import { readMaintenance } from './maintenance-windows.ts'
import { readPastMinutes } from './past-minutes.ts'
import type { Db } from './query.ts'

export interface PreviewRange {
  /** How many days are judged. */
  days: number
  now: Date
  /** Steps the budget is told in. */
  stepMinutes: number
  /** How patient alerts are, and which kinds are wanted; default: as the product is without a configuration. */
  alerts?: Pick<BacktestOptions, 'policy' | 'kinds'>
  onProgress?: (share: number) => void
  /** Who judges what was read; default: this thread, which a long history keeps busy for seconds. */
  replay?: Replay
}

export type Replay = (
  slo: Slo,
  series: ReadonlyMap<string, MinuteSeries>,
  options: BacktestOptions,
) => Backtest | Promise<Backtest>

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/**
 * What an SLO, stored or not, would have said and sent over the last days, by the telemetry that is kept. The last minute
 * is the last complete one. Before the first judged minute as much is read as its windows need.
 */
export async function previewSlo(
  db: Db,
  slo: Slo,
  { days, now, stepMinutes, alerts = {}, onProgress, replay = backtest }: PreviewRange,
): Promise<Backtest> {
  const { watermark } = await readFreshness(db)
  const to = floorMinute(watermark ?? now)
  const from = new Date(to.getTime() - days * DAY_MS)
  const alertMinutes = Math.max(0, ...slo.tiers.map(({ longMinutes }) => longMinutes))
  const readFrom = Math.min(
    from.getTime() - alertMinutes * MINUTE_MS,
    to.getTime() - slo.objective.window.minutes * MINUTE_MS,
  )
  const range = { from: new Date(readFrom), to }
  const parts = measuredOf([slo])
  const series = new Map<string, MinuteSeries>()
  for (const [n, part] of parts.entries()) {
    const tell = (share: number) => onProgress?.((n + share) / parts.length)
    series.set(keyOf(part), await readPastMinutes(db, part.indicator, range, tell))
  }
  const maintenance = (await readMaintenance(db)).filter(({ excludeFromBudget }) => excludeFromBudget)
  const excluded = maintenance.length === 0 ? [] : exclusionsOf(maintenance, subjectOf(slo), range)
  const resets = (await readBudgetResets(db)).filter((reset) => reset.slo === slo.name)
  return replay(slo, series, { from, to, stepMinutes, excluded, resets, ...alerts })
}

const floorMinute = (at: Date) => new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS)

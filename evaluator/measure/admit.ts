import { keyOf, type Measured } from '../../slo/indicator.ts'
import type { FirstTelemetry } from '../../storage/first-telemetry.ts'
import type { Progress } from '../../storage/indicator-progress.ts'
import { isAuthored, type Standing } from '../decide/standing.ts'
import { metricsOf, OVERLAP_MS, readsCalls } from './arrivals.ts'
import { DAY_MS, MINUTE_MS, merge } from './ranges.ts'

/** What the store knows of SLIs that this process did not measure yet. */
export interface Stored {
  /** When each generation was measured last; one that never was is absent. */
  last: ReadonlyMap<string, Date>
  progress: readonly Progress[]
  first: FirstTelemetry
}

/**
 * What is still to be measured of an SLI: everything since its first telemetry when it is new or failed before; what an
 * earlier process left of its history, and what happened since.
 */
export function admitted(measured: Measured, { last, progress, first }: Stored, now: Date): Standing {
  const { indicator, generation } = measured
  const known = progress.find((one) => one.generation === generation && one.indicator === indicator.name)
  const base = { measured, failures: 0, retryAtMs: 0, error: '' }
  const lastMs = last.get(generation)?.getTime()
  const startMs = Math.max(now.getTime() - measured.windowMinutes * MINUTE_MS, firstMs(measured, first))
  const whole = { fromMs: Math.min(startMs, now.getTime()), measuredFromMs: now.getTime() }
  if (lastMs === undefined || (known && known.error !== '')) return { ...base, history: openOrNull(whole), owed: [] }
  const sinceMs = Math.max(now.getTime() - measured.windowMinutes * MINUTE_MS, lastMs - OVERLAP_MS)
  if (!known?.history) return { ...base, history: openOrNull({ ...whole, fromMs: sinceMs }), owed: [] }
  // Longer than a day away: the newest hours come first again.
  if (now.getTime() - sinceMs > DAY_MS) return { ...base, history: openOrNull(whole), owed: [] }
  const history = openOrNull({ fromMs: startMs, measuredFromMs: known.measuredFrom.getTime() })
  return { ...base, history, owed: merge([{ from: new Date(sinceMs), to: now }]) }
}

const openOrNull = (history: NonNullable<Standing['history']>): Standing['history'] =>
  history.measuredFromMs <= history.fromMs ? null : history

/** Nothing is walked before the first telemetry it can be measured from. What a statement of its author reads is not known. */
function firstMs(measured: Measured, { calls, metrics }: FirstTelemetry): number {
  if (isAuthored({ measured })) return 0
  const { indicator } = measured
  const firsts = [
    ...(readsCalls(indicator) && calls ? [calls] : []),
    ...metricsOf(indicator).flatMap((metric) => metrics.get(metric) ?? []),
  ]
  return Math.min(...firsts.map(Number))
}

export const keyOfProgress = ({ indicator, generation }: { indicator: string; generation: string }): string =>
  keyOf({ indicator: { name: indicator }, generation })

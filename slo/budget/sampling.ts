import type { Counts } from '../model.ts'
import type { WindowReading } from '../reading.ts'
import { divide, times } from './exact.ts'

/** Counts of sampled telemetry: each event weighs w = 1/p, and brings w(w − 1) to the variance of its side. Additive. */
export interface SampledCounts extends Counts {
  varianceGood: number
  varianceBad: number
}

export interface SamplingInterval {
  /** Of the SLI, and of the share of bad events. */
  standardError: number
  sli: { low: number; high: number }
  /** Of the burn rate over the same window, and so of the consumed budget when it is the SLO window. */
  burn: { low: number; high: number }
  /** Fewer bad events were seen than an interval should rest on. */
  weak: boolean
}

/** Two-sided 95 % of a normal distribution. */
const Z_95 = 1.96
export const ENOUGH_BAD = 10

/**
 * Standard error of the share of bad events under independent sampling; 0 when nothing was sampled away, null without events.
 * Var(r̂) = ((1 − r̂)²·V_bad + r̂²·V_good) / N̂². Source: Horvitz and Thompson (1952), for the ratio of two totals.
 */
export function standardError({ good, total, varianceGood, varianceBad }: SampledCounts): number | null {
  if (total === 0) return null
  const bad = (total - good) / total
  return Math.sqrt((1 - bad) ** 2 * varianceBad + bad ** 2 * varianceGood) / total
}

/**
 * 95 % interval around SLI and burn rate; null when every event was counted, or none. It says how far the numbers can be
 * trusted and changes no verdict.
 * Example: 1 in 10 sampled, 10,000 calls seen, 20 of them bad, at 99.9 % → burn 1.169 … 2.831 around 2.
 */
export function samplingInterval(counts: SampledCounts, budgetPpm: number): SamplingInterval | null {
  const error = standardError(counts)
  if (error === null || (counts.varianceGood === 0 && counts.varianceBad === 0)) return null
  const bad = divide(counts.total - counts.good, counts.total)
  const [low, high] = [Math.max(0, bad - Z_95 * error), Math.min(1, bad + Z_95 * error)]
  const burnOf = (share: number) => divide(times(share, 1_000_000), budgetPpm)
  return {
    standardError: error,
    sli: { low: 1 - high, high: 1 - low },
    burn: { low: burnOf(low), high: burnOf(high) },
    weak: effectiveEvents(counts.total - counts.good, counts.varianceBad) < ENOUGH_BAD,
  }
}

/**
 * How many events were really seen, as far as weights tell: (Σw)² / Σw², the number itself where all weigh the same.
 * Source: Kish, Survey Sampling (1965). Example: 20 seen at 1 in 10 → 200² / (1,800 + 200) = 20.
 */
const effectiveEvents = (weighted: number, variance: number): number =>
  weighted <= 0 ? 0 : (weighted * weighted) / (variance + weighted)

/** Events of a window that were really received, by side: what guards count. The counts themselves where nothing is sampled. */
export const seenEvents = ({ counts, seen }: Pick<WindowReading, 'counts' | 'seen'>): { good: number; bad: number } =>
  seen ?? { good: counts.good, bad: counts.total - counts.good }

/**
 * Whether the bad events of a window are so few heavy ones that their weight says little: then what they say must also be
 * true of the events as they were received, before anyone is paged for it.
 */
export const restsOnFew = ({ counts, variance }: Pick<WindowReading, 'counts' | 'variance'>): boolean =>
  variance !== undefined && effectiveEvents(counts.total - counts.good, variance.bad) < ENOUGH_BAD

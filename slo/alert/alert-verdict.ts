import { burnRate } from '../budget/burn-rate.ts'
import { restsOnFew, seenEvents } from '../budget/sampling.ts'
import { windowEnd } from '../budget/window.ts'
import { invalidReason } from '../invalid.ts'
import type { Counts, Severity, Tier } from '../model.ts'
import type { Reading, WindowReading } from '../reading.ts'
import { tierLabel } from '../tiers.ts'
import type { AlertPolicy } from './alert-policy.ts'
import type { FrozenReason } from './alert-reason.ts'

/** One window of a tier as it was read. */
export interface WindowEvidence {
  minutes: number
  counts: Counts
  coverage: number
  burn: number | null
  /** Events really received; absent where every event was counted. */
  seen?: { good: number; bad: number }
}

/** What the readings say about one tier: an alert may rise on `matched` and end on `clear`; the others keep what is. */
export interface TierVerdict {
  /** `1h/5m`, unique within an SLO and severity. */
  tier: string
  severity: Severity
  factor: number
  forMinutes?: number
  verdict: 'matched' | 'hold' | 'clear' | 'frozen'
  /** Why it is frozen, or what kept it from matching; else null. */
  reason: FrozenReason | 'below_min_bad_events' | 'few_heavy_calls' | 'share_not_reached' | 'late_only' | null
  long: WindowEvidence
  short: WindowEvidence
  /** The window that burns less: SLI, burn and counts of a message come from it, so that it cannot contradict the condition. */
  governing: 'long' | 'short'
}

/** What is true of the whole reading, so that no tier of it can be judged. */
export function frozenReading(
  reading: Reading,
  now: Date,
  policy: AlertPolicy,
  remeasuring: boolean,
): FrozenReason | null {
  if (!reading.watermark || now.getTime() - reading.watermark.getTime() > policy.staleAfterMs) return 'frozen_stale'
  if (remeasuring) return 'frozen_remeasuring'
  return invalidReason(reading) === null ? null : 'frozen_invalid'
}

/**
 * Judges one tier. Both windows must burn faster than `factor`, strictly; one known window at or below the clear band
 * settles the conjunction even when the other is unknown.
 * Source: Google SRE Workbook, ch. 5 (condition); hysteresis, coverage and guards are Plumbline's (docs/alerting.md).
 */
export function judgeTier(
  tier: Tier,
  reading: Reading,
  policy: AlertPolicy,
  frozen: FrozenReason | null = null,
): TierVerdict {
  const { budgetPpm } = reading.slo.objective
  const { minEvents, minBadEvents } = reading.slo.guards
  const byShare = reading.slo.alerting === 'budget-share'
  const long = windowEvidence(reading, tier.longMinutes, budgetPpm)
  const short = windowEvidence(reading, tier.shortMinutes, budgetPpm)
  const conclude = (verdict: TierVerdict['verdict'], reason: TierVerdict['reason'] = null): TierVerdict => ({
    tier: tierLabel(tier),
    severity: tier.severity,
    factor: tier.factor,
    ...(tier.forMinutes ? { forMinutes: tier.forMinutes } : {}),
    verdict,
    reason,
    long,
    short,
    governing: (short.burn ?? Infinity) < (long.burn ?? Infinity) ? 'short' : 'long',
  })
  if (frozen) return conclude('frozen', frozen)

  // What a share is of is the whole SLO window.
  if (byShare && reading.backfill) return conclude('frozen', 'frozen_remeasuring')
  const longUnknown = unknownBecause(long, minEvents, reading, policy)
  const shortUnknown = unknownBecause(short, 0, reading, policy)
  const isClear = ({ burn }: WindowEvidence) => !byShare && burn !== null && clears(burn, tier, policy)
  if ((!longUnknown && isClear(long)) || (!shortUnknown && isClear(short))) return conclude('clear')

  const unknown = longUnknown ?? shortUnknown
  if (unknown) return conclude('frozen', unknown)

  if (byShare && !spendsShare(tier, reading)) return conclude('clear', 'share_not_reached')
  if (!byShare && !(meets(long.burn, tier) && meets(short.burn, tier))) return conclude('hold')
  if (seenEvents(long).bad < minBadEvents) return conclude('clear', 'below_min_bad_events')
  if (restsOnHeavyCalls(tier, reading)) return conclude('clear', 'few_heavy_calls')
  return conclude('matched')
}

/**
 * Whether the condition holds only by the weight of a few sampled calls: a span may claim any weight, so one that stands for
 * a thousand pages nobody unless the calls as received say the same. Slices and composites are guarded by counts alone.
 */
function restsOnHeavyCalls(tier: Tier, reading: Reading): boolean {
  const { objective, indicator, alerting } = reading.slo
  const long = reading.windows.get(tier.longMinutes)
  if (objective.method !== 'occurrences' || indicator.source === 'composite' || !long || !restsOnFew(long)) return false
  const received = asReceived(reading)
  if (alerting === 'budget-share') return !spendsShare(tier, received)
  const burn = (minutes: number) => windowEvidence(received, minutes, objective.budgetPpm).burn
  return !(meets(burn(tier.longMinutes), tier) && meets(burn(tier.shortMinutes), tier))
}

/** The same reading with every event counted once. */
function asReceived(reading: Reading): Reading {
  const unweighted = <T extends WindowReading>(window: T): T => {
    const { good, bad } = seenEvents(window)
    return { ...window, units: { good, total: good + bad } }
  }
  const windows = new Map([...reading.windows].map(([minutes, window]) => [minutes, unweighted(window)]))
  return { ...reading, windows, period: unweighted(reading.period) }
}

/** How an author's comparison reads; `gt` unless they say otherwise. */
function meets(burn: number | null, { op = 'gt', factor }: Tier): boolean {
  if (burn === null) return false
  switch (op) {
    case 'gt':
      return burn > factor
    case 'gte':
      return burn >= factor
    case 'lt':
      return burn < factor
    case 'lte':
      return burn <= factor
  }
}

/** Below the band that keeps what is. A condition on too little burn has no such band. */
const clears = (burn: number, tier: Tier, policy: AlertPolicy): boolean =>
  tier.op === 'lt' || tier.op === 'lte' ? !meets(burn, tier) : burn <= clearBand(tier.factor, policy)

/**
 * Whether a tier's windows spent its share of the whole budget, the long one the share and the short one its part of it:
 * a night with a handful of calls does not page for one of them. Equality counts, since then the share is spent.
 * bad · 1e6 · SLO window ≥ factor · window · budgetPpm · events of the SLO window, for both windows with the long one's share.
 */
function spendsShare({ factor, longMinutes, shortMinutes }: Tier, { slo, windows, period }: Reading): boolean {
  const { budgetPpm, window } = slo.objective
  const isSpent = (minutes: number) => {
    const { good, total } = windows.get(minutes)?.units ?? NOTHING
    const needed = Number((factor * minutes).toPrecision(15)) * budgetPpm * period.units.total
    return (total - good) * 1_000_000 * window.minutes >= needed
  }
  return isSpent(longMinutes) && isSpent(shortMinutes)
}

/** The governing window of a verdict: the lesser burn of the pair. */
export const governingWindow = (verdict: TierVerdict): WindowEvidence => verdict[verdict.governing]

/** Burn of the governing window in multiples of the factor: with several tiers the highest leads. */
export const urgency = (verdict: TierVerdict): number => (governingWindow(verdict).burn ?? 0) / verdict.factor

/** Rounded to the decimal that is meant: 0.9 × 16.8 is 15.12, not 15.120000000000001. */
const clearBand = (factor: number, { clearRatio }: AlertPolicy) => Number((factor * clearRatio).toPrecision(15))

const NOTHING = { good: 0, total: 0 }
const NOT_READ: WindowReading = { counts: NOTHING, units: NOTHING, coverage: 0 }

function windowEvidence({ windows }: Reading, minutes: number, budgetPpm: number): WindowEvidence {
  const { counts, units, coverage, seen } = windows.get(minutes) ?? NOT_READ
  return { minutes, counts, coverage, burn: burnRate(units, budgetPpm), ...(seen && { seen }) }
}

function unknownBecause(
  window: WindowEvidence,
  minEvents: number,
  reading: Reading,
  policy: AlertPolicy,
): FrozenReason | null {
  if (!isMeasured(window.minutes, reading)) return 'frozen_remeasuring'
  if (window.burn === null && isExcluded(window.minutes, reading)) return 'frozen_excluded'
  if (window.coverage < policy.coverageFloor) return 'frozen_coverage'
  if (window.burn === null) return 'frozen_no_events'
  const { good, bad } = seenEvents(window)
  return good + bad < minEvents ? 'frozen_min_events' : null
}

/** Whether all of a window is measured: of a new definition the newest hours are first. */
export function isMeasured(minutes: number, { watermark, backfill }: Reading): boolean {
  if (backfill === undefined || watermark === null) return true
  return windowEnd(watermark).getTime() - minutes * 60_000 >= backfill.measuredFrom.getTime()
}

/** Whether some of a window's time does not count, by maintenance. */
export function isExcluded(minutes: number, { watermark, period }: Reading): boolean {
  if (!watermark || period.exclusions.length === 0) return false
  const to = windowEnd(watermark).getTime()
  const from = to - minutes * 60_000
  return period.exclusions.some((exclusion) => exclusion.from.getTime() < to && exclusion.to.getTime() > from)
}

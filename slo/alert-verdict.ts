import type { AlertPolicy } from './alert-policy.ts'
import type { FrozenReason } from './alert-reason.ts'
import { burnRate } from './burn-rate.ts'
import type { Counts, Severity, Tier } from './model.ts'
import type { Reading, WindowReading } from './reading.ts'
import { tierLabel } from './tiers.ts'

/** One window of a tier as it was read. */
export interface WindowEvidence {
  minutes: number
  counts: Counts
  coverage: number
  burn: number | null
}

/** What the readings say about one tier: an alert may rise on `matched` and end on `clear`; the others keep what is. */
export interface TierVerdict {
  /** `1h/5m`, unique within an SLO and severity. */
  tier: string
  severity: Severity
  factor: number
  verdict: 'matched' | 'hold' | 'clear' | 'frozen'
  /** Why it is frozen, or that both windows burn too fast but hold too few bad events; else null. */
  reason: FrozenReason | 'below_min_bad_events' | null
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
  return reading.invalidMinute ? 'frozen_invalid' : null
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
  const long = windowEvidence(reading, tier.longMinutes, budgetPpm)
  const short = windowEvidence(reading, tier.shortMinutes, budgetPpm)
  const conclude = (verdict: TierVerdict['verdict'], reason: TierVerdict['reason'] = null): TierVerdict => ({
    tier: tierLabel(tier),
    severity: tier.severity,
    factor: tier.factor,
    verdict,
    reason,
    long,
    short,
    governing: (short.burn ?? Infinity) < (long.burn ?? Infinity) ? 'short' : 'long',
  })
  if (frozen) return conclude('frozen', frozen)

  const longUnknown = unknownBecause(long, minEvents, policy)
  const shortUnknown = unknownBecause(short, 0, policy)
  const clearAtMost = clearBand(tier.factor, policy)
  const isClear = (window: WindowEvidence) => window.burn !== null && window.burn <= clearAtMost
  if ((!longUnknown && isClear(long)) || (!shortUnknown && isClear(short))) return conclude('clear')

  const unknown = longUnknown ?? shortUnknown
  if (unknown) return conclude('frozen', unknown)

  const burnsFaster = ({ burn }: WindowEvidence) => burn !== null && burn > tier.factor
  if (!burnsFaster(long) || !burnsFaster(short)) return conclude('hold')
  if (long.counts.total - long.counts.good < minBadEvents) return conclude('clear', 'below_min_bad_events')
  return conclude('matched')
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
  const { counts, units, coverage } = windows.get(minutes) ?? NOT_READ
  return { minutes, counts, coverage, burn: burnRate(units, budgetPpm) }
}

function unknownBecause(window: WindowEvidence, minEvents: number, policy: AlertPolicy): FrozenReason | null {
  if (window.coverage < policy.coverageFloor) return 'frozen_coverage'
  if (window.burn === null) return 'frozen_no_events'
  return window.counts.total < minEvents ? 'frozen_min_events' : null
}

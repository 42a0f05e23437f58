import type { Severity } from '../model.ts'
import type { Reading } from '../reading.ts'
import { ALERT_POLICY, type AlertPolicy } from './alert-policy.ts'
import type { FrozenReason } from './alert-reason.ts'
import { type AlertState, advance, NEVER_FIRED, type Outcome, switchedOff } from './alert-state.ts'
import { frozenReading, judgeTier, type TierVerdict, urgency } from './alert-verdict.ts'

const MINUTE_MS = 60_000

/** What one evaluation means for the burn-rate alert of one SLO. */
export interface Decision extends Outcome {
  verdicts: TierVerdict[]
  /** The tier whose numbers a message gives; null when the SLO has none. */
  lead: TierVerdict | null
}

/** What is known about an SLO beside its reading. */
export interface DecisionContext {
  /** The SLO's definition changed and its history is still being measured. */
  remeasuring?: boolean
  /** Event time of minutes that arrived late and were measured since the last evaluation. */
  late?: { from: Date; to: Date } | null
}

/**
 * The next state of one SLO's burn-rate alert. Pure: everything is judged at the reading's watermark; `now` only decides
 * whether the data is fresh enough to judge at all. On data that cannot be judged the alert neither rises nor ends.
 */
export function decide(
  previous: AlertState | null,
  reading: Reading,
  now: Date,
  policy: AlertPolicy = ALERT_POLICY,
  { remeasuring = false, late = null }: DecisionContext = {},
): Decision {
  const state = previous ?? NEVER_FIRED
  if (reading.slo.alerting === 'off') return { ...switchedOff(state, 'alerting_off'), verdicts: [], lead: null }
  const frozen = frozenReading(reading, now, policy, remeasuring)
  const verdicts = judgeTiers(reading, policy, frozen).map((verdict) => flagLate(verdict, reading, late))
  const at = reading.watermark?.getTime() ?? now.getTime()
  const outcome = advance(state, verdicts, at, policy.keepFiringMs)
  return { ...outcome, verdicts, lead: leadOf(outcome, verdicts, state) }
}

const judgeTiers = (reading: Reading, policy: AlertPolicy, frozen: FrozenReason | null): TierVerdict[] =>
  reading.slo.tiers.map((tier) => judgeTier(tier, reading, policy, frozen))

/**
 * A tier whose long window burns because of minutes that arrived late, while its short window is clean: it would have
 * fired and cleared meanwhile.
 */
function flagLate(verdict: TierVerdict, { watermark }: Reading, late: DecisionContext['late']): TierVerdict {
  if (!late || !watermark || verdict.verdict !== 'clear' || verdict.reason !== null) return verdict
  const longFrom = watermark.getTime() - verdict.long.minutes * MINUTE_MS
  const shortFrom = watermark.getTime() - verdict.short.minutes * MINUTE_MS
  const isBefore = late.from.getTime() >= longFrom && late.to.getTime() <= shortFrom
  const burned = verdict.long.burn !== null && verdict.long.burn > verdict.factor
  return isBefore && burned ? { ...verdict, reason: 'late_only' } : verdict
}

function leadOf({ next, transition }: Outcome, verdicts: TierVerdict[], before: AlertState): TierVerdict | null {
  if (next.phase === 'inactive' && before.phase === 'inactive') return mostUrgent(verdicts)
  const matched = verdicts.filter(({ verdict }) => verdict === 'matched')
  const episode = next.phase === 'firing' ? next.episode : before.phase === 'firing' ? before.episode : []
  const alive = verdicts.filter(
    ({ severity, tier, verdict }) => episode.includes(`${severity} ${tier}`) && verdict !== 'clear',
  )
  const judged = matched.length > 0 ? matched : alive.length > 0 && transition !== 'fired' ? alive : verdicts
  const severity = next.phase === 'firing' ? next.severity : before.phase === 'firing' ? before.severity : 'ticket'
  return quoted(judged, severity)
}

/** A page quotes a page tier: numbers of a ticket tier beside it, however high, would not explain why it pages. */
const quoted = (verdicts: TierVerdict[], severity: Severity): TierVerdict | null =>
  mostUrgent(verdicts.filter((verdict) => verdict.severity === severity)) ?? mostUrgent(verdicts)

const mostUrgent = (verdicts: TierVerdict[]): TierVerdict | null =>
  verdicts.toSorted((a, b) => urgency(b) - urgency(a))[0] ?? null

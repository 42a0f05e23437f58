import { incidentId } from './alert-incident-id.ts'
import { ALERT_POLICY, type AlertPolicy } from './alert-policy.ts'
import type { FrozenReason, Reason } from './alert-reason.ts'
import { frozenReading, judgeTier, type TierVerdict, urgency } from './alert-verdict.ts'
import type { Severity } from './model.ts'
import type { Reading } from './reading.ts'

/**
 * What an SLO's alert remembers between evaluations: plain JSON, so that it survives a restart unchanged.
 * Instants are event time in milliseconds since 1970, unless named otherwise.
 */
export type AlertState = InactiveAlert | FiringAlert

export interface InactiveAlert {
  phase: 'inactive'
  /** The incident that ended last, null when there was none. */
  previousIncident: string | null
  frozen: FrozenReason | null
}

export interface FiringAlert {
  phase: 'firing'
  severity: Severity
  incident: string
  previousIncident: string | null
  /** Start of the minute that was judged last when the alert rose. */
  startedAtMs: number
  /** `severity tier` of every tier that matched since the alert rose: no other can keep it open. */
  episode: string[]
  /** Since when a severity has been clear without a break; null while it is alive. */
  clearSinceMs: Record<Severity, number | null>
  frozen: FrozenReason | null
}

export type Transition = 'fired' | 'escalated' | 'deescalated' | 'resolved'

export interface Decision {
  next: AlertState
  transition: Transition | null
  /** Why the alert did what it did; with a transition the reason its endpoints are told. */
  reason: Reason
  verdicts: TierVerdict[]
  /** The tier whose numbers a message gives; null when the SLO has none. */
  lead: TierVerdict | null
}

const MINUTE_MS = 60_000

/** Where every alert begins. */
export const NEVER_FIRED: InactiveAlert = { phase: 'inactive', previousIncident: null, frozen: null }

/**
 * The next state of one SLO's alert. Pure: everything is judged at the reading's watermark; `now` only decides whether
 * the data is fresh enough to judge at all. On data that cannot be judged the alert neither rises nor ends.
 * @param remeasuring the SLO's definition changed and its history is still being measured
 */
export function decide(
  previous: AlertState | null,
  reading: Reading,
  now: Date,
  policy: AlertPolicy = ALERT_POLICY,
  remeasuring = false,
): Decision {
  const state = previous ?? NEVER_FIRED
  if (reading.slo.alerting === 'off') return switchedOff(state)
  const frozen = frozenReading(reading, now, policy, remeasuring)
  const verdicts = reading.slo.tiers.map((tier) => judgeTier(tier, reading, policy, frozen))
  const at = reading.watermark?.getTime() ?? now.getTime()
  return state.phase === 'inactive'
    ? decideInactive(state, reading, verdicts, at)
    : decideFiring(state, verdicts, at, policy)
}

/** Ends the alert of an SLO that is no longer judged, so that whoever was told hears the end of it. */
export function switchedOff(state: AlertState): Decision {
  const next: InactiveAlert = { phase: 'inactive', previousIncident: lastIncident(state), frozen: null }
  const ends = state.phase === 'firing'
  return {
    next,
    transition: ends ? 'resolved' : null,
    reason: ends ? 'resolved' : 'policy_off',
    verdicts: [],
    lead: null,
  }
}

function decideInactive(state: InactiveAlert, { slo }: Reading, verdicts: TierVerdict[], at: number): Decision {
  const matched = verdicts.filter(({ verdict }) => verdict === 'matched')
  if (matched.length === 0) {
    const frozen = allFrozen(verdicts)
    const guarded = verdicts.find(({ reason }) => reason === 'below_min_bad_events')
    const reason = frozen ?? (guarded ? 'below_min_bad_events' : 'healthy')
    return { next: { ...state, frozen }, transition: null, reason, verdicts, lead: mostUrgent(verdicts) }
  }
  const startedAtMs = Math.floor((at - 1) / MINUTE_MS) * MINUTE_MS
  const next: FiringAlert = {
    phase: 'firing',
    severity: matched.some(isPage) ? 'page' : 'ticket',
    incident: incidentId(slo.name, startedAtMs),
    previousIncident: state.previousIncident,
    startedAtMs,
    episode: matched.map(episodeKey),
    clearSinceMs: { page: matched.some(isPage) ? null : at, ticket: matched.every(isPage) ? at : null },
    frozen: null,
  }
  return { next, transition: 'fired', reason: 'first', verdicts, lead: leadOf(matched, next.severity) }
}

function decideFiring(state: FiringAlert, verdicts: TierVerdict[], at: number, policy: AlertPolicy): Decision {
  const matched = verdicts.filter(({ verdict }) => verdict === 'matched')
  const episode = [...new Set([...state.episode, ...matched.map(episodeKey)])]
  const alive = verdicts.filter((verdict) => episode.includes(episodeKey(verdict)) && verdict.verdict !== 'clear')
  const clockOf = (severity: Severity) =>
    alive.some((verdict) => verdict.severity === severity) ? null : (state.clearSinceMs[severity] ?? at)
  const clearSinceMs = { page: clockOf('page'), ticket: clockOf('ticket') }
  const deciding = alive.filter((verdict) => verdict.severity === state.severity)
  const frozen = allFrozen(deciding)
  const firing: FiringAlert = { ...state, episode, clearSinceMs, frozen }
  const conclude = (next: AlertState, transition: Transition | null, reason: Reason): Decision => {
    const judged = matched.length > 0 ? matched : alive.length > 0 ? alive : verdicts
    const severity = next.phase === 'firing' ? next.severity : state.severity
    return { next, transition, reason, verdicts, lead: leadOf(judged, severity) }
  }

  if (state.severity === 'ticket' && matched.some(isPage)) {
    return conclude({ ...firing, severity: 'page' }, 'escalated', 'escalated')
  }
  const clearSince = clearSinceMs[state.severity]
  if (clearSince !== null && at - clearSince >= policy.keepFiringMs[state.severity]) {
    if (state.severity === 'page' && clearSinceMs.ticket === null) {
      return conclude({ ...firing, severity: 'ticket', frozen: null }, 'deescalated', 'deescalated')
    }
    return conclude({ phase: 'inactive', previousIncident: state.incident, frozen: null }, 'resolved', 'resolved')
  }
  return conclude(firing, null, frozen ?? whyUnchanged(deciding))
}

function whyUnchanged(deciding: TierVerdict[]): Reason {
  if (deciding.length === 0) return 'keep_firing'
  return deciding.some(({ verdict }) => verdict === 'matched') ? 'same_state' : 'hysteresis_hold'
}

/** The first tier's reason when every one of them is frozen; null when one can be judged, or there is none. */
function allFrozen(verdicts: TierVerdict[]): FrozenReason | null {
  if (verdicts.some(({ verdict }) => verdict !== 'frozen')) return null
  return (verdicts[0]?.reason as FrozenReason | undefined) ?? null
}

/** A page quotes a page tier: numbers of a ticket tier beside it, however high, would not explain why it pages. */
const leadOf = (verdicts: TierVerdict[], severity: Severity): TierVerdict | null =>
  mostUrgent(verdicts.filter((verdict) => verdict.severity === severity)) ?? mostUrgent(verdicts)

const mostUrgent = (verdicts: TierVerdict[]): TierVerdict | null =>
  verdicts.toSorted((a, b) => urgency(b) - urgency(a))[0] ?? null

const isPage = ({ severity }: TierVerdict) => severity === 'page'
const episodeKey = ({ severity, tier }: TierVerdict) => `${severity} ${tier}`
const lastIncident = (state: AlertState) => (state.phase === 'firing' ? state.incident : state.previousIncident)

import type { Severity } from '../model.ts'
import type { ClosingReason, FrozenReason, Reason, WithheldReason } from './alert-reason.ts'

/**
 * What one alert remembers between evaluations: plain JSON, so that it survives a restart unchanged.
 * Instants are event time in milliseconds since 1970, unless named otherwise.
 */
export type AlertState = InactiveAlert | FiringAlert

interface Waiting {
  /** Since when each condition that must hold for a while holds, by its key. */
  pendingSinceMs: Record<string, number>
  frozen: FrozenReason | null
}

export interface InactiveAlert extends Waiting {
  phase: 'inactive'
}

export interface FiringAlert extends Waiting {
  phase: 'firing'
  severity: Severity
  /** Start of the minute that was judged last when the alert rose. */
  startedAtMs: number
  /** Keys of every condition that matched since the alert rose: no other can keep it open. */
  episode: string[]
  /** Since when a severity has been clear without a break; null while it is alive. */
  clearSinceMs: Record<Severity, number | null>
}

export type Transition = 'fired' | 'escalated' | 'deescalated' | 'resolved'

/** What one evaluation says about one condition of an alert: it may rise on `matched` and end on `clear`. */
export interface Condition {
  /** Unique among an alert's conditions of one severity. */
  tier: string
  severity: Severity
  verdict: 'matched' | 'hold' | 'clear' | 'frozen'
  /** Why it is frozen, or what kept it from matching; else null. */
  reason: WithheldReason | null
  /** How long it must hold before it counts. */
  forMinutes?: number
}

export interface Outcome {
  next: AlertState
  transition: Transition | null
  /** Why the alert did what it did; with a transition the reason its endpoints are told. */
  reason: Reason
}

const MINUTE_MS = 60_000

/** Where every alert begins. */
export const NEVER_FIRED: InactiveAlert = { phase: 'inactive', pendingSinceMs: {}, frozen: null }

/**
 * The next state of one alert, of any kind, from what its conditions say at an instant.
 * @param at event time in ms
 * @param keepFiringMs how long a severity must be clear before it ends
 */
export function advance(
  previous: AlertState | null,
  conditions: readonly Condition[],
  at: number,
  keepFiringMs: Readonly<Record<Severity, number>>,
): Outcome {
  const state = previous ?? NEVER_FIRED
  const { ripe, pendingSinceMs } = ripen(state, conditions, at)
  return state.phase === 'inactive'
    ? rise(state, ripe, pendingSinceMs, at)
    : carryOn(state, ripe, pendingSinceMs, at, keepFiringMs)
}

/** Ends an alert that is no longer judged, so that whoever was told hears the end of it. */
export function switchedOff(state: AlertState, reason: ClosingReason): Outcome {
  const ends = state.phase === 'firing'
  return { next: NEVER_FIRED, transition: ends ? 'resolved' : null, reason: ends ? reason : 'policy_off' }
}

/** Whether what an alert fires for has cleared: it is only kept open until it has been clear for long enough. */
export const isCleared = ({ severity, clearSinceMs }: FiringAlert): boolean => clearSinceMs[severity] !== null

export const conditionKey = ({ severity, tier }: Pick<Condition, 'severity' | 'tier'>) => `${severity} ${tier}`

type Ripe = Condition & { waits: boolean }

/** Conditions that must hold for a while only count once they have; until then they keep what is. */
function ripen(state: AlertState, conditions: readonly Condition[], at: number) {
  const pendingSinceMs: Record<string, number> = {}
  const ripe = conditions.map((condition): Ripe => {
    const { forMinutes = 0, verdict } = condition
    if (forMinutes === 0) return { ...condition, waits: false }
    const key = conditionKey(condition)
    const since = state.pendingSinceMs[key]
    if (verdict === 'matched') pendingSinceMs[key] = since ?? at
    if (verdict === 'frozen' && since !== undefined) pendingSinceMs[key] = since
    const waits = verdict === 'matched' && at - (since ?? at) < forMinutes * MINUTE_MS
    return waits ? { ...condition, verdict: 'hold', waits } : { ...condition, waits }
  })
  return { ripe, pendingSinceMs }
}

function rise(state: InactiveAlert, conditions: Ripe[], pendingSinceMs: Record<string, number>, at: number): Outcome {
  const matched = conditions.filter(isMatched)
  if (matched.length === 0) {
    const frozen = allFrozen(conditions)
    return { next: { phase: 'inactive', pendingSinceMs, frozen }, transition: null, reason: whyQuiet() }

    function whyQuiet(): Reason {
      if (frozen) return frozen
      if (conditions.some(({ waits }) => waits)) return 'pending'
      if (Object.keys(state.pendingSinceMs).some((key) => !(key in pendingSinceMs))) return 'pending_dropped'
      return conditions.find(({ verdict, reason }) => verdict === 'clear' && reason)?.reason ?? 'healthy'
    }
  }
  const next: FiringAlert = {
    phase: 'firing',
    severity: matched.some(isPage) ? 'page' : 'ticket',
    startedAtMs: Math.floor((at - 1) / MINUTE_MS) * MINUTE_MS,
    episode: matched.map(conditionKey),
    clearSinceMs: { page: matched.some(isPage) ? null : at, ticket: matched.every(isPage) ? at : null },
    pendingSinceMs,
    frozen: null,
  }
  return { next, transition: 'fired', reason: 'first' }
}

function carryOn(
  state: FiringAlert,
  conditions: Ripe[],
  pendingSinceMs: Record<string, number>,
  at: number,
  keepFiringMs: Readonly<Record<Severity, number>>,
): Outcome {
  const matched = conditions.filter(isMatched)
  const episode = [...new Set([...state.episode, ...matched.map(conditionKey)])]
  const alive = conditions.filter(
    (condition) => episode.includes(conditionKey(condition)) && condition.verdict !== 'clear',
  )
  const clockOf = (severity: Severity) =>
    alive.some((condition) => condition.severity === severity) ? null : (state.clearSinceMs[severity] ?? at)
  const clearSinceMs = { page: clockOf('page'), ticket: clockOf('ticket') }
  const deciding = alive.filter(({ severity }) => severity === state.severity)
  const frozen = allFrozen(deciding)
  const firing: FiringAlert = { ...state, episode, clearSinceMs, pendingSinceMs, frozen }

  if (state.severity === 'ticket' && matched.some(isPage)) {
    return { next: { ...firing, severity: 'page' }, transition: 'escalated', reason: 'escalated' }
  }
  const clearSince = clearSinceMs[state.severity]
  if (clearSince !== null && at - clearSince >= keepFiringMs[state.severity]) {
    if (state.severity === 'page' && clearSinceMs.ticket === null) {
      const next: FiringAlert = { ...firing, severity: 'ticket', frozen: null }
      return { next, transition: 'deescalated', reason: 'deescalated' }
    }
    return { next: { phase: 'inactive', pendingSinceMs, frozen: null }, transition: 'resolved', reason: 'resolved' }
  }
  return { next: firing, transition: null, reason: frozen ?? whyUnchanged(deciding) }
}

function whyUnchanged(deciding: Condition[]): Reason {
  if (deciding.length === 0) return 'keep_firing'
  return deciding.some(isMatched) ? 'same_state' : 'hysteresis_hold'
}

/** The first condition's reason when every one of them is frozen; null when one can be judged, or there is none. */
function allFrozen(conditions: Condition[]): FrozenReason | null {
  if (conditions.some(({ verdict }) => verdict !== 'frozen')) return null
  return (conditions[0]?.reason as FrozenReason | undefined) ?? null
}

const isMatched = ({ verdict }: Condition) => verdict === 'matched'
const isPage = ({ severity }: Condition) => severity === 'page'

import type { DeliveryAttempt, Notification } from '../../storage/notifications.ts'
import type { Thread } from './deliver.ts'
import { ledgerOf } from './ledger.ts'

/** How the streams of deployments begin: nothing about them is ever open at an endpoint. */
export const CHANGE = 'change_'

/** One stream of messages: everything for one endpoint about one incident, in order, one attempt at a time. */
export interface Lane {
  readonly endpoint: string
  readonly incident: string
  notifications: Notification[]
  attempts: DeliveryAttempt[]
  /** An attempt is under way. */
  busy: boolean
  /** When the last attempt was over. */
  freeAt: Date
}

export type Lanes = Map<string, Lane>

export const laneKey = ({ endpoint, incident }: Pick<Lane, 'endpoint' | 'incident'>) => `${endpoint}\n${incident}`

/** The lane a notification belongs to; a new one where there is none. */
export function laneOf(lanes: Lanes, { endpoint, incident }: Pick<Lane, 'endpoint' | 'incident'>): Lane {
  const key = laneKey({ endpoint, incident })
  const lane = lanes.get(key) ?? {
    endpoint,
    incident,
    notifications: [],
    attempts: [],
    busy: false,
    freeAt: new Date(0),
  }
  lanes.set(key, lane)
  return lane
}

const inState = ({ notifications }: Lane, state: Notification['state']) =>
  notifications.filter((each) => each.state === state)

export const pendingOf = (lane: Lane): Notification[] => inState(lane, 'pending')

/** The message that is sent next: the newest that waits. */
export const newestOf = (lane: Lane): Notification | null =>
  pendingOf(lane).reduce<Notification | null>((a, b) => (a && a.sequence > b.sequence ? a : b), null)

/** The end of an incident on standby must be settled, one way or the other. */
export const unsettledSince = ({ notifications }: Lane): Date | null =>
  notifications.find(({ state, event }) => state === 'standby' && event === 'resolved')?.nextAttemptAt ?? null

/** Pages before tickets, then what has waited longest. */
export function urgencyOf(lane: Lane): number {
  const newest = newestOf(lane)
  return newest ? (newest.severity === 'page' ? 1e15 : 0) - newest.nextAttemptAt.getTime() : 0
}

/** Whether the endpoint is owed the end of the incident. Deployments have none. */
export const isOwed = (lane: Lane): boolean =>
  !lane.incident.startsWith(CHANGE) && ledgerOf(lane.notifications, lane.attempts) !== 'none'

/** Nothing is left to do, whatever comes. */
export const isOver = (lane: Lane): boolean =>
  !lane.busy && pendingOf(lane).length === 0 && inState(lane, 'standby').length === 0 && !isOwed(lane)

/** Attempts at a notification so far, whether its schedule was begun anew or not. */
export const attemptsAt = ({ attempts }: Lane, id: string): number =>
  attempts.filter(({ notification }) => notification === id).length

/** What ties the messages of a lane together at its endpoint. */
export function threadOf({ attempts }: Lane): Thread {
  const [first] = attempts
  return { target: first?.target ?? '', first: first?.notification ?? '' }
}

/** Replaces a message by its next revision. */
export function revise(lane: Lane, changed: Notification): Notification {
  const next = { ...changed, revision: changed.revision + 1 }
  lane.notifications = lane.notifications.map((each) => (each.id === next.id ? next : each))
  return next
}

/**
 * What the messages of a lane make void: a newer state replaces an older one that waits, and the end of what was never
 * announced is not told. A message on standby that says the end is told where the beginning was.
 * What a person asked for is sent in any case.
 * @param isDisabled the endpoint takes no new incidents
 * @returns messages in their new state, not revised yet
 */
export function settle(lane: Lane, isDisabled: boolean): Notification[] {
  const waiting = lane.notifications.filter(({ state }) => state === 'pending' || state === 'standby')
  const told = waiting.filter(({ state, event }) => state === 'pending' || event === 'resolved')
  if (told.length === 0) return []
  const newest = told.reduce((a, b) => (b.sequence > a.sequence ? b : a))
  const changed = waiting
    .filter(({ sequence }) => sequence < newest.sequence)
    .map((each) => finished(each, 'superseded', 'superseded'))
  const isWanted = newest.reason === 'replay' || newest.reason === 'test'
  if (newest.event === 'resolved' && !isWanted && !isOwed(lane))
    changed.push(finished(newest, 'superseded', 'never_announced'))
  else if (newest.event === 'firing' && !isWanted && isDisabled)
    changed.push(finished(newest, 'dead', 'endpoint_disabled'))
  else if (newest.state === 'standby') changed.push({ ...newest, state: 'pending' })
  return changed
}

const finished = (notification: Notification, state: Notification['state'], why: string): Notification => ({
  ...notification,
  state,
  lastError: why,
})

/** A message as the store knows it, with what was made of it since: the row may be older than its attempts. */
export function withAttempts(stored: Notification, made: readonly DeliveryAttempt[]): Notification {
  const begun = stored.firstAttemptAt ?? stored.nextAttemptAt
  const current = made.filter(({ startedAt }) => startedAt >= begun)
  return {
    ...stored,
    state: current.some(({ arrival }) => arrival === 'accepted') ? 'delivered' : stored.state,
    attempts: Math.max(stored.attempts, current.length),
    firstAttemptAt: stored.firstAttemptAt ?? current[0]?.startedAt ?? null,
  }
}

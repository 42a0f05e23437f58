import type { Log } from '../../runtime/log.ts'
import type { DeliveryAttempt, Notification, OutboxStore } from '../../storage/notifications.ts'
import type { PostResult } from '../notify/post-result.ts'
import { attemptOutcome } from './attempt-outcome.ts'
import type { Thread } from './deliver.ts'
import { type DeliveryResult, loggedResult } from './delivery-result.ts'
import { EndpointHealth, type OutboxStatus } from './endpoint-health.ts'
import { fallbackAfter, isHeldPage, standbyFor } from './fallback.ts'
import { KeepAlive, type RepeatRule } from './keep-alive.ts'
import {
  attemptsAt,
  isOver,
  isOwed,
  type Lane,
  type Lanes,
  laneOf,
  newestOf,
  pendingOf,
  revise,
  settle,
  threadOf,
  unsettledSince,
  urgencyOf,
} from './lane.ts'
import { LateWrites } from './late-writes.ts'
import { RecentDeadLetters } from './recent-dead-letters.ts'
import { recoverLanes } from './recover-lanes.ts'
import type { Schedule } from './retry-schedule.ts'

export interface OutboxOptions {
  store: OutboxStore
  log: Log
  /** Makes one attempt; must not reject. */
  send: (notification: Notification, at: Date, thread: Thread) => Promise<PostResult>
  /** A digest of where an endpoint's messages about a new incident go. */
  targetOf?: (endpoint: string) => string
  /** The endpoint that is told of a page when this one fails. */
  fallbackOf?: (endpoint: string) => string | undefined
  /** How often an endpoint must hear again what it accepted; null: once is enough. */
  repeatRuleOf?: (endpoint: string) => RepeatRule | null
  /** Told of every attempt's outcome, and of messages that newer ones made void (`lastError` says why). */
  onResult?: (notification: Notification, result: DeliveryResult, latencyMs: number) => void
  /** When attempts are made; default: `SCHEDULE_MS`. Rehearsals may try another. */
  schedule?: Schedule
  /** How long an endpoint may fail before its fallback is told, in ms; default: a minute. */
  patienceMs?: number
  /** 0…1, for the jitter of retries. */
  random?: () => number
  /** When an attempt begins that waited for others of its round; default: the instant of the round. */
  clock?: () => Date
}

const DAY_MS = 86_400_000

/** How far back undelivered messages and dead letters are known. */
export const OUTBOX_DAYS = 30

const MAX_IN_FLIGHT_PER_ENDPOINT = 8

const STUCK_AFTER_MS = 60_000

/** One endpoint and one incident it was told of, or will be. */
export interface OpenStream {
  endpoint: string
  incident: string
  /** The newest message. */
  last: Notification
  isIdle: boolean
}

/**
 * Messages on their way. Everything here is stored before it is acted upon, so a new outbox that loads the store goes on
 * where a killed one stopped: an attempt whose result is unknown is made again with the same id. It has no timer and no
 * clock: whoever owns it calls `deliverDue` again, at the latest at `nextDueAt`.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #random: () => number
  readonly #late: LateWrites
  #lanes: Lanes = new Map()
  readonly #health = new EndpointHealth()
  readonly #recentlyDead = new RecentDeadLetters()
  readonly #inFlight = new Map<string, number>()
  /** Lanes that are due, the most urgent last, by endpoint. */
  #due = new Map<string, Lane[]>()
  readonly #rounds = new Set<Promise<void>>()
  readonly #keepAlive: KeepAlive
  #isLoaded = false
  #lastAttemptMs = 0

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#late = new LateWrites(options.log)
    this.#keepAlive = new KeepAlive(options)
  }

  /**
   * Takes over what the store holds; the ids of all messages it knows are returned.
   * @param journaled what the journal says of messages, as it is written now: see `recoverLanes`
   */
  async load(now: Date, journaled: readonly Notification[] = []): Promise<Set<string>> {
    await this.#late.flush()
    if (this.#late.areLeft) throw new Error('the store does not take delivery results: trying again')
    const since = new Date(now.getTime() - OUTBOX_DAYS * DAY_MS)
    const { notifications, attempts, disabled } = await this.#options.store.load(since)
    if (!this.#isLoaded) this.#recoverHealth(attempts, notifications, disabled)
    this.#isLoaded = true
    const { lanes, changed } = recoverLanes(notifications, attempts, new Map(journaled.map((each) => [each.id, each])))
    this.#health.forgetDead()
    for (const { state, endpoint } of notifications) if (state === 'dead') this.#health.countDead(endpoint)
    for (const [key, lane] of this.#lanes) if (lane.busy) lanes.set(key, lane)
    this.#lanes = lanes
    for (const lane of lanes.values()) {
      const accepted = lane.notifications.filter(({ state, body }) => state === 'delivered' && body !== '').at(-1)
      if (accepted?.event === 'firing') this.#keepAlive.keep(lane, accepted, now)
    }
    await this.#save(changed, now)
    this.#forgetFinished()
    return new Set(notifications.map(({ id }) => id))
  }

  /** What an earlier process found out about endpoints, where they still are what they were. */
  #recoverHealth(
    attempts: readonly DeliveryAttempt[],
    notifications: readonly Notification[],
    disabled: readonly string[],
  ): void {
    const isThere = ({ endpoint, target }: DeliveryAttempt) => {
      const present = this.#options.targetOf?.(endpoint) ?? ''
      return target === '' || present === '' || target === present
    }
    this.#health.recover(attempts.filter(isThere))
    for (const endpoint of disabled) this.#health.disable(endpoint)
    for (const each of notifications) if (each.state === 'dead') this.#recentlyDead.count(each)
  }

  /** Messages about services given up within the last hour, by endpoint. */
  recentDeadLetters(now: Date): Map<string, number> {
    return this.#recentlyDead.within(now)
  }

  /** Stores messages and takes them over; rejects when the store does not take them. Known ones are left as they are. */
  async enqueue(notifications: readonly Notification[], now: Date): Promise<void> {
    await this.#options.store.saveNotifications(notifications, now)
    for (const notification of notifications) {
      const lane = laneOf(this.#lanes, notification)
      if (!lane.notifications.some(({ id }) => id === notification.id)) lane.notifications.push(notification)
    }
  }

  /** Makes every attempt that is due, endpoints beside each other, and resolves when they are over. Never rejects. */
  deliverDue(now: Date): Promise<void> {
    const round = this.#deliverRound(now).finally(() => this.#rounds.delete(round))
    this.#rounds.add(round)
    return round
  }

  /** Resolves when deliveries under way are over. */
  async settled(): Promise<void> {
    await Promise.all(this.#rounds)
  }

  /** When the next attempt is due, as far as is known now; null when nothing waits. */
  nextDueAt(): Date | null {
    let first = this.#keepAlive.nextDueAt()
    for (const lane of this.#lanes.values()) {
      const dueAt = lane.busy ? null : this.#dueAt(lane)
      if (dueAt && (!first || dueAt < first)) first = dueAt
    }
    return first
  }

  /** By endpoint: every one that anything is known of. */
  status(): Map<string, OutboxStatus> {
    return this.#health.status(this.#lanes)
  }

  /** Streams with something waiting or owed, of incidents whose id begins so; `isIdle`: only the end is owed. */
  streams(prefix: string): OpenStream[] {
    return [...this.#lanes.values()]
      .filter((lane) => lane.incident.startsWith(prefix) && !isOver(lane))
      .map((lane) => ({
        endpoint: lane.endpoint,
        incident: lane.incident,
        last: lane.notifications.reduce((a, b) => (b.sequence > a.sequence ? b : a)),
        isIdle: pendingOf(lane).length === 0 && !lane.busy && isOwed(lane),
      }))
  }

  /** Whether deliveries get on: nothing is due for long without an attempt being made. */
  isMoving(now: Date): boolean {
    const dueAt = this.nextDueAt()
    const since = Math.max(dueAt?.getTime() ?? now.getTime(), this.#lastAttemptMs)
    return now.getTime() - since <= STUCK_AFTER_MS
  }

  /** Sends a finished message again: the same body under the same id, along a schedule that begins anew. */
  async replay(finished: Notification, made: readonly DeliveryAttempt[], now: Date): Promise<void> {
    const lane = laneOf(this.#lanes, finished)
    const known = lane.notifications.find(({ id }) => id === finished.id)
    if (!known) {
      lane.notifications.push(finished)
      lane.attempts.push(...made)
    }
    const again = { state: 'pending', reason: 'replay', attempts: 0, firstAttemptAt: null, nextAttemptAt: now } as const
    await this.#save(
      [revise(lane, { ...(known ?? finished), ...again, type: finished.type, body: finished.body })],
      now,
    )
  }

  async #deliverRound(now: Date): Promise<void> {
    await this.#late.flush()
    await this.#settleLanes(now)
    await this.#tellFallbacksOfHeld(now)
    const due = [...this.#lanes.values()]
      .filter((lane) => !lane.busy && isBy(this.#dueAt(lane), now))
      .map((lane) => ({ lane, urgency: urgencyOf(lane) }))
      .sort((a, b) => a.urgency - b.urgency)
      .map(({ lane }) => lane)
    this.#due = Map.groupBy(due, ({ endpoint }) => endpoint)
    const endpoints = [...this.#due.keys()]
    await Promise.all([...endpoints.map((endpoint) => this.#deliverTo(endpoint, now)), this.#keepAlive.repeatDue(now)])
    this.#forgetFinished()
  }

  /** A few attempts beside each other until nothing is due; only one while the endpoint's circuit is open. */
  async #deliverTo(endpoint: string, now: Date): Promise<void> {
    const inFlight = () => this.#inFlight.get(endpoint) ?? 0
    const limit = () => (this.#health.isOpen(endpoint) ? 1 : MAX_IN_FLIGHT_PER_ENDPOINT)
    const work = async () => {
      while (inFlight() < limit()) {
        const lane = this.#due.get(endpoint)?.pop()
        if (!lane) return
        const at = this.#options.clock?.() ?? now
        if (lane.busy || !isBy(this.#dueAt(lane), at)) continue
        this.#inFlight.set(endpoint, inFlight() + 1)
        const isStored = await this.#advance(lane, at)
        this.#inFlight.set(endpoint, inFlight() - 1)
        if (!isStored) return
      }
    }
    await Promise.all(Array.from({ length: MAX_IN_FLIGHT_PER_ENDPOINT }, work))
  }

  /** False when the store does not take the attempt, which is not made then. */
  async #advance(lane: Lane, now: Date): Promise<boolean> {
    lane.busy = true
    try {
      const newest = newestOf(lane)
      if (newest) await this.#attempt(lane, newest, now)
      return true
    } catch (error) {
      const { endpoint, incident } = lane
      this.#options.log.error({ err: error, endpoint, incident }, 'outbox cannot be stored')
      return false
    } finally {
      lane.busy = false
    }
  }

  async #attempt(lane: Lane, notification: Notification, now: Date): Promise<void> {
    const { store } = this.#options
    const started: DeliveryAttempt = {
      notification: notification.id,
      attempt: attemptsAt(lane, notification.id) + 1,
      endpoint: lane.endpoint,
      incident: lane.incident,
      target: lane.attempts[0]?.target || (this.#options.targetOf?.(lane.endpoint) ?? ''),
      startedAt: now,
      arrival: 'unknown',
      status: 0,
      error: '',
      latencyMs: 0,
      answer: '',
    }
    const sending = {
      ...notification,
      attempts: notification.attempts + 1,
      firstAttemptAt: notification.firstAttemptAt ?? now,
    }
    await store.saveAttempt(started)
    lane.attempts.push(started)
    this.#lastAttemptMs = now.getTime()
    const result = await this.#options.send(sending, now, threadOf(lane))
    const outcome = attemptOutcome(sending, started, result, this.#random, this.#options.schedule)
    const { made, finishedAt } = outcome
    lane.attempts[lane.attempts.indexOf(started)] = made
    lane.freeAt = finishedAt
    await this.#late.write(() => store.saveAttempt(made))
    if (this.#health.judge(lane, made, result.isGone ?? false))
      this.#options.log.error({ endpoint: lane.endpoint }, 'endpoint fails; one message at a time tries it')
    if (made.arrival === 'accepted') this.#keepAlive.keep(lane, outcome.notification, finishedAt)
    const fallbackAt = fallbackAfter(outcome, this.#options.schedule, this.#options.patienceMs)
    const told = fallbackAt ? this.#tellFallback(lane, notification.sequence, fallbackAt) : []
    // In one write: no crash comes between the failure and what follows from it.
    await this.#save([revise(lane, outcome.notification), ...told], finishedAt)
    this.#tell(outcome.notification, made)
  }

  /** Settles what newer messages make void, in one write. */
  async #settleLanes(now: Date): Promise<void> {
    const revised = [...this.#lanes.values()].flatMap((lane) => {
      if (lane.busy) return []
      return settle(lane, this.#health.isGone(lane.endpoint)).map((changed) => revise(lane, changed))
    })
    await this.#save(revised, now)
    for (const notification of revised) this.#tell(notification)
  }

  /** Pages that come while their endpoint's circuit is open do not wait for the +60 s slot. */
  async #tellFallbacksOfHeld(now: Date): Promise<void> {
    const told = [...this.#lanes.values()].flatMap((lane) => {
      const newest = lane.busy ? null : this.#heldPage(lane)
      return newest && newest.nextAttemptAt <= now ? this.#tellFallback(lane, newest.sequence, now) : []
    })
    await this.#save(told, now)
  }

  /** A page that was never tried, at an endpoint whose circuit is open and whose fallback does not know of it. */
  #heldPage(lane: Lane): Notification | null {
    if (!this.#health.isOpen(lane.endpoint)) return null
    const newest = newestOf(lane)
    return newest && isHeldPage(newest) && this.#standbyFor(lane, newest.sequence) ? newest : null
  }

  /** The fallback's message as it must be stored; none where there is nothing to tell. */
  #tellFallback(lane: Lane, sequence: number, at: Date): Notification[] {
    const standby = this.#standbyFor(lane, sequence)
    if (!standby) return []
    const { endpoint, incident } = lane
    this.#options.log.warn(
      { endpoint, incident, fallback: standby.lane.endpoint },
      'endpoint fails; its fallback is told',
    )
    return [revise(standby.lane, { ...standby.notification, state: 'pending', nextAttemptAt: at })]
  }

  #standbyFor(lane: Lane, sequence: number) {
    return standbyFor(this.#lanes, lane, this.#options.fallbackOf?.(lane.endpoint), sequence)
  }

  #dueAt(lane: Lane): Date | null {
    const newest = newestOf(lane)
    if (!newest) return unsettledSince(lane)
    const held = this.#health.heldUntil(lane)
    const isTold = held === null || this.#heldPage(lane) === null
    return latest(newest.nextAttemptAt, lane.freeAt, held && isTold ? held : newest.nextAttemptAt)
  }

  /** Logs what became of a message, and hands it on. */
  #tell(notification: Notification, made?: DeliveryAttempt): void {
    const result = loggedResult(this.#options.log, notification, made)
    if (result === 'dead_letter') {
      this.#health.countDead(notification.endpoint)
      this.#recentlyDead.count(notification)
    }
    if (result) this.#options.onResult?.(notification, result, made?.latencyMs ?? 0)
  }

  /** What happened, happened: a store that cannot take it now gets it later. */
  async #save(notifications: Notification[], now: Date): Promise<void> {
    if (notifications.length === 0) return
    await this.#late.write(() => this.#options.store.saveNotifications(notifications, now))
  }

  #forgetFinished(): void {
    for (const [key, lane] of this.#lanes) if (isOver(lane)) this.#lanes.delete(key)
  }
}

const isBy = (at: Date | null, now: Date): boolean => at !== null && at <= now

const latest = (...dates: Date[]): Date => new Date(Math.max(...dates.map(Number)))

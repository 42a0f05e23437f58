import { setTimeout } from 'node:timers/promises'
import type { Log } from '../runtime/log.ts'
import {
  type DeliveryAttempt,
  type Notification,
  readAttempts,
  readOutbox,
  recordAttempt,
  recordNotifications,
} from '../storage/notifications.ts'
import type { Db } from '../storage/query.ts'
import { ledgerOf } from './ledger.ts'
import type { PostResult } from './notify/post.ts'
import { nextAttemptAt } from './retry-schedule.ts'

export interface OutboxOptions {
  db: Db
  log: Log
  /** Makes one attempt; must not reject. */
  send: (notification: Notification, at: Date) => Promise<PostResult>
  /** Told of every attempt's outcome, and of messages that newer ones made void (`lastError` says why). */
  onResult?: (notification: Notification, result: DeliveryResult, latencyMs: number) => void
  /** 0…1, for the jitter of retries. */
  random?: () => number
}

export type DeliveryResult = 'delivered' | 'retry' | 'dead_letter' | 'superseded'

/** What waits for one endpoint, and what it is owed. */
export interface OutboxStatus {
  pending: number
  oldestPendingAt: Date | null
  owedResolves: number
  deadLetters: number
}

/** One stream of messages: everything for one endpoint about one incident, in order, one attempt at a time. */
interface Lane {
  endpoint: string
  incident: string
  notifications: Notification[]
  attempts: DeliveryAttempt[]
  busy: boolean
}

const DAY_MS = 86_400_000

/** How far back undelivered messages and dead letters are known. */
export const OUTBOX_DAYS = 30

const MAX_IN_FLIGHT_PER_ENDPOINT = 8

const GONE = 410

/**
 * Messages on their way. Everything here is stored before it is acted upon, so a new outbox that loads the store goes on
 * where a killed one stopped: an attempt whose result is unknown is made again with the same id.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #random: () => number
  #lanes = new Map<string, Lane>()
  #deadLetters = new Map<string, number>()
  readonly #inFlight = new Map<string, number>()
  readonly #rounds = new Set<Promise<void>>()
  /** Endpoints that answered 410 Gone: they get no new incidents until a restart. */
  readonly #gone = new Set<string>()
  /** Results the store did not take yet. */
  #unsaved: (() => Promise<void>)[] = []

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
  }

  /** Takes over what the store holds; the ids of all messages it knows are returned. */
  async load(now: Date): Promise<Set<string>> {
    await this.#saveUnsaved()
    if (this.#unsaved.length > 0) throw new Error('the store does not take delivery results: trying again')
    const notifications = await readOutbox(this.#options.db, new Date(now.getTime() - OUTBOX_DAYS * DAY_MS))
    const attempts = await readAttempts(this.#options.db, [...new Set(notifications.map(({ incident }) => incident))])
    const attemptsOf = Map.groupBy(attempts, ({ notification }) => notification)
    const lanes = new Map<string, Lane>()
    this.#deadLetters = new Map()
    for (const stored of notifications) {
      const made = attemptsOf.get(stored.id) ?? []
      const lane = laneOf(lanes, stored)
      lane.notifications.push(withAttempts(stored, made))
      lane.attempts.push(...made)
      if (stored.state === 'dead') this.#countDead(stored.endpoint)
    }
    for (const [key, lane] of this.#lanes) if (lane.busy) lanes.set(key, lane)
    this.#lanes = lanes
    await this.#recordLateResults(notifications, now)
    this.#forgetFinished()
    return new Set(notifications.map(({ id }) => id))
  }

  /** Adds messages that are stored already. */
  add(notifications: readonly Notification[]): void {
    for (const notification of notifications) {
      const { notifications: queued } = laneOf(this.#lanes, notification)
      if (!queued.some(({ id }) => id === notification.id)) queued.push(notification)
    }
  }

  /** Makes every attempt that is due, all lanes beside each other, and resolves when they are over. Never rejects. */
  deliverDue(now: Date): Promise<void> {
    const round = this.#deliverRound(now).finally(() => this.#rounds.delete(round))
    this.#rounds.add(round)
    return round
  }

  /** Waits for deliveries under way, at most this long. */
  async settle(maxMs: number): Promise<void> {
    await Promise.race([Promise.all(this.#rounds), setTimeout(maxMs, undefined, { ref: false })])
  }

  async #deliverRound(now: Date): Promise<void> {
    await this.#saveUnsaved()
    await Promise.all([...this.#lanes.values()].map((lane) => this.#advance(lane, now)))
    this.#forgetFinished()
  }

  status(): Map<string, OutboxStatus> {
    const byEndpoint = new Map<string, OutboxStatus>()
    const of = (endpoint: string) => {
      const status = byEndpoint.get(endpoint) ?? { pending: 0, oldestPendingAt: null, owedResolves: 0, deadLetters: 0 }
      byEndpoint.set(endpoint, status)
      return status
    }
    for (const lane of this.#lanes.values()) {
      const status = of(lane.endpoint)
      if (ledgerOf(lane.notifications, lane.attempts) !== 'none') status.owedResolves++
      for (const { createdAt } of pendingOf(lane)) {
        status.pending++
        if (!status.oldestPendingAt || createdAt < status.oldestPendingAt) status.oldestPendingAt = createdAt
      }
    }
    for (const [endpoint, count] of this.#deadLetters) of(endpoint).deadLetters = count
    return byEndpoint
  }

  /** Settles what a newer message makes void, then attempts the newest when it is due. */
  async #advance(lane: Lane, now: Date): Promise<void> {
    if (lane.busy || pendingOf(lane).length === 0) return
    lane.busy = true
    try {
      const newest = await this.#settle(lane, now)
      if (newest && newest.nextAttemptAt <= now && this.#inFlightTo(lane.endpoint) < MAX_IN_FLIGHT_PER_ENDPOINT)
        await this.#attempt(lane, newest, now)
    } catch (error) {
      this.#options.log.error(
        { err: error, endpoint: lane.endpoint, incident: lane.incident },
        'outbox cannot be stored',
      )
    } finally {
      lane.busy = false
    }
  }

  /** One newest message is left; a resolve of what was never announced takes its firing with it. */
  async #settle(lane: Lane, now: Date): Promise<Notification | null> {
    const queued = pendingOf(lane).toSorted((a, b) => a.sequence - b.sequence)
    const newest = queued.pop()
    if (!newest) return null
    for (const older of queued) await this.#finish(lane, older, 'superseded', now, 'superseded')
    if (newest.event === 'resolved' && ledgerOf(lane.notifications, lane.attempts) === 'none') {
      await this.#finish(lane, newest, 'superseded', now, 'never_announced')
      return null
    }
    if (newest.event === 'firing' && this.#gone.has(lane.endpoint)) {
      await this.#finish(lane, newest, 'dead', now, 'endpoint_disabled')
      return null
    }
    return newest
  }

  async #attempt(lane: Lane, notification: Notification, now: Date): Promise<void> {
    const { db, log, onResult } = this.#options
    const sending = {
      ...notification,
      attempts: notification.attempts + 1,
      firstAttemptAt: notification.firstAttemptAt ?? now,
    }
    const started: DeliveryAttempt = {
      notification: notification.id,
      attempt: sending.attempts,
      endpoint: lane.endpoint,
      incident: lane.incident,
      startedAt: now,
      arrival: 'unknown',
      status: 0,
      error: '',
      latencyMs: 0,
      answer: '',
    }
    await recordAttempt(db, started)
    lane.attempts.push(started)
    this.#inFlight.set(lane.endpoint, this.#inFlightTo(lane.endpoint) + 1)
    const result = await this.#options.send(sending, now)
    this.#inFlight.set(lane.endpoint, this.#inFlightTo(lane.endpoint) - 1)
    const { arrival, status, error, latencyMs, answer } = result
    const made: DeliveryAttempt = { ...started, arrival, status, error, latencyMs, answer }
    lane.attempts[lane.attempts.indexOf(started)] = made
    await this.#save(() => recordAttempt(db, made))

    const answered = { ...sending, lastStatus: status, lastError: error }
    const finishedAt = new Date(now.getTime() + latencyMs)
    const next = result.permanent
      ? null
      : nextAttemptAt(
          { ...answered, firstAttemptAt: sending.firstAttemptAt, retryAfter: result.retryAfter },
          finishedAt,
          this.#random,
        )
    const where = {
      endpoint: lane.endpoint,
      incident: lane.incident,
      id: notification.id,
      status,
      error,
      attempt: sending.attempts,
    }
    if (status === GONE) this.#gone.add(lane.endpoint)
    if (arrival === 'accepted') {
      await this.#finish(lane, answered, 'delivered', finishedAt, '')
      log.info({ ...where, event: notification.event, reason: notification.reason }, 'notification delivered')
      onResult?.(notification, 'delivered', latencyMs)
    } else if (next) {
      await this.#replace(lane, { ...answered, nextAttemptAt: next }, finishedAt)
      log.warn({ ...where, nextAttemptAt: next }, 'notification not delivered; will be tried again')
      onResult?.(notification, 'retry', latencyMs)
    } else {
      await this.#finish(lane, answered, 'dead', finishedAt, error || `answered ${status}`)
    }
  }

  async #finish(
    lane: Lane,
    notification: Notification,
    state: 'delivered' | 'dead' | 'superseded',
    now: Date,
    why: string,
  ) {
    const finished = { ...notification, state, lastError: why }
    await this.#replace(lane, finished, now)
    if (state === 'delivered') return
    const { endpoint, incident, id, attempts } = notification
    const what = { endpoint, incident, id, attempts, reason: why }
    if (state === 'superseded') this.#options.log.info(what, 'notification superseded')
    else {
      this.#countDead(endpoint)
      this.#options.log.error(what, 'notification given up')
    }
    this.#options.onResult?.(finished, state === 'dead' ? 'dead_letter' : 'superseded', 0)
  }

  async #replace(lane: Lane, changed: Notification, now: Date): Promise<void> {
    const next = { ...changed, revision: changed.revision + 1 }
    lane.notifications = lane.notifications.map((each) => (each.id === next.id ? next : each))
    await this.#save(() => recordNotifications(this.#options.db, [next], now))
  }

  /** What happened, happened: a store that cannot take it now gets it later. */
  async #save(write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      this.#options.log.error({ err: error }, 'delivery result not stored yet')
      this.#unsaved.push(write)
    }
  }

  async #saveUnsaved(): Promise<void> {
    const writes = this.#unsaved
    this.#unsaved = []
    for (const write of writes) await this.#save(write)
  }

  /** Messages the store calls pending although an attempt at them was accepted. */
  async #recordLateResults(stored: readonly Notification[], now: Date): Promise<void> {
    const pending = new Set(stored.filter(({ state }) => state === 'pending').map(({ id }) => id))
    for (const lane of this.#lanes.values()) {
      for (const notification of lane.notifications) {
        if (notification.state === 'delivered' && pending.has(notification.id))
          await this.#replace(lane, notification, now)
      }
    }
  }

  #inFlightTo(endpoint: string): number {
    return this.#inFlight.get(endpoint) ?? 0
  }

  #countDead(endpoint: string): void {
    this.#deadLetters.set(endpoint, (this.#deadLetters.get(endpoint) ?? 0) + 1)
  }

  #forgetFinished(): void {
    for (const [key, lane] of this.#lanes) {
      const isOver =
        !lane.busy && pendingOf(lane).length === 0 && ledgerOf(lane.notifications, lane.attempts) === 'none'
      if (isOver) this.#lanes.delete(key)
    }
  }
}

const pendingOf = ({ notifications }: Lane) => notifications.filter(({ state }) => state === 'pending')

function laneOf(lanes: Map<string, Lane>, { endpoint, incident }: Notification): Lane {
  const key = `${endpoint}\n${incident}`
  const lane = lanes.get(key) ?? { endpoint, incident, notifications: [], attempts: [], busy: false }
  lanes.set(key, lane)
  return lane
}

/** The row may be older than its attempts, when it was not stored any more. */
const withAttempts = (stored: Notification, made: readonly DeliveryAttempt[]): Notification => ({
  ...stored,
  state: made.some(({ arrival }) => arrival === 'accepted') ? 'delivered' : stored.state,
  attempts: Math.max(stored.attempts, made.length),
  firstAttemptAt: stored.firstAttemptAt ?? made[0]?.startedAt ?? null,
})

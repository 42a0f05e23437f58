import { createHash } from 'node:crypto'
import type { Log } from '../../runtime/log.ts'
import type { Severity } from '../../slo/model.ts'
import { type RouteNode, routeFor } from '../../slo/overlay/route.ts'
import type { Notification } from '../../storage/notifications.ts'
import type { PostResult } from '../notify/post-result.ts'
import type { Addressees } from './notifications-for.ts'
import type { Outbox } from './outbox.ts'
import { type PlainMessage, plainNotification } from './plain-notification.ts'
import { SELF_KINDS, type SelfCondition, type SelfKind, summaryOfSelf } from './self-conditions.ts'
import { SelfHold, selfKey } from './self-hold.ts'

export interface SelfAlertDeps {
  log: Log
  outbox: Outbox
  addressees: Addressees
  routes: readonly RouteNode[]
  publicUrl: string
  /** Past the outbox, for when the store is down. */
  send: (notification: Notification, at: Date) => Promise<PostResult>
}

/** A condition that was told. */
interface Told {
  condition: SelfCondition
  incident: string
  startedAt: Date
  endpoints: readonly string[]
  /** Of its last message. */
  sequence: number
}

/** How incidents of Plumbline itself begin; no alert of a service does. */
export const SELF = 'self_'

/** Without the store nothing says what was told before: each kind is told once in this time. */
const DIRECT_EVERY_MS = 10 * 60_000

/** Tells of Plumbline's own trouble: through the outbox, or past it while the store cannot be used. */
export class SelfAlerts {
  readonly #deps: SelfAlertDeps
  /** By condition. */
  readonly #told = new Map<string, Told>()
  readonly #direct = new Map<string, Told & { slot: number; pending: Set<string> }>()
  readonly #hold = new SelfHold()
  #isRecovered = false

  constructor(deps: SelfAlertDeps) {
    this.#deps = deps
  }

  /**
   * Tells what began and what is over. Rejects when the store fails, except for what is told past it.
   * @param unknown kinds of which nothing is known yet: what was told of them goes on
   */
  async update(conditions: readonly SelfCondition[], now: Date, unknown: readonly SelfKind[] = []): Promise<void> {
    const isOfStore = ({ kind }: SelfCondition) => kind === 'store_unavailable'
    const isDown = conditions.some(isOfStore)
    if (!isDown && !this.#isRecovered) this.#recover(now)
    const held = this.#hold.hold(conditions, now, unknown)
    await this.#tellDirectly(conditions.filter(isOfStore), held.filter(isOfStore), now)
    if (isDown) return
    const open = new Map(held.filter((each) => !isOfStore(each)).map((condition) => [selfKey(condition), condition]))
    // What is only kept open is news to no one.
    const wrong = new Set(conditions.map(selfKey))
    const changed = [...open].flatMap(([key, condition]) => {
      const next = wrong.has(key) ? this.#risen(this.#told.get(key), condition, now) : null
      return next ? [[key, next] as const] : []
    })
    const notifications = [...changed.flatMap(([, next]) => this.#firing(next, now)), ...this.#over(open, now)]
    if (notifications.length > 0) await this.#deps.outbox.enqueue(notifications, now)
    for (const [key, next] of changed) this.#told.set(key, next)
    for (const key of this.#told.keys()) if (!open.has(key)) this.#told.delete(key)
  }

  /** What must be told of a condition: that it began, or that it is a page now; null when nothing must. */
  #risen(told: Told | undefined, condition: SelfCondition, now: Date): Told | null {
    if (!told) return this.#begin(condition, now)
    if (told.condition.severity === 'page' || condition.severity === 'ticket') return null
    const endpoints = [...new Set([...told.endpoints, ...this.#endpointsFor(condition)])]
    return { ...told, condition, endpoints, sequence: told.sequence + 1 }
  }

  /** A page that was a ticket is news where pages go. */
  #firing(told: Told, now: Date): Notification[] {
    this.#deps.log.error({ kind: told.condition.kind, endpoint: told.condition.endpoint }, told.condition.summary)
    const { endpoints } = told.sequence === 1 ? told : { endpoints: this.#endpointsFor(told.condition) }
    return endpoints.map((endpoint) => this.#message(told, endpoint, 'firing', now))
  }

  /** What a process before this one told, and nobody was told the end of. */
  #recover(now: Date): void {
    this.#isRecovered = true
    for (const { endpoint, incident, last } of this.#deps.outbox.streams(SELF)) {
      const key = incident.slice(SELF.length).replace(/@.*$/, '')
      const told = this.#told.get(key)
      const [kind = '', about = ''] = key.split('/')
      const condition = beforeRestart(kind, about, last.severity)
      if (!condition) continue
      const endpoints = [...(told?.endpoints ?? []), endpoint]
      this.#told.set(key, { condition, incident, startedAt: last.createdAt, endpoints, sequence: last.sequence })
      this.#hold.adopt(condition, now)
    }
  }

  #begin(condition: SelfCondition, now: Date): Told {
    return {
      condition,
      incident: `${SELF}${selfKey(condition)}@${now.getTime()}`,
      startedAt: now,
      sequence: 1,
      endpoints: this.#endpointsFor(condition),
    }
  }

  /** An endpoint that fails is not told that it does. */
  #endpointsFor({ severity, endpoint }: SelfCondition): readonly string[] {
    const labels = { alertname: 'PlumblineSelf', env: 'plumbline', service: 'plumbline', severity }
    return routeFor(this.#deps.routes, labels).endpoints.filter((name) => name !== endpoint)
  }

  #over(open: ReadonlyMap<string, SelfCondition>, now: Date): Notification[] {
    return [...this.#told]
      .filter(([key]) => !open.has(key))
      .flatMap(([, told]) => {
        this.#deps.log.info({ kind: told.condition.kind, endpoint: told.condition.endpoint }, 'over')
        return told.endpoints.map((endpoint) => this.#message(told, endpoint, 'resolved', now))
      })
  }

  /** One attempt a slot and endpoint until it is accepted; the end is told where the beginning was. */
  async #tellDirectly(conditions: readonly SelfCondition[], held: readonly SelfCondition[], now: Date): Promise<void> {
    const slot = Math.floor(now.getTime() / DIRECT_EVERY_MS)
    for (const condition of conditions) {
      const told = this.#direct.get(condition.kind)
      if (told?.slot === slot) continue
      const next = told ?? { ...this.#begin(condition, now), pending: new Set<string>() }
      this.#direct.set(condition.kind, { ...next, condition, slot })
      await Promise.all(next.endpoints.map((endpoint) => this.#sendDirectly(next, endpoint, 'firing', slot, now)))
    }
    for (const [kind, told] of this.#direct) {
      if (held.some((condition) => condition.kind === kind)) continue
      await Promise.all([...told.pending].map((endpoint) => this.#sendDirectly(told, endpoint, 'resolved', slot, now)))
      if (told.pending.size === 0 || slot > told.slot + 1) this.#direct.delete(kind)
    }
  }

  async #sendDirectly(
    told: Told & { pending: Set<string> },
    endpoint: string,
    event: PlainMessage['event'],
    slot: number,
    now: Date,
  ): Promise<void> {
    const { log, send } = this.#deps
    const message = this.#message(told, endpoint, event, now, directId(told.condition.kind, event, slot, endpoint))
    const { arrival, error, status } = await send(message, now)
    log.warn({ endpoint, event, arrival, error, status, kind: told.condition.kind }, 'told past the store')
    if (event === 'firing' && arrival !== 'no') told.pending.add(endpoint)
    if (event === 'resolved' && arrival === 'accepted') told.pending.delete(endpoint)
  }

  #message(told: Told, endpoint: string, event: PlainMessage['event'], now: Date, id?: string): Notification {
    const { condition, incident, startedAt, sequence } = told
    const { kind, severity, summary, description, firstStep, forWhom } = condition
    const plain: PlainMessage = {
      endpoint,
      incident,
      sequence: event === 'firing' ? sequence : sequence + 1,
      event,
      reason: event === 'resolved' ? 'resolved' : sequence === 1 ? 'first' : 'escalated',
      severity,
      alertname: 'PlumblineSelf',
      summary,
      description,
      firstStep,
      forWhom,
      labels: condition.endpoint ? { kind, endpoint: condition.endpoint } : { kind },
      startedAt,
    }
    return plainNotification(plain, this.#deps.addressees, this.#deps.publicUrl, now, id)
  }
}

/** What is remembered over a restart; null of kinds that this version does not know. */
function beforeRestart(text: string, endpoint: string, severity: Severity): SelfCondition | null {
  const kind = SELF_KINDS.find((known) => known === text)
  if (!kind) return null
  return {
    kind,
    endpoint,
    severity,
    summary: summaryOfSelf(kind, endpoint),
    description: 'it began before Plumbline was restarted',
    firstStep: 'nothing: it is over',
    forWhom: endpoint === '' ? 'everybody who relies on alerts' : `whoever is told by ${endpoint}`,
  }
}

/** Derived from the clock: two evaluators, or two starts of one, tell the same under the same id. */
const directId = (kind: string, event: string, slot: number, endpoint: string): string =>
  `msg_${createHash('sha256').update(`${kind}\n${event}\n${slot}\n${endpoint}`).digest('hex').slice(0, 32)}`

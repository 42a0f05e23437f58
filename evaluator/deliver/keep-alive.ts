import type { Log } from '../../runtime/log.ts'
import type { Notification } from '../../storage/notifications.ts'
import type { PostResult } from '../notify/post-result.ts'
import type { Thread } from './deliver.ts'
import { type Lane, laneKey, threadOf } from './lane.ts'

/** How often a message is repeated while it holds, and for how long when it says the end. */
export interface RepeatRule {
  everyMs: number
  resolvedForMs: number
}

interface KeepAliveOptions {
  log: Log
  send: (notification: Notification, at: Date, thread: Thread) => Promise<PostResult>
  /** Null: once is enough. */
  repeatRuleOf?: (endpoint: string) => RepeatRule | null
}

interface Repeated {
  notification: Notification
  thread: Thread
  rule: RepeatRule
  nextAt: Date
  /** Null: until something newer is accepted. */
  until: Date | null
}

/** A failed repetition is tried again sooner than the next one is due. */
const RETRY_MS = 15_000

const NEVER = new Date(8.64e15)

/** Messages an endpoint must hear again and again: of each stream the newest that it accepted. */
export class KeepAlive {
  readonly #options: KeepAliveOptions
  readonly #repeated = new Map<string, Repeated>()

  constructor(options: KeepAliveOptions) {
    this.#options = options
  }

  /** Takes an accepted message over from the one before it. */
  keep(lane: Lane, notification: Notification, acceptedAt: Date): void {
    const rule = this.#options.repeatRuleOf?.(lane.endpoint)
    if (!rule) return
    const after = (ms: number) => new Date(acceptedAt.getTime() + ms)
    const until = notification.event === 'resolved' ? after(rule.resolvedForMs) : null
    const thread = threadOf(lane)
    this.#repeated.set(laneKey(lane), { notification, thread, rule, nextAt: after(rule.everyMs), until })
  }

  /** Repetitions are no news: they are neither stored nor counted as attempts. */
  async repeatDue(now: Date): Promise<void> {
    for (const [lane, { until, nextAt }] of this.#repeated) {
      if (until && until < now && nextAt !== NEVER) this.#repeated.delete(lane)
    }
    const due = [...this.#repeated.values()].filter(({ nextAt }) => nextAt <= now)
    await Promise.all(due.map((repeated) => this.#repeat(repeated, now)))
  }

  async #repeat(repeated: Repeated, now: Date): Promise<void> {
    const { notification, thread, rule } = repeated
    repeated.nextAt = NEVER
    const { arrival, status, error } = await this.#options.send(notification, now, thread)
    const isAccepted = arrival === 'accepted'
    repeated.nextAt = new Date(now.getTime() + (isAccepted ? rule.everyMs : Math.min(RETRY_MS, rule.everyMs)))
    if (isAccepted) return
    const { endpoint, incident, id } = notification
    this.#options.log.warn({ endpoint, incident, id, status, error }, 'notification not kept alive')
  }

  nextDueAt(): Date | null {
    const first = Math.min(...[...this.#repeated.values()].map(({ nextAt }) => nextAt.getTime()))
    return first < NEVER.getTime() ? new Date(first) : null
  }
}

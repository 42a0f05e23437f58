import type { Notification } from '../storage/notifications.ts'

/** How often a message is repeated while it holds, and for how long when it says the end. */
export interface RepeatRule {
  everyMs: number
  resolvedForMs: number
}

interface Repeated {
  notification: Notification
  nextAt: Date
  /** Null: until something newer is accepted. */
  until: Date | null
}

/** A failed repetition is tried again sooner than the next one is due. */
const RETRY_MS = 15_000

/** Messages an endpoint must hear again and again, by stream: the newest that it accepted. */
export class KeepAlive {
  readonly #repeated = new Map<string, Repeated>()

  /** Takes an accepted message over from the one before it. */
  keep(lane: string, notification: Notification, rule: RepeatRule, nextAt: Date): void {
    const until =
      notification.event === 'resolved' ? new Date(nextAt.getTime() - rule.everyMs + rule.resolvedForMs) : null
    this.#repeated.set(lane, { notification, nextAt, until })
  }

  /** What is to be repeated now; each is given once until `repeated` tells how that went. */
  takeDue(now: Date): { lane: string; notification: Notification }[] {
    const due = [...this.#repeated].filter(([, { nextAt }]) => nextAt <= now)
    for (const [lane, { until }] of due) if (until && until < now) this.#repeated.delete(lane)
    const taken = due.filter(([lane]) => this.#repeated.has(lane))
    for (const [, repeated] of taken) repeated.nextAt = NEVER
    return taken.map(([lane, { notification }]) => ({ lane, notification }))
  }

  repeated(lane: string, { id }: Notification, accepted: boolean, rule: RepeatRule, at: Date): void {
    const repeated = this.#repeated.get(lane)
    if (repeated?.notification.id !== id) return
    repeated.nextAt = new Date(at.getTime() + (accepted ? rule.everyMs : Math.min(RETRY_MS, rule.everyMs)))
  }

  nextDueAt(): Date | null {
    const times = [...this.#repeated.values()].map(({ nextAt }) => nextAt.getTime())
    const first = Math.min(...times)
    return first < NEVER.getTime() ? new Date(first) : null
  }
}

const NEVER = new Date(8.64e15)

import type { Notification } from '../../storage/notifications.ts'

const HOUR_MS = 3_600_000

/** Messages about services whose last attempt was due within the last hour and that were given up, by endpoint. */
export class RecentDeadLetters {
  readonly #times = new Map<string, number[]>()

  /** What is told of Plumbline itself, reminders and tests raise no alert when they do not arrive. */
  count({ endpoint, incident, nextAttemptAt: dueAt }: Notification): void {
    if (/^(self|test|reminder)_/.test(incident)) return
    this.#times.set(endpoint, [...(this.#times.get(endpoint) ?? []), dueAt.getTime()])
  }

  within(now: Date): Map<string, number> {
    for (const [endpoint, times] of this.#times) {
      const recent = times.filter((time) => time > now.getTime() - HOUR_MS)
      if (recent.length === 0) this.#times.delete(endpoint)
      else this.#times.set(endpoint, recent)
    }
    return new Map([...this.#times].map(([endpoint, times]) => [endpoint, times.length]))
  }
}

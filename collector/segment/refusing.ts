import type { Log } from '../../runtime/log.ts'

const INTERVAL_MS = 60_000

/**
 * Tells the log that requests are refused for one reason: when it begins, once a minute while it lasts, and when it is over.
 * Times are of the monotonic clock.
 */
export class Refusing {
  readonly #log: Log
  readonly #why: string
  readonly #now: () => number
  #since = 0
  #saidAt = 0
  /** In all; 0 while none is refused. */
  #refused = 0

  /** `why` completes "requests are refused: …". */
  constructor(log: Log, why: string, now = () => performance.now()) {
    this.#log = log
    this.#why = why
    this.#now = now
  }

  refused(requests: number, err?: unknown): void {
    const now = this.#now()
    if (this.#refused === 0) this.#since = now
    const isDue = this.#refused === 0 || now - this.#saidAt >= INTERVAL_MS
    this.#refused += requests
    if (!isDue) return
    this.#saidAt = now
    const forMs = Math.round(now - this.#since)
    this.#log.error({ err, refused: this.#refused, forMs }, `requests are refused: ${this.#why}`)
  }

  /** Requests are taken. */
  taken(): void {
    if (this.#refused === 0) return
    const forMs = Math.round(this.#now() - this.#since)
    this.#log.info({ refused: this.#refused, forMs }, `requests are taken again, which were refused: ${this.#why}`)
    this.#refused = 0
  }
}

import type { Log } from '../../runtime/log.ts'
import { ANSWER_RULES } from '../notify/answer-rules.ts'
import { type EgressPolicy, egressGuard } from '../notify/egress.ts'
import { post } from '../notify/post.ts'

const EVERY_MS = 60_000
const LIMITS = { connectTimeoutMs: 3_000, totalTimeoutMs: 10_000 }

/** An outside service that raises the alarm when it is not pinged any more. */
export class Watchdog {
  readonly #url: string
  readonly #log: Log
  readonly #check: ReturnType<typeof egressGuard>
  #nextAt = 0
  /** Pings in a row that nobody took. */
  failures = 0
  /** False until a first ping was answered, or was not: nothing is known of it then. */
  isKnown = false

  constructor(url: string, egress: EgressPolicy, log: Log) {
    this.#url = url
    this.#log = log
    this.#check = egressGuard(egress)
  }

  /** Pings when a minute is over; call it only while all is well. Never rejects. */
  async ping(now: Date): Promise<void> {
    if (now.getTime() < this.#nextAt) return
    this.#nextAt = now.getTime() + EVERY_MS
    const request = { method: 'GET', headers: {}, body: null } as const
    const { arrival, status, error } = await post(this.#url, request, this.#check, LIMITS, ANSWER_RULES.webhook)
    this.failures = arrival === 'accepted' ? 0 : this.failures + 1
    this.isKnown = true
    if (arrival !== 'accepted') this.#log.warn({ status, error, failures: this.failures }, 'watchdog not pinged')
  }
}

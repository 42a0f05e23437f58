import { NotDurable } from './segment/not-durable.ts'

/** Bytes that may be in work at once, over all requests. */
export class ByteBudget {
  readonly #max: number
  used = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Throws `NotDurable` when `bytes` more would not fit. */
  check(bytes: number): void {
    if (this.used + bytes > this.#max) {
      throw new NotDurable('busy', `bodies in work have reached collector.maxInFlight (${this.#max} bytes)`)
    }
  }

  lease(): Lease {
    return new Lease(this)
  }
}

/** One request's share of the budget. */
class Lease {
  readonly #budget: ByteBudget
  #held = 0

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  grow(bytes: number): void {
    this.#budget.check(bytes)
    this.#budget.used += bytes
    this.#held += bytes
  }

  /** Exchanges what was held for another amount, without a check: the bytes exist already. */
  become(bytes: number): void {
    this.#budget.used += bytes - this.#held
    this.#held = bytes
  }

  release(): void {
    this.become(0)
  }
}

export type { Lease }

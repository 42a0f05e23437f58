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

/**
 * One request's share of the budget: its body, as sent and decompressed, until rows are made of it; then its rows, until
 * they are on disk. A body is counted twice, since rows about as long will stand beside it: what is let in is then not
 * refused half-way.
 */
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

/** Buffers this long share their memory with no others. */
const UNSHARED_BYTES = 64 * 1024

/**
 * Gives the memory of a large buffer back now, after which it is empty: under load the garbage collector comes too late to
 * keep to a budget. Only for the owner of the buffer, when nothing reads it any more.
 */
export function freeBytes({ buffer, byteOffset, length }: Buffer): void {
  if (length >= UNSHARED_BYTES && byteOffset === 0 && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

const DAY_NS = 86_400_000_000_000n

/**
 * Different days one request, and one segment, may touch. Tables are partitioned by day and every day of an insert costs
 * its own parts and buffers: a thousand take a minute, ten thousand more memory than the engine has.
 * The texts of `REASONS.too_many_days` name this number.
 */
export const MAX_DAYS = 40

/** The days (UTC, since 1970) that the rows of one request touch. */
export class Days {
  readonly touched = new Set<number>()
  #fromNs = 0n
  #toNs = 0n

  reset(): void {
    this.touched.clear()
    this.#toNs = 0n
    this.#fromNs = 0n
  }

  /** False when this instant's day would be one too many. */
  admit(timeNs: bigint): boolean {
    if (timeNs >= this.#fromNs && timeNs < this.#toNs) return true
    const day = timeNs / DAY_NS
    const number = Number(day)
    if (!this.touched.has(number)) {
      if (this.touched.size >= MAX_DAYS) return false
      this.touched.add(number)
    }
    this.#fromNs = day * DAY_NS
    this.#toNs = this.#fromNs + DAY_NS
    return true
  }
}

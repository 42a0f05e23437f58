const DAY_NS = 86_400_000_000_000n

/**
 * Different days one request, and one segment, may touch. Tables are partitioned by day and every day of an insert costs
 * its own parts and buffers: a thousand take a minute, ten thousand more memory than the engine has.
 * The texts of `REASONS.too_many_days` name this number.
 */
export const MAX_DAYS = 40

/** 2^16 · this is a day: what remains of a time fits a double exactly. */
const DAY_IN_65536_NS = 1_318_359_375

/** The day (UTC, since 1970) of an instant in nanoseconds. */
export const dayOf = (timeNs: bigint): number => Number(timeNs / DAY_NS)

/** The same of an instant in two words of 32 bits. */
export const dayOfWords = (low: number, high: number): number =>
  Math.floor((high * 65_536 + (low >>> 16)) / DAY_IN_65536_NS)

/** The days that the rows of one request touch. */
export class Days {
  readonly touched = new Set<number>()
  #last = -1

  reset(): void {
    this.touched.clear()
    this.#last = -1
  }

  /** False when this day would be one too many. */
  admit(day: number): boolean {
    if (day === this.#last) return true
    if (!this.touched.has(day)) {
      if (this.touched.size >= MAX_DAYS) return false
      this.touched.add(day)
    }
    this.#last = day
    return true
  }
}

/** Stretches whose beginning is remembered. */
const MARKS = 256

/** When something was written into a ring, by position: roughly, at the cost of one comparison a position. */
export class Ages {
  readonly #size: number
  readonly #step: number
  readonly #times = new Float64Array(MARKS)
  #marked = -1

  constructor(size: number) {
    this.#size = size
    this.#step = Math.ceil(size / MARKS)
  }

  /** Something was written at `position`, which only grows. */
  mark(position: number, now: number): void {
    const stretch = Math.floor(position / this.#step)
    while (this.#marked < stretch) this.#times[++this.#marked % MARKS] = now
  }

  /** How long ago what the ring still holds was written, with `position` written next; 0 when it holds nothing. */
  oldest(position: number, now: number): number {
    if (this.#marked < 0) return 0
    const stretch = Math.floor(Math.max(0, position - this.#size) / this.#step)
    // The stretch being written takes the place of the oldest.
    const kept = Math.max(stretch, this.#marked - MARKS + 1)
    return Math.max(0, now - this.#times[kept % MARKS]!)
  }
}

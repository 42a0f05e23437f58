import type { Period } from './calendar.ts'

/**
 * Time cut wherever some window begins or ends: segment n is [cuts[n], cuts[n + 1]), and any window is a sum of segments.
 * Cuts are in ms since 1970, ascending and each once.
 */
export class Segments {
  readonly cuts: readonly number[]
  readonly #place: ReadonlyMap<number, number>
  readonly #ranges = new Map<number, readonly number[]>()

  constructor(cuts: Iterable<number>) {
    this.cuts = [...new Set(cuts)].sort((a, b) => a - b)
    this.#place = new Map(this.cuts.map((cut, n) => [cut, n]))
  }

  /** Segments of a stretch of time that begins and ends at cuts, without those inside an exclusion. */
  in({ from, to }: Period, exclusions: readonly Period[] = []): readonly number[] {
    const all = this.#between(this.#placeOf(from), this.#placeOf(to))
    return exclusions.length === 0 ? all : all.filter((n) => !this.#isIn(n, exclusions))
  }

  /** Thousands of SLOs look at the same few windows: each is made once. */
  #between(first: number, last: number): readonly number[] {
    const key = first * this.cuts.length + last
    const known = this.#ranges.get(key) ?? Array.from({ length: Math.max(0, last - first) }, (_, n) => first + n)
    this.#ranges.set(key, known)
    return known
  }

  /** Values by segment, none for the segments inside an exclusion. */
  without<T>(bySegment: readonly T[], exclusions: readonly Period[]): (T | undefined)[] {
    return bySegment.map((value, n) => (this.#isIn(n, exclusions) ? undefined : value))
  }

  #isIn(segment: number, ranges: readonly Period[]): boolean {
    const start = this.cuts[segment]!
    return ranges.some(({ from, to }) => from.getTime() <= start && start < to.getTime())
  }

  #placeOf(at: Date): number {
    const place = this.#place.get(at.getTime())
    if (place === undefined) throw new RangeError(`${at.toISOString()} is no cut`)
    return place
  }
}

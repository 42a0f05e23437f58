import type { Period } from './calendar.ts'

/**
 * Time cut wherever some window begins or ends: segment n is [cuts[n], cuts[n + 1]), and any window is a sum of segments.
 * Cuts are in ms since 1970, ascending and each once.
 */
export class Segments {
  readonly cuts: readonly number[]
  readonly #place: ReadonlyMap<number, number>

  constructor(cuts: Iterable<number>) {
    this.cuts = [...new Set(cuts)].sort((a, b) => a - b)
    this.#place = new Map(this.cuts.map((cut, n) => [cut, n]))
  }

  /** Segments of a stretch of time that begins and ends at cuts, without those inside an exclusion. */
  in({ from, to }: Period, exclusions: readonly Period[] = []): number[] {
    const [first, last] = [this.#placeOf(from), this.#placeOf(to)]
    const all = Array.from({ length: Math.max(0, last - first) }, (_, n) => first + n)
    return exclusions.length === 0 ? all : all.filter((n) => !this.#isIn(n, exclusions))
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

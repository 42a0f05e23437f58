import type { Counts } from '../model.ts'

const MINUTE_MS = 60_000

/** Counts of an SLI minute by minute, without gaps: minute n is [from + n min, from + (n + 1) min). */
export interface MinuteSeries {
  /** On a whole minute. */
  from: Date
  good: Float64Array
  total: Float64Array
  /** 1 where telemetry is known to have arrived, with events or not. */
  covered: Uint8Array
  /** 1 where a collector was alive, though nothing was known to arrive. */
  alive: Uint8Array
  /** Position from which telemetry is expected; absent: from the first covered minute on. */
  expectedFrom?: number
  /** What sampling makes of the counts; all zero where nothing is known of it. */
  spread: Record<keyof Spread, Float64Array>
}

/** How far sampling lets the counts of a minute vary, and how many events were really received. */
export type Spread = Record<(typeof SPREAD)[number], number>
export const SPREAD = ['varianceGood', 'varianceBad', 'seenGood', 'seenBad'] as const

/** A series of `minutes` minutes with no events of which nothing is known. */
export function emptySeries(from: Date, minutes: number): MinuteSeries {
  return {
    from,
    good: new Float64Array(minutes),
    total: new Float64Array(minutes),
    covered: new Uint8Array(minutes),
    alive: new Uint8Array(minutes),
    spread: {
      varianceGood: new Float64Array(minutes),
      varianceBad: new Float64Array(minutes),
      seenGood: new Float64Array(minutes),
      seenBad: new Float64Array(minutes),
    },
  }
}

/** Position of an instant's minute; negative or beyond the end when it is outside. */
export const positionIn = ({ from }: Pick<MinuteSeries, 'from'>, at: Date): number =>
  Math.floor((at.getTime() - from.getTime()) / MINUTE_MS)

/** Puts the counts of one minute in place; a minute with events is covered. Outside of the series nothing happens. */
export function putMinute(series: MinuteSeries, minute: Date, { good, total }: Counts, spread?: Spread): void {
  const position = positionIn(series, minute)
  if (position < 0 || position >= series.total.length) return
  series.good[position] = good
  series.total[position] = total
  if (total > 0) series.covered[position] = 1
  if (spread) for (const column of SPREAD) series.spread[column][position] = spread[column]
}

/** Start of minute n of the series. */
export const minuteAt = ({ from }: Pick<MinuteSeries, 'from'>, position: number): Date =>
  new Date(from.getTime() + position * MINUTE_MS)

/** Running sums, so that any window is one subtraction: `at(n)` sums the first n values. */
export class RunningSums {
  readonly #sums: Float64Array
  constructor(values: ArrayLike<number>) {
    this.#sums = new Float64Array(values.length + 1)
    let sum = 0
    for (let n = 0; n < values.length; n++) {
      sum += values[n]!
      this.#sums[n + 1] = sum
    }
  }

  /** Sum of the values in [from, to), cut to what there is. */
  between(from: number, to: number): number {
    return this.#at(to) - this.#at(from)
  }

  #at(position: number): number {
    return this.#sums[Math.max(0, Math.min(position, this.#sums.length - 1))]!
  }
}

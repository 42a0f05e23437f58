/** Time [from, to). */
export interface Range {
  from: Date
  to: Date
}

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 86_400_000

/** Ranges widened to whole minutes, with those that touch or overlap made one, oldest first. */
export function merge(ranges: readonly Range[]): Range[] {
  const whole = ranges
    .map(({ from, to }) => ({
      from: Math.floor(from.getTime() / MINUTE_MS) * MINUTE_MS,
      to: Math.ceil(to.getTime() / MINUTE_MS) * MINUTE_MS,
    }))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from)
  const merged: { from: number; to: number }[] = []
  for (const range of whole) {
    const last = merged.at(-1)
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to)
    else merged.push(range)
  }
  return merged.map(({ from, to }) => ({ from: new Date(from), to: new Date(to) }))
}

/** What of the ranges lies within [first, last]. */
export function clamped(ranges: readonly Range[], first: number, last: number): Range[] {
  const within = (at: Date) => new Date(Math.min(Math.max(at.getTime(), first), last))
  return ranges.map(({ from, to }) => ({ from: within(from), to: within(to) }))
}

/** The same time in pieces of a day at most: no statement takes long. */
export function daysOf(ranges: readonly Range[]): Range[] {
  return ranges.flatMap(({ from, to }) => {
    const days = Math.ceil((to.getTime() - from.getTime()) / DAY_MS)
    return Array.from({ length: days }, (_, day) => ({
      from: new Date(from.getTime() + day * DAY_MS),
      to: new Date(Math.min(from.getTime() + (day + 1) * DAY_MS, to.getTime())),
    }))
  })
}

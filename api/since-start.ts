const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** What arrives later than this after it happened is missing from the sums. */
const SETTLED_AFTER_MS = 24 * HOUR_MS

interface Sums<T> {
  startedAt: Date
  /** Of a half-open range of whole minutes. */
  read: (range: { from: Date; to: Date }) => Promise<T[]>
  /** Rows with the same key are one series. */
  keyOf: (row: T) => string
  add: (a: T, b: T) => T
  bound?: Bound<T>
}

/** How many groups of rows have series of their own; the others are added up in what `overflow` makes of their rows. */
export interface Bound<T> {
  limit: number
  groupOf: (row: T) => string
  overflow: (row: T) => T
}

/**
 * Sums since this process started, read from minute rollups, as Prometheus wants its counters: they never fall.
 * Settled hours are added up once and kept, so that a scrape reads the last day or two only.
 */
export function sinceStart<T>(sums: Sums<T>): (now: Date) => Promise<T[]> {
  const { startedAt, read, keyOf, add, bound } = sums
  /** The first ones stay, so that a series does not come and go. */
  const groups = new Set<string>()
  const bounded = (row: T): T => {
    if (bound === undefined) return row
    const group = bound.groupOf(row)
    if (!groups.has(group) && groups.size >= bound.limit) return bound.overflow(row)
    groups.add(group)
    return row
  }
  let settled = new Map<string, T>()
  let settledUntil = new Date(Math.floor(startedAt.getTime() / MINUTE_MS) * MINUTE_MS)

  const addUp = (before: ReadonlyMap<string, T>, more: readonly T[]): Map<string, T> => {
    const sums = new Map(before)
    for (const row of more.map(bounded)) {
      const known = sums.get(keyOf(row))
      sums.set(keyOf(row), known === undefined ? row : add(known, row))
    }
    return sums
  }

  return async (now) => {
    if (now.getTime() - settledUntil.getTime() > 2 * SETTLED_AFTER_MS) {
      const until = new Date(Math.floor((now.getTime() - SETTLED_AFTER_MS) / HOUR_MS) * HOUR_MS)
      settled = addUp(settled, await read({ from: settledUntil, to: until }))
      settledUntil = until
    }
    // A little into the future: clocks of senders differ.
    const until = new Date(Math.ceil((now.getTime() + HOUR_MS) / MINUTE_MS) * MINUTE_MS)
    const recent = await read({ from: settledUntil, to: until })
    return [...addUp(settled, recent).values()]
  }
}

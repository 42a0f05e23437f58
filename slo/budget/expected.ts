import type { Period } from './calendar.ts'

const MINUTE_MS = 60_000

/** Minutes of [from, to) in which telemetry is expected: from the first ever on, and outside of excluded time. */
export function expectedMinutes(
  { from, to }: Period,
  { knownFrom, exclusions }: { knownFrom: Date | null; exclusions: readonly Period[] },
): number {
  if (knownFrom === null) return 0
  const start = Math.max(from.getTime(), knownFrom.getTime())
  const length = overlapMs({ from: new Date(start), to }, { from, to })
  const excluded = merged(exclusions).reduce((sum, range) => sum + overlapMs({ from: new Date(start), to }, range), 0)
  return (length - excluded) / MINUTE_MS
}

function overlapMs(a: Period, b: Period): number {
  const from = Math.max(a.from.getTime(), b.from.getTime())
  return Math.max(0, Math.min(a.to.getTime(), b.to.getTime()) - from)
}

/** The same time, oldest first, with ranges that touch or overlap made one. */
export function merged<T extends Period>(ranges: readonly T[]): T[] {
  const result: T[] = []
  for (const range of ranges.toSorted((a, b) => a.from.getTime() - b.from.getTime())) {
    const last = result.at(-1)
    if (last && range.from <= last.to) {
      if (range.to > last.to) result[result.length - 1] = { ...last, to: range.to }
    } else if (range.from < range.to) result.push(range)
  }
  return result
}

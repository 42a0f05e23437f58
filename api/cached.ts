/**
 * A value that is read again when the last reading is older than `maxAgeMs`; everybody who asks meanwhile shares one read.
 * A failed read is not kept.
 */
export function cached<T>(
  read: (now: Date) => Promise<T>,
  { maxAgeMs, clock }: { maxAgeMs: number; clock: () => Date },
) {
  let latest: { at: number; value: Promise<T> } | null = null
  return (): Promise<T> => {
    const now = clock()
    if (latest !== null && now.getTime() - latest.at < maxAgeMs) return latest.value
    const mine = { at: now.getTime(), value: read(now) }
    latest = mine
    mine.value.catch(() => {
      if (latest === mine) latest = null
    })
    return mine.value
  }
}

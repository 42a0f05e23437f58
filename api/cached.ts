interface Freshness {
  /** A value so young is given as it is. */
  maxAgeMs: number
  clock: () => Date
}

/** An old value is given while the next is read, up to so many times the time a read takes: cheap reads are waited for. */
const STALE_READS = 20
const MAX_STALE_MS = 15_000

/**
 * A value read at most once per `maxAgeMs`, and by one reader at a time: everybody who asks meanwhile shares its answer.
 * Where reads are slow, whoever asks gets the last value at once and sets off the next read. A failed read is not kept.
 */
export function cached<T>(read: (now: Date) => Promise<T>, { maxAgeMs, clock }: Freshness): () => Promise<T> {
  let latest: { at: number; value: T; tookMs: number } | null = null
  let reading: Promise<T> | null = null

  const readNow = async (now: Date): Promise<T> => {
    try {
      const value = await read(now)
      latest = { at: now.getTime(), value, tookMs: clock().getTime() - now.getTime() }
      return value
    } finally {
      reading = null
    }
  }

  return async () => {
    const now = clock()
    const ageMs = latest === null ? Number.POSITIVE_INFINITY : now.getTime() - latest.at
    if (latest !== null && ageMs < maxAgeMs) return latest.value
    reading ??= readNow(now)
    if (latest === null || ageMs >= Math.min(MAX_STALE_MS, STALE_READS * latest.tookMs)) return reading
    // Nobody waits for this read; the next who asks reads again and is told what is wrong.
    reading.catch(() => {})
    return latest.value
  }
}

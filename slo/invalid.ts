import type { Slo } from './model.ts'
import type { Reading } from './reading.ts'

const MINUTE_MS = 60_000

/** Why nothing can be judged from a reading, in words; null while it can. */
export function invalidReason({ fault, invalidMinute }: Pick<Reading, 'fault' | 'invalidMinute'>): string | null {
  if (fault !== undefined) return fault
  if (invalidMinute === null) return null
  return `the counts of minute ${invalidMinute.toISOString()} cannot be true: more good events than events, a negative count, or more events than can be counted`
}

/** A reading of an SLO that cannot be read: it has no numbers, and a reason. */
export function readingWithout(slo: Slo, at: Date, watermark: Date | null, fault: string): Reading {
  const nothing = { good: 0, total: 0 }
  return {
    slo,
    watermark,
    lastEventAt: null,
    invalidMinute: null,
    windows: new Map(),
    period: {
      from: new Date(at.getTime() - slo.objective.window.minutes * MINUTE_MS),
      to: at,
      counts: nothing,
      units: nothing,
      coverage: 0,
      raw: null,
      exclusions: [],
    },
    fault,
  }
}

/**
 * Computes something from one SLO's reading. When that throws, it is computed from the same SLO without numbers: an SLO that
 * cannot be judged is invalid alone, and keeps no other from being judged.
 */
export function fenced<T>(reading: Reading, compute: (reading: Reading) => T): T {
  try {
    return compute(reading)
  } catch (error) {
    const { slo, watermark, period, fault } = reading
    return compute(readingWithout(slo, period.to, watermark, fault ?? `it cannot be judged: ${messageOf(error)}`))
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

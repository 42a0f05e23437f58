import type { Severity } from '../../slo/model.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000

export type Schedule = Readonly<Record<Severity, readonly number[]>>

/**
 * When attempts are made, in ms after the first. A page is worth little after a quarter of an hour;
 * a ticket follows the schedule of Standard Webhooks 1.0.0.
 */
export const SCHEDULE_MS: Schedule = {
  page: [0, 2, 5, 15, 30, 60, 120, 180, 300, 420, 600, 900].map((s) => s * SECOND_MS),
  ticket: [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 113_705, 185_705, 272_105].map((s) => s * SECOND_MS),
}

/** Longest wait an endpoint can ask for. */
const RETRY_AFTER_CAP_MS: Record<Severity, number> = { page: 300 * SECOND_MS, ticket: 24 * HOUR_MS }

const JITTER = 0.1

interface Tried {
  severity: Severity
  /** Attempts made so far, at least one. */
  attempts: number
  firstAttemptAt: Date
  /** Value of the last answer's Retry-After header, '' without one. */
  retryAfter: string
}

/** When to try again: the schedule's next slot ±10 %, later when the endpoint asked for it; null after the last slot. */
export function nextAttemptAt(
  { severity, attempts, firstAttemptAt, retryAfter }: Tried,
  now: Date,
  random: () => number,
  schedule: Schedule = SCHEDULE_MS,
): Date | null {
  const offset = schedule[severity][attempts]
  if (offset === undefined) return null
  const jittered = offset * (1 + JITTER * (2 * random() - 1))
  const asked = Math.min(retryAfterMs(retryAfter, now), RETRY_AFTER_CAP_MS[severity])
  return new Date(Math.max(now.getTime() + asked, firstAttemptAt.getTime() + jittered))
}

/** Seconds or an HTTP date. Source: RFC 9110, section 10.2.3. Anything else asks for nothing. */
function retryAfterMs(header: string, now: Date): number {
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * SECOND_MS
  const at = Date.parse(header)
  return Number.isNaN(at) ? 0 : Math.max(0, at - now.getTime())
}

import { fnv1a } from '../fnv1a.ts'

/** Crockford's base 32, as ULIDs use it. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_DIGITS = 10

/**
 * `inc_` and 26 digits in the form of a ULID: sorts by start. A cause starts at most one incident at one instant,
 * so the id follows from both, and deciding the same again after a crash names the same incident.
 * @param cause environment and root cause, else what names the only alert
 */
export function incidentId(cause: string, startedAtMs: number): string {
  let time = ''
  for (let rest = startedAtMs, n = 0; n < TIME_DIGITS; n++, rest = Math.floor(rest / 32)) {
    time = DIGITS[rest % 32] + time
  }
  return `inc_${time}${fnv1a([cause, String(startedAtMs)]).toUpperCase()}`
}

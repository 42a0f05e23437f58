import type { DeliveryAttempt, Notification } from '../../storage/notifications.ts'
import type { PostResult } from '../notify/post-result.ts'
import { nextAttemptAt, SCHEDULE_MS, type Schedule } from './retry-schedule.ts'

/** What an attempt led to. */
export interface AttemptOutcome {
  made: DeliveryAttempt
  notification: Notification
  finishedAt: Date
}

/**
 * A notification after an attempt at it: delivered, waiting for its next slot, or given up.
 * @param sending with this attempt counted
 */
export function attemptOutcome(
  sending: Notification,
  started: DeliveryAttempt,
  result: PostResult,
  random: () => number,
  schedule: Schedule = SCHEDULE_MS,
): AttemptOutcome {
  const { arrival, status, error, latencyMs, answer, permanent, retryAfter } = result
  const finishedAt = new Date(started.startedAt.getTime() + latencyMs)
  const made: DeliveryAttempt = { ...started, arrival, status, error, latencyMs, answer }
  const answered: Notification = { ...sending, lastStatus: status, lastError: error }
  const outcome = (changes: Partial<Notification>) => ({
    made,
    notification: { ...answered, ...changes },
    finishedAt,
  })
  if (arrival === 'accepted') return outcome({ state: 'delivered', lastError: '' })
  const firstAttemptAt = sending.firstAttemptAt ?? started.startedAt
  const next = permanent
    ? null
    : nextAttemptAt({ ...sending, firstAttemptAt, retryAfter }, finishedAt, random, schedule)
  return next ? outcome({ nextAttemptAt: next }) : outcome({ state: 'dead', lastError: error || `answered ${status}` })
}

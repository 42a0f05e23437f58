import type { Log } from '../../runtime/log.ts'
import type { DeliveryAttempt, Notification } from '../../storage/notifications.ts'

export type DeliveryResult = 'delivered' | 'retry' | 'dead_letter' | 'superseded'

/** What became of a message, and is in the log from now on; null while it only waits. `made`: the attempt just made. */
export function loggedResult(log: Log, notification: Notification, made?: DeliveryAttempt): DeliveryResult | null {
  const { endpoint, incident, id, event, reason, state, attempts, lastError, nextAttemptAt } = notification
  const { status = 0, error = '' } = made ?? {}
  const what = { endpoint, incident, id, event, reason, attempts, status, error }
  switch (state) {
    case 'delivered':
      log.info(what, 'notification delivered')
      return 'delivered'
    case 'dead':
      log.error({ ...what, why: lastError }, 'notification given up')
      return 'dead_letter'
    case 'superseded':
      log.info({ ...what, why: lastError }, 'notification superseded')
      return 'superseded'
    default:
      if (!made) return null
      log.warn({ ...what, nextAttemptAt }, 'notification not delivered; will be tried again')
      return 'retry'
  }
}

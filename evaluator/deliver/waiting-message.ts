import type { EndpointType } from '../../runtime/endpoint-schema.ts'
import type { Notification } from '../../storage/notifications.ts'
import { notificationId } from './notification-id.ts'

type Said = Pick<Notification, 'endpoint' | 'incident' | 'sequence' | 'event' | 'reason' | 'severity' | 'body'>

/** A message nobody tried to send yet. `id` follows from the rest unless it is given. */
export const waitingMessage = (
  said: Said & { type: EndpointType; id?: string | undefined; state?: 'pending' | 'standby' },
  at: Date,
): Notification => ({
  state: 'pending',
  ...said,
  id: said.id ?? notificationId(said.incident, said.sequence, said.endpoint),
  attempts: 0,
  firstAttemptAt: null,
  nextAttemptAt: at,
  lastStatus: 0,
  lastError: '',
  createdAt: at,
  revision: 0,
})

import type { DeliveryAttempt, Notification } from '../../storage/notifications.ts'
import { type Lanes, laneOf, revise, withAttempts } from './lane.ts'

/** What a store holds of messages, as lanes, and what must be stored of them. */
export interface Recovered {
  lanes: Lanes
  /** Revised messages: accepted ones that the store calls pending, and those written anew. */
  changed: Notification[]
}

/**
 * Lanes as whoever was killed left them. A message for an endpoint that has become another type is written anew, if the
 * journal knows what it says; its id stays.
 * @param journaled what the journal says of every message, as it is written now, by id
 */
export function recoverLanes(
  stored: readonly Notification[],
  attempts: readonly DeliveryAttempt[],
  journaled: ReadonlyMap<string, Notification>,
): Recovered {
  const attemptsOf = Map.groupBy(attempts, ({ notification }) => notification)
  const lanes: Lanes = new Map()
  const changed: Notification[] = []
  for (const each of stored) {
    const made = attemptsOf.get(each.id) ?? []
    const lane = laneOf(lanes, each)
    const known = asItsEndpointIs(withAttempts(each, made), journaled.get(each.id))
    lane.notifications.push(known)
    lane.attempts.push(...made)
    if (known.type !== each.type || (known.state === 'delivered' && each.state === 'pending'))
      changed.push(revise(lane, known))
  }
  return { lanes, changed }
}

/** What is finished and over has no body, and needs none. */
export function asItsEndpointIs(known: Notification, journaled: Notification | undefined): Notification {
  const isOther = journaled !== undefined && known.type !== '' && known.type !== journaled.type
  return isOther && known.body !== '' ? { ...known, type: journaled.type, body: journaled.body } : known
}

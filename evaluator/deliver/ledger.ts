import type { DeliveryAttempt, Notification } from '../../storage/notifications.ts'

/** Whether an endpoint has an incident open: `maybe` when a message may have arrived. It is owed a resolve unless `none`. */
export type Ledger = 'none' | 'maybe' | 'open'

type Told = Pick<Notification, 'id' | 'event' | 'sequence'>
type Attempted = Pick<DeliveryAttempt, 'notification' | 'arrival'>

/** Computed from what was attempted, so that nothing but the attempts must survive a crash. */
export function ledgerOf(notifications: readonly Told[], attempts: readonly Attempted[]): Ledger {
  const arrivals = Map.groupBy(attempts, ({ notification }) => notification)
  let ledger: Ledger = 'none'
  for (const { id, event } of notifications.toSorted((a, b) => a.sequence - b.sequence)) {
    const reached = (arrivals.get(id) ?? []).map(({ arrival }) => arrival)
    if (reached.includes('accepted')) ledger = event === 'firing' ? 'open' : 'none'
    else if (event === 'firing' && ledger === 'none' && reached.some((arrival) => arrival !== 'no')) ledger = 'maybe'
  }
  return ledger
}

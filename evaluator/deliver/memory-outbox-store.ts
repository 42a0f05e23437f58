import type { DeliveryAttempt, Notification, OutboxStore } from '../../storage/notifications.ts'

/** An outbox's store that lives as long as the process: for rehearsals. */
export interface MemoryOutboxStore extends OutboxStore {
  /** By id, in the order they were first saved. */
  readonly notifications: ReadonlyMap<string, Notification>
  /** In the order they were first made. */
  attempts(): DeliveryAttempt[]
}

export function memoryOutbox(): MemoryOutboxStore {
  const notifications = new Map<string, Notification>()
  const attempts = new Map<string, DeliveryAttempt>()
  return {
    notifications,
    attempts: () => [...attempts.values()],
    async load() {
      return { notifications: [...notifications.values()], attempts: [...attempts.values()], disabled: [] }
    },
    async saveNotifications(saved) {
      for (const notification of saved) {
        const before = notifications.get(notification.id)
        if (!before || before.revision <= notification.revision) notifications.set(notification.id, notification)
      }
    },
    async saveAttempt(attempt) {
      attempts.set(`${attempt.notification} ${attempt.attempt}`, attempt)
    },
  }
}

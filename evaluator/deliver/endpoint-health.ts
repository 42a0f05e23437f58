import type { DeliveryAttempt } from '../../storage/notifications.ts'
import { afterFailure, type Circuit, CLOSED, heldUntil, isOpen } from './circuit.ts'
import { isOwed, type Lane, type Lanes, laneKey, pendingOf } from './lane.ts'

/** What waits for one endpoint, what it is owed, and how it does. */
export interface OutboxStatus {
  pending: number
  oldestPendingAt: Date | null
  owedResolves: number
  deadLetters: number
  circuit: 'closed' | 'open'
  /** It answered that it is gone: it gets no new incidents until something is accepted there again. */
  disabled: boolean
  lastDeliveredAt: Date | null
  /** Of the last failed attempt; '' after a success. */
  lastError: string
}

interface Health {
  circuit: Circuit
  isGone: boolean
  deadLetters: number
  lastDeliveredAt: Date | null
  lastError: string
}

const HEALTHY: Health = { circuit: CLOSED, isGone: false, deadLetters: 0, lastDeliveredAt: null, lastError: '' }

/** What attempts say about each endpoint as a whole. */
export class EndpointHealth {
  readonly #health = new Map<string, Health>()

  isOpen(endpoint: string): boolean {
    return isOpen(this.#of(endpoint).circuit)
  }

  isGone(endpoint: string): boolean {
    return this.#of(endpoint).isGone
  }

  /** Circuits as these attempts left them, whoever made them. */
  recover(attempts: readonly DeliveryAttempt[]): void {
    for (const attempt of attempts.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime()))
      if (attempt.arrival !== 'unknown') this.judge(attempt, attempt, false)
  }

  /** Until when a lane must leave its endpoint to another one's trial; null when it need not. */
  heldUntil(lane: Lane): Date | null {
    return heldUntil(this.#of(lane.endpoint).circuit, laneKey(lane))
  }

  /** Takes the result of an attempt in; true when it opened the endpoint's circuit. */
  judge(
    lane: Pick<Lane, 'endpoint' | 'incident'>,
    { arrival, startedAt, error, status }: DeliveryAttempt,
    isGone: boolean,
  ): boolean {
    const before = this.#of(lane.endpoint)
    if (arrival === 'accepted') {
      const { deadLetters } = before
      this.#health.set(lane.endpoint, { ...HEALTHY, deadLetters, lastDeliveredAt: startedAt })
      return false
    }
    const circuit = afterFailure(before.circuit, laneKey(lane), startedAt)
    const lastError = error || `answered ${status}`
    this.#health.set(lane.endpoint, { ...before, circuit, isGone: before.isGone || isGone, lastError })
    return isOpen(circuit) && !isOpen(before.circuit)
  }

  disable(endpoint: string): void {
    this.#health.set(endpoint, { ...this.#of(endpoint), isGone: true })
  }

  countDead(endpoint: string): void {
    const before = this.#of(endpoint)
    this.#health.set(endpoint, { ...before, deadLetters: before.deadLetters + 1 })
  }

  /** Before dead letters are counted anew. */
  forgetDead(): void {
    for (const [endpoint, health] of this.#health) this.#health.set(endpoint, { ...health, deadLetters: 0 })
  }

  /** By endpoint: every one that anything is known of. */
  status(lanes: Lanes): Map<string, OutboxStatus> {
    const byEndpoint = new Map<string, OutboxStatus>()
    const of = (endpoint: string) => {
      const { circuit, isGone: disabled, ...health } = this.#of(endpoint)
      const status = byEndpoint.get(endpoint) ?? {
        pending: 0,
        oldestPendingAt: null,
        owedResolves: 0,
        circuit: isOpen(circuit) ? 'open' : 'closed',
        disabled,
        ...health,
      }
      byEndpoint.set(endpoint, status)
      return status
    }
    for (const endpoint of this.#health.keys()) of(endpoint)
    for (const lane of lanes.values()) {
      if (isOwed(lane)) of(lane.endpoint).owedResolves++
      for (const { createdAt } of pendingOf(lane)) {
        const status = of(lane.endpoint)
        status.pending++
        if (!status.oldestPendingAt || createdAt < status.oldestPendingAt) status.oldestPendingAt = createdAt
      }
    }
    return byEndpoint
  }

  #of(endpoint: string): Health {
    return this.#health.get(endpoint) ?? HEALTHY
  }
}

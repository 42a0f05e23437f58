import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { type IncidentTurn, turnsAnything } from '../slo/decide/incident-turn.ts'
import type { Evaluation } from '../slo/decide/judge.ts'
import type { Notification } from '../storage/notifications.ts'
import type { DeliveryResult } from './deliver/delivery-result.ts'
import type { OutboxStatus } from './deliver/endpoint-health.ts'
import type { Outbox } from './deliver/outbox.ts'

export interface EvaluatorMetrics {
  ticked(result: 'ok' | 'error', seconds: number, at: Date): void
  decided(evaluations: readonly Evaluation[], turns: readonly IncidentTurn[]): void
  delivered(notification: Notification, result: DeliveryResult, latencyMs: number): void
  /** Lets a scrape read how full the outbox is. */
  watch(outbox: Outbox): void
}

/** The evaluator's own series; names and labels are documented in docs/operations.md. */
export function createEvaluatorMetrics(registry: Registry): EvaluatorMetrics {
  const registers = [registry]
  const ticks = new Counter({
    name: 'plumbline_ticks_total',
    help: 'Evaluations by result',
    labelNames: ['result'],
    registers,
  })
  const duration = new Histogram({
    name: 'plumbline_tick_duration_seconds',
    help: 'Time an evaluation takes',
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const lastTick = new Gauge({
    name: 'plumbline_last_tick_timestamp_seconds',
    help: 'When the last complete evaluation began',
    registers,
  })
  const decisions = new Counter({
    name: 'plumbline_decisions_total',
    help: 'Decisions to notify or not by reason',
    labelNames: ['reason', 'notified'],
    registers,
  })
  const deliveries = new Counter({
    name: 'plumbline_deliveries_total',
    help: 'Delivery attempts and their outcome',
    labelNames: ['endpoint', 'result'],
    registers,
  })
  const deliveryDuration = new Histogram({
    name: 'plumbline_delivery_duration_seconds',
    help: 'Time a delivery attempt takes',
    labelNames: ['endpoint'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  })
  ticks.inc({ result: 'ok' }, 0)
  ticks.inc({ result: 'error' }, 0)

  return {
    ticked(result, seconds, at) {
      ticks.inc({ result })
      duration.observe(seconds)
      if (result === 'ok') lastTick.set(at.getTime() / 1000)
    },
    decided(evaluations, turns) {
      for (const { outcome } of evaluations) decisions.inc({ reason: outcome.reason, notified: 'false' })
      for (const { projection } of turns.filter(turnsAnything)) {
        for (const { reason } of projection.intents) decisions.inc({ reason, notified: 'true' })
        for (const { reason } of projection.withheld) decisions.inc({ reason, notified: 'false' })
      }
    },
    delivered({ endpoint, lastError }, result, latencyMs) {
      deliveries.inc({ endpoint, result })
      if (result === 'superseded') decisions.inc({ reason: lastError, notified: 'false' })
      else deliveryDuration.observe({ endpoint }, latencyMs / 1000)
    },
    watch(outbox) {
      for (const gauge of outboxGauges(outbox)) registry.registerMetric(gauge)
    },
  }
}

function outboxGauges(outbox: Outbox): Gauge<'endpoint'>[] {
  const gauge = (name: string, help: string, measure: (status: OutboxStatus) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['endpoint'],
      registers: [],
      collect() {
        this.reset()
        for (const [endpoint, status] of outbox.status()) this.set({ endpoint }, measure(status))
      },
    })
  return [
    gauge('plumbline_outbox_pending', 'Notifications not delivered yet', ({ pending }) => pending),
    gauge('plumbline_outbox_oldest_age_seconds', 'Age of the oldest notification not delivered yet', (status) =>
      status.oldestPendingAt ? (Date.now() - status.oldestPendingAt.getTime()) / 1000 : 0,
    ),
    gauge(
      'plumbline_owed_resolves',
      'Open incidents an endpoint must hear the end of',
      (status) => status.owedResolves,
    ),
    gauge('plumbline_dead_letters', 'Notifications given up within 30 days', ({ deadLetters }) => deadLetters),
  ]
}

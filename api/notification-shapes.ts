import { z } from '@hono/zod-openapi'
import { NOTIFY_REASONS } from '../slo/alert/alert-reason.ts'
import { ARRIVALS, type DeliveryAttempt, NOTIFICATION_STATES, type Notification } from '../storage/notifications.ts'

export const notificationSchema = z
  .object({
    id: z.string().meta({ description: 'The webhook-id: the same at every attempt' }),
    endpoint: z.string(),
    incident: z.string(),
    sequence: z.int().meta({ description: 'Grows with every change of what is told of the incident' }),
    event: z.enum(['firing', 'resolved']),
    reason: z.enum(NOTIFY_REASONS),
    severity: z.enum(['page', 'ticket']),
    type: z
      .string()
      .meta({ description: 'The type of endpoint its body is written for; empty where that is not known' }),
    state: z.enum(NOTIFICATION_STATES).meta({
      description:
        '`standby`: held by a fallback endpoint; `superseded`: a newer message made it void; `dead`: given up',
    }),
    attempts: z.int().meta({ description: 'Since its schedule began' }),
    firstAttemptAt: z.iso.datetime().nullable(),
    nextAttemptAt: z.iso.datetime().nullable().meta({ description: 'Null unless pending' }),
    lastStatus: z.int().meta({ description: 'Of the last answer; 0 without one' }),
    lastError: z.string().meta({ description: 'Why it was not delivered' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Notification' })

export const notificationDetailSchema = notificationSchema
  .extend({
    body: z.string().meta({ description: 'As it is sent, save signature, expiry and routing key' }),
    deliveries: z.array(
      z.object({
        attempt: z.int(),
        startedAt: z.iso.datetime(),
        arrival: z.enum(ARRIVALS).meta({ description: 'Whether it arrived; `unknown` while it is under way' }),
        status: z.int(),
        error: z.string(),
        latencyMs: z.int(),
        answer: z.string().meta({ description: 'The first 512 bytes' }),
      }),
    ),
  })
  .meta({ id: 'NotificationDetail' })

export const endpointSchema = z
  .object({
    name: z.string(),
    type: z.string(),
    fallback: z.string().nullable().meta({ description: 'The endpoint that is told of pages when this one fails' }),
    escalationOnly: z.boolean(),
    configured: z
      .boolean()
      .meta({ description: 'False for one that is still owed something, but gone from the configuration' }),
    circuit: z.enum(['closed', 'open']).meta({ description: 'Open: one message at a time tries it' }),
    disabled: z.boolean().meta({ description: 'It answered that it is gone: no new incidents' }),
    pending: z.int(),
    oldestPendingAt: z.iso.datetime().nullable(),
    owedResolves: z.int().meta({ description: 'Incidents it must hear the end of' }),
    deadLetters: z.int().meta({ description: 'Given up within 30 days' }),
    lastDeliveredAt: z.iso.datetime().nullable(),
    lastError: z.string().meta({ description: 'Of the last failed attempt; empty after a success' }),
    reportedAt: z.iso.datetime().nullable().meta({ description: 'When the evaluator told; null before it ever did' }),
  })
  .meta({ id: 'Endpoint' })

export const requestedSchema = z
  .object({ notification: z.string().meta({ description: 'Its state is at /notifications/{id}' }) })
  .meta({ id: 'RequestedNotification' })

export function notificationOf(notification: Notification): z.output<typeof notificationSchema> {
  const { body: _, revision: __, firstAttemptAt, nextAttemptAt, createdAt, ...rest } = notification
  return {
    ...rest,
    firstAttemptAt: firstAttemptAt?.toISOString() ?? null,
    nextAttemptAt: rest.state === 'pending' ? nextAttemptAt.toISOString() : null,
    createdAt: createdAt.toISOString(),
  }
}

export const notificationDetailOf = (
  notification: Notification,
  attempts: readonly DeliveryAttempt[],
): z.output<typeof notificationDetailSchema> => ({
  ...notificationOf(notification),
  body: notification.body,
  deliveries: attempts
    .filter((attempt) => attempt.notification === notification.id)
    .map(({ attempt, startedAt, arrival, status, error, latencyMs, answer }) => ({
      attempt,
      startedAt: startedAt.toISOString(),
      arrival,
      status,
      error,
      latencyMs,
      answer,
    })),
})

import { z } from 'zod'
import { NOTIFY_REASONS } from '../slo/alert/alert-reason.ts'
import { readEndpointStates } from './endpoint-states.ts'
import { type Db, query } from './query.ts'
import { together } from './together.ts'

/** `standby`: sent only if another endpoint fails, see `fallback` in docs/alerting.md. */
export const NOTIFICATION_STATES = ['pending', 'standby', 'delivered', 'dead', 'superseded'] as const

/** One message to one endpoint, as it stands. */
export interface Notification {
  /** The webhook-id: stable over retries and restarts. */
  id: string
  endpoint: string
  incident: string
  sequence: number
  event: 'firing' | 'resolved'
  reason: (typeof NOTIFY_REASONS)[number]
  severity: 'page' | 'ticket'
  state: (typeof NOTIFICATION_STATES)[number]
  /** The type of endpoint its body is written for; '' when that is not known. */
  type: string
  /** Exactly the bytes that are signed and sent; '' where it was not asked for. */
  body: string
  attempts: number
  firstAttemptAt: Date | null
  nextAttemptAt: Date
  /** HTTP status of the last attempt, 0 without an answer. */
  lastStatus: number
  lastError: string
  createdAt: Date
  /** A higher one replaces a lower one. */
  revision: number
}

export const ARRIVALS = ['unknown', 'accepted', 'maybe', 'no'] as const
export type Arrival = (typeof ARRIVALS)[number]

/** One attempt at a notification; `unknown` until its result is recorded. */
export interface DeliveryAttempt {
  notification: string
  attempt: number
  endpoint: string
  incident: string
  /** A digest of where it went; '' when it is not known. */
  target: string
  startedAt: Date
  arrival: Arrival
  status: number
  error: string
  latencyMs: number
  answer: string
}

const ISO_TIMES = { date_time_output_format: 'iso' } as const

export const notificationRow = z
  .object({
    id: z.string(),
    endpoint: z.string(),
    incident: z.string(),
    sequence: z.number(),
    event: z.enum(['firing', 'resolved']),
    reason: z.enum(NOTIFY_REASONS),
    severity: z.enum(['page', 'ticket']),
    state: z.enum(NOTIFICATION_STATES),
    type: z.string(),
    body: z.string(),
    attempts: z.number(),
    first_attempt_at: z.coerce.date().nullable(),
    next_attempt_at: z.coerce.date(),
    last_status: z.number(),
    last_error: z.string(),
    created_at: z.coerce.date(),
    revision: z.number(),
  })
  .transform(
    ({ first_attempt_at, next_attempt_at, last_status, last_error, created_at, ...row }): Notification => ({
      ...row,
      firstAttemptAt: first_attempt_at,
      nextAttemptAt: next_attempt_at,
      lastStatus: last_status,
      lastError: last_error,
      createdAt: created_at,
    }),
  )

export const NOTIFICATION_COLUMNS = `id, endpoint, incident, sequence, event, reason, severity, state, type, attempts,
  first_attempt_at, next_attempt_at, last_status, last_error, created_at, revision`

const selectSince = query({
  sql: `WITH open AS (SELECT id FROM incidents FINAL WHERE state = 'open')
    SELECT ${NOTIFICATION_COLUMNS}, if(state IN ('pending', 'standby') OR incident IN open, body, '') AS body FROM notifications FINAL
    WHERE created_at >= {since:DateTime64(3)} OR state = 'pending' OR incident IN open
    ORDER BY incident, endpoint, sequence`,
  params: z.object({ since: z.date() }),
  row: notificationRow,
  settings: ISO_TIMES,
})

const selectOfIncident = query({
  sql: `SELECT ${NOTIFICATION_COLUMNS}, body FROM notifications FINAL WHERE incident = {incident:String} ORDER BY created_at, endpoint, sequence`,
  params: z.object({ incident: z.string() }),
  row: notificationRow,
  settings: ISO_TIMES,
})

const selectAttempts = query({
  sql: `SELECT notification, attempt, endpoint, incident, target, started_at, arrival, status, error, latency_ms, answer
    FROM delivery_attempts FINAL WHERE incident IN {incidents:Array(String)} ORDER BY incident, notification, attempt`,
  params: z.object({ incidents: z.array(z.string()) }),
  row: z
    .object({
      notification: z.string(),
      attempt: z.number(),
      endpoint: z.string(),
      incident: z.string(),
      target: z.string(),
      started_at: z.coerce.date(),
      arrival: z.enum(ARRIVALS),
      status: z.number(),
      error: z.string(),
      latency_ms: z.number(),
      answer: z.string(),
    })
    .transform(
      ({ started_at, latency_ms, ...row }): DeliveryAttempt => ({
        ...row,
        startedAt: started_at,
        latencyMs: latency_ms,
      }),
    ),
  settings: ISO_TIMES,
})

/** All messages about one incident, oldest first, with their bodies. */
export const readNotifications = (db: Db, incident: string): Promise<Notification[]> =>
  selectOfIncident(db, { incident })

/** Every attempt at messages about these incidents, in order. */
export const readAttempts = async (db: Db, incidents: readonly string[]): Promise<DeliveryAttempt[]> =>
  incidents.length === 0 ? [] : selectAttempts(db, { incidents: [...incidents] })

/** What an outbox keeps its messages in; every call may reject, and is repeated then. */
export interface OutboxStore {
  /**
   * Notifications created since an instant, pending, or of an open incident, with every attempt at their incidents.
   * Those that are finished and of an incident that is over come without their body. `disabled`: endpoints that
   * answered that they are gone.
   */
  load(since: Date): Promise<{ notifications: Notification[]; attempts: DeliveryAttempt[]; disabled: string[] }>
  /** Stores notifications as they are now, all or none. The highest revision of an id counts. */
  saveNotifications(notifications: readonly Notification[], now: Date): Promise<void>
  /** Stores an attempt: before it is made with arrival `unknown`, afterwards with its result. */
  saveAttempt(attempt: DeliveryAttempt): Promise<void>
}

export function clickhouseOutbox(db: Db): OutboxStore {
  const writeNotifications = together((rows: { notification: Notification; now: Date }[]) =>
    insertNotifications(db, rows),
  )
  const writeAttempts = together((attempts: DeliveryAttempt[]) => insertAttempts(db, attempts))
  return {
    async load(since) {
      const notifications = await selectSince(db, { since })
      const attempts = await readAttempts(db, [...new Set(notifications.map(({ incident }) => incident))])
      const states = await readEndpointStates(db)
      const disabled = states.filter((state) => state.disabled).map(({ endpoint }) => endpoint)
      return { notifications, attempts, disabled }
    },
    saveNotifications: (notifications, now) =>
      writeNotifications(notifications.map((notification) => ({ notification, now }))),
    saveAttempt: (attempt) => writeAttempts([attempt]),
  }
}

/** Stores notifications as they are now. Storing the same revision again changes nothing. */
export const recordNotifications = (db: Db, notifications: readonly Notification[], now: Date): Promise<void> =>
  insertNotifications(
    db,
    notifications.map((notification) => ({ notification, now })),
  )

async function insertNotifications(db: Db, rows: readonly { notification: Notification; now: Date }[]): Promise<void> {
  if (rows.length === 0) return
  await db.insert({
    table: 'notifications',
    format: 'JSONEachRow',
    values: rows.map(({ notification: row, now }) => ({
      id: row.id,
      endpoint: row.endpoint,
      incident: row.incident,
      sequence: row.sequence,
      event: row.event,
      reason: row.reason,
      severity: row.severity,
      state: row.state,
      type: row.type,
      body: row.body,
      attempts: row.attempts,
      first_attempt_at: row.firstAttemptAt?.toISOString() ?? null,
      next_attempt_at: row.nextAttemptAt.toISOString(),
      last_status: row.lastStatus,
      last_error: row.lastError,
      created_at: row.createdAt.toISOString(),
      updated_at: now.toISOString(),
      revision: row.revision,
    })),
  })
}

/** Stores an attempt: before it is made with arrival `unknown`, afterwards with its result. */
export const recordAttempt = (db: Db, attempt: DeliveryAttempt): Promise<void> => insertAttempts(db, [attempt])

async function insertAttempts(db: Db, attempts: readonly DeliveryAttempt[]): Promise<void> {
  await db.insert({
    table: 'delivery_attempts',
    format: 'JSONEachRow',
    values: attempts.map((attempt) => ({
      notification: attempt.notification,
      attempt: attempt.attempt,
      endpoint: attempt.endpoint,
      incident: attempt.incident,
      target: attempt.target,
      started_at: attempt.startedAt.toISOString(),
      arrival: attempt.arrival,
      status: attempt.status,
      error: attempt.error,
      latency_ms: attempt.latencyMs,
      answer: attempt.answer,
      revision: attempt.arrival === 'unknown' ? 0 : 1,
    })),
  })
}

import { z } from 'zod'
import { type Db, query } from './query.ts'

/** Something a person asked an evaluator to send. */
export interface DeliveryRequest {
  id: string
  kind: 'replay' | 'test'
  /** Id of the message: the one to be sent again, or the one a test is sent as. */
  notification: string
  endpoint: string
  /** Name of the token; '' without. */
  requestedBy: string
  requestedAt: Date
}

const selectOpen = query({
  sql: `SELECT id, kind, notification, endpoint, requested_by, requested_at FROM delivery_requests FINAL
    WHERE NOT done AND requested_at >= {since:DateTime64(3)} ORDER BY requested_at, id`,
  params: z.object({ since: z.date() }),
  row: z
    .object({
      id: z.string(),
      kind: z.enum(['replay', 'test']),
      notification: z.string(),
      endpoint: z.string(),
      requested_by: z.string(),
      requested_at: z.coerce.date(),
    })
    .transform(
      ({ requested_by, requested_at, ...row }): DeliveryRequest => ({
        ...row,
        requestedBy: requested_by,
        requestedAt: requested_at,
      }),
    ),
  settings: { date_time_output_format: 'iso' },
})

/** What is asked since an instant and not done yet, the oldest first. */
export const readDeliveryRequests = (db: Db, since: Date): Promise<DeliveryRequest[]> => selectOpen(db, { since })

/** Asks, or tells that it is done. Telling the same again changes nothing. */
export async function recordDeliveryRequest(db: Db, request: DeliveryRequest, done = false): Promise<void> {
  await db.insert({
    table: 'delivery_requests',
    format: 'JSONEachRow',
    values: [
      {
        id: request.id,
        kind: request.kind,
        notification: request.notification,
        endpoint: request.endpoint,
        requested_by: request.requestedBy,
        requested_at: request.requestedAt.toISOString(),
        done,
        revision: done ? 1 : 0,
      },
    ],
  })
}

import { z } from 'zod'
import { NOTIFICATION_COLUMNS, type Notification, notificationRow } from './notifications.ts'
import { type Db, query } from './query.ts'

const ISO_TIMES = { date_time_output_format: 'iso' } as const

const selectPage = query({
  sql: `SELECT ${NOTIFICATION_COLUMNS}, '' AS body FROM notifications FINAL
    WHERE ({state:String} = '' OR state = {state:String})
      AND ({endpoint:String} = '' OR endpoint = {endpoint:String})
      AND ({incident:String} = '' OR incident = {incident:String})
      AND ({before:Nullable(DateTime64(3))} IS NULL OR created_at < {before:Nullable(DateTime64(3))}
        OR (created_at = {before:Nullable(DateTime64(3))} AND id < {beforeId:String}))
    ORDER BY created_at DESC, id DESC LIMIT {limit:UInt32}`,
  params: z.object({
    state: z.string(),
    endpoint: z.string(),
    incident: z.string(),
    before: z.date().nullable(),
    beforeId: z.string(),
    limit: z.number().int().positive(),
  }),
  row: notificationRow,
  settings: ISO_TIMES,
})

const selectOne = query({
  sql: `SELECT ${NOTIFICATION_COLUMNS}, body FROM notifications FINAL WHERE id = {id:String}`,
  params: z.object({ id: z.string() }),
  row: notificationRow,
  settings: ISO_TIMES,
})

export interface NotificationPage {
  state?: Notification['state'] | undefined
  endpoint?: string | undefined
  incident?: string | undefined
  limit: number
  /** Only those created before this; with `beforeId` also those created then that have a smaller id. */
  before?: Date | undefined
  beforeId?: string | undefined
}

/** Notifications as they stand, without bodies, the newest first, then by id downwards. */
export const listNotifications = (db: Db, page: NotificationPage): Promise<Notification[]> => {
  const { state = '', endpoint = '', incident = '', before = null, beforeId = '', limit } = page
  return selectPage(db, { state, endpoint, incident, before, beforeId, limit })
}

/** One notification with its body; null when there is none with this id. */
export async function readNotification(db: Db, id: string): Promise<Notification | null> {
  const [notification] = await selectOne(db, { id })
  return notification ?? null
}

import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { recordDeliveryRequest } from '../storage/delivery-requests.ts'
import { readIncident } from '../storage/incidents.ts'
import { listNotifications, readNotification } from '../storage/notification-list.ts'
import { NOTIFICATION_STATES, type Notification, readAttempts } from '../storage/notifications.ts'
import type { Db } from '../storage/query.ts'
import { authorOf } from './access.ts'
import { audited, changeProblems } from './change.ts'
import {
  notificationDetailOf,
  notificationDetailSchema,
  notificationOf,
  notificationSchema,
  requestedSchema,
} from './notification-shapes.ts'
import { decodeCursor, encodeCursor, pageOf, pageQuery } from './page.ts'
import { onInvalid, Problem, problemSchema } from './problem.ts'

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
})
const params = z.object({ id: z.string().max(200) })

const listRoute = createRoute({
  method: 'get',
  path: '/notifications',
  tags: ['notifications'],
  summary: 'What endpoints were told, or will be, the newest first',
  request: {
    query: pageQuery.extend({
      state: z.enum(NOTIFICATION_STATES).optional().meta({ description: '`dead`: what was given up' }),
      endpoint: z.string().max(200).optional(),
      incident: z.string().max(200).optional(),
    }),
  },
  responses: {
    200: {
      description: 'A page of notifications',
      content: { 'application/json': { schema: pageOf(notificationSchema) } },
    },
    400: problem('A parameter is wrong'),
  },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/notifications/{id}',
  tags: ['notifications'],
  summary: 'One notification with its body and every attempt at it',
  request: { params },
  responses: {
    200: { description: 'The notification', content: { 'application/json': { schema: notificationDetailSchema } } },
    404: problem('No such notification'),
  },
})

const replayRoute = createRoute({
  method: 'post',
  path: '/notifications/{id}/replay',
  tags: ['notifications'],
  summary: 'Send a notification again: the same body and id, a fresh timestamp and signature',
  request: { params },
  responses: {
    202: {
      description: 'An evaluator sends it within seconds',
      content: { 'application/json': { schema: requestedSchema } },
    },
    404: problem('No such notification'),
    409: problem('It is still on its way, void, or tells the beginning of what is over'),
    ...changeProblems,
  },
})

const cursorSchema = z.tuple([z.iso.datetime(), z.string()])

/** The journal of deliveries. What is asked here, an evaluator does: perhaps another process. */
export function notificationRoutes({ db, clock }: { db: Db; clock: () => Date }): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const { cursor, limit, ...filter } = c.req.valid('query')
      const [before, beforeId] = cursor === undefined ? [] : decodeCursor(cursor, cursorSchema)
      const page = {
        ...filter,
        limit: limit + 1,
        before: before === undefined ? undefined : new Date(before),
        beforeId,
      }
      const found = await listNotifications(db, page)
      const items = found.slice(0, limit).map(notificationOf)
      const last = items.at(-1)
      const nextCursor = found.length > limit && last ? encodeCursor([last.createdAt, last.id]) : null
      return c.json({ items, nextCursor }, 200)
    })
    .openapi(oneRoute, async (c) => {
      const notification = await existing(db, c.req.valid('param').id)
      return c.json(notificationDetailOf(notification, await readAttempts(db, [notification.incident])), 200)
    })
    .openapi(replayRoute, async (c) => {
      const notification = await existing(db, c.req.valid('param').id)
      await refuseReplay(db, notification)
      const at = clock()
      const { id, endpoint } = notification
      const requestedBy = authorOf(c, undefined)
      await recordDeliveryRequest(db, {
        id: randomUUID(),
        kind: 'replay',
        notification: id,
        endpoint,
        requestedBy,
        requestedAt: at,
      })
      await audited(c, db, { at, action: 'notification.replay', target: id, detail: { endpoint } })
      return c.json({ notification: id }, 202)
    })
}

async function existing(db: Db, id: string): Promise<Notification> {
  const notification = await readNotification(db, id)
  if (notification === null) throw new Problem('not-found', `There is no notification ${id}`)
  return notification
}

/** Only what is finished can be sent again, and no beginning of what is over. */
async function refuseReplay(db: Db, { id, state, event, incident, endpoint, sequence }: Notification): Promise<void> {
  if (state === 'pending') throw new Problem('conflict', `The notification ${id} is still on its way`)
  if (state !== 'dead' && state !== 'delivered')
    throw new Problem('conflict', `The notification ${id} is ${state}: replay the newest one of its incident`)
  if (event === 'resolved') return
  const about = await listNotifications(db, { incident, endpoint, limit: 1_000 })
  const isOver =
    (await readIncident(db, { id: incident }))?.state === 'resolved' ||
    about.some((other) => other.event === 'resolved' && other.sequence > sequence)
  if (isOver) throw new Problem('conflict', `The incident ${incident} is over: its beginning is not told again`)
}

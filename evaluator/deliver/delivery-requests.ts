import type { Log } from '../../runtime/log.ts'
import { readJournal } from '../../storage/alert-events.ts'
import { type DeliveryRequest, readDeliveryRequests, recordDeliveryRequest } from '../../storage/delivery-requests.ts'
import { readNotification } from '../../storage/notification-list.ts'
import { readAttempts } from '../../storage/notifications.ts'
import type { Db } from '../../storage/query.ts'
import { notificationsOf } from '../decide/change.ts'
import type { Addressees } from './notifications-for.ts'
import type { Outbox } from './outbox.ts'
import { type PlainMessage, plainNotification } from './plain-notification.ts'
import { asItsEndpointIs } from './recover-lanes.ts'

export interface RequestDeps {
  db: Db
  log: Log
  outbox: Outbox
  addressees: Addressees
  publicUrl: string
}

const DAY_MS = 86_400_000
const TEST = 'test_'

/** Does what people asked for by the API, perhaps of another process; rejects when the store fails. */
export async function answerRequests(deps: RequestDeps, now: Date): Promise<void> {
  const { db, log } = deps
  for (const request of await readDeliveryRequests(db, new Date(now.getTime() - DAY_MS))) {
    const { kind, notification, endpoint, requestedBy } = request
    await (kind === 'test' ? sendTest(deps, request, now) : replay(deps, request, now))
    await recordDeliveryRequest(db, request, true)
    log.info({ kind, notification, endpoint, requestedBy }, 'asked by a person')
  }
  await endTests(deps, now)
}

async function replay(deps: RequestDeps, request: DeliveryRequest, now: Date): Promise<void> {
  const { db, outbox, addressees, publicUrl } = deps
  const stored = await readNotification(db, request.notification)
  if (!stored) return
  const events = await readJournal(db, stored.incident)
  const journaled = events.flatMap((event) => notificationsOf(event, addressees, publicUrl))
  const finished = asItsEndpointIs(
    stored,
    journaled.find(({ id }) => id === stored.id),
  )
  const made = await readAttempts(db, [finished.incident])
  await outbox.replay(
    finished,
    made.filter(({ endpoint }) => endpoint === finished.endpoint),
    now,
  )
}

const testOf = (endpoint: string, incident: string, startedAt: Date): Omit<PlainMessage, 'event' | 'sequence'> => ({
  endpoint,
  incident,
  reason: 'test',
  severity: 'ticket',
  alertname: 'PlumblineSelf',
  summary: `test of endpoint ${endpoint}`,
  description: 'somebody wanted to know whether messages arrive here: they do',
  firstStep: 'nothing: this is a test',
  forWhom: 'nobody: this is a test',
  labels: { kind: 'test', endpoint },
  startedAt,
})

async function sendTest({ outbox, addressees, publicUrl }: RequestDeps, request: DeliveryRequest, now: Date) {
  const { endpoint, id, notification } = request
  const test = { ...testOf(endpoint, `${TEST}${id}`, request.requestedAt), event: 'firing', sequence: 1 } as const
  await outbox.enqueue([plainNotification(test, addressees, publicUrl, now, notification)], now)
}

/** A test that arrived is resolved at once: no receiver keeps it open. */
async function endTests({ outbox, addressees, publicUrl }: RequestDeps, now: Date): Promise<void> {
  const arrived = outbox.streams(TEST).filter(({ isIdle }) => isIdle)
  const ends = arrived.map(({ endpoint, incident, last }) => {
    const end = {
      ...testOf(endpoint, incident, last.createdAt),
      event: 'resolved',
      sequence: last.sequence + 1,
    } as const
    return plainNotification(end, addressees, publicUrl, now)
  })
  if (ends.length > 0) await outbox.enqueue(ends, now)
}

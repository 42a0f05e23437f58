import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSender } from '../../evaluator/deliver/deliver.ts'
import { answerRequests } from '../../evaluator/deliver/delivery-requests.ts'
import { EndpointReports } from '../../evaluator/deliver/endpoint-reports.ts'
import { addresseesOf } from '../../evaluator/deliver/notifications-for.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import { recordDeliveryRequest } from '../../storage/delivery-requests.ts'
import { readEndpointStates } from '../../storage/endpoint-states.ts'
import { readNotification } from '../../storage/notification-list.ts'
import { clickhouseOutbox, type Notification, recordNotifications } from '../../storage/notifications.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { SECRET } from './evaluation.ts'
import { notification } from './messages.ts'
import { QUIET } from './quiet.ts'
import { type Receiver, startReceiver } from './receiver.ts'

const T0 = Date.parse('2026-01-10T12:00:00Z')
const second = (n: number) => new Date(T0 + n * 1_000)

let store: TestDatabase
let receiver: Receiver
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())
beforeEach(async () => {
  receiver = await startReceiver()
  return () => receiver[Symbol.asyncDispose]()
})

/** An evaluator's delivering part; a new one is another process on the same store. */
async function evaluator(at: number) {
  const endpoints: Endpoint[] = [{ name: 'pager', type: 'webhook', url: receiver.url, secret: SECRET }]
  const outbox = new Outbox({
    store: clickhouseOutbox(store.db),
    log: QUIET,
    random: () => 0.5,
    ...createSender({ endpoints, egress: { allow: ['127.0.0.0/8'], insecureHttp: true } }),
  })
  await outbox.load(second(at))
  const addressees = addresseesOf(endpoints)
  const deps = { db: store.db, log: QUIET, outbox, addressees, publicUrl: 'https://plumbline.example' }
  return {
    outbox,
    async work(n: number) {
      await answerRequests(deps, second(n))
      await outbox.deliverDue(second(n))
    },
  }
}

let requests = 0
const ask = (kind: 'replay' | 'test', id: string, at: number) =>
  recordDeliveryRequest(store.db, {
    id: `request-${++requests}`,
    kind,
    notification: id,
    endpoint: 'pager',
    requestedBy: 'ana',
    requestedAt: second(at),
  })

describe('a replay', () => {
  const dead = (incident: string, changes: Partial<Notification> = {}): Notification =>
    notification(incident, T0, {
      state: 'dead',
      attempts: 12,
      firstAttemptAt: second(0),
      lastError: 'answered 503',
      ...changes,
    })

  it('sends the same body under the same id, with a fresh timestamp and signature', async () => {
    const letter = dead('inc_replayed')
    await recordNotifications(store.db, [letter], second(0))
    await ask('replay', letter.id, 2_000)
    await (await evaluator(2_000)).work(2_000)
    expect(receiver.received).toMatchObject([
      {
        body: letter.body,
        headers: {
          'webhook-id': letter.id,
          'webhook-timestamp': String(second(2_000).getTime() / 1_000),
          'webhook-signature': expect.stringMatching(/^v1,/),
        },
      },
    ])
    expect(await readNotification(store.db, letter.id)).toMatchObject({ state: 'delivered', reason: 'replay' })
  })

  it('is done once, whoever looks', async () => {
    const letter = dead('inc_once')
    await recordNotifications(store.db, [letter], second(0))
    await ask('replay', letter.id, 2_000)
    const first = await evaluator(2_000)
    await first.work(2_000)
    await first.work(2_001)
    await (await evaluator(2_002)).work(2_002)
    expect(receiver.received).toHaveLength(1)
  })

  it('begins its schedule anew', async () => {
    receiver.behave(503)
    const letter = dead('inc_anew')
    await recordNotifications(store.db, [letter], second(0))
    await ask('replay', letter.id, 2_000)
    const { work } = await evaluator(2_000)
    await work(2_000)
    receiver.behave(200)
    await work(2_002)
    expect(receiver.received).toHaveLength(2)
  })

  it('of an end is told although nothing is known to be open', async () => {
    const end = dead('inc_forgotten', { sequence: 2, event: 'resolved', reason: 'resolved' })
    await recordNotifications(store.db, [end], second(0))
    await ask('replay', end.id, 2_000)
    await (await evaluator(2_000)).work(2_000)
    expect(receiver.received).toHaveLength(1)
  })
})

describe('a test', () => {
  it('arrives under the id that was promised, and is resolved', async () => {
    await ask('test', 'msg_promised', 3_000)
    const { work } = await evaluator(3_000)
    await work(3_000)
    await work(3_001)
    await work(3_002)
    const bodies = receiver.received.map(({ body }) => JSON.parse(body))
    expect(bodies.map(({ status }) => status)).toEqual(['firing', 'resolved'])
    expect(receiver.received[0]?.headers['webhook-id']).toBe('msg_promised')
    expect(bodies[0].alerts[0].labels).toMatchObject({
      alertname: 'PlumblineSelf',
      env: 'plumbline',
      endpoint: 'pager',
    })
    expect(bodies[0].plumbline.reason).toBe('test')
  })

  it('that does not arrive is visible, and ends nothing', async () => {
    receiver.behave(404)
    await ask('test', 'msg_lost', 3_000)
    const { work } = await evaluator(3_000)
    await work(3_000)
    await work(3_001)
    expect(receiver.received).toHaveLength(1)
    expect(await readNotification(store.db, 'msg_lost')).toMatchObject({ state: 'dead', lastError: 'answered 404' })
  })
})

describe('an endpoint that answered that it is gone', () => {
  it('stays disabled after a restart, until a test arrives', async () => {
    receiver.behave(410)
    const first = await evaluator(4_000)
    await first.outbox.enqueue([notification('inc_gone', T0, { nextAttemptAt: second(4_000) })], second(4_000))
    await first.work(4_000)
    await new EndpointReports(store.db).report(first.outbox.status(), second(4_001))
    expect(await readEndpointStates(store.db)).toMatchObject([{ endpoint: 'pager', disabled: true }])

    receiver.behave(200)
    const later = await evaluator(4_002)
    await later.outbox.enqueue([notification('inc_new', T0)], second(4_002))
    await later.work(4_002)
    expect(receiver.received).toHaveLength(1)
    expect(later.outbox.status().get('pager')).toMatchObject({ disabled: true })

    await ask('test', 'msg_back', 4_003)
    await later.work(4_003)
    expect(later.outbox.status().get('pager')).toMatchObject({ disabled: false, lastError: '' })
    expect(receiver.received).toHaveLength(2)
  })
})

describe('reports on endpoints', () => {
  it('are written when something changed', async () => {
    const reports = new EndpointReports(store.db)
    const status = {
      pending: 1,
      oldestPendingAt: second(1),
      owedResolves: 0,
      deadLetters: 0,
      circuit: 'closed',
      disabled: false,
      lastDeliveredAt: null,
      lastError: '',
    } as const
    const told = async () => (await readEndpointStates(store.db)).find(({ endpoint }) => endpoint === 'reported')
    await reports.report(new Map([['reported', status]]), second(5_000))
    await reports.report(new Map([['reported', status]]), second(5_005))
    expect(await told()).toEqual({ endpoint: 'reported', at: second(5_000), ...status })
    await reports.report(
      new Map([['reported', { ...status, circuit: 'open', lastError: 'answered 503' }]]),
      second(5_010),
    )
    expect(await told()).toMatchObject({ at: second(5_010), circuit: 'open', lastError: 'answered 503' })
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { createSender } from '../../evaluator/deliver/deliver.ts'
import { answerRequests } from '../../evaluator/deliver/delivery-requests.ts'
import { addresseesOf } from '../../evaluator/deliver/notifications-for.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import { recoverLanes } from '../../evaluator/deliver/recover-lanes.ts'
import type { Evaluator } from '../../evaluator/tick.ts'
import { recordDeliveryRequest } from '../../storage/delivery-requests.ts'
import { listNotifications } from '../../storage/notification-list.ts'
import { clickhouseOutbox } from '../../storage/notifications.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { define, evaluatorOn, MINUTE_MS, QUIET, storeCleanPast, storeMinute, tickAt } from './evaluation.ts'
import { notification } from './messages.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** An endpoint that keeps its name and becomes another type, while messages for it wait or were given up. */

const T0 = Date.parse('2026-01-10T12:00:00Z')
const SLO = sloWith({ name: 'checkout-pay' })

describe('messages that are taken over', () => {
  const AT = new Date(T0)
  const old = notification('inc_1', T0, { type: 'webhook', body: 'a webhook', revision: 3 })
  const now = { ...old, type: 'slack', body: 'for slack', revision: 0 }
  const recovered = (stored: typeof old, journaled = now) =>
    recoverLanes([stored], [], new Map([[journaled.id, journaled]]))

  it('are written anew for an endpoint of another type, under the same id', () => {
    const { lanes, changed } = recovered(old)
    expect(changed).toMatchObject([{ id: old.id, type: 'slack', body: 'for slack', revision: 4 }])
    expect([...lanes.values()].flatMap(({ notifications }) => notifications)).toEqual(changed)
  })
  it.each([
    ['the same type', old, { ...now, type: 'webhook' }],
    ['a type that is not known', { ...old, type: '' }, now],
    ['no body any more', { ...old, body: '' }, now],
  ])('stay as they are with %s', (_, stored, journaled) => {
    expect(recovered(stored, journaled).changed).toEqual([])
  })
  it('are never sent in the words of another type', async () => {
    const endpoints = [{ name: 'pager', type: 'slack' as const, url: 'http://127.0.0.1:1' }]
    const sender = createSender({ endpoints, egress: { allow: ['127.0.0.0/8'], insecureHttp: true } })
    expect(await sender.send(old, AT)).toMatchObject({
      arrival: 'no',
      permanent: true,
      error: 'written for webhook, and endpoint pager is slack now',
    })
  })
})

describe('an endpoint that becomes another type', () => {
  let store: TestDatabase
  let receiver: Receiver
  beforeEach(async () => {
    store = await testDatabase()
    receiver = await startReceiver()
    await define(store.db, [SLO], T0)
    await storeCleanPast(store.db, T0, 90)
    return async () => {
      await receiver[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    }
  })

  const ROUTES = [{ matchers: [], endpoints: ['pager'], routes: [] }]
  const asWebhook = (): Evaluator => ({ ...evaluatorOn(store.db, { pager: receiver.url }), routes: ROUTES })

  function asSlack(): Evaluator {
    const endpoints = [{ name: 'pager', type: 'slack' as const, url: receiver.url }]
    const sender = createSender({ endpoints, egress: { allow: ['127.0.0.0/8'], insecureHttp: true } })
    const outbox = new Outbox({ store: clickhouseOutbox(store.db), log: QUIET, random: () => 0.5, ...sender })
    return { ...asWebhook(), addressees: addresseesOf(endpoints), outbox }
  }

  async function outage(evaluator: Evaluator) {
    await storeMinute(store.db, T0, 1_000)
    await storeHeartbeat(store.db, T0 + MINUTE_MS)
    await tickAt(evaluator, T0 + MINUTE_MS)
  }

  it('hears what waits in its own words', async () => {
    receiver.behave(503)
    await outage(asWebhook())
    expect(JSON.parse(receiver.received.at(-1)!.body)).toHaveProperty('alerts')
    receiver.behave((response) => response.writeHead(200).end('ok'))
    await tickAt(asSlack(), T0 + 2 * MINUTE_MS)
    expect(JSON.parse(receiver.received.at(-1)!.body)).toMatchObject({
      text: expect.stringMatching(/^PAGE checkout-pay/),
    })
    expect(await listNotifications(store.db, { limit: 5 })).toMatchObject([{ state: 'delivered', type: 'slack' }])
  })

  it('hears what is replayed in its own words', async () => {
    receiver.behave(404)
    await outage(asWebhook())
    const [dead] = await listNotifications(store.db, { limit: 5 })
    expect(dead).toMatchObject({ state: 'dead', type: 'webhook' })
    receiver.behave((response) => response.writeHead(200).end('ok'))
    const now = new Date(T0 + 2 * MINUTE_MS)
    const asked = { id: 'r1', kind: 'replay', notification: dead!.id, endpoint: 'pager', requestedBy: 'ada' } as const
    await recordDeliveryRequest(store.db, { ...asked, requestedAt: now })
    const { outbox, addressees, publicUrl } = asSlack()
    await outbox.load(now)
    await answerRequests({ db: store.db, log: QUIET, outbox, addressees, publicUrl }, now)
    await outbox.deliverDue(now)
    expect(JSON.parse(receiver.received.at(-1)!.body)).toMatchObject({
      text: expect.stringMatching(/^PAGE checkout-pay/),
    })
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { ChangeEvents } from '../../evaluator/deliver/change-events.ts'
import { createSender, type Thread } from '../../evaluator/deliver/deliver.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import { alertmanagerBody } from '../../evaluator/notify/alertmanager.ts'
import { pagerdutyBody } from '../../evaluator/notify/pagerduty.ts'
import { slackBody } from '../../evaluator/notify/slack.ts'
import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import { type Deployment, recordDeployment } from '../../storage/deployments.ts'
import { clickhouseOutbox } from '../../storage/notifications.ts'
import { testDatabase } from '../support/database.ts'
import { SECRET } from './evaluation.ts'
import { message, notification, resolvedMessage } from './messages.ts'
import { QUIET } from './quiet.ts'
import { type Receiver, startReceiver } from './receiver.ts'

const AT = new Date('2026-01-01T00:01:00Z')
const EGRESS = { allow: ['127.0.0.0/8'], insecureHttp: true }
const PREVIOUS_SECRET = 'whsec_cGx1bWJsaW5lLXByZXZpb3VzLXNpZ25pbmcta2V5LTE='

let receiver: Receiver
let base: string
beforeEach(async () => {
  receiver = await startReceiver()
  base = new URL(receiver.url).origin
  return () => receiver[Symbol.asyncDispose]()
})

const send = (endpoint: Endpoint, body: string, thread?: Thread) => {
  const sender = createSender({ endpoints: [endpoint], egress: EGRESS })
  return sender.send(notification('inc_1', AT.getTime(), { endpoint: endpoint.name, body }), AT, thread)
}
const answer = (status: number, text = '') => receiver.behave((response) => response.writeHead(status).end(text))
const last = () => {
  const { path, headers, body } = receiver.received.at(-1) as Receiver['received'][number]
  return { path, headers, body: JSON.parse(body) }
}

describe('a webhook', () => {
  it('is signed with both secrets during a rotation', async () => {
    const endpoint: Endpoint = {
      name: 'a',
      type: 'webhook',
      url: receiver.url,
      secret: SECRET,
      previousSecret: PREVIOUS_SECRET,
    }
    expect(await send(endpoint, '{}')).toMatchObject({ arrival: 'accepted' })
    expect(String(last().headers['webhook-signature']).split(' ')).toHaveLength(2)
  })

  it('goes on where its incident began, while the configuration knows that place', async () => {
    await using former = await startReceiver()
    const before: Endpoint = { name: 'a', type: 'webhook', url: former.url, secret: '' }
    const { targetOf } = createSender({ endpoints: [before], egress: EGRESS })
    const thread = { target: targetOf('a'), first: 'msg_first' }
    const moved: Endpoint = { ...before, url: receiver.url, previousUrl: former.url }
    await send(moved, '{}', thread)
    expect([former.received.length, receiver.received.length]).toEqual([1, 0])
    await send(moved, '{}')
    await send({ ...before, url: receiver.url }, '{}', thread)
    expect([former.received.length, receiver.received.length]).toEqual([1, 2])
  })

  it('that said it is gone is known to be', async () => {
    answer(410)
    const endpoint: Endpoint = { name: 'a', type: 'webhook', url: receiver.url, secret: '' }
    expect(await send(endpoint, '{}')).toMatchObject({ isGone: true, permanent: true })
  })
})

describe('PagerDuty', () => {
  const pd = (): Endpoint => ({ name: 'pd', type: 'pagerduty', url: base, routingKey: 'KEY', changeEvents: true })
  const trigger = pagerdutyBody(message())

  it('gets events with its key, which nothing else knows', async () => {
    answer(202)
    expect(await send(pd(), trigger)).toMatchObject({ arrival: 'accepted', status: 202 })
    expect(last()).toMatchObject({ path: '/v2/enqueue', body: { routing_key: 'KEY', event_action: 'trigger' } })
    const { targetOf } = createSender({ endpoints: [pd()], egress: EGRESS })
    expect(targetOf('pd')).toMatch(/^[0-9a-f]{16}$/)
  })

  it('gets the end under the key of the beginning', async () => {
    answer(202)
    const { targetOf } = createSender({ endpoints: [pd()], egress: EGRESS })
    const thread = { target: targetOf('pd'), first: 'msg_first' }
    const rotated = { ...pd(), routingKey: 'NEW', previousRoutingKey: 'KEY' } as Endpoint
    await send(rotated, pagerdutyBody(resolvedMessage()), thread)
    expect(last().body).toMatchObject({ routing_key: 'KEY', event_action: 'resolve' })
    await send(rotated, trigger)
    expect(last().body.routing_key).toBe('NEW')
  })

  it.each([
    [200, { arrival: 'no', permanent: true }],
    [400, { arrival: 'no', permanent: true }],
    [408, { arrival: 'no', permanent: true }],
    [429, { arrival: 'no', permanent: false }],
    [503, { arrival: 'maybe', permanent: false }],
  ])('that answers %i is understood', async (status, is) => {
    answer(status)
    expect(await send(pd(), trigger)).toMatchObject(is)
  })

  it('hears of each deployment once per status, over restarts', async () => {
    await using store = await testDatabase()
    answer(202)
    const now = new Date()
    const deployment: Deployment = {
      id: 'd1',
      service: 'checkout',
      env: 'prod',
      version: '1.5.0',
      previousVersion: '1.4.2',
      status: 'started',
      at: now,
      commit: '9fceb02',
      url: '',
      author: '',
      source: 'api',
    }
    const update = async () => {
      const { send, targetOf } = createSender({ endpoints: [pd()], egress: EGRESS })
      const outbox = new Outbox({ store: clickhouseOutbox(store.db), log: QUIET, send, targetOf })
      await outbox.load(now)
      const changes = new ChangeEvents(store.db, outbox, [pd(), { name: 'a', type: 'slack', url: receiver.url }])
      await changes.update(now)
      await changes.update(now)
      await outbox.deliverDue(now)
      return outbox
    }
    await recordDeployment(store.db, deployment, now)
    await update()
    expect(receiver.received).toHaveLength(0)
    await recordDeployment(store.db, { ...deployment, status: 'succeeded' }, new Date(now.getTime() + 1))
    const outbox = await update()
    await update()
    expect(receiver.received).toHaveLength(1)
    expect(last()).toMatchObject({
      path: '/v2/change/enqueue',
      body: { routing_key: 'KEY', payload: { summary: 'checkout 1.5.0 to prod (was 1.4.2)' } },
    })
    expect(outbox.status().get('pd')).toMatchObject({ owedResolves: 0, pending: 0 })
    await recordDeployment(store.db, { ...deployment, status: 'rolled_back' }, new Date(now.getTime() + 2))
    await update()
    expect(last().body.payload.summary).toBe('checkout 1.5.0 to prod (was 1.4.2), rolled back')
  })
})

describe('Slack', () => {
  const slack = (): Endpoint => ({ name: 'chat', type: 'slack', url: receiver.url })
  it.each([
    [200, 'ok', { arrival: 'accepted', permanent: false }],
    [200, 'no_text', { arrival: 'no', permanent: true }],
    [403, 'action_prohibited', { arrival: 'no', permanent: true }],
    [410, 'channel_is_archived', { arrival: 'no', permanent: true, isGone: true }],
    [429, '', { arrival: 'no', permanent: false }],
    [500, 'rollup_error', { arrival: 'maybe', permanent: false }],
  ])('that answers %i %s is understood', async (status, text, is) => {
    answer(status, text)
    expect(await send(slack(), slackBody(message()))).toMatchObject(is)
    expect(last().body.text).toMatch(/^PAGE checkout-availability/)
  })
})

describe('an Alertmanager', () => {
  const am = (): Endpoint => ({ name: 'am', type: 'alertmanager', url: `${base}/` })
  it.each([
    [200, { arrival: 'accepted', permanent: false }],
    [202, { arrival: 'no', permanent: true }],
    [400, { arrival: 'no', permanent: true }],
    [429, { arrival: 'no', permanent: false }],
    [500, { arrival: 'maybe', permanent: false }],
  ])('that answers %i is understood', async (status, is) => {
    answer(status)
    expect(await send(am(), alertmanagerBody(message()))).toMatchObject(is)
    expect(last()).toMatchObject({ path: '/api/v2/alerts', body: [{ endsAt: '2026-01-01T00:05:00.000Z' }] })
  })
})

describe('an endpoint', () => {
  it('that is not configured cannot be written to', async () => {
    const sender = createSender({ endpoints: [], egress: EGRESS })
    expect(await sender.send(notification('inc_1', 0), AT)).toMatchObject({
      permanent: true,
      error: expect.stringContaining('no longer'),
    })
    expect(sender.targetOf('pager')).toBe('')
  })

  it('whose message is of another type is not sent nonsense', async () => {
    const endpoint: Endpoint = { name: 'a', type: 'alertmanager', url: base }
    expect(await send(endpoint, 'not json')).toMatchObject({ arrival: 'no', permanent: true })
    expect(receiver.received).toEqual([])
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSender } from '../../evaluator/deliver/deliver.ts'
import { Outbox, type OutboxOptions } from '../../evaluator/deliver/outbox.ts'
import { egressGuard } from '../../evaluator/notify/egress.ts'
import { post } from '../../evaluator/notify/post.ts'
import {
  clickhouseOutbox,
  type DeliveryAttempt,
  type Notification,
  readAttempts,
  readNotifications,
  recordAttempt,
  recordNotifications,
} from '../../storage/notifications.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { QUIET } from './evaluation.ts'
import { notification as notificationOf } from './messages.ts'
import { type Receiver, startReceiver } from './receiver.ts'

const T0 = Date.parse('2026-01-10T12:00:00Z')
const SECOND_MS = 1_000
const EGRESS = { allow: ['127.0.0.0/8'], insecureHttp: true }
/** Nothing listens on port 1. */
const REFUSES = 'http://127.0.0.1:1/hook'

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

let receiver: Receiver
let incidents = 0
let incident = ''
beforeEach(async () => {
  receiver = await startReceiver()
  incident = `inc_${++incidents}`
  return () => receiver[Symbol.asyncDispose]()
})

const notification = (changes: Partial<Notification> = {}) => notificationOf(incident, T0, changes)
const RESOLVE = { sequence: 2, event: 'resolved', reason: 'resolved' } as const

function outboxWith(options: Partial<OutboxOptions> & { url?: string } = {}): Outbox {
  const { url = receiver.url, ...rest } = options
  const endpoints = ['pager', 'chat'].map((name) => ({ name, url, type: 'webhook' as const, secret: '' }))
  const sender = createSender({ endpoints, egress: EGRESS })
  return new Outbox({ store: clickhouseOutbox(store.db), log: QUIET, random: () => 0.5, ...sender, ...rest })
}

const enqueue = (outbox: Outbox, ...notifications: Notification[]) => outbox.enqueue(notifications, new Date(T0))

/** Every second of virtual time. */
async function run(outbox: Outbox, fromSecond: number, toSecond: number) {
  for (let second = fromSecond; second <= toSecond; second++) {
    await outbox.deliverDue(new Date(T0 + second * SECOND_MS))
  }
}

const secondsReceived = () =>
  receiver.received.map(({ headers }) => (Number(headers['webhook-timestamp']) * SECOND_MS - T0) / SECOND_MS)
const storedStates = async () =>
  (await readNotifications(store.db, incident)).map(({ endpoint, event, state, lastError }) =>
    [endpoint, event, state, lastError].filter(Boolean).join(' '),
  )
const idsReceived = () => new Set(receiver.received.map(({ headers }) => headers['webhook-id']))

describe('a message', () => {
  it('that is accepted is delivered once', async () => {
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    await run(outbox, 0, 3)
    expect(receiver.received).toHaveLength(1)
    expect(await storedStates()).toEqual(['pager firing delivered'])
    expect(await readAttempts(store.db, [incident])).toMatchObject([
      { attempt: 1, arrival: 'accepted', status: 200, answer: 'thanks', startedAt: new Date(T0) },
    ])
  })

  it('that is not is tried along the schedule, then given up and kept', async () => {
    receiver.behave(503)
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    await run(outbox, 0, 920)
    const seconds = secondsReceived()
    const schedule = [0, 2, 5, 15, 30, 60, 120, 180, 300, 420, 600, 900]
    expect(seconds).toHaveLength(schedule.length)
    for (const [n, due] of schedule.entries()) expect([due, due + 1]).toContain(seconds[n])
    expect(idsReceived().size).toBe(1)
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1)
    expect(await storedStates()).toEqual(['pager firing dead answered 503'])
    expect(outbox.status().get('pager')).toMatchObject({ pending: 0, deadLetters: 1, owedResolves: 1 })
  })

  it('goes on where the endpoint recovers', async () => {
    receiver.behave(503)
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    await run(outbox, 0, 299)
    receiver.behave(200)
    await run(outbox, 300, 320)
    expect(receiver.received).toHaveLength(9)
    expect(await storedStates()).toEqual(['pager firing delivered'])
  })

  it('waits as long as the endpoint asks', async () => {
    receiver.behave((response) => response.writeHead(429, { 'retry-after': '40' }).end())
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    await run(outbox, 0, 39)
    expect(receiver.received).toHaveLength(1)
    receiver.behave(200)
    await run(outbox, 40, 42)
    expect(receiver.received).toHaveLength(2)
    expect(await storedStates()).toEqual(['pager firing delivered'])
  })

  for (const status of [400, 401, 404, 422]) {
    it(`answered ${status} is given up at once`, async () => {
      receiver.behave(status)
      const outbox = outboxWith()
      await enqueue(outbox, notification())
      await run(outbox, 0, 10)
      expect(receiver.received).toHaveLength(1)
      expect(await storedStates()).toEqual([`pager firing dead answered ${status}`])
    })
  }

  it('does not follow a redirect', async () => {
    receiver.behave((response) => response.writeHead(302, { location: '/elsewhere' }).end())
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    await run(outbox, 0, 10)
    expect(receiver.received).toHaveLength(1)
    expect(await storedStates()).toEqual(['pager firing dead answered 302'])
  })

  it('for an endpoint that is not configured any more is given up', async () => {
    const outbox = outboxWith()
    await enqueue(outbox, notification({ endpoint: 'gone' }))
    await run(outbox, 0, 0)
    expect(await storedStates()).toEqual(['gone firing dead endpoint gone is no longer configured'])
  })

  it('to an address that is not allowed is never sent', async () => {
    const outbox = outboxWith(
      createSender({
        endpoints: [{ name: 'pager', url: receiver.url, type: 'webhook', secret: '' }],
        egress: { allow: [], insecureHttp: true },
      }),
    )
    await enqueue(outbox, notification())
    await run(outbox, 0, 3)
    expect(receiver.received).toEqual([])
    expect((await storedStates())[0]).toContain('egress.allow')
  })
})

describe('an endpoint that answered 410', () => {
  it('gets no new incidents, and still the end of open ones', async () => {
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    await run(outbox, 0, 0)
    receiver.behave(410)
    await enqueue(outbox, notification({ sequence: 2, reason: 'escalated' }))
    await run(outbox, 1, 1)
    receiver.behave(200)
    const other = notification({ incident: `${incident}b` })
    await enqueue(outbox, other, notification({ ...RESOLVE, sequence: 3 }))
    await run(outbox, 2, 3)
    expect(await storedStates()).toEqual([
      'pager firing delivered',
      'pager firing dead answered 410',
      'pager resolved delivered',
    ])
    expect((await readNotifications(store.db, other.incident))[0]).toMatchObject({
      state: 'dead',
      lastError: 'endpoint_disabled',
    })
  })
})

describe('a newer message', () => {
  it('replaces an older one that waits', async () => {
    receiver.behave(503)
    const outbox = outboxWith()
    await enqueue(outbox, notification({ severity: 'ticket' }))
    await run(outbox, 0, 1)
    receiver.behave(200)
    await enqueue(outbox, notification({ sequence: 2, reason: 'escalated' }))
    await run(outbox, 2, 400)
    expect(receiver.received.map(({ body }) => JSON.parse(body).sequence)).toEqual([1, 2])
    expect(await storedStates()).toEqual(['pager firing superseded superseded', 'pager firing delivered'])
  })

  it('waits while an older one is under way: one attempt at a time', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    receiver.behave((response) => void answered.then(() => response.writeHead(200).end()))
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    const first = outbox.deliverDue(new Date(T0))
    await enqueue(outbox, notification(RESOLVE))
    await run(outbox, 1, 3)
    await expect.poll(() => receiver.received.length).toBe(1)
    answer()
    await first
    await run(outbox, 4, 5)
    expect(receiver.received.map(({ body }) => JSON.parse(body).sequence)).toEqual([1, 2])
    expect(await storedStates()).toEqual(['pager firing delivered', 'pager resolved delivered'])
  })
})

describe('the end of an incident', () => {
  it('is told where its beginning was accepted', async () => {
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    await run(outbox, 0, 0)
    expect(outbox.status().get('pager')?.owedResolves).toBe(1)
    await enqueue(outbox, notification(RESOLVE))
    await run(outbox, 1, 1)
    expect(await storedStates()).toEqual(['pager firing delivered', 'pager resolved delivered'])
    expect(outbox.status().get('pager')?.owedResolves ?? 0).toBe(0)
  })

  for (const behaviour of [503, 'reset'] as const) {
    it(`is told where its beginning may have arrived: ${behaviour}`, async () => {
      receiver.behave(behaviour)
      const outbox = outboxWith()
      await enqueue(outbox, notification())
      await run(outbox, 0, 0)
      receiver.behave(200)
      await enqueue(outbox, notification(RESOLVE))
      await run(outbox, 1, 1)
      expect(receiver.received.map(({ body }) => JSON.parse(body).sequence)).toEqual([1, 2])
      expect(await storedStates()).toEqual(['pager firing superseded superseded', 'pager resolved delivered'])
    })
  }

  it('is not told where its beginning cannot have arrived: never_announced', async () => {
    const outbox = outboxWith({ url: REFUSES })
    await enqueue(outbox, notification())
    await run(outbox, 0, 20)
    await enqueue(outbox, notification(RESOLVE))
    await run(outbox, 21, 1200)
    expect(await storedStates()).toEqual([
      'pager firing superseded superseded',
      'pager resolved superseded never_announced',
    ])
    expect(outbox.status().get('pager')).toMatchObject({ pending: 0, owedResolves: 0 })
  })

  it('is tried along the schedule of its severity', async () => {
    const outbox = outboxWith()
    await enqueue(outbox, notification())
    await run(outbox, 0, 0)
    receiver.behave(503)
    await enqueue(outbox, notification(RESOLVE))
    await run(outbox, 1, 20)
    receiver.behave(200)
    await run(outbox, 21, 40)
    expect(receiver.received).toHaveLength(6)
    expect(await storedStates()).toEqual(['pager firing delivered', 'pager resolved delivered'])
  })
})

describe('many streams', () => {
  it('do not wait for an endpoint that hangs', async () => {
    await using slow = await startReceiver()
    slow.behave('hang')
    const check = egressGuard(EGRESS)
    const outbox = outboxWith({
      send: ({ endpoint, body }) =>
        post(endpoint === 'chat' ? slow.url : receiver.url, { headers: {}, body }, check, {
          connectTimeoutMs: 1_000,
          totalTimeoutMs: 2_000,
        }),
    })
    await enqueue(outbox, notification({ endpoint: 'chat' }), notification())
    const round = outbox.deliverDue(new Date(T0))
    await expect.poll(() => storedStates()).toContain('pager firing delivered')
    expect(await storedStates()).toContain('chat firing pending')
    await round
    expect(await readAttempts(store.db, [incident])).toContainEqual(
      expect.objectContaining({ endpoint: 'chat', arrival: 'maybe', status: 0 }),
    )
    slow.behave(200)
    await run(outbox, 3, 6)
    expect(await storedStates()).toContain('chat firing delivered')
  })

  it('to one endpoint are all delivered, a few at a time', async () => {
    const outbox = outboxWith()
    const many = Array.from({ length: 30 }, (_, n) => notification({ incident: `${incident}-${n}` }))
    await enqueue(outbox, ...many)
    await run(outbox, 0, 6)
    expect(receiver.received).toHaveLength(30)
    expect(idsReceived().size).toBe(30)
  })
})

describe('after a crash', () => {
  beforeEach(async () => {
    const shared = store
    store = await testDatabase()
    return async () => {
      await store[Symbol.asyncDispose]()
      store = shared
    }
  })

  const attempt = (changes: Partial<DeliveryAttempt> = {}): DeliveryAttempt => ({
    notification: notification().id,
    attempt: 1,
    endpoint: 'pager',
    incident,
    target: '',
    startedAt: new Date(T0),
    arrival: 'unknown',
    status: 0,
    error: '',
    latencyMs: 0,
    answer: '',
    ...changes,
  })
  const restarted = async () => {
    const outbox = outboxWith()
    await outbox.load(new Date(T0 + SECOND_MS))
    return outbox
  }

  it('before the attempt, the message is sent', async () => {
    await recordNotifications(store.db, [notification()], new Date(T0))
    await run(await restarted(), 1, 1)
    expect([...idsReceived()]).toEqual([notification().id])
  })

  it('during the attempt, the message is sent again with the same id', async () => {
    const first = outboxWith()
    await enqueue(first, notification())
    // The process dies between the receiver's 200 and the result: the store knows only that the attempt began.
    await recordAttempt(store.db, attempt())
    await run(await restarted(), 1, 1)
    expect([...idsReceived()]).toEqual([notification().id])
    expect(await readAttempts(store.db, [incident])).toMatchObject([
      { attempt: 1, arrival: 'unknown' },
      { attempt: 2, arrival: 'accepted' },
    ])
  })

  it('during the attempt, the end is told although the beginning is not sent again', async () => {
    await recordNotifications(store.db, [notification(), notification(RESOLVE)], new Date(T0))
    await recordAttempt(store.db, attempt())
    await run(await restarted(), 1, 1)
    expect(receiver.received.map(({ body }) => JSON.parse(body).sequence)).toEqual([2])
    expect(await storedStates()).toEqual(['pager firing superseded superseded', 'pager resolved delivered'])
  })

  it('after the result but before the message was marked, nothing is sent twice', async () => {
    await recordNotifications(store.db, [notification()], new Date(T0))
    await recordAttempt(store.db, attempt({ arrival: 'accepted', status: 200 }))
    const outbox = await restarted()
    await run(outbox, 1, 3)
    expect(receiver.received).toEqual([])
    expect(await storedStates()).toEqual(['pager firing delivered'])
    expect(outbox.status().get('pager')?.owedResolves).toBe(1)
  })

  it('the retry schedule goes on from the first attempt', async () => {
    receiver.behave(503)
    const first = outboxWith()
    await enqueue(first, notification())
    await run(first, 0, 6)
    receiver.received.length = 0
    const second = outboxWith()
    await second.load(new Date(T0 + 7 * SECOND_MS))
    await run(second, 7, 31)
    for (const due of [15, 30]) expect(secondsReceived().some((at) => at === due || at === due + 1)).toBe(true)
    expect(secondsReceived()).toHaveLength(2)
  })

  it('the end of what was told before is still owed', async () => {
    const first = outboxWith()
    await enqueue(first, notification())
    await run(first, 0, 0)
    const second = await restarted()
    await enqueue(second, notification(RESOLVE))
    await run(second, 2, 2)
    expect(receiver.received.map(({ body }) => JSON.parse(body).sequence)).toEqual([1, 2])
  })
})

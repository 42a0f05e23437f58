import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import { readAudit } from '../../storage/audit-log.ts'
import { readDeliveryRequests } from '../../storage/delivery-requests.ts'
import { recordEndpointStates } from '../../storage/endpoint-states.ts'
import { recordIncidents } from '../../storage/incidents.ts'
import { type Notification, recordAttempt, recordNotifications } from '../../storage/notifications.ts'
import { incident, minutesAgo, NOW, seededApp } from './seeded-app.ts'

const ENDPOINTS: Endpoint[] = [
  { name: 'oncall', type: 'webhook', url: 'https://secret.example/hook', secret: '', fallback: 'backup' },
  { name: 'backup', type: 'slack', url: 'https://slack.example/T0/B0/secret', escalationOnly: true },
]
const SENDER = { name: 'ops', token: 'a-token-that-may-write', scopes: ['read', 'write'] as ('read' | 'write')[] }
const READER = { name: 'viewer', token: 'a-token-that-may-read', scopes: ['read'] as 'read'[] }
const as = ({ token }: { token: string }) => ({ headers: { authorization: `Bearer ${token}` } })
const posting = (token: { token: string }) => ({ method: 'POST', ...as(token) })

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return {
    id,
    endpoint: 'oncall',
    incident: 'inc_open',
    sequence: 1,
    event: 'firing',
    reason: 'first',
    severity: 'page',
    state: 'delivered',
    type: '',
    body: '{"n":1}',
    attempts: 1,
    firstAttemptAt: minutesAgo(5),
    nextAttemptAt: minutesAgo(5),
    lastStatus: 200,
    lastError: '',
    createdAt: minutesAgo(5),
    revision: 1,
    ...changes,
  }
}

let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  const config = { bind: '127.0.0.1', publicUrl: undefined, tokens: [SENDER, READER], endpoints: ENDPOINTS }
  app = await seededApp({ config })
  await recordIncidents(
    app.db,
    [
      { incident: incident('inc_open'), revision: 1 },
      { incident: incident('inc_over', { state: 'resolved', resolvedAt: minutesAgo(1) }), revision: 2 },
    ],
    NOW,
  )
  await recordNotifications(
    app.db,
    [
      notification('msg_delivered'),
      notification('msg_dead', {
        endpoint: 'backup',
        state: 'dead',
        lastError: 'answered 404',
        createdAt: minutesAgo(4),
      }),
      notification('msg_waiting', {
        sequence: 2,
        state: 'pending',
        createdAt: minutesAgo(3),
        nextAttemptAt: minutesAgo(-1),
      }),
      notification('msg_void', { endpoint: 'backup', sequence: 2, state: 'superseded', createdAt: minutesAgo(3) }),
      notification('msg_over', { incident: 'inc_over', state: 'dead', createdAt: minutesAgo(9) }),
      notification('msg_end', {
        incident: 'inc_over',
        sequence: 2,
        event: 'resolved',
        reason: 'resolved',
        state: 'dead',
        createdAt: minutesAgo(8),
      }),
      notification('msg_plain', { incident: 'self_1', state: 'dead', createdAt: minutesAgo(7) }),
      notification('msg_plain_end', { incident: 'self_1', sequence: 2, event: 'resolved', createdAt: minutesAgo(6) }),
    ],
    NOW,
  )
  const attempt = {
    notification: 'msg_dead',
    endpoint: 'backup',
    incident: 'inc_open',
    target: 'x',
    latencyMs: 12,
    error: '',
  }
  for (const [n, status] of [503, 404].entries())
    await recordAttempt(app.db, {
      ...attempt,
      attempt: n + 1,
      startedAt: minutesAgo(4),
      arrival: 'no',
      status,
      answer: 'no',
    })
  await recordEndpointStates(app.db, [
    {
      endpoint: 'oncall',
      at: NOW,
      circuit: 'open',
      disabled: false,
      pending: 1,
      oldestPendingAt: minutesAgo(3),
      owedResolves: 2,
      deadLetters: 3,
      lastDeliveredAt: minutesAgo(5),
      lastError: 'answered 503',
    },
    {
      endpoint: 'former',
      at: NOW,
      circuit: 'closed',
      disabled: false,
      pending: 0,
      oldestPendingAt: null,
      owedResolves: 1,
      deadLetters: 0,
      lastDeliveredAt: null,
      lastError: '',
    },
  ])
})
afterAll(() => app[Symbol.asyncDispose]())

const ids = async (query = '') => {
  const { body } = await app.get(`/api/v1/notifications${query}`, as(READER))
  return body.items.map(({ id }: { id: string }) => id)
}

describe('the journal of deliveries', () => {
  test('lists all, the newest first, without bodies', async () => {
    expect(await ids()).toEqual([
      'msg_waiting',
      'msg_void',
      'msg_dead',
      'msg_delivered',
      'msg_plain_end',
      'msg_plain',
      'msg_end',
      'msg_over',
    ])
    const { body } = await app.get('/api/v1/notifications?limit=1', as(READER))
    expect(body.items[0]).not.toHaveProperty('body')
    expect(body.items[0]).toMatchObject({ state: 'pending', nextAttemptAt: minutesAgo(-1).toISOString() })
  })

  test('is filtered by state, endpoint and incident', async () => {
    expect(await ids('?state=dead')).toEqual(['msg_dead', 'msg_plain', 'msg_end', 'msg_over'])
    expect(await ids('?endpoint=backup')).toEqual(['msg_void', 'msg_dead'])
    expect(await ids('?incident=inc_over&state=dead')).toEqual(['msg_end', 'msg_over'])
    expect((await app.get('/api/v1/notifications?state=lost', as(READER))).status).toBe(400)
  })

  test('goes on where a page ended', async () => {
    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const { body } = await app.get(`/api/v1/notifications?limit=3${cursor}`, as(READER))
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      if (body.nextCursor === null) break
      cursor = `&cursor=${body.nextCursor}`
    }
    expect(seen).toEqual(await ids())
  })

  test('shows one with its body and every attempt', async () => {
    const { body } = await app.get('/api/v1/notifications/msg_dead', as(READER))
    expect(body).toMatchObject({
      state: 'dead',
      nextAttemptAt: null,
      lastError: 'answered 404',
      body: '{"n":1}',
      deliveries: [
        { attempt: 1, status: 503, arrival: 'no' },
        { attempt: 2, status: 404, arrival: 'no', answer: 'no', latencyMs: 12 },
      ],
    })
    expect((await app.get('/api/v1/notifications/none', as(READER))).status).toBe(404)
  })
})

describe('a replay', () => {
  const replay = (id: string, token = SENDER) => app.get(`/api/v1/notifications/${id}/replay`, posting(token))

  test('of a dead letter is asked of the evaluator, and audited', async () => {
    const { status, body } = await replay('msg_dead')
    expect([status, body]).toEqual([202, { notification: 'msg_dead' }])
    const requests = await readDeliveryRequests(app.db, minutesAgo(1))
    expect(requests).toContainEqual(
      expect.objectContaining({ kind: 'replay', notification: 'msg_dead', endpoint: 'backup', requestedBy: 'ops' }),
    )
    expect(await readAudit(app.db, { target: 'msg_dead' })).toMatchObject([
      { action: 'notification.replay', token: 'ops' },
    ])
  })

  test('of the end of an incident is taken, however old', async () => {
    expect((await replay('msg_end')).status).toBe(202)
  })

  test.each([
    ['msg_waiting', 409, /still on its way/],
    ['msg_void', 409, /superseded/],
    ['msg_over', 409, /over/],
    ['msg_plain', 409, /over/],
    ['none', 404, /no notification/],
  ])('of %s is refused: %i', async (id, status, detail) => {
    const answer = await replay(id)
    expect(answer.status).toBe(status)
    expect(answer.body.detail).toMatch(detail)
  })

  test('needs the scope write', async () => {
    expect((await replay('msg_dead', READER as never)).status).toBe(403)
  })
})

describe('endpoints', () => {
  test('are listed with how they do, also former ones that are owed something; no address or key is shown', async () => {
    const { text, body } = await app.get('/api/v1/endpoints', as(READER))
    expect(body.items).toMatchObject([
      { name: 'backup', type: 'slack', escalationOnly: true, fallback: null, circuit: 'closed', reportedAt: null },
      { name: 'former', configured: false, owedResolves: 1 },
      {
        name: 'oncall',
        type: 'webhook',
        fallback: 'backup',
        configured: true,
        circuit: 'open',
        pending: 1,
        owedResolves: 2,
        deadLetters: 3,
        lastError: 'answered 503',
        reportedAt: NOW.toISOString(),
      },
    ])
    expect(text).not.toContain('secret')
  })

  test('take a test', async () => {
    const { status, body } = await app.get('/api/v1/endpoints/oncall/test', posting(SENDER))
    expect(status).toBe(202)
    expect(body.notification).toMatch(/^msg_[0-9a-f]{32}$/)
    const requests = await readDeliveryRequests(app.db, minutesAgo(1))
    expect(requests).toContainEqual(
      expect.objectContaining({ kind: 'test', endpoint: 'oncall', notification: body.notification }),
    )
    expect((await app.get('/api/v1/endpoints/nobody/test', posting(SENDER))).status).toBe(404)
    expect((await app.get('/api/v1/endpoints/oncall/test', posting(READER))).status).toBe(403)
  })
})

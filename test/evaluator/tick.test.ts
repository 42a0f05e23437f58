import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, it } from 'vitest'
import { readJournal } from '../../storage/alert-events.ts'
import { listIncidents, readIncident } from '../../storage/incidents.ts'
import { readNotifications } from '../../storage/notifications.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { define, evaluatorOn, MINUTE_MS, SECRET, storeCleanPast, storeMinute, tickAt } from './evaluation.ts'
import { type Received, type Receiver, startReceiver } from './receiver.ts'

const T0 = Date.parse('2026-01-10T12:00:00Z')
const SLO = sloWith({ name: 'checkout-pay', runbook: 'https://runbooks.example/acme-pay' })

const said = ({ body }: Received) => {
  const { receiver, status, plumbline } = JSON.parse(body)
  return `${receiver} ${status} ${plumbline.reason} ${plumbline.severity}`
}

let store: TestDatabase
let receiver: Receiver
beforeEach(async () => {
  store = await testDatabase()
  receiver = await startReceiver()
  return async () => {
    await receiver[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  }
})

const endpoints = () => ({ pager: receiver.url, chat: receiver.url, desk: receiver.url })

/** Minute by minute, with a tick at the end of each. */
async function live(evaluator: ReturnType<typeof evaluatorOn>, from: number, to: number, bad: number) {
  for (let minute = from; minute < to; minute++) {
    const end = T0 + (minute + 1) * MINUTE_MS
    await storeMinute(store.db, end - MINUTE_MS, bad)
    await storeHeartbeat(store.db, end)
    await tickAt(evaluator, end)
  }
}

describe('an outage of one minute', () => {
  it('is paged once, explained, resolved once, and journaled', async () => {
    await define(store.db, [SLO], T0)
    await storeCleanPast(store.db, T0, 3 * 1440)
    const evaluator = evaluatorOn(store.db, endpoints())
    await tickAt(evaluator, T0)
    expect(receiver.received).toEqual([])

    await live(evaluator, 0, 1, 1000)
    expect(receiver.received.map(said).sort()).toEqual(['chat firing first page', 'pager firing first page'])
    await live(evaluator, 1, 11, 0)
    expect(receiver.received.slice(2).map(said).sort()).toEqual([
      'chat resolved resolved page',
      'pager resolved resolved page',
    ])

    const [first] = receiver.received as [Received]
    const page = JSON.parse(first.body)
    expect(page.alerts[0].labels).toEqual({
      alertname: 'SLOBurnRate',
      env: 'prod',
      owner: 'payments',
      root_cause: 'dependency:acme-pay/timeout',
      service: 'checkout',
      severity: 'page',
      slo: 'checkout-pay',
    })
    expect(page.alerts[0].startsAt).toBe('2026-01-10T12:00:00Z')
    expect(page.alerts[0].annotations).toMatchObject({
      summary: 'checkout-pay burns 16.7x: acme-pay times out',
      cause: 'acme-pay timeout: share 1.00 of 1,000 bad calls, confidence high',
      impact: 'checkout',
      who_can_fix: 'provider',
      runbook_url: 'https://runbooks.example/acme-pay',
      dependency: 'acme-pay',
    })
    expect(page.alerts[0].annotations.description).toContain(
      '1,000 of 60,000 calls failed in 1 h (governing window), 200x in 5 m',
    )
    expect(page.alerts[0].annotations.trace_ids.split(',')).toHaveLength(3)
    expect(page.plumbline.counts).toEqual({ good: 59_000, total: 60_000 })
    expect(() =>
      new Webhook(SECRET).verify(first.body, {
        ...first.headers,
        'webhook-timestamp': String(first.headers['webhook-timestamp']),
      } as never),
    ).toThrow('timestamp too old')

    const [incident] = await listIncidents(store.db, { limit: 10 })
    expect(incident).toMatchObject({
      state: 'resolved',
      severity: 'page',
      slo: 'checkout-pay',
      startedAt: new Date(T0),
      resolvedAt: new Date(T0 + 11 * MINUTE_MS),
      rootCause: 'dependency:acme-pay/timeout',
      details: { tier: '1h/5m', governingWindow: '1h', counts: { good: 59_000, total: 60_000 } },
    })
    const journal = await readJournal(store.db, incident?.id ?? '')
    expect(journal.map(({ reason }) => reason)).toEqual(['first', 'keep_firing', 'resolved'])
    const notifications = await readNotifications(store.db, incident?.id ?? '')
    expect(notifications.map(({ endpoint, event, state, attempts }) => [endpoint, event, state, attempts])).toEqual([
      ['chat', 'firing', 'delivered', 1],
      ['pager', 'firing', 'delivered', 1],
      ['chat', 'resolved', 'delivered', 1],
      ['pager', 'resolved', 'delivered', 1],
    ])
    expect(await readIncident(store.db, { id: 'inc_none' })).toBeNull()
  })
})

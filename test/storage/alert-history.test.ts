import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Incident } from '../../slo/alert/incident.ts'
import {
  type AlertEvent,
  readAlertStates,
  readJournal,
  readOpenIncidents,
  readOwingEvents,
  recordAlertEvents,
} from '../../storage/alert-events.ts'
import { listIncidents, readIncident, recordIncidents } from '../../storage/incidents.ts'
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

const T0 = Date.parse('2026-01-10T12:00:00Z')
const at = (seconds: number) => new Date(T0 + seconds * 1000)

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

const event = (changes: Partial<AlertEvent> = {}): AlertEvent => ({
  kind: 'alert',
  slo: 'checkout',
  at: at(0),
  watermark: at(-1),
  reason: 'first',
  incident: 'inc_1',
  sequence: 1,
  state: '{"n":1}',
  evidence: '{"facts":null}',
  intents: [{ endpoint: 'pager', event: 'firing', reason: 'first', severity: 'page', replaces: null, sequence: 1 }],
  ...changes,
})

describe('the journal of alerts', () => {
  test('gives back what was recorded, to the millisecond', async () => {
    const recorded = event({ slo: 'round-trip', incident: 'inc_round', at: new Date(T0 + 123) })
    await recordAlertEvents(store.db, [recorded])
    expect(await readJournal(store.db, 'inc_round')).toEqual([recorded])
  })

  test('knows the latest state of every SLO', async () => {
    await recordAlertEvents(store.db, [
      event({ slo: 'a', at: at(10), state: '{"n":2}' }),
      event({ slo: 'a', at: at(0), state: '{"n":1}' }),
      event({ slo: 'b', at: at(5), sequence: 2, state: '{"n":4}' }),
      event({ slo: 'b', at: at(5), sequence: 1, state: '{"n":3}' }),
    ])
    const states = await readAlertStates(store.db)
    expect([states.get('a'), states.get('b'), states.get('none')]).toEqual(['{"n":2}', '{"n":4}', undefined])
  })

  test('knows what is open: the latest row of every incident that is not over', async () => {
    const row = (slo: string, seconds: number, state: string, revision: number) =>
      event({
        kind: 'incident',
        slo,
        incident: slo,
        at: at(seconds),
        state,
        evidence: `{"revision":${revision}}`,
        intents: [],
      })
    const newest = row('inc_open', 20, '{"n":2}', 2)
    await recordAlertEvents(store.db, [
      row('inc_open', 10, '{"n":1}', 1),
      newest,
      row('inc_ended', 10, '{"n":1}', 1),
      row('inc_ended', 20, '', 2),
    ])
    const open = (await readOpenIncidents(store.db)).filter(({ slo }) => ['inc_open', 'inc_ended'].includes(slo))
    expect(open).toEqual([newest])
  })

  test('finds what owes notifications, oldest first', async () => {
    const owing = (changes: Partial<AlertEvent>) =>
      event({ kind: 'incident', slo: 'inc_owing', incident: 'inc_owing', evidence: '{"revision":1}', ...changes })
    const quiet = event({ slo: 'owing', incident: 'inc_owing', at: at(1_001), reason: 'keep_firing', intents: [] })
    const told = owing({ at: at(1_000) })
    const waiting = owing({ at: at(999), reason: 'group_wait', intents: [] })
    await recordAlertEvents(store.db, [quiet, told, waiting])
    expect(await readOwingEvents(store.db, at(999))).toEqual([waiting, told])
    expect((await readJournal(store.db, 'inc_owing')).map(({ reason }) => reason)).toEqual([
      'group_wait',
      'first',
      'keep_firing',
    ])
  })
})

const incident = (changes: Partial<Incident> = {}): Incident => ({
  id: 'inc_1',
  state: 'open',
  severity: 'page',
  slo: 'checkout',
  service: 'checkout',
  startedAt: at(0),
  resolvedAt: null,
  title: 'checkout burns 16.7x: acme-pay times out',
  rootCause: 'dependency:acme-pay/timeout',
  members: [],
  details: {
    tier: '1h/5m',
    governingWindow: '1h',
    burn: 16.666666666666668,
    factor: 14.4,
    counts: { good: 59_000, total: 60_000 },
    burnRates: { '5m': 200, '1d': null },
    budgetRemaining: -0.4,
    suspect: { dependency: 'acme-pay', outcome: 'timeout', bad: 328, share: 0.82 },
    exemplars: ['4bf92f3577b34da6a3ce929d0e0e4736'],
    runbook: '',
    owner: 'payments',
  },
  ...changes,
})

describe('incidents', () => {
  test('give back what was recorded, doubles exactly', async () => {
    const recorded = incident({ id: 'inc_round' })
    await recordIncidents(store.db, [{ incident: recorded, revision: 1 }], at(0))
    expect(await readIncident(store.db, { id: 'inc_round' })).toEqual(recorded)
  })

  test('are what their highest revision says, whatever arrived last', async () => {
    const over = incident({ id: 'inc_rev', state: 'resolved', resolvedAt: at(60) })
    await recordIncidents(store.db, [{ incident: over, revision: 2 }], at(60))
    await recordIncidents(store.db, [{ incident: incident({ id: 'inc_rev' }), revision: 1 }], at(61))
    expect(await readIncident(store.db, { id: 'inc_rev' })).toEqual(over)
    const open = await listIncidents(store.db, { state: 'open', limit: 100 })
    expect(open.map(({ id }) => id)).not.toContain('inc_rev')
  })

  test('are listed newest first', async () => {
    const three = [1, 2, 3].map((n) => incident({ id: `inc_list_${n}`, startedAt: at(10_000 + n) }))
    await recordIncidents(
      store.db,
      three.map((each) => ({ incident: each, revision: 1 })),
      at(0),
    )
    const listed = await listIncidents(store.db, { limit: 2 })
    expect(listed.map(({ id }) => id)).toEqual(['inc_list_3', 'inc_list_2'])
  })
})

const notification = (changes: Partial<Notification> = {}): Notification => ({
  id: 'msg_1',
  endpoint: 'pager',
  incident: 'inc_n',
  sequence: 1,
  event: 'firing',
  reason: 'first',
  severity: 'page',
  state: 'pending',
  type: 'webhook',
  body: '{"receiver":"pager — ünïcödé"}',
  attempts: 0,
  firstAttemptAt: null,
  nextAttemptAt: at(0),
  lastStatus: 0,
  lastError: '',
  createdAt: at(0),
  revision: 0,
  ...changes,
})

describe('notifications', () => {
  test('give back what was recorded, the body to the byte', async () => {
    const recorded = notification({ id: 'msg_round', incident: 'inc_round', firstAttemptAt: at(1), lastStatus: 503 })
    await recordNotifications(store.db, [recorded], at(1))
    expect(await readNotifications(store.db, 'inc_round')).toEqual([recorded])
  })

  test('are what their highest revision says', async () => {
    const first = notification({ id: 'msg_rev', incident: 'inc_rev' })
    await recordNotifications(store.db, [{ ...first, state: 'delivered', revision: 3 }], at(2))
    await recordNotifications(store.db, [first], at(3))
    expect(await readNotifications(store.db, 'inc_rev')).toMatchObject([{ state: 'delivered', revision: 3 }])
  })

  test('an outbox knows the young ones, the pending ones and those of open incidents', async () => {
    await using other = await testDatabase()
    const old = { createdAt: at(-1_000), state: 'delivered' } as const
    await recordIncidents(other.db, [{ incident: incident({ id: 'inc_open' }), revision: 1 }], at(0))
    await recordNotifications(
      other.db,
      [
        notification({ id: 'young', state: 'delivered' }),
        notification({ id: 'old', ...old }),
        notification({ id: 'old-pending', ...old, state: 'pending' }),
        notification({ id: 'old-open', ...old, incident: 'inc_open' }),
      ],
      at(0),
    )
    const { notifications: known } = await clickhouseOutbox(other.db).load(at(-500))
    expect(known.map(({ id }) => id).sort()).toEqual(['old-open', 'old-pending', 'young'])
    expect(
      known
        .filter(({ body }) => body !== '')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['old-open', 'old-pending'])
  })
})

describe('delivery attempts', () => {
  const attempt = (changes: Partial<DeliveryAttempt> = {}): DeliveryAttempt => ({
    notification: 'msg_a',
    attempt: 1,
    endpoint: 'pager',
    incident: 'inc_a',
    target: '',
    startedAt: at(0),
    arrival: 'unknown',
    status: 0,
    error: '',
    latencyMs: 0,
    answer: '',
    ...changes,
  })

  test('have an unknown result until it is recorded', async () => {
    await recordAttempt(store.db, attempt())
    await recordAttempt(store.db, attempt({ attempt: 2, startedAt: at(2) }))
    const result = { arrival: 'maybe', status: 503, error: '', latencyMs: 12, answer: 'no' } as const
    await recordAttempt(store.db, attempt(result))
    expect(await readAttempts(store.db, ['inc_a'])).toEqual([
      attempt(result),
      attempt({ attempt: 2, startedAt: at(2) }),
    ])
    expect(await readAttempts(store.db, [])).toEqual([])
  })
})

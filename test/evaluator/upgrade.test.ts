import { beforeEach, describe, expect, it } from 'vitest'
import { parseAlertRecord } from '../../slo/decide/alert-record.ts'
import { listIncidents, recordIncidents } from '../../storage/incidents.ts'
import { recordAttempt, recordNotifications } from '../../storage/notifications.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { define, evaluatorOn, MINUTE_MS, storeCleanPast, storeMinute, tickAt } from './evaluation.ts'
import { notification } from './messages.ts'
import { type Received, type Receiver, startReceiver } from './receiver.ts'

/** A store in which the first versions of Plumbline left a page open: one incident per SLO, its state in the alert's row. */

const T0 = Date.parse('2026-01-10T12:00:00Z')
const SLO = sloWith({ name: 'checkout-pay' })
const OLD = 'inc_01JZ8Q2W7RN4V9T3M6D5XH1C0B'

let store: TestDatabase
let receiver: Receiver
beforeEach(async () => {
  store = await testDatabase()
  receiver = await startReceiver()
  const { db } = store
  await define(db, [SLO], T0)
  await storeCleanPast(db, T0, 90)
  await db.insert({
    table: 'alert_events',
    format: 'JSONEachRow',
    values: [
      {
        slo: SLO.name,
        at: new Date(T0 - MINUTE_MS).toISOString(),
        watermark: new Date(T0 - MINUTE_MS).toISOString(),
        reason: 'first',
        incident: OLD,
        sequence: 1,
        state: JSON.stringify({ phase: 'firing', severity: 'page', incident: OLD, startedAtMs: T0 - 2 * MINUTE_MS }),
        evidence: '{}',
        intents: '[]',
      },
    ],
  })
  const incident = {
    id: OLD,
    state: 'open' as const,
    severity: 'page' as const,
    slo: SLO.name,
    service: 'checkout',
    startedAt: new Date(T0 - 2 * MINUTE_MS),
    resolvedAt: null,
    title: 'checkout-pay burns 20x',
    rootCause: '',
    details: null,
    members: [],
  }
  await recordIncidents(db, [{ incident, revision: 7 }], new Date(T0 - MINUTE_MS))
  const told = notification(OLD, T0 - MINUTE_MS, { state: 'delivered', attempts: 1 })
  await recordNotifications(db, [told], new Date(T0 - MINUTE_MS))
  await recordAttempt(db, {
    notification: told.id,
    attempt: 1,
    endpoint: told.endpoint,
    incident: OLD,
    target: '',
    startedAt: new Date(T0 - MINUTE_MS),
    arrival: 'accepted',
    status: 200,
    error: '',
    latencyMs: 5,
    answer: '',
  })
  return async () => {
    await receiver[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  }
})

const evaluator = () => evaluatorOn(store.db, { pager: receiver.url, chat: receiver.url })
const said = ({ body }: Received) => {
  const { receiver: endpoint, status, plumbline } = JSON.parse(body)
  const { incident_id, previous_incident_id = '' } = plumbline
  const name = (id: string) => (id === OLD ? 'old' : id === '' ? '' : 'new')
  return `${endpoint} ${status} ${name(incident_id)} ${name(previous_incident_id)}`.trim()
}

describe('after an upgrade from a version without a journal of incidents', () => {
  it('what an endpoint has open is ended there, once', async () => {
    await tickAt(evaluator(), T0)
    await tickAt(evaluator(), T0 + 1_000)
    expect(receiver.received.map(said)).toEqual(['pager resolved old'])
    expect(JSON.parse(receiver.received[0]!.body).alerts).toMatchObject([
      { status: 'resolved', labels: { slo: 'checkout-pay', alertname: 'SLOBurnRate', severity: 'page' } },
    ])
    expect(await listIncidents(store.db, { state: 'open', limit: 5 })).toEqual([])
  })

  it('what still fires is told anew, as the follower of what was open', async () => {
    await storeMinute(store.db, T0, 1_000)
    await storeHeartbeat(store.db, T0 + MINUTE_MS)
    await tickAt(evaluator(), T0 + MINUTE_MS)
    expect(receiver.received.map(said).sort()).toEqual([
      'chat firing new old',
      'pager firing new old',
      'pager resolved old',
    ])
  })

  it('the state of the alert is known as one that begins anew', () =>
    expect(parseAlertRecord(JSON.stringify({ phase: 'firing', incident: OLD }))).toMatchObject({
      state: { phase: 'inactive' },
      previousIncident: OLD,
    }))
})

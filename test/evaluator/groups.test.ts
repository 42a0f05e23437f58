import { beforeEach, describe, expect, it } from 'vitest'
import { incidentRecordOf } from '../../evaluator/decide/change.ts'
import type { Evaluator } from '../../evaluator/tick.ts'
import type { AlertName } from '../../slo/alert/incident.ts'
import { journalOf, readJournal, readOpenIncidents } from '../../storage/alert-events.ts'
import { recordDeployment } from '../../storage/deployments.ts'
import { recordIncidentAction } from '../../storage/incident-actions.ts'
import { listIncidents } from '../../storage/incidents.ts'
import { recordSilences } from '../../storage/silences.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { define, evaluatorOn, MINUTE_MS, storeCleanPast, storeMinute, tickAt } from './evaluation.ts'
import { type Received, type Receiver, startReceiver } from './receiver.ts'

const T0 = Date.parse('2026-01-10T12:00:00Z')
const minute = (n: number) => T0 + n * MINUTE_MS
const PAY = 'dependency:acme-pay/timeout'
const A = sloWith({ name: 'checkout-pay' })
const B = sloWith({ name: 'checkout-pay-strict', targetPpm: 999_000 })

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

const evaluator = (kinds: readonly AlertName[] = ['SLOBurnRate']): Evaluator =>
  evaluatorOn(store.db, { pager: receiver.url, chat: receiver.url, desk: receiver.url }, { kinds })

async function storeFailing(from: number, to: number, bad = 1000) {
  for (let n = from; n < to; n++) await storeMinute(store.db, minute(n), bad)
  await storeHeartbeat(store.db, minute(to))
}

const said = ({ body }: Received) => {
  const { receiver: endpoint, status, alerts, plumbline } = JSON.parse(body)
  const names = alerts.map(({ labels }: { labels: Record<string, string> }) => labels.slo ?? labels.alertname).sort()
  return `${endpoint} ${status} ${plumbline.reason} ${plumbline.severity} ${names.join(' ')}`
}
const openNow = async () => (await readOpenIncidents(store.db)).map((event) => incidentRecordOf(event)!)

describe('alerts with one root cause', () => {
  it('are one incident with one page, go on after a restart, and end once', async () => {
    await define(store.db, [A, B], T0)
    await storeCleanPast(store.db, T0, 3 * 1440)
    await recordDeployment(
      store.db,
      {
        id: 'd1',
        service: 'checkout',
        env: 'prod',
        version: '1.5.0',
        previousVersion: '1.4.2',
        status: 'succeeded',
        at: new Date(minute(-10)),
        commit: '',
        url: '',
        author: '',
        source: 'api',
      },
      new Date(T0),
    )
    await tickAt(evaluator(), T0)
    await storeFailing(0, 1)
    await tickAt(evaluator(), minute(1))
    expect(receiver.received.map(said).sort()).toEqual([
      'chat firing first page checkout-pay checkout-pay-strict',
      'pager firing first page checkout-pay checkout-pay-strict',
    ])
    const [incident, ...others] = await listIncidents(store.db, { state: 'open', limit: 10 })
    expect(others).toEqual([])
    expect(incident).toMatchObject({
      rootCause: PAY,
      members: [{ alert: 'checkout-pay' }, { alert: 'checkout-pay-strict' }],
    })
    const [{ facts, group }] = (await openNow()) as [Awaited<ReturnType<typeof openNow>>[number]]
    expect(group).toMatchObject({ root: PAY, env: 'prod' })
    expect(facts).toMatchObject({
      groupLabels: { env: 'prod', root_cause: PAY },
      root: { origin: PAY, traced: 50, confidence: 'high' },
      impact: ['checkout'],
      deployments: [{ service: 'checkout', version: '1.5.0', previousVersion: '1.4.2' }],
      timeline: [{ reason: 'first', severity: 'page' }],
    })
    expect(facts.exemplars.map(({ shows }) => shows)).toEqual(['first', 'slowest', 'median'])
    expect(facts.incident.details?.exemplars).toEqual(facts.exemplars.map(({ traceId }) => traceId))

    const restarted = evaluator()
    for (let n = 1; n < 11; n++) {
      await storeFailing(n, n + 1, 0)
      await tickAt(restarted, minute(n + 1))
    }
    expect(receiver.received.slice(2).map(said).sort()).toEqual([
      'chat resolved resolved page checkout-pay checkout-pay-strict',
      'pager resolved resolved page checkout-pay checkout-pay-strict',
    ])
    expect(await openNow()).toEqual([])
  })
})

describe('why somebody was, or was not, told', () => {
  it('is in the journal: who, why, tier, counts, factor, freshness, generation and overlays', async () => {
    await define(store.db, [A], T0)
    await storeCleanPast(store.db, T0, 90)
    const silence = {
      id: 's1',
      matchers: [{ name: 'slo', op: '=' as const, value: A.name }],
      startsAt: new Date(T0),
      endsAt: new Date(minute(4)),
      createdBy: 'sam',
      comment: 'planned',
      createdAt: new Date(T0),
      revision: 1,
      source: 'api',
    }
    await recordSilences(store.db, [silence], new Date(T0))
    const running = evaluator()
    await tickAt(running, T0)
    for (let n = 0; n < 4; n++) {
      expect(receiver.received).toEqual([])
      await storeFailing(n, n + 1)
      await tickAt(running, minute(n + 1))
    }
    expect(receiver.received.map(said).sort()).toEqual([
      `chat firing silence_ended page ${A.name}`,
      `pager firing silence_ended page ${A.name}`,
    ])
    const [incident] = await listIncidents(store.db, { limit: 1 })
    await recordIncidentAction(store.db, {
      incident: incident!.id,
      at: new Date(minute(4) + 1_000),
      action: 'acknowledge',
      author: 'sam',
      text: '',
      until: new Date(minute(400)),
    })
    await tickAt(running, minute(4) + 5_000)
    const journal = journalOf(await readJournal(store.db, incident!.id))
    expect(journal.map(({ endpoint, reason, overlays }) => `${endpoint} ${reason} ${overlays}`.trim()).sort()).toEqual([
      'chat acknowledged',
      'chat silence_ended',
      'chat silenced s1',
      'desk absorbed_by_page',
      'desk absorbed_by_page',
      'desk absorbed_by_page s1',
      'pager acknowledged',
      'pager silence_ended',
      'pager silenced s1',
    ])
    expect(journal[0]).toMatchObject({ lead: { tier: '6h/30m', factor: 6, verdict: 'matched' }, generation: 'g1' })
    expect(journal[0]?.lead?.long.counts).toEqual({ good: 90_000, total: 91_000 })
    expect(journal[0]?.watermark).toEqual(new Date(minute(1)))
    expect((await openNow())[0]?.facts.acknowledgedBy).toBe('sam')
  })
})

describe('alerts beside burn rates', () => {
  it('Plumbline is blind: a page of its own, while nothing else rises or ends', async () => {
    await define(store.db, [A], T0)
    await storeCleanPast(store.db, T0, 90)
    const running = evaluator(['SLOBurnRate', 'PlumblineBlind'])
    for (const n of [0, 4, 5]) await tickAt(running, minute(n))
    expect(receiver.received.map(said).sort()).toEqual([
      'chat firing first page PlumblineBlind',
      'pager firing first page PlumblineBlind',
    ])
    await storeHeartbeat(store.db, minute(6))
    for (const n of [6, 10]) await tickAt(running, minute(n))
    await storeHeartbeat(store.db, minute(11))
    await tickAt(running, minute(11))
    expect(receiver.received.slice(2).map(said).sort()).toEqual([
      'chat resolved resolved page PlumblineBlind',
      'pager resolved resolved page PlumblineBlind',
    ])
  })

  it('a dependency that times out a little is a ticket after five minutes, and the SLO that burns of it joins', async () => {
    await define(store.db, [{ ...A, tiers: A.tiers.slice(0, 1) }], T0)
    await storeCleanPast(store.db, T0, 90)
    const running = evaluator(['SLOBurnRate', 'DependencyFailureMode'])
    await tickAt(running, T0)
    for (let n = 0; n < 12; n++) {
      await storeFailing(n, n + 1, 30)
      await tickAt(running, minute(n + 1))
    }
    expect(receiver.received.map(said).sort()).toEqual([
      'chat firing first ticket DependencyFailureMode',
      'desk firing first ticket DependencyFailureMode',
    ])
    await storeFailing(12, 14)
    await tickAt(running, minute(14))
    expect(receiver.received.slice(2).map(said).sort()).toEqual([
      `chat firing escalated page DependencyFailureMode DependencyFailureMode ${A.name} ${A.name}`,
      `pager firing escalated page DependencyFailureMode ${A.name}`,
    ])
    expect(await openNow()).toHaveLength(1)
  })

  it('an SLO that burns of it already inhibits the failure mode', async () => {
    await define(store.db, [A], T0)
    await storeCleanPast(store.db, T0, 90)
    const running = evaluator(['SLOBurnRate', 'DependencyFailureMode'])
    await tickAt(running, T0)
    for (let n = 0; n < 7; n++) {
      await storeFailing(n, n + 1)
      await tickAt(running, minute(n + 1))
    }
    expect(receiver.received.map(said).sort()).toEqual([
      `chat firing first page ${A.name}`,
      `pager firing first page ${A.name}`,
    ])
  })
})

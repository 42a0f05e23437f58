import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, it } from 'vitest'
import { notificationId } from '../../evaluator/deliver/notification-id.ts'
import { incidentId } from '../../slo/alert/alert-incident-id.ts'
import { readJournal } from '../../storage/alert-events.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { listIncidents, readIncident } from '../../storage/incidents.ts'
import { readNotifications } from '../../storage/notifications.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { cuttable } from './cuttable.ts'
import {
  define,
  evaluatorOn,
  MINUTE_MS,
  SECRET,
  storeCleanPast,
  storeMinute,
  storeSegment,
  tickAt,
} from './evaluation.ts'
import { type Received, type Receiver, startReceiver } from './receiver.ts'

const T0 = Date.parse('2026-01-10T12:00:00Z')
const DAYS_4 = { kind: 'rolling', minutes: 4 * 1440, duration: '4d' } as const
const SLO = sloWith({
  name: 'checkout-pay',
  runbook: 'https://runbooks.example/acme-pay',
  objective: {
    targetPpm: 999_000,
    budgetPpm: 1_000,
    method: 'occurrences',
    window: DAYS_4,
    slice: null,
    noData: 'gap',
  },
})

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

describe('what is stored while a tick measures', () => {
  it('is not missed from what it judges', async () => {
    const evaluator = evaluatorOn(store.db, endpoints(), { kinds: ['TelemetryAbsent'] })
    await define(store.db, [SLO], T0)
    await storeCleanPast(store.db, T0, 120)
    await tickAt(evaluator, T0)
    const { measurer } = evaluator
    const slow = {
      ...measurer,
      async measure(...args: Parameters<typeof measurer.measure>) {
        const behind = await measurer.measure(...args)
        for (let minute = 0; minute < 15; minute++) {
          await storeMinute(store.db, T0 + minute * MINUTE_MS, 0)
          await storeHeartbeat(store.db, T0 + (minute + 1) * MINUTE_MS)
        }
        await storeSegment(store.db, 'meanwhile', T0, T0 + 15 * MINUTE_MS, T0 + 15 * MINUTE_MS)
        return behind
      },
    }
    await tickAt({ ...evaluator, measurer: slow }, T0 + 15 * MINUTE_MS)
    expect(await listIncidents(store.db, { limit: 10 })).toEqual([])

    // It can fail: when nothing comes for as long, that is told.
    for (let minute = 16; minute <= 30; minute++) await storeHeartbeat(store.db, T0 + minute * MINUTE_MS)
    await tickAt(evaluator, T0 + 30 * MINUTE_MS)
    expect(await listIncidents(store.db, { limit: 10 })).toMatchObject([{ slo: SLO.name, severity: 'ticket' }])
  })
})

describe('an SLO over every caller of a dependency, whichever service it belongs to', () => {
  it('pages with the calls that fail: their cause, who suffers, and traces', async () => {
    const { indicator } = SLO
    if (indicator.source !== 'calls') throw new Error('unreachable')
    const everyone = (selection: typeof indicator.total) => ({
      ...selection,
      fields: { dependency: { in: ['acme-pay'] } },
    })
    const answers = {
      ...SLO,
      name: 'acme-pay-answers',
      service: 'platform',
      indicator: {
        ...indicator,
        name: 'acme-pay-answers',
        total: everyone(indicator.total),
        numerator: {
          counts: 'good' as const,
          selection: { ...everyone(indicator.total), outcome: { in: ['ok' as const] } },
        },
      },
      generation: 'everyone',
    }
    await define(store.db, [answers], T0)
    await storeCleanPast(store.db, T0, 3 * 1440)
    const evaluator = evaluatorOn(store.db, endpoints())
    await tickAt(evaluator, T0)
    await live(evaluator, 0, 1, 1000)
    const [page] = receiver.received.map(({ body }) => JSON.parse(body))
    expect(page.alerts[0].labels).toMatchObject({ service: 'platform', root_cause: 'dependency:acme-pay/timeout' })
    expect(page.alerts[0].annotations).toMatchObject({
      cause: 'share 1.00 of 50 bad traces, confidence high',
      impact: 'checkout',
      who_can_fix: 'provider',
      trace_ids: expect.stringMatching(/^[0-9a-f]{32},/),
    })
  })
})

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
      cause: 'share 1.00 of 50 bad traces, confidence high',
      impact: 'checkout',
      who_can_fix: 'provider',
      runbook_url: 'https://runbooks.example/acme-pay',
      dependency: 'acme-pay',
    })
    expect(page.alerts[0].annotations.description).toContain(
      '1,000 of 60,000 calls failed by sampling weight, 100 of 218 as received, in 1 h (governing window), 200x in 5 m',
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
    expect(journal.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual([
      'alert first',
      'incident first',
      'alert keep_firing',
      'incident keep_firing',
      'alert resolved',
      'incident resolved',
    ])
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

/** The pager's first message about an outage in minute 0. */
const FIRST_PAGE = notificationId(incidentId('prod/dependency:acme-pay/timeout', T0), 1, 'pager')
const pagedIds = () => receiver.received.map(({ headers }) => headers['webhook-id'])

/** A past without failures, and an evaluator that has seen it. */
async function watching(past = 90) {
  await define(store.db, [SLO], T0)
  await storeCleanPast(store.db, T0, past)
  const evaluator = evaluatorOn(store.db, endpoints())
  await tickAt(evaluator, T0)
  return evaluator
}

async function storeOutage(minute = 0) {
  await storeMinute(store.db, T0 + minute * MINUTE_MS, 1000)
  await storeHeartbeat(store.db, T0 + (minute + 1) * MINUTE_MS)
}

const rename = (from: string, to: string) => store.db.command({ query: `RENAME TABLE ${from} TO ${to}` })

describe('a process that dies or a store that fails', () => {
  it('before the journal row: nothing was told, and the next tick decides the same', async () => {
    const evaluator = await watching()
    await storeOutage()
    await rename('alert_events', 'away')
    await expect(tickAt(evaluator, T0 + MINUTE_MS)).rejects.toThrow()
    expect(receiver.received).toEqual([])
    await rename('away', 'alert_events')
    await tickAt(evaluator, T0 + MINUTE_MS + 5_000)
    expect(pagedIds()).toContain(FIRST_PAGE)
    expect(receiver.received).toHaveLength(2)
  })

  for (const table of ['incidents', 'notifications']) {
    it(`between the journal and ${table}: what is missing is derived, by the same process`, async () => {
      const evaluator = await watching()
      await storeOutage()
      await rename(table, 'away')
      await expect(tickAt(evaluator, T0 + MINUTE_MS)).rejects.toThrow()
      expect(receiver.received).toEqual([])
      await rename('away', table)
      await tickAt(evaluator, T0 + MINUTE_MS + 5_000)
      expect(pagedIds()).toContain(FIRST_PAGE)
      expect(receiver.received).toHaveLength(2)
      expect(await listIncidents(store.db, { state: 'open', limit: 10 })).toHaveLength(1)
    })

    it(`between the journal and ${table}: what is missing is derived, by the next process`, async () => {
      const evaluator = await watching()
      await storeOutage()
      await rename(table, 'away')
      await expect(tickAt(evaluator, T0 + MINUTE_MS)).rejects.toThrow()
      await rename('away', table)
      const restarted = evaluatorOn(store.db, endpoints())
      await tickAt(restarted, T0 + MINUTE_MS + 5_000)
      expect(pagedIds()).toContain(FIRST_PAGE)
      expect(receiver.received).toHaveLength(2)
    })
  }

  it('between two ticks: the incident goes on and is told to its end', async () => {
    const evaluator = await watching(3 * 1440)
    await storeOutage()
    await tickAt(evaluator, T0 + MINUTE_MS)
    expect(receiver.received).toHaveLength(2)
    const restarted = evaluatorOn(store.db, endpoints())
    for (let minute = 2; minute <= 8; minute++) {
      await storeMinute(store.db, T0 + (minute - 1) * MINUTE_MS, 0)
      await storeHeartbeat(store.db, T0 + minute * MINUTE_MS)
      await tickAt(restarted, T0 + minute * MINUTE_MS)
    }
    expect(receiver.received).toHaveLength(2)
    const again = evaluatorOn(store.db, endpoints())
    await live(again, 8, 11, 0)
    expect(receiver.received.slice(2).map(said).sort()).toEqual([
      'chat resolved resolved page',
      'pager resolved resolved page',
    ])
  })

  it('while the store is away: ticks fail, and nothing is forgotten', async () => {
    await using link = await cuttable(store.url)
    const db = connect({ ...embeddedServer(link.url), database: store.database })
    await define(store.db, [SLO], T0)
    await storeCleanPast(store.db, T0, 90)
    const evaluator = evaluatorOn(db, endpoints())
    await tickAt(evaluator, T0)
    link.cut()
    await storeOutage()
    await expect(tickAt(evaluator, T0 + MINUTE_MS)).rejects.toThrow()
    await expect(tickAt(evaluator, T0 + MINUTE_MS + 5_000)).rejects.toThrow()
    link.mend()
    await tickAt(evaluator, T0 + MINUTE_MS + 10_000)
    await db.close()
    expect(pagedIds()).toContain(FIRST_PAGE)
  })
})

describe('data that is not there', () => {
  it('keeps an incident open when telemetry stops, and lets it end when it is back', async () => {
    const evaluator = await watching()
    await storeOutage()
    await tickAt(evaluator, T0 + MINUTE_MS)
    await tickAt(evaluator, T0 + 20 * MINUTE_MS)
    expect(receiver.received).toHaveLength(2)
    const [incident] = await listIncidents(store.db, { state: 'open', limit: 1 })
    const journal = await readJournal(store.db, incident?.id ?? '')
    expect(journal.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual([
      'alert first',
      'incident first',
      'alert frozen_stale',
    ])
  })

  it('raises nothing on an empty store', async () => {
    await define(store.db, [SLO], T0)
    const evaluator = evaluatorOn(store.db, endpoints())
    await tickAt(evaluator, T0)
    await tickAt(evaluator, T0 + MINUTE_MS)
    expect(receiver.received).toEqual([])
    expect(evaluator.memory?.alerts.get(SLO.name)?.state).toMatchObject({ phase: 'inactive', frozen: 'frozen_stale' })
  })
})

describe('an SLO that is removed while it fires', () => {
  it('ends its incident, and everybody who was told hears it', async () => {
    const evaluator = await watching()
    await storeOutage()
    await tickAt(evaluator, T0 + MINUTE_MS)
    const removed = { name: SLO.name, state: 'removed', source: 'api' } as const
    await recordDefinitions(store.db, [removed], new Date(T0 + MINUTE_MS))
    await tickAt(evaluator, T0 + 2 * MINUTE_MS)
    expect(receiver.received.slice(2).map(said).sort()).toEqual([
      'chat resolved slo_removed page',
      'pager resolved slo_removed page',
    ])
    expect(await listIncidents(store.db, { state: 'open', limit: 1 })).toEqual([])
    await tickAt(evaluator, T0 + 3 * MINUTE_MS)
    expect(receiver.received).toHaveLength(4)
  })
})

describe('an alert of a ticket', () => {
  it('waits for its group before it is told', async () => {
    const evaluator = await watching(90)
    const ticketOnly = { ...SLO, tiers: SLO.tiers.filter(({ severity }) => severity === 'ticket') }
    await define(store.db, [ticketOnly], T0 + 1)
    await storeOutage()
    await tickAt(evaluator, T0 + MINUTE_MS)
    expect(receiver.received).toEqual([])
    const restarted = evaluatorOn(store.db, endpoints())
    await tickAt(restarted, T0 + MINUTE_MS + 59_000)
    expect(receiver.received).toEqual([])
    await tickAt(restarted, T0 + 2 * MINUTE_MS)
    expect(receiver.received.map(said).sort()).toEqual(['chat firing first ticket', 'desk firing first ticket'])
  })
})

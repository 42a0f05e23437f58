import { Registry } from 'prom-client'
import { beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../api/app.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { define, evaluatorOn, MINUTE_MS, QUIET, storeCleanPast, storeMinute, tickAt } from './evaluation.ts'
import { type Received, type Receiver, startReceiver } from './receiver.ts'

/** What people say by the API, and what an evaluator on the same store tells then. */

const T0 = Date.parse('2026-01-10T12:00:00Z')
const DAYS_4 = { kind: 'rolling', minutes: 4 * 1440, duration: '4d' } as const
const SLO = sloWith({
  name: 'checkout-pay',
  objective: {
    targetPpm: 999_000,
    budgetPpm: 1_000,
    method: 'occurrences',
    window: DAYS_4,
    slice: null,
    noData: 'gap',
  },
})
const minute = (n: number) => new Date(T0 + n * MINUTE_MS).toISOString()

let store: TestDatabase
let receiver: Receiver
let evaluator: ReturnType<typeof evaluatorOn>
let clockMs = T0
beforeEach(async () => {
  store = await testDatabase()
  receiver = await startReceiver()
  evaluator = evaluatorOn(store.db, { pager: receiver.url, chat: receiver.url, desk: receiver.url })
  await define(store.db, [SLO], T0)
  await storeCleanPast(store.db, T0, 3 * 1440)
  clockMs = T0
  await tickAt(evaluator, T0)
  return async () => {
    await receiver[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  }
})

async function api(path: string, body?: unknown) {
  const app = createApp({
    config: { bind: '127.0.0.1', publicUrl: undefined, tokens: [] },
    db: store.db,
    log: QUIET,
    metrics: new Registry(),
    clock: () => new Date(clockMs),
    version: '1.2.3',
    webRoot: '/nowhere',
    clickhouseUrl: null,
    maxAgeMs: 0,
    ackTtlMs: 60 * MINUTE_MS,
  })
  const sent = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  const response = await app.request(`/api/v1${path}`, sent || {})
  const answer = JSON.parse(await response.text())
  if (!response.ok) throw new Error(answer.detail)
  return answer
}

/** Minutes `from` … `to` with `bad` of 1,000 calls failing, a tick at the end of each. */
async function live(from: number, to: number, bad: number) {
  for (let n = from; n < to; n++) {
    clockMs = T0 + (n + 1) * MINUTE_MS
    await storeMinute(store.db, clockMs - MINUTE_MS, bad)
    await storeHeartbeat(store.db, clockMs)
    await tickAt(evaluator, clockMs)
  }
}

const said = ({ body }: Received) => {
  const { receiver: endpoint, status, plumbline } = JSON.parse(body)
  return `${endpoint} ${status} ${plumbline.reason}`
}
const toldSince = (count: number) => receiver.received.slice(count).map(said).sort()

describe('a silence', { timeout: 120_000 }, () => {
  it('keeps an outage from being told, and what still fires at its end is told', async () => {
    await api('/silences', {
      matchers: ['service="checkout"'],
      startsAt: minute(0),
      endsAt: minute(3),
      comment: 'upgrade',
    })
    await live(0, 2, 1000)
    expect(toldSince(0)).toEqual([])
    const { items } = await api('/incidents?state=open')
    const { members, timeline, silences } = await api(`/incidents/${items[0].id}`)
    expect(members).toMatchObject([{ mutedBy: 'silenced' }])
    expect(silences).toHaveLength(1)
    expect(timeline).toMatchObject([
      { kind: 'withheld', reason: 'silenced', endpoint: 'pager' },
      { kind: 'withheld', reason: 'silenced', endpoint: 'chat' },
      { kind: 'withheld', reason: 'absorbed_by_page', endpoint: 'desk' },
    ])
    await live(2, 4, 1000)
    expect(toldSince(0)).toEqual(['chat firing silence_ended', 'pager firing silence_ended'])
  })

  it('lets pass that it is over', async () => {
    await live(0, 1, 1000)
    expect(toldSince(0)).toEqual(['chat firing first', 'pager firing first'])
    await api('/silences', { matchers: ['slo="checkout-pay"'], duration: '1h', comment: 'upgrade' })
    await live(1, 12, 0)
    expect(toldSince(2)).toEqual(['chat resolved resolved', 'pager resolved resolved'])
  })
})

describe('maintenance that is left out of the budget', { timeout: 120_000 }, () => {
  it('tells nothing, spends nothing, and says both numbers', async () => {
    await api('/maintenance-windows', {
      scope: { dependencies: ['acme-pay'] },
      schedule: { from: minute(0), to: minute(6) },
      excludeFromBudget: true,
      reason: 'provider upgrade',
    })
    await live(0, 1, 0)
    await live(1, 4, 1000)
    await live(4, 8, 0)
    expect(toldSince(0)).toEqual([])
    const slo = await api('/slos/checkout-pay')
    expect(slo.budget.remaining).toBe(1)
    expect(slo.exclusions).toEqual([{ from: minute(0), to: minute(6), reason: 'provider upgrade', by: 'somebody' }])
    expect(slo.raw.counts.total - slo.raw.counts.good).toBeCloseTo(3_000, 6)
  })
})

describe('an acknowledgement', { timeout: 120_000 }, () => {
  const steps = [{ afterMs: 3 * MINUTE_MS, endpoints: ['desk'] }]
  const escalating = () => {
    evaluator.routes = evaluator.routes.map((route) => ({ ...route, escalation: steps }))
  }

  it('of nobody lets a page go to the next step', async () => {
    escalating()
    await live(0, 6, 1000)
    expect(toldSince(0)).toEqual(['chat firing first', 'desk firing escalation_step', 'pager firing first'])
  })

  it('keeps the next step from being told', async () => {
    escalating()
    await live(0, 1, 1000)
    const { items } = await api('/incidents?state=open')
    await api(`/incidents/${items[0].id}/acknowledge`, { author: 'ada' })
    await live(1, 6, 1000)
    expect(toldSince(0)).not.toContain('desk firing escalation_step')
  })
})

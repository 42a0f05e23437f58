import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Slo } from '../../slo/model.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { MINUTE_MS, minutesAgo, NOW, seededApp, seedMinutes, seedTelemetry, slo } from './seeded-app.ts'

/** Each sits through a quiet start and an hour with bad minutes. */
const minutesOf = [
  { ago: 100, good: 950, total: 1_000 },
  { ago: 30, good: 900, total: 1_000 },
  { ago: 20, good: 1_000, total: 1_000 },
  { ago: 5, good: 1, total: 2 },
]
const PERIOD_START = new Date(Date.UTC(NOW.getUTCFullYear(), NOW.getUTCMonth(), 1))
const PERIOD_END = new Date(Date.UTC(NOW.getUTCFullYear(), NOW.getUTCMonth() + 1, 1))

const base = slo('events')
const EVENTS = { ...base, objective: { ...base.objective, targetPpm: 900_000, budgetPpm: 100_000 } }
const named = (name: string, objective: Partial<Slo['objective']>): Slo => ({
  ...EVENTS,
  ...slo(name),
  objective: { ...EVENTS.objective, ...objective },
})
const SLICES = named('slices', { method: 'timeslices', slice: { minutes: 1, targetPpm: 940_000 } })
const MONTH = named('month', {
  method: 'ratio_timeslices',
  slice: { minutes: 60, targetPpm: null },
  noData: 'good',
  window: { kind: 'calendar', minutes: 43_200, duration: '1M', start: '2026-01-01 00:00:00', timeZone: 'UTC' },
})

let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  app = await seededApp({ maxAgeMs: 0 })
  const changes = [EVENTS, SLICES, MONTH].map((of) => ({
    name: of.name,
    state: 'active' as const,
    slo: of,
    problems: [],
    source: 'api',
  }))
  await recordDefinitions(app.db, changes, NOW)
  await seedTelemetry(app.db)
  for (const of of [EVENTS, SLICES, MONTH]) await seedMinutes(app.db, of, minutesOf)
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(() => app.db.command({ query: 'TRUNCATE TABLE budget_resets' }))

describe('the same SLO under every method', () => {
  test('has the same events, each method counting them in its own units', async () => {
    const { body } = await app.get('/api/v1/slos/events/methods')
    const of = Object.fromEntries(body.items.map((item: { method: string }) => [item.method, item]))
    expect(body.items.map(({ method, isOwn }: { method: string; isOwn: boolean }) => [method, isOwn])).toEqual([
      ['occurrences', true],
      ['timeslices', false],
      ['ratio_timeslices', false],
    ])
    expect(of.occurrences).toMatchObject({ units: { good: 2_851, total: 3_002 }, slice: null })
    // One-minute slices that must reach 90 %, the SLO's own target: only the minute with 1 of 2 does not.
    expect(of.timeslices).toMatchObject({ units: { good: 3, total: 4 }, slice: { minutes: 1, target: 0.9 }, sli: 0.75 })
    expect(of.timeslices.consumed).toBeCloseTo(2.5, 12)
    expect(of.ratio_timeslices.sli).toBeCloseTo((0.95 + 0.9 + 1 + 0.5) / 4, 12)
    for (const { counts } of body.items) expect(counts).toEqual({ good: 2_851, total: 3_002 })
  })

  test('an SLO with slices keeps them', async () => {
    const { body } = await app.get('/api/v1/slos/slices/methods')
    expect(body.items[1]).toMatchObject({
      isOwn: true,
      slice: { minutes: 1, target: 0.94 },
      units: { good: 2, total: 4 },
    })
  })
})

describe('history', () => {
  test('of slices tells what they say', async () => {
    const { body } = await app.get('/api/v1/slos/slices/history?from=now-2h&step=1h')
    const told = body.items.filter(({ total }: { total: number }) => total > 0)
    expect(told.reduce((sum: number, { total }: { total: number }) => sum + total, 0)).toBe(3_002)
    // 4 slices, 2 bad, at 90 %: 2 / 0.4 of the budget.
    expect(body.items.at(-1).budgetRemaining).toBeCloseTo(-4, 12)
  })

  test('of a calendar window goes from the start of the period to its end, beside the even burn', async () => {
    const { body } = await app.get('/api/v1/slos/month/history?step=1d')
    expect(body).toMatchObject({ from: PERIOD_START.toISOString(), to: PERIOD_END.toISOString() })
    const days = (PERIOD_END.getTime() - PERIOD_START.getTime()) / 86_400_000
    expect(body.items).toHaveLength(days)
    for (const [n, { at, ideal, budgetRemaining }] of body.items.entries()) {
      expect(ideal).toBeCloseTo(1 - (n + 1) / days, 9)
      expect(budgetRemaining === null).toBe(Date.parse(at) >= NOW.getTime())
    }
    const today = body.items.find(({ at }: { at: string }) => Date.parse(at) + 86_400_000 > NOW.getTime())
    const { body: status } = await app.get('/api/v1/slos/month')
    expect(today.budgetRemaining).toBeCloseTo(status.budget.remaining, 9)
  })

  test('in steps that are no whole slices is widened to such', async () => {
    const { body } = await app.get('/api/v1/slos/month/history?step=90m')
    expect(body.stepMinutes).toBe(120)
  })
})

describe('a reset of the budget', () => {
  const post = (path: string, body: object) =>
    app.app.request(path, {
      method: 'POST',
      headers: { host: '127.0.0.1', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  test('begins the budget anew, tells who and why, and keeps what was before beside', async () => {
    const at = minutesAgo(25).toISOString()
    const answer = await post('/api/v1/slos/events/budget-resets', { reason: 'provider paid', by: 'ann', at })
    expect([answer.status, await answer.json()]).toEqual([
      201,
      { slo: 'events', at, reason: 'provider paid', by: 'ann' },
    ])
    const { body } = await app.get('/api/v1/slos/events')
    expect(body.counts).toEqual({ good: 1_001, total: 1_002 })
    expect(body.raw.counts).toEqual({ good: 2_851, total: 3_002 })
    expect(body.budget.resets).toEqual([{ at, reason: 'provider paid', by: 'ann' }])
    const { body: history } = await app.get('/api/v1/slos/events/history?from=now-2h&step=5m')
    const left = history.items.map((step: { budgetRemaining: number | null }) => step.budgetRemaining)
    // 149 bad of 1,900 before, 1 of 2 after: what the minutes before the reset spent is gone with it.
    expect(left.at(-1)).toBe(body.budget.remaining)
    expect(left.at(-2)).toBeCloseTo(1 - 1 / 100.2, 9)
    const list = await app.get('/api/v1/slos/events/budget-resets')
    expect(list.body.items).toHaveLength(1)
    const audit = await app.db.query({
      query: `SELECT author, target FROM audit_log WHERE action = 'budget.reset'`,
      format: 'JSONEachRow',
    })
    expect(await audit.json()).toEqual([{ author: 'ann', target: 'events' }])
  })

  test.each([
    ['without a reason', 'events', {}, 400],
    ['with an empty reason', 'events', { reason: ' ' }, 400],
    ['in the future', 'events', { reason: 'x', at: new Date(NOW.getTime() + 5 * MINUTE_MS).toISOString() }, 400],
    ['with a field nobody knows', 'events', { reason: 'x', who: 'ann' }, 400],
    ['of an SLO that does not exist', 'evants', { reason: 'x' }, 404],
  ])('%s is refused', async (_, name, body, status) => {
    expect((await post(`/api/v1/slos/${name}/budget-resets`, body)).status).toBe(status)
    expect((await app.get('/api/v1/slos/events')).body.budget.resets).toEqual([])
  })
})

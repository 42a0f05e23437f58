import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordIncidents } from '../../storage/incidents.ts'
import { recordProgress } from '../../storage/indicator-progress.ts'
import { recordWarnings } from '../../storage/indicator-warnings.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { incident, NOW, seededApp, seedMinutes, seedTelemetry, slo } from './seeded-app.ts'

const PAGING = slo('checkout-availability')
const FINE = slo('search-availability', { service: 'search' })
const QUIET = slo('cart-availability', { service: 'cart' })
const PROBLEM = {
  severity: 'error',
  layer: 'schema',
  file: 'slos/cart.yaml',
  line: 12,
  path: 'spec.objectives[0].target',
  code: 'less_than',
  message: 'must be less than 1',
} as const

const WARNING = { code: 'flat', message: 'the same ratio', hint: 'count' } as const

let app: Awaited<ReturnType<typeof seededApp>>

beforeAll(async () => {
  app = await seededApp()
  const active = [PAGING, FINE, QUIET].map((one) => ({
    name: one.name,
    state: 'active' as const,
    slo: one,
    problems: [],
    source: 'file:slos/a.yaml',
  }))
  await recordDefinitions(app.db, active, new Date(NOW.getTime() - 60_000))
  await recordDefinitions(
    app.db,
    [
      { name: QUIET.name, state: 'invalid', slo: null, problems: [PROBLEM], source: 'file:slos/cart.yaml' },
      { name: 'never-good', state: 'invalid', slo: null, problems: [PROBLEM], source: 'file:slos/cart.yaml' },
    ],
    NOW,
  )
  await seedTelemetry(app.db, { minutes: 60 * 24 * 2 + 10 })
  await seedMinutes(app.db, PAGING, [
    { ago: 60 * 24 * 2, good: 1_000_000, total: 1_000_000 },
    { ago: 3, good: 960, total: 1000 },
  ])
  await seedMinutes(app.db, FINE, [
    { ago: 3, good: 1000, total: 1000 },
    { ago: 40, good: 5000, total: 5000 },
  ])
  await recordIncidents(app.db, [{ incident: incident('i1'), revision: 1 }], NOW)
  const fine = { indicator: FINE.indicator.name, generation: FINE.generation }
  const at = new Date('2026-01-01T00:00:00Z')
  await recordWarnings(
    app.db,
    [{ ...fine, warnings: [WARNING, { ...WARNING, message: 'outdated', refutedBy: 'total' }] }],
    at,
  )
  const history = { from: new Date(0), to: at }
  await recordProgress(app.db, [
    { ...fine, history, measuredFrom: new Date(at.getTime() - 1_000), error: 'no bound', updatedAt: at },
  ])
})
afterAll(() => app[Symbol.asyncDispose]())

describe('the list of SLOs', () => {
  test('begins with what is most urgent', async () => {
    const { status, body } = await app.get('/api/v1/slos')
    expect(status).toBe(200)
    expect(body.items.map((one: { name: string; status: string }) => [one.name, one.status])).toEqual([
      ['checkout-availability', 'critical'],
      ['cart-availability', 'invalid'],
      ['never-good', 'invalid'],
      ['search-availability', 'ok'],
    ])
    expect(body.nextCursor).toBeNull()
  })

  test('carries counts, window, freshness and generation of every number', async () => {
    const { body } = await app.get('/api/v1/slos?service=checkout')
    expect(body.items).toHaveLength(1)
    expect(body.items[0]).toMatchObject({
      objective: { target: 0.999, targetPpm: 999_000, window: { duration: '30d', rolling: true } },
      counts: { good: 1_000_960, total: 1_001_000 },
      sli: 1_000_960 / 1_001_000,
      burnRates: { '5m': 40, '1h': 40 },
      alert: { severity: 'page', incident: 'i1', since: incident('i1').startedAt.toISOString() },
      freshness: { watermark: NOW.toISOString() },
      generation: PAGING.generation,
    })
    const { counts, budget } = body.items[0]
    const allowed = counts.total / 1000
    expect(budget.remaining).toBeCloseTo((allowed - (counts.total - counts.good)) / allowed, 12)
  })

  test('an SLO without events has no ratio', async () => {
    const { body } = await app.get('/api/v1/slos?service=cart')
    expect(body.items[0]).toMatchObject({
      counts: { good: 0, total: 0 },
      sli: null,
      budget: { remaining: null, consumed: null, exhaustsAt: null, remainingOfPeriod: null, resets: [] },
      burnRates: { '5m': null, '3d': null },
      alert: null,
    })
  })

  test.each([
    ['one status', 'status=critical', ['checkout-availability']],
    ['several', 'status=ok,critical', ['checkout-availability', 'search-availability']],
    ['a service nobody has', 'service=nobody', []],
    ['service and status', 'service=search&status=critical', []],
  ])('filtered by %s', async (_, query, names) => {
    const { body } = await app.get(`/api/v1/slos?${query}`)
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(names)
  })

  test('read page by page it is the same list', async () => {
    const names: string[] = []
    let cursor: string | null = null
    let pages = 0
    do {
      const { body }: { body: { items: { name: string }[]; nextCursor: string | null } } = await app.get(
        `/api/v1/slos?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`,
      )
      names.push(...body.items.map(({ name }) => name))
      cursor = body.nextCursor
      pages += 1
    } while (cursor !== null && pages < 10)
    expect(names).toEqual(['checkout-availability', 'cart-availability', 'never-good', 'search-availability'])
  })

  test.each([
    ['a limit of none', 'limit=0', 'query.limit'],
    ['a limit that is no number', 'limit=many', 'query.limit'],
    ['a status that does not exist', 'status=fine', 'query.status'],
    ['a cursor of another list', 'cursor=xyz', 'query.cursor'],
  ])('%s is refused with its path', async (_, query, path) => {
    const { status, body, headers } = await app.get(`/api/v1/slos?${query}`)
    expect(status).toBe(400)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(body).toMatchObject({ type: 'urn:plumbline:problem:bad-parameter', status: 400 })
    expect(body.errors[0].path).toContain(path)
  })
})

describe('one SLO', () => {
  test('shows definition, tiers and where it came from', async () => {
    const { body } = await app.get('/api/v1/slos/checkout-availability')
    expect(body).toMatchObject({
      name: 'checkout-availability',
      status: 'critical',
      definition: { owner: 'payments', runbook: PAGING.runbook, indicator: PAGING.indicator },
      tiers: PAGING.tiers.map((tier, n) => ({
        ...tier,
        budgetShare: [0.02, 0.05, 0.1, 0.1][n],
        detectableOutageSeconds: [51.84, 129.6, 259.2, 259.2][n],
      })),
      problems: [],
      refused: false,
      source: 'file:slos/a.yaml',
      warnings: [],
      measuring: [],
    })
  })

  test('tells what looks broken about its SLI, unless its counts prove the opposite, how far it is measured, and why it cannot be', async () => {
    const { indicator, generation } = FINE
    const at = new Date('2026-01-01T00:00:00Z')
    const { body } = await app.get('/api/v1/slos/search-availability')
    expect(body.warnings).toEqual([WARNING])
    expect(body.measuring).toEqual([
      {
        indicator: indicator.name,
        generation,
        history: { from: '1970-01-01T00:00:00.000Z', to: at.toISOString(), measuredFrom: '2025-12-31T23:59:59.000Z' },
        error: 'no bound',
      },
    ])
    const list = await app.get('/api/v1/slos')
    const told = list.body.items.map((item: { name: string; warningCount: number; measuredShare: number | null }) => [
      item.name,
      item.warningCount,
      item.measuredShare,
    ])
    expect(told).toEqual([
      ['checkout-availability', 0, null],
      ['cart-availability', 0, null],
      ['never-good', 0, null],
      ['search-availability', 1, 1_000 / at.getTime()],
    ])
  })

  test('of which the newest version was refused keeps the last good one and says why', async () => {
    const { body } = await app.get('/api/v1/slos/cart-availability')
    expect(body).toMatchObject({ status: 'invalid', refused: true, problems: [PROBLEM], generation: QUIET.generation })
    expect(body.definition).not.toBeNull()
  })

  test('that never had a good version has no definition and no numbers', async () => {
    const { body } = await app.get('/api/v1/slos/never-good')
    expect(body).toMatchObject({ status: 'invalid', definition: null, tiers: [], sli: null, problems: [PROBLEM] })
  })

  test('tells exactly when the budget ends, where the list estimates', async () => {
    const { body } = await app.get('/api/v1/slos/checkout-availability')
    const inMs = Date.parse(body.budget.exhaustsAt) - NOW.getTime()
    // 961 more bad events are allowed; the last six hours had 1000 events, 40 of them bad, 39 more than allowed.
    expect(inMs / 60_000).toBeCloseTo((961 * 360) / 39, 3)
  })

  test('that does not exist is missed with names that look alike', async () => {
    const { status, body } = await app.get('/api/v1/slos/chekout-availability')
    expect(status).toBe(404)
    expect(body).toMatchObject({
      title: 'Not found',
      nearMisses: ['checkout-availability', 'cart-availability', 'search-availability'],
    })
  })
})

describe('history of an SLO', () => {
  test('has one item per step, null where nothing happened', async () => {
    const { status, body } = await app.get('/api/v1/slos/search-availability/history?from=now-1h&step=10m')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      slo: 'search-availability',
      stepMinutes: 10,
      counts: { good: 6000, total: 6000 },
      generation: FINE.generation,
      window: { duration: '30d', rolling: true },
      freshness: { watermark: NOW.toISOString() },
    })
    expect(body.items.map(({ total, sli, burn }: Record<string, unknown>) => [total, sli, burn])).toEqual([
      [0, null, null],
      [0, null, null],
      [5000, 1, 0],
      [0, null, null],
      [0, null, null],
      [1000, 1, 0],
      [0, null, null],
    ])
  })

  test('ends with the budget that the status tells', async () => {
    const [history, one] = await Promise.all([
      app.get('/api/v1/slos/checkout-availability/history'),
      app.get('/api/v1/slos/checkout-availability'),
    ])
    expect(history.body.stepMinutes).toBe(120)
    expect(history.body.items.at(-1).budgetRemaining).toBe(one.body.budget.remaining)
    expect(history.body.counts).toEqual(one.body.counts)
  })

  test('remaining budget looks back over the whole SLO window, not over the range shown', async () => {
    const { body } = await app.get('/api/v1/slos/checkout-availability/history?from=now-10m&to=now-5m&step=1m')
    expect(body.counts).toEqual({ good: 0, total: 0 })
    for (const step of body.items) expect(step).toMatchObject({ sli: null, burn: null, budgetRemaining: 1 })
  })

  test.each([
    ['a range that runs backwards', 'from=now-1h&to=now-2h', 'query.from'],
    ['a range in the future', 'from=2100-01-01T00:00:00Z&to=2101-01-01T00:00:00Z', 'query.from'],
    ['a time that is none', 'from=yesterday', 'query.from'],
    ['a step that is none', 'step=5s', 'query.step'],
    ['too many steps', 'from=now-30d&step=1m', 'query.step'],
    ['a step that needs every minute of years', 'from=now-365d&step=7m', 'query.step'],
  ])('%s is refused with its path', async (_, query, path) => {
    const { status, body } = await app.get(`/api/v1/slos/search-availability/history?${query}`)
    expect(status).toBe(400)
    expect(body.errors[0].path).toBe(path)
  })
})

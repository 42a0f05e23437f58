import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runningSince } from '../../api/mode-since.ts'
import { recordMaintenance } from '../../storage/maintenance-windows.ts'
import { maintenance } from './overlay-seeds.ts'
import { MINUTE_MS, minutesAgo, NOW, seedCalls, seededApp, seedTelemetry } from './seeded-app.ts'

let app: Awaited<ReturnType<typeof seededApp>>

beforeAll(async () => {
  app = await seededApp()
  await seedTelemetry(app.db)
  await seedCalls(app.db, [
    { ago: 120, count: 300 },
    { ago: 8, count: 20 },
    { ago: 4, count: 10, outcome: 'timeout', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
    { ago: 2, count: 10, outcome: 'timeout', operation: 'GET /balance' },
    { ago: 2, count: 5, service: 'billing' },
    { ago: 2, count: 40, outcome: 'cancelled' },
    { ago: 3, count: 200, dependency: 'ledger' },
    { ago: 90, count: 50, dependency: 'fax' },
    { ago: 11, count: 3, dependency: 'acme-pay', service: 'reports' },
    { ago: 60 * 24 * 9, count: 3, dependency: 'telex', service: 'reports' },
    { ago: 60 * 24 * 31, count: 3, dependency: 'telegraph', service: 'reports' },
  ])
})
afterAll(() => app[Symbol.asyncDispose]())

describe('the list of dependencies', () => {
  test('begins with those that fail', async () => {
    const { status, body } = await app.get('/api/v1/dependencies')
    expect(status).toBe(200)
    expect(body.items.map((one: { name: string; health: string }) => [one.name, one.health])).toEqual([
      ['acme-pay', 'failing'],
      ['fax', 'unknown'],
      ['ledger', 'healthy'],
    ])
  })

  test.each([
    ['health', 'health=healthy', ['ledger']],
    ['caller', 'service=billing', ['acme-pay']],
  ])('filtered by %s', async (_, query, names) => {
    const { body } = await app.get(`/api/v1/dependencies?${query}`)
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(names)
  })

  test('of a service that is silent is that of its last thirty days, with when it called last', async () => {
    const { body } = await app.get('/api/v1/dependencies?service=reports')
    expect(body.items.map(({ name, health }: { name: string; health: string }) => [name, health])).toEqual([
      ['acme-pay', 'failing'],
      ['telex', 'unknown'],
    ])
    const minute = (ago: number) =>
      new Date(Math.floor(minutesAgo(ago).getTime() / MINUTE_MS) * MINUTE_MS).toISOString()
    expect(body.items[0].callers).toContainEqual({
      ...{ service: 'reports', total: 0, failed: 0, retries: 0 },
      lastCallAt: minute(11),
    })
    expect(body.items[1]).toMatchObject({
      kind: 'http',
      score: null,
      calls: { total: 0, failed: 0 },
      callers: [{ service: 'reports', lastCallAt: minute(60 * 24 * 9) }],
      freshness: { lastEventAt: minute(60 * 24 * 9) },
    })
  })

  test('of a service that called something within a day keeps the health that others see', async () => {
    const { body } = await app.get('/api/v1/dependencies?service=checkout')
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['acme-pay', 'fax', 'ledger'])
  })

  test('of a service nobody knows is empty', async () => {
    expect((await app.get('/api/v1/dependencies?service=nobody')).body.items).toEqual([])
  })

  test('read page by page it is the same list', async () => {
    const first = await app.get('/api/v1/dependencies?limit=2')
    const second = await app.get(`/api/v1/dependencies?limit=2&cursor=${first.body.nextCursor}`)
    const names = [...first.body.items, ...second.body.items].map(({ name }) => name)
    expect(names).toEqual(['acme-pay', 'fax', 'ledger'])
  })
})

test('a dependency in planned maintenance says so, whatever its calls do, while it lasts', async () => {
  const planned = maintenance({ scope: { services: [], slos: [], dependencies: ['ledger'], environments: [] } })
  const partly = maintenance({
    id: 'mnt_2',
    scope: { services: ['checkout'], slos: [], dependencies: ['acme-pay'], environments: [] },
  })
  await recordMaintenance(app.db, [planned, partly], NOW)
  const healthOf = async (name: string) => (await app.get(`/api/v1/dependencies/${name}`)).body.health
  expect([await healthOf('ledger'), await healthOf('acme-pay')]).toEqual(['maintenance', 'failing'])
  await recordMaintenance(app.db, [{ ...planned, revision: 1, endedAt: minutesAgo(1) }], NOW)
  expect(await healthOf('ledger')).toBe('healthy')
})

describe('one dependency', () => {
  test('shows modes, callers, operations and what the numbers are of', async () => {
    const { body } = await app.get('/api/v1/dependencies/acme-pay')
    expect(body).toMatchObject({
      name: 'acme-pay',
      kind: 'http',
      owner: 'provider',
      health: 'failing',
      score: 0,
      calls: { total: 45, failed: 20 },
      callers: [
        { service: 'checkout', total: 40, failed: 20 },
        { service: 'billing', total: 5, failed: 0 },
      ],
      operations: [
        { operation: 'POST /charges', total: 35, failed: 10 },
        { operation: 'GET /balance', total: 10, failed: 10 },
      ],
      freshness: { watermark: NOW.toISOString(), coverage: 1 },
    })
    expect(Date.parse(body.window.to) - Date.parse(body.window.from)).toBe(10 * MINUTE_MS)
    const lastMinute = Math.floor(minutesAgo(2).getTime() / MINUTE_MS) * MINUTE_MS
    expect(body.freshness.lastEventAt).toBe(new Date(lastMinute).toISOString())
  })

  test('tells since when it fails', async () => {
    const { body } = await app.get('/api/v1/dependencies/acme-pay')
    const since = new Date(Math.floor(minutesAgo(4).getTime() / MINUTE_MS) * MINUTE_MS).toISOString()
    expect(body.modes).toMatchObject([
      { id: 'F3', mode: 'timeout', since, share: 20 / 45, evidence: { n: 45, bad: 20, baselineShare: 0 } },
    ])
  })

  test('that was not called lately is unknown, with the last time it was', async () => {
    const { body } = await app.get('/api/v1/dependencies/fax')
    expect(body).toMatchObject({ health: 'unknown', score: null, calls: { total: 0, failed: 0 }, callers: [] })
    expect(body.freshness.lastEventAt).not.toBeNull()
  })

  test('that was not called within a day is unknown, with who called it last; after thirty days it is forgotten', async () => {
    const { body } = await app.get('/api/v1/dependencies/telex')
    expect(body).toMatchObject({ health: 'unknown', callers: [{ service: 'reports', total: 0 }] })
    expect((await app.get('/api/v1/dependencies/telegraph')).status).toBe(404)
  })

  test('that does not exist is missed with names that look alike', async () => {
    const { status, body } = await app.get('/api/v1/dependencies/acme')
    expect(status).toBe(404)
    expect(body.nearMisses).toEqual(['acme-pay'])
  })

  test('may have a name with slashes and spaces', async () => {
    await seedCalls(app.db, [{ ago: 3, count: 6, dependency: 'postgresql/shop db' }])
    const { body } = await app.get(`/api/v1/dependencies/${encodeURIComponent('postgresql/shop db')}`)
    expect(body).toMatchObject({ name: 'postgresql/shop db', health: 'healthy' })
  })
})

test('on stale data no dependency is called healthy or failing', async () => {
  await using late = await seededApp()
  await seedTelemetry(late.db, { lagMs: 10 * MINUTE_MS })
  await seedCalls(late.db, [{ ago: 12, count: 50, outcome: 'timeout' }])
  const { body } = await late.get('/api/v1/dependencies/acme-pay')
  expect(body).toMatchObject({ health: 'unknown', score: null, calls: { total: 50, failed: 50 } })
})

describe('since when a failure runs', () => {
  const bad = (ago: number, calls = 5) => ({ minute: minutesAgo(ago), outcome: 'timeout' as const, calls })
  const good = (ago: number, calls = 5) => ({ minute: minutesAgo(ago), outcome: 'ok' as const, calls })

  test.each([
    ['one minute', [bad(3)], 3],
    ['minutes in a row', [bad(5), bad(4), bad(3)], 5],
    ['a short pause', [bad(9), good(5), bad(3)], 9],
    ['a long pause ends the run before it', [bad(60), bad(50), bad(3)], 3],
    ['a minute in which hardly any failed', [bad(9, 1), good(9, 999), bad(3)], 3],
    ['other outcomes only', [good(3)], null],
    ['nothing', [], null],
  ])('%s', (_, minutes, ago) => {
    expect(runningSince(minutes, 'timeout', 0.01)).toEqual(ago === null ? null : minutesAgo(ago))
  })
})

describe('a name that stands for many', () => {
  test.each(['_overflow', '_addresses', 'redis/_addresses'])('%s says what it is and what to do', async (name) => {
    await using other = await seededApp()
    await seedTelemetry(other.db)
    await seedCalls(other.db, [{ ago: 2, count: 20, dependency: name }])
    const { body } = await other.get(`/api/v1/dependencies/${encodeURIComponent(name)}`)
    expect(body.note).toMatch(/calls\.aliases/)
  })

  test('operations beyond the cap are explained at their dependency', async () => {
    await using other = await seededApp()
    await seedTelemetry(other.db)
    await seedCalls(other.db, [
      { ago: 2, count: 20, operation: '_overflow' },
      { ago: 2, count: 20, dependency: 'ledger' },
    ])
    const { body } = await other.get('/api/v1/dependencies')
    const notes = body.items.map(({ name, note }: { name: string; note: string | null }) => [name, note])
    expect(notes).toContainEqual(['acme-pay', expect.stringMatching(/calls\.pathTemplates/)])
    expect(notes).toContainEqual(['ledger', null])
  })
})

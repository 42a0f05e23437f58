import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SloStatus } from '../../slo/status.ts'
import { recordBudgetReset } from '../../storage/budget-resets.ts'
import { recordMaintenance } from '../../storage/maintenance-windows.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { seededApp } from '../api/seeded-app.ts'
import { KINDS, seedKinds } from './kinds.ts'
import { ISO_ROWS, nowRowOf } from './now-row.ts'
import { evaluate, MINUTE, storeHeartbeats } from './seed.ts'

/** Whole seconds: the clock of the API stands still, that of the views does not. */
const NOW = new Date(Math.floor(Date.now() / 1_000) * 1_000)
let clock = NOW
let api: Awaited<ReturnType<typeof seededApp>>

beforeAll(async () => {
  api = await seededApp({ clock: () => clock })
  await seedKinds(api.db, NOW)
})
afterAll(() => api?.[Symbol.asyncDispose]())

async function statuses(): Promise<SloStatus[]> {
  const { status, text, body } = await api.get('/api/v1/slos?limit=1000')
  expect(status, text).toBe(200)
  return body.items
}

async function rows(view: string): Promise<Record<string, unknown>[]> {
  const result = await api.db.query({
    query: `SELECT * FROM ${view}`,
    format: 'JSONEachRow',
    clickhouse_settings: ISO_ROWS,
  })
  return result.json<Record<string, unknown>>()
}

test('what was evaluated is what reading it again says, for every kind of SLO', async () => {
  const live = await statuses()
  await evaluate(api.db, NOW)
  const stored = await statuses()
  expect(stored).toEqual(live)
  expect(stored.map(({ name }) => name).sort()).toEqual(KINDS.map(({ slo }) => slo.name).sort())
  for (const { slo, isEmpty = false, hasNoSli = false } of KINDS) {
    const status = stored.find(({ name }) => name === slo.name)!
    expect(status.sli === null, slo.name).toBe(isEmpty || hasNoSli)
  }
})

test.each(KINDS)('$slo.name: v_slo_now says what the API says', async ({ slo }) => {
  const status = (await statuses()).find(({ name }) => name === slo.name)!
  const row = (await rows('v_slo_now')).find((one) => one.slo === slo.name)
  expect(row).toMatchObject(nowRowOf(status))
})

test('v_slo_minutes ends with the burn and the budget the API tells', async () => {
  const minutes = await rows('v_slo_minutes')
  const near = (a: unknown, b: number | null | undefined) =>
    b === null ? expect(a).toBeNull() : expect(Math.fround(b!)).toBe(Math.fround(Number(a)))
  for (const status of await statuses()) {
    const row = minutes.find(({ slo }) => slo === status.name)
    near(row?.burn_5m, status.burnRates['5m'])
    near(row?.burn_1h, status.burnRates['1h'])
    near(row?.burn_6h, status.burnRates['6h'])
    near(row?.burn_3d, status.burnRates['3d'])
    near(row?.remaining, status.budget.remaining)
  }
})

test('v_slo_alerts tells what fires, of whichever incident an SLO is a member', async () => {
  const [first, second] = KINDS.map(({ slo }) => slo.name)
  const member = (slo: string, severity: string, ago: number, endedAt: string | null) => ({
    slo,
    severity,
    startedAt: new Date(NOW.getTime() - ago * MINUTE).toISOString(),
    endedAt,
  })
  const incident = (id: string, members: object[], startedAgo: number) => ({
    id,
    state: 'open',
    severity: 'page',
    slo: first,
    service: 'checkout',
    started_at: new Date(NOW.getTime() - startedAgo * MINUTE).toISOString(),
    resolved_at: null,
    title: 'acme-pay times out',
    root_cause: '',
    details: 'null',
    members: JSON.stringify(members),
    updated_at: NOW.toISOString(),
    revision: 1,
  })
  await api.db.insert({
    table: 'incidents',
    format: 'JSONEachRow',
    values: [
      incident(
        'inc_many',
        [member(first!, 'ticket', 9, null), member(second!, 'page', 8, null), member('', 'page', 8, null)],
        9,
      ),
      incident('inc_other', [member(first!, 'page', 3, NOW.toISOString()), member(second!, 'page', 5, null)], 5),
    ],
  })
  const firing = (await statuses()).filter(({ alert }) => alert !== null)
  const seen = await rows('v_slo_now')
  expect(firing.map(({ name, alert }) => [name, alert?.severity, alert?.incident]).sort()).toEqual(
    [
      [first, 'ticket', 'inc_many'],
      [second, 'page', 'inc_many'],
    ].sort(),
  )
  for (const { name, alert, status } of firing) {
    const row = seen.find(({ slo }) => slo === name)
    expect(row).toMatchObject({
      status,
      alert_severity: alert?.severity,
      alert_since: alert?.since,
      incident: alert?.incident,
    })
  }
  expect(seen.filter(({ incident }) => incident !== '')).toHaveLength(2)
})

test('a changed definition, a reset and a changed exclusion are told before the next evaluation', async () => {
  const { slo } = KINDS[0]!
  const one = async (): Promise<SloStatus> => (await api.get(`/api/v1/slos/${slo.name}`)).body
  const before = await one()
  const stricter = { ...slo, objective: { ...slo.objective, targetPpm: 999_900, budgetPpm: 100 } }
  const change = { name: slo.name, state: 'active' as const, slo: stricter, problems: [], source: 'api' }
  await recordDefinitions(api.db, [change], NOW)
  const after = await one()
  expect(after.objective?.targetPpm).toBe(999_900)
  expect(after.budget.consumed).toBeCloseTo(before.budget.consumed! * 10, 9)
  expect((await rows('v_slo_now')).find((row) => row.slo === slo.name)).toMatchObject({ status: 'no_data', sli: null })

  const later = new Date(NOW.getTime() + 1_000)
  await evaluate(api.db, later)
  const at = new Date(NOW.getTime() - 2 * MINUTE)
  await recordBudgetReset(
    api.db,
    { id: 'r2', slo: slo.name, at, reason: 'agreed', by: 'ada' },
    new Date(later.getTime() + 1),
  )
  expect((await one()).budget.resets).toHaveLength(1)

  await evaluate(api.db, new Date(later.getTime() + 2))
  const window = {
    id: 'm2',
    revision: 1,
    revoked: false,
    source: 'api',
    scope: { services: [], slos: [slo.name], dependencies: [], environments: [] },
    schedule: { from: new Date(NOW.getTime() - 90 * MINUTE), to: new Date(NOW.getTime() - 60 * MINUTE) },
    suppress: false,
    excludeFromBudget: true,
    reason: 'move',
    createdBy: 'ada',
    createdAt: NOW,
    endedAt: null,
    reviewAt: null,
  }
  await recordMaintenance(api.db, [window], new Date(later.getTime() + 3))
  expect((await one()).exclusions).toHaveLength(1)
})

test('while nothing evaluates, what was evaluated stays, with its watermark, and is frozen when that is old', async () => {
  const { slo } = KINDS.find((kind) => kind.slo.name === 'pooled')!
  await evaluate(api.db, new Date(NOW.getTime() + 5_000))
  const one = async (): Promise<SloStatus> => (await api.get(`/api/v1/slos/${slo.name}`)).body
  const before = await one()
  clock = new Date(NOW.getTime() + 4 * MINUTE)
  await storeHeartbeats(api.db, clock.getTime(), 3)
  const after = await one()
  expect([before.status, after.status]).toEqual(['exhausted', 'frozen'])
  expect(after.freshness).toEqual(before.freshness)
  expect(after.counts).toEqual(before.counts)
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAudit } from '../../storage/audit-log.ts'
import { readMaintenance } from '../../storage/maintenance-windows.ts'
import { MINUTE_MS, NOW, seededApp } from './seeded-app.ts'

const HOUR_MS = 60 * MINUTE_MS
const inHours = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MS).toISOString()
const ONCE = {
  scope: { services: ['checkout'] },
  schedule: { from: inHours(-1), to: inHours(1) },
  reason: 'database upgrade',
  createdBy: 'ada',
}
const NIGHTLY = {
  ...ONCE,
  schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin', duration: '1h' },
  reviewAt: inHours(24 * 60),
}

let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  app = await seededApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const send = (method: string, path: string, body?: unknown) =>
  app.get(path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
const create = (window: unknown) => send('POST', '/api/v1/maintenance-windows', window)

describe('a maintenance window', () => {
  test('is made, says what is next, ends, and every change of it is kept', async () => {
    const made = await create(ONCE)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      state: 'active',
      scope: { services: ['checkout'], slos: [], dependencies: [], environments: [] },
      next: [ONCE.schedule],
      suppress: true,
      excludeFromBudget: false,
      reason: 'database upgrade',
      createdBy: 'ada',
      endedAt: null,
      warnings: [],
    })
    const { id } = made.body
    expect((await app.get(`/api/v1/maintenance-windows/${id}`)).body).toEqual(made.body)
    expect((await app.get('/api/v1/maintenance-windows')).body.items).toEqual([made.body])

    const ended = await send('DELETE', `/api/v1/maintenance-windows/${id}`)
    expect(ended.body).toMatchObject({ state: 'over', next: [], endedAt: NOW.toISOString() })
    expect((await app.get('/api/v1/maintenance-windows')).body.items).toEqual([])
    expect((await app.get('/api/v1/maintenance-windows?over=true')).body.items).toEqual([ended.body])
    const audit = await readAudit(app.db, { target: id })
    expect(audit.map(({ action }) => action).sort()).toEqual(['maintenance.create', 'maintenance.end'])
  })

  test('that recurs says its next five nights', async () => {
    const { body } = await create(NIGHTLY)
    expect(body.state).toBe('planned')
    expect(body.next).toHaveLength(5)
    expect(body.schedule).toEqual({ cron: '30 2 * * *', timeZone: 'Europe/Berlin', durationMinutes: 60 })
  })

  test('by rule', async () => {
    const day = NOW.toISOString().slice(0, 10).replaceAll('-', '')
    const rrule = `DTSTART;TZID=America/New_York:${day}T220000\nRRULE:FREQ=DAILY;COUNT=3`
    const { status, body } = await create({ ...ONCE, schedule: { rrule, duration: '30m' } })
    expect(status).toBe(201)
    expect(body.next).toHaveLength(3)
  })

  test('that an author may not expect to recur so often says so', async () => {
    const { body } = await create({ ...NIGHTLY, schedule: { ...NIGHTLY.schedule, cron: '30 2 13 * 5' } })
    expect(body.warnings).toHaveLength(1)
  })

  test('may be left out of the budget afterwards, for a reason', async () => {
    const past = { from: inHours(-49), to: inHours(-48) }
    const { status, body } = await create({ ...ONCE, schedule: past, excludeFromBudget: true })
    expect([status, body.state]).toEqual([201, 'over'])
  })

  test('that was a mistake is taken back, also for budgets', async () => {
    const { id } = (await create(ONCE)).body
    await send('DELETE', `/api/v1/maintenance-windows/${id}?revoke=true`)
    expect((await readMaintenance(app.db)).map((window) => window.id)).not.toContain(id)
    expect((await app.get(`/api/v1/maintenance-windows/${id}`)).status).toBe(404)
  })
})

describe('a maintenance window is refused', () => {
  const rows: [string, unknown, string][] = [
    ['without scope', { ...ONCE, scope: {} }, 'scope is empty'],
    ['with quotes in a name', { ...ONCE, scope: { services: ["'checkout'"] } }, 'begins with a quotation mark'],
    ['without a word about scope', { ...ONCE, scope: undefined }, 'say what it is about'],
    [
      'every minute of the year, which would keep every evaluation waiting',
      { ...NIGHTLY, schedule: { cron: '* * * * *', timeZone: 'UTC', duration: '1m' } },
      'starts more than 24 times a day',
    ],
    ['without reason for leaving it out of the budget', { ...ONCE, reason: '', excludeFromBudget: true }, 'reason'],
    [
      'left out of the budget too late',
      { ...ONCE, schedule: { from: inHours(-24 * 8), to: inHours(0) }, excludeFromBudget: true },
      'at most 7 days afterwards',
    ],
    ['that does nothing', { ...ONCE, suppress: false }, 'would do nothing'],
    ['that nobody reviews', { ...NIGHTLY, reviewAt: null }, 'set reviewAt'],
    ['longer than a night apart', { ...NIGHTLY, schedule: { ...NIGHTLY.schedule, duration: '24h' } }, 'less than'],
    ['of a rule that is none', { ...ONCE, schedule: { rrule: 'daily', duration: '1h' } }, 'DTSTART'],
    ['with both kinds of schedule', { ...ONCE, schedule: { ...ONCE.schedule, cron: '* * * * *' } }, 'schedule'],
  ]
  test.each(rows)('%s', async (_, window, detail) => {
    const { status, body } = await create(window)
    expect(status).toBe(400)
    expect(body.detail).toContain(detail)
  })
})

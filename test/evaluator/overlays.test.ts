import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { followOverlays, takeOver } from '../../evaluator/overlays/overlays.ts'
import { type Reminder, remind } from '../../evaluator/overlays/reminders.ts'
import type { Member } from '../../slo/alert/incident.ts'
import { readAudit } from '../../storage/audit-log.ts'
import { recordIncidents } from '../../storage/incidents.ts'
import { readMaintenance, recordMaintenance } from '../../storage/maintenance-windows.ts'
import { readSilences, recordSilences } from '../../storage/silences.ts'
import { incident } from '../api/seeded-app.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const QUIET = pino({ level: 'silent' })
const NOON = new Date('2026-03-02T12:00:00Z')
const DAY_MS = 86_400_000
const day = (days: number) => new Date(NOON.getTime() + days * DAY_MS)
const MEMBER: Member = {
  alert: 'checkout',
  alertname: 'SLOBurnRate',
  slo: 'checkout',
  service: 'checkout',
  dependency: '',
  severity: 'page',
  startedAt: NOON,
  endedAt: null,
  ending: null,
  labels: { service: 'checkout' },
  summary: 'checkout burns',
  details: null,
  mutedBy: null,
  owner: '',
  runbook: '',
  budget: null,
  evidence: null,
}
const SILENCE = {
  id: 's1',
  revision: 0,
  matchers: [{ name: 'service', op: '=', value: 'checkout' } as const],
  startsAt: NOON,
  endsAt: day(20),
  createdBy: 'ada',
  comment: 'upgrade',
  createdAt: NOON,
  source: 'api',
}

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

test('a silence is remembered while it mutes, and its author reminded by the week', async () => {
  const told: string[] = []
  const tell = async (due: readonly Reminder[]) => void told.push(...due.map(({ kind }) => kind))
  await recordSilences(store.db, [SILENCE], NOON)
  const open = incident('inc_1', { members: [MEMBER] })
  await recordIncidents(store.db, [{ incident: open, revision: 1 }], NOON)
  for (const days of [0, 0.1, 1.5, 7, 7.1, 14]) await remind(store.db, QUIET, day(days), tell)
  const over = { ...open, state: 'resolved', resolvedAt: day(15) } as const
  await recordIncidents(store.db, [{ incident: over, revision: 2 }], day(15))
  for (const days of [16, 19, 19.5]) await remind(store.db, QUIET, day(days), tell)

  const entries = (await readAudit(store.db, { target: 's1' })).toReversed()
  expect(entries.map(({ action, at }) => [action, (at.getTime() - NOON.getTime()) / DAY_MS])).toEqual([
    ['silence.mutes', 0],
    ['silence.mutes', 1.5],
    ['silence.mutes', 7],
    ['silence.outlives_week', 7],
    ['silence.mutes', 14],
    ['silence.outlives_week', 14],
  ])
  expect(told).toEqual(['outlives_week', 'outlives_week'])
  expect(entries[3]).toMatchObject({ author: 'plumbline', detail: { text: expect.stringContaining('ada: ') } })
})

test('a maintenance window is reminded of from its review date on, by the week', async () => {
  await using other = await testDatabase()
  const window = {
    id: 'm1',
    revision: 0,
    scope: { services: ['checkout'], slos: [], dependencies: [], environments: [] },
    schedule: { cron: '0 2 * * *', timeZone: 'UTC', durationMinutes: 60 },
    suppress: true,
    excludeFromBudget: false,
    reason: '',
    createdBy: 'ada',
    createdAt: NOON,
    endedAt: null,
    reviewAt: day(100),
    revoked: false,
    source: 'api',
  }
  await recordMaintenance(other.db, [window], NOON)
  const told: string[] = []
  for (const days of [99, 100, 101, 107]) {
    await remind(other.db, QUIET, day(days), async (due) => void told.push(...due.map(({ kind }) => `${kind} ${days}`)))
  }
  expect(told).toEqual(['review_due 100', 'review_due 107'])
})

describe('a file of silences and maintenance', () => {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-overlays-'))
  const path = join(dir, 'overlays.yaml')
  afterAll(() => rmSync(dir, { recursive: true }))
  const text = (services: string[]) =>
    JSON.stringify({
      maintenance: services.map((service) => ({
        name: service,
        scope: { services: [service] },
        schedule: { from: '2026-03-02T12:00:00Z', to: '2026-03-02T13:00:00Z' },
      })),
    })
  const current = async () =>
    (await readMaintenance(store.db)).filter(({ endedAt }) => endedAt === null).map(({ scope }) => scope.services[0])

  test('is read at the start, and again', async () => {
    writeFileSync(path, text(['cart']))
    const overlays = await followOverlays({
      db: store.db,
      log: QUIET,
      file: path,
      clock: () => NOON,
      tell: async () => {},
    })
    await overlays.stop()
    expect(await current()).toEqual(['cart'])
    writeFileSync(path, text(['search']))
    await takeOver({ db: store.db, log: QUIET, clock: () => NOON }, path)
    expect(await current()).toEqual(['search'])
    const audit = await readAudit(store.db, { actions: ['maintenance.file'] })
    expect(audit).toHaveLength(3)
  })

  test('that cannot be read changes nothing', async () => {
    writeFileSync(path, 'maintenance: [')
    await takeOver({ db: store.db, log: QUIET, clock: () => NOON }, path)
    await takeOver({ db: store.db, log: QUIET, clock: () => NOON }, join(dir, 'gone.yaml'))
    expect(await current()).toEqual(['search'])
  })

  test('a silence of an API is not touched', async () => {
    writeFileSync(path, '')
    await takeOver({ db: store.db, log: QUIET, clock: () => NOON }, path)
    expect(await current()).toEqual([])
    expect((await readSilences(store.db, NOON)).map(({ id }) => id)).toEqual(['s1'])
  })
})

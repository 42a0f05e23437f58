import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IncidentAction } from '../../slo/alert/incident-action.ts'
import { readAudit, recordAudit } from '../../storage/audit-log.ts'
import { type Deployment, readDeployments, recordDeployment } from '../../storage/deployments.ts'
import { readIncidentActions, recordIncidentAction } from '../../storage/incident-actions.ts'
import {
  readMaintenance,
  readMaintenanceWindow,
  recordMaintenance,
  type StoredMaintenance,
} from '../../storage/maintenance-windows.ts'
import { readOverlays } from '../../storage/overlays.ts'
import { readSilence, readSilences, recordSilences, type StoredSilence } from '../../storage/silences.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const NOON = new Date('2026-03-02T12:00:00.123Z')
const HOUR_MS = 3_600_000
const at = (hours: number) => new Date(NOON.getTime() + hours * HOUR_MS)

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

const silence = (changed: Partial<StoredSilence> = {}): StoredSilence => ({
  id: 'sil_1',
  revision: 0,
  matchers: [{ name: 'service', op: '=~', value: 'check"out.*' }],
  startsAt: at(0),
  endsAt: at(2),
  createdBy: 'ada',
  comment: 'upgrade — ünïcödé',
  createdAt: at(0),
  source: 'api',
  ...changed,
})

const window = (changed: Partial<StoredMaintenance> = {}): StoredMaintenance => ({
  id: 'mnt_1',
  revision: 0,
  scope: { services: ['checkout'], slos: [], dependencies: ['stripe'], environments: [] },
  schedule: { from: at(0), to: at(1) },
  suppress: true,
  excludeFromBudget: false,
  reason: 'upgrade',
  createdBy: 'ada',
  createdAt: at(-1),
  endedAt: null,
  reviewAt: null,
  revoked: false,
  source: 'api',
  ...changed,
})

describe('silences', () => {
  test('are given back as they were stored, to the millisecond', async () => {
    await recordSilences(store.db, [silence()], at(0))
    expect(await readSilence(store.db, 'sil_1')).toEqual(silence())
  })

  test('are what their highest revision says, whatever arrived last', async () => {
    const ended = silence({ id: 'sil_2', revision: 1, endsAt: at(1) })
    await recordSilences(store.db, [ended], at(1))
    await recordSilences(store.db, [silence({ id: 'sil_2' })], at(1.5))
    expect(await readSilence(store.db, 'sil_2')).toEqual(ended)
  })

  test('that are over are left out', async () => {
    expect((await readSilences(store.db, at(1.5))).map(({ id }) => id)).toEqual(['sil_1'])
    expect((await readSilences(store.db)).map(({ id }) => id)).toEqual(['sil_1', 'sil_2'])
  })

  test('one that never was is null', async () => {
    expect(await readSilence(store.db, 'sil_9')).toBeNull()
    expect(await readSilence(store.db, '')).toBeNull()
  })
})

describe('maintenance windows', () => {
  const rows: [string, StoredMaintenance['schedule']][] = [
    ['one-off', { from: at(0), to: at(1) }],
    ['by rule', { rrule: 'DTSTART;TZID=UTC:20260101T000000\nRRULE:FREQ=DAILY', durationMinutes: 30 }],
    ['by cron', { cron: '0 0 * * *', timeZone: 'Europe/Berlin', durationMinutes: 30 }],
  ]
  test.each(rows)('are given back as they were stored: %s', async (name, schedule) => {
    const recorded = window({ id: `mnt_${name}`, schedule, endedAt: at(3), reviewAt: at(99), excludeFromBudget: true })
    await recordMaintenance(store.db, [recorded], at(0))
    expect(await readMaintenanceWindow(store.db, recorded.id)).toEqual(recorded)
  })

  test('that were taken back never were', async () => {
    await recordMaintenance(store.db, [window({ id: 'mnt_oops' })], at(0))
    await recordMaintenance(store.db, [window({ id: 'mnt_oops', revision: 1, revoked: true })], at(1))
    expect(await readMaintenanceWindow(store.db, 'mnt_oops')).toBeNull()
    expect((await readMaintenance(store.db)).map(({ id }) => id)).not.toContain('mnt_oops')
  })
})

describe('acknowledgements', () => {
  const action = (changed: Partial<IncidentAction>): IncidentAction => ({
    incident: 'inc_1',
    at: at(0),
    action: 'acknowledge',
    author: 'ada',
    text: '',
    until: at(8),
    ...changed,
  })

  test('hold until they end or are taken back; the last one counts', async () => {
    const actions = [
      action({ incident: 'inc_held', at: at(-2), author: 'bob', until: at(9) }),
      action({ incident: 'inc_held', at: at(-1), author: 'ada', until: at(8) }),
      action({ incident: 'inc_held', action: 'comment', text: 'looking', until: null }),
      action({ incident: 'inc_over', at: at(-9), until: at(-1) }),
      action({ incident: 'inc_back', at: at(-2), until: at(6) }),
      action({ incident: 'inc_back', at: at(-1), action: 'unacknowledge', until: null }),
    ]
    for (const each of actions) await recordIncidentAction(store.db, each)
    const { acknowledgements } = await readOverlays(store.db, NOON)
    expect(acknowledgements).toEqual([{ incident: 'inc_held', by: 'ada', at: at(-1), until: at(8) }])
  })

  test('everything about one incident is kept in order', async () => {
    const actions = await readIncidentActions(store.db, 'inc_held')
    expect(actions.map(({ author, action, text }) => [author, action, text])).toEqual([
      ['bob', 'acknowledge', ''],
      ['ada', 'acknowledge', ''],
      ['ada', 'comment', 'looking'],
    ])
  })
})

describe('deployments', () => {
  const deployment = (changed: Partial<Deployment> = {}): Deployment => ({
    id: 'dep_1',
    service: 'checkout',
    env: 'prod',
    version: '1.5.0',
    previousVersion: '1.4.2',
    status: 'started',
    at: at(0),
    commit: '9fceb02',
    url: 'https://ci.example/runs/42',
    author: 'ci',
    source: 'api',
    ...changed,
  })

  test('are what was reported last', async () => {
    await recordDeployment(store.db, deployment(), at(0))
    await recordDeployment(store.db, deployment({ status: 'succeeded' }), at(0.1))
    await recordDeployment(store.db, deployment({ id: 'dep_2', service: 'cart', at: at(1) }), at(1))
    const all = await readDeployments(store.db, { from: at(-1), to: at(2) })
    expect(all).toEqual([deployment({ id: 'dep_2', service: 'cart', at: at(1) }), deployment({ status: 'succeeded' })])
  })

  test('of some services in some time', async () => {
    expect(await readDeployments(store.db, { from: at(-1), to: at(2), services: ['cart'] })).toHaveLength(1)
    expect(await readDeployments(store.db, { from: at(-1), to: at(2), env: 'staging' })).toEqual([])
    expect(await readDeployments(store.db, { from: at(-1), to: at(0) })).toEqual([])
  })
})

test('the audit log keeps who changed what, the newest first', async () => {
  const entry = { author: 'ada', token: 'ops', action: 'silence.create', target: 'sil_1', detail: { endsAt: 'x' } }
  await recordAudit(store.db, [
    { ...entry, at: at(0) },
    { ...entry, at: at(1), action: 'silence.expire' },
    { ...entry, at: at(2), target: 'sil_2' },
  ])
  expect((await readAudit(store.db, { target: 'sil_1' })).map(({ action }) => action)).toEqual([
    'silence.expire',
    'silence.create',
  ])
  expect(await readAudit(store.db, { since: at(2) })).toEqual([{ ...entry, at: at(2), target: 'sil_2' }])
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApi } from '../../api/main.ts'
import { loadConfig } from '../../runtime/config.ts'
import type { Member } from '../../slo/alert/incident.ts'
import { labelFingerprint } from '../../slo/fnv1a.ts'
import { recordIncidents } from '../../storage/incidents.ts'
import { recordMaintenance } from '../../storage/maintenance-windows.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { incident } from './seeded-app.ts'

const HOUR_MS = 3_600_000
const run = promisify(execFile)

let store: TestDatabase
let api: Awaited<ReturnType<typeof startApi>>

const LABELS = { alertname: 'SLOBurnRate', service: 'checkout', slo: 'checkout-availability', env: 'prod' }
const member = (changed: Partial<Member> = {}): Member => ({
  alert: 'checkout-availability',
  alertname: 'SLOBurnRate',
  slo: 'checkout-availability',
  service: 'checkout',
  dependency: '',
  severity: 'page',
  startedAt: new Date('2026-01-01T00:00:00Z'),
  endedAt: null,
  ending: null,
  labels: LABELS,
  summary: 'checkout-availability burns 16.7x',
  details: null,
  mutedBy: null,
  owner: '',
  runbook: '',
  budget: null,
  evidence: null,
  ...changed,
})

beforeAll(async () => {
  store = await testDatabase()
  const config = loadConfig({ path: undefined, env: {}, overrides: { ports: { api: 0 } } })
  const log = pino({ level: 'silent' })
  api = await startApi({ config, db: store.db, log, metrics: new Registry() })
  const cart = { slo: 'cart-latency', service: 'cart', severity: 'ticket' } as const
  const members = [
    member(),
    member({ ...cart, alert: 'cart-latency', labels: { ...LABELS, slo: 'cart-latency', service: 'cart' } }),
    member({ alert: 'checkout-availability#budget50' }),
    member({ alert: 'over', endedAt: new Date('2026-01-01T00:10:00Z'), labels: { ...LABELS, slo: 'over' } }),
  ]
  await recordIncidents(store.db, [{ incident: incident('inc_1', { members }), revision: 1 }], new Date())
})
afterAll(async () => {
  await api.stop()
  await store[Symbol.asyncDispose]()
})

const amtool = async (...args: string[]) =>
  (await run('/usr/bin/amtool', [`--alertmanager.url=${api.api}`, ...args], { env: { HOME: '/nonexistent' } })).stdout

interface Alert {
  labels: Record<string, string>
  fingerprint: string
  status: { state: string; silencedBy: string[]; mutedBy: string[] }
}
const alerts = async (...args: string[]) =>
  (JSON.parse(await amtool('-o', 'json', 'alert', 'query', ...args)) as Alert[]).sort((a, b) =>
    String(a.labels.slo).localeCompare(String(b.labels.slo)),
  )

describe('amtool', () => {
  test('shows alerts that fire, with the identity Alertmanager gives them', async () => {
    const found = await alerts()
    expect(found.map(({ labels }) => [labels.slo, labels.severity])).toEqual([
      ['cart-latency', 'ticket'],
      ['checkout-availability', 'page'],
    ])
    const [, page] = found
    expect(page?.labels.root_cause).toBe('dependency:acme-pay/timeout')
    expect(page?.fingerprint).toBe(labelFingerprint(page?.labels ?? {}))
    expect(page?.status).toMatchObject({ state: 'active', silencedBy: [] })
  })

  test('shows alerts with the same labels once, as Alertmanager knows them by their labels', async () => {
    const prints = (await alerts()).map(({ fingerprint }) => fingerprint)
    expect(new Set(prints).size).toBe(prints.length)
  })

  test('filters them', async () => {
    expect(await alerts('service=~check.*')).toHaveLength(1)
    expect(await alerts('service=search')).toEqual([])
  })

  test('prints them for people', async () => {
    expect(await amtool('alert', 'query')).toContain('checkout-availability burns 16.7x')
  })

  test('adds a silence, shows it and what it mutes, changes it and ends it', async () => {
    const made = await amtool(
      'silence',
      'add',
      '--author=ada',
      '--duration=2h',
      '--comment=upgrade',
      'service=checkout',
    )
    const id = made.trim()
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    const silences = JSON.parse(await amtool('-o', 'json', 'silence', 'query'))
    expect(silences).toMatchObject([
      {
        id,
        createdBy: 'ada',
        comment: 'upgrade',
        status: { state: 'active' },
        matchers: [{ name: 'service', value: 'checkout', isRegex: false, isEqual: true }],
      },
    ])
    expect((await alerts()).map(({ labels }) => labels.slo)).toEqual(['cart-latency'])
    expect(await alerts('--silenced')).toMatchObject([{ status: { state: 'suppressed', silencedBy: [id] } }])

    await amtool('silence', 'update', '--duration=4h', id)
    const [longer] = JSON.parse(await amtool('-o', 'json', 'silence', 'query'))
    expect(longer.id).toBe(id)
    expect(Date.parse(longer.endsAt) - Date.parse(silences[0].endsAt)).toBeGreaterThan(HOUR_MS)

    await amtool('silence', 'expire', id)
    expect(JSON.parse(await amtool('-o', 'json', 'silence', 'query'))).toEqual([])
    expect(JSON.parse(await amtool('-o', 'json', 'silence', 'query', '--expired'))).toMatchObject([{ id }])
    expect(await alerts()).toHaveLength(2)
  })

  test('is told why a silence is refused', async () => {
    await expect(amtool('silence', 'add', '--author=ada', '--comment=x', 'service=~.*')).rejects.toThrow()
  })

  test('shows what planned work keeps from being told as suppressed', async () => {
    const now = new Date()
    const window = {
      id: 'mnt_1',
      revision: 0,
      scope: { services: ['cart'], slos: [], dependencies: [], environments: [] },
      schedule: { from: new Date(now.getTime() - HOUR_MS), to: new Date(now.getTime() + HOUR_MS) },
      suppress: true,
      excludeFromBudget: false,
      reason: 'upgrade',
      createdBy: 'ada',
      createdAt: now,
      endedAt: null,
      reviewAt: null,
      revoked: false,
      source: 'api',
    }
    await recordMaintenance(store.db, [window], now)
    expect((await alerts()).map(({ labels }) => labels.slo)).toEqual(['checkout-availability'])
    const body = (await (await fetch(`${api.api}/api/v2/alerts?active=false`)).json()) as Alert[]
    expect(body).toMatchObject([{ labels: { slo: 'cart-latency' }, status: { mutedBy: ['mnt_1'] } }])
  })
})

describe('the API v2', () => {
  const post = async (body: unknown) => {
    const response = await fetch(`${api.api}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as { silenceID: string; detail: string } }
  }
  const silence = (matchers: unknown) => ({
    matchers,
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + HOUR_MS).toISOString(),
    createdBy: 'ada',
    comment: 'upgrade',
  })

  test('takes a matcher without isEqual as equal', async () => {
    const { status, body } = await post(silence([{ name: 'service', value: 'cart', isRegex: false }]))
    expect(status).toBe(200)
    const kept = (await (await fetch(`${api.api}/api/v2/silence/${body.silenceID}`)).json()) as Record<string, unknown>
    expect(kept).toMatchObject({ matchers: [{ isEqual: true }], status: { state: 'active' } })
  })

  test('other matchers make a new silence and end the old one', async () => {
    const first = await post(silence([{ name: 'service', value: 'cart', isRegex: false }]))
    const id = first.body.silenceID
    const second = await post({ ...silence([{ name: 'service', value: 'search', isRegex: false }]), id })
    expect(second.body.silenceID).not.toBe(id)
    const old = (await (await fetch(`${api.api}/api/v2/silence/${id}`)).json()) as Record<string, unknown>
    expect(old).toMatchObject({ status: { state: 'expired' } })
  })

  test('an unknown silence is not found', async () => {
    const body = silence([{ name: 'service', value: 'cart', isRegex: false }])
    expect((await post({ ...body, id: 'nobody' })).status).toBe(404)
    expect((await fetch(`${api.api}/api/v2/silence/nobody`)).status).toBe(404)
  })

  test('says who it is', async () => {
    const body = (await (await fetch(`${api.api}/api/v2/status`)).json()) as Record<string, unknown>
    expect(body).toMatchObject({ cluster: { status: 'disabled' } })
  })
})

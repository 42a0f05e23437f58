import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SloStatus } from '../../slo/status.ts'
import { eventually, type Running, start, workplace } from './plumbline.ts'
import { startReceiver } from './receiver.ts'
import { startService } from './service.ts'

const MINUTE = 60_000

/** 95 % over 7 d: the 6h/30m page tier fires above 5.6 × 5 % = 28 % errors, which is quick to reach and to leave. */
const SLO = `
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-pays
  displayName: Checkout can charge cards
  annotations: { plumbline.dev/owner: payments-oncall, plumbline.dev/runbook: "https://runbooks.example/acme-pay" }
spec:
  service: checkout
  indicator:
    metadata: { name: acme-pay-answers }
    spec:
      ratioMetric:
        bad: { metricSource: { type: plumbline, spec: { source: calls, service: checkout, direction: outbound, outcome: [server_error, timeout, connection, schema] } } }
        total: { metricSource: { type: plumbline, spec: { source: calls, service: checkout, direction: outbound } } }
  timeWindow: [{ duration: 7d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: answers, target: 0.95 }]
`

const HISTORY_MINUTES = 60
const HISTORY_PER_MINUTE = 10
const HISTORY = HISTORY_MINUTES * HISTORY_PER_MINUTE
/** The fewest failures after which bad / (history + bad) exceeds 28 %. */
const PREDICTED_BAD = Math.floor((HISTORY * 0.28) / 0.72) + 1

let receiver: Awaited<ReturnType<typeof startReceiver>>
let place: ReturnType<typeof workplace>
let plumbline: Running

beforeAll(async () => {
  receiver = await startReceiver()
  place = workplace(
    {
      ...receiver.config,
      evaluation: { interval: '1s' },
      // Only what burns: an hour of history makes a small budget.
      alerting: {
        keepFiring: { page: '2s', ticket: '2s' },
        kinds: { budgetSpent: false, exhaustion: false, failureModes: false },
      },
    },
    { 'checkout.yaml': SLO },
  )
  plumbline = await start(place.configPath)
})

afterAll(async () => {
  await plumbline?.stop()
  await receiver?.[Symbol.asyncDispose]()
  place?.[Symbol.dispose]()
})

const status = () => plumbline.get<SloStatus & { name: string }>('/api/v1/slos/checkout-pays')

test('a dependency fails: one page names it, and the resolve follows recovery', { timeout: 240_000 }, async () => {
  const checkout = startService('checkout', plumbline.otlpHttp, 'protobuf')
  const accounts = startService('accounts', plumbline.otlpHttp, 'json')
  const began = Date.now()

  // An hour of healthy traffic, to two dependencies, by two services in two encodings.
  for (let minute = HISTORY_MINUTES; minute > 0; minute--) {
    for (let n = 0; n < HISTORY_PER_MINUTE; n++) {
      const at = began - minute * MINUTE + n * 1_000
      checkout.call({ dependency: n % 2 === 0 ? 'acme-pay.example' : 'acme-ship.example', status: 200, at })
      accounts.call({ dependency: 'acme-id.example', status: n === 0 ? 503 : 200, at })
    }
  }
  await Promise.all([checkout.flush(), accounts.flush()])
  const healthy = await eventually('the history is measured', async () => {
    const now = await status()
    return now.counts.total === HISTORY && now
  })
  expect(healthy).toMatchObject({ status: 'ok', sli: 1, alert: null, counts: { good: HISTORY, total: HISTORY } })

  // acme-pay fails completely; the others stay well.
  const failing = new Set<string>()
  const firing = await eventually('the page', async () => {
    for (let n = 0; n < 5; n++)
      failing.add(checkout.call({ dependency: 'acme-pay.example', status: 503, at: Date.now() - 50 }))
    accounts.call({ dependency: 'acme-id.example', status: 200, at: Date.now() - 50 })
    await checkout.flush()
    return receiver.messages[0]
  })
  const { body, headers } = firing
  expect(body).toMatchObject({
    version: '4',
    receiver: 'oncall',
    status: 'firing',
    commonLabels: { alertname: 'SLOBurnRate', slo: 'checkout-pays', service: 'checkout', severity: 'page' },
  })
  expect(headers['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/)
  const { counts, burn, incident_id: incident } = body.plumbline
  const bad = counts.total - counts.good
  expect(bad).toBeGreaterThanOrEqual(PREDICTED_BAD)
  expect(counts.total).toBe(HISTORY + bad)
  expect(burn).toBe((bad * 1_000_000) / (counts.total * 50_000))
  const annotations = body.alerts[0].annotations
  expect(annotations.summary).toContain('acme-pay.example')
  expect(annotations.runbook_url).toBe('https://runbooks.example/acme-pay')
  const traces: string[] = annotations.trace_ids.split(',')
  expect(traces).toHaveLength(3)
  for (const id of traces) expect(failing).toContain(id.trim())

  const open = await plumbline.get<{
    items: { id: string; state: string; details: { suspect: { dependency: string } } }[]
  }>('/api/v1/incidents?state=open')
  expect(open.items).toHaveLength(1)
  expect(open.items[0]).toMatchObject({
    id: incident,
    details: { suspect: { dependency: 'acme-pay.example', outcome: 'server_error' } },
  })
  expect(await status()).toMatchObject({ status: 'critical', alert: { severity: 'page', incident } })
  const dependencies = await plumbline.get<{ items: { name: string; health: string }[] }>('/api/v1/dependencies')
  expect(dependencies.items.find(({ name }) => name === 'acme-pay.example')?.health).toBe('failing')

  // It recovers, with the traffic that waited: the share of failures falls below every tier.
  for (let n = 0; n < failing.size * 30; n++) {
    checkout.call({ dependency: 'acme-pay.example', status: 200, at: Date.now() - 50 })
    if (n % 4_000 === 0) await checkout.flush()
  }
  await checkout.flush()
  const resolved = await eventually('the resolve', () => receiver.messages[1])
  expect(resolved.body).toMatchObject({
    status: 'resolved',
    plumbline: { incident_id: incident, type: 'incident.resolved' },
  })
  expect(resolved.body.plumbline.sequence).toBeGreaterThan(body.plumbline.sequence)
  expect(resolved.body.alerts[0].fingerprint).toBe(body.alerts[0].fingerprint)

  await eventually(
    'the incident is closed',
    async () => (await plumbline.get<{ items: unknown[] }>('/api/v1/incidents?state=open')).items.length === 0,
  )
  expect(receiver.messages.map(({ body: { status } }) => status)).toEqual(['firing', 'resolved'])
  expect(receiver.unsigned).toEqual([])
  await Promise.all([checkout.stop(), accounts.stop()])
})

test('a bad SLO file is refused by name, line and reason while the last good version stays in force', {
  timeout: 60_000,
}, async () => {
  place.writeSlo('checkout.yaml', SLO.replace('target: 0.95', 'target: 1.5'))
  const refused = await eventually('the refusal is told', async () => {
    const now = await plumbline.get<{
      problems: { severity: string; file: string; line: number; path: string }[]
      objective: { target: number }
    }>('/api/v1/slos/checkout-pays')
    return now.problems.some(({ severity }) => severity === 'error') && now
  })
  expect(refused.objective.target).toBe(0.95)
  expect(refused.problems[0]).toMatchObject({ line: 18, path: 'spec.objectives[0].target' })
  expect(refused.problems[0]?.file).toContain('checkout.yaml')

  place.writeSlo('checkout.yaml', SLO.replace('target: 0.95', 'target: 0.9'))
  await eventually('the mended file is taken', async () => {
    const now = await plumbline.get<{ problems: { severity: string }[]; objective: { target: number } }>(
      '/api/v1/slos/checkout-pays',
    )
    return !now.problems.some(({ severity }) => severity === 'error') && now.objective.target === 0.9
  })
})

test('SIGTERM stops every process with exit code 0', { timeout: 30_000 }, async () => {
  expect(await plumbline.stop()).toBe(0)
  await expect(fetch(`${plumbline.otlpHttp}/healthz`)).rejects.toThrow()
  await expect(fetch(`${plumbline.clickhouse}/ping`)).rejects.toThrow()
})

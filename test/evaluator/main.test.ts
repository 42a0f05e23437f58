import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { startEvaluator } from '../../evaluator/main.ts'
import { configSchema } from '../../runtime/config-schema.ts'
import { callRow, storeCalls, storeHeartbeat } from '../storage/calls.ts'
import { testDatabase } from '../support/database.ts'
import { MINUTE_MS, QUIET, SECRET } from './evaluation.ts'
import { startReceiver } from './receiver.ts'

const SLO = `
apiVersion: openslo/v1
kind: SLO
metadata: { name: pay, annotations: { plumbline.dev/owner: payments } }
spec:
  service: checkout
  indicator:
    metadata: { name: pay-answers }
    spec:
      ratioMetric:
        bad: { metricSource: { type: plumbline, spec: { source: calls, service: checkout, direction: outbound, outcome: timeout } } }
        total: { metricSource: { type: plumbline, spec: { source: calls, service: checkout, direction: outbound } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: answers, target: 0.999 }]
`

describe('the evaluator', () => {
  it('reads SLO files, pages about an outage as it happens, counts what it does, and stops', {
    timeout: 120_000,
  }, async () => {
    await using store = await testDatabase()
    await using receiver = await startReceiver()
    const sloDir = await mkdtemp(join(tmpdir(), 'plumbline-slos-'))
    await writeFile(join(sloDir, 'pay.yaml'), SLO)
    const now = Date.now()
    const calls = (ts: number, outcome: string) =>
      Array.from({ length: 500 }, () => callRow({ service: 'checkout', dependency: 'acme-pay', ts, outcome, env: '' }))
    await storeCalls(
      store.db,
      [...calls(now - 20 * MINUTE_MS, 'ok'), ...calls(now - 20 * MINUTE_MS, 'timeout')],
      'past',
    )
    await storeCalls(store.db, calls(now - 1_000, 'timeout'), 'now')
    for (let minute = 20; minute >= 0; minute--) await storeHeartbeat(store.db, now - minute * MINUTE_MS)

    const metrics = new Registry()
    const config = configSchema.parse({
      sloDir,
      evaluation: { interval: '1s' },
      publicUrl: 'https://plumbline.example',
      egress: { allow: ['127.0.0.0/8'], insecureHttp: true },
      endpoints: [{ name: 'oncall', type: 'webhook', url: receiver.url, secret: SECRET }],
      routes: [{ match: { severity: 'page' }, endpoints: ['oncall'] }],
    })
    const evaluator = await startEvaluator({ config, db: store.db, log: QUIET, metrics })
    const alive = setInterval(() => void storeHeartbeat(store.db, Date.now()).catch(() => {}), 500)
    try {
      await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(1)
    } finally {
      clearInterval(alive)
      await evaluator.stop()
      await rm(sloDir, { recursive: true })
    }
    const [page] = receiver.received
    const headers = page?.headers as Record<string, string>
    expect(new Webhook(SECRET).verify(page?.body ?? '', headers)).toMatchObject({
      receiver: 'oncall',
      status: 'firing',
      commonLabels: { slo: 'pay', service: 'checkout', owner: 'payments', severity: 'page' },
      alerts: expect.arrayContaining([
        expect.objectContaining({ labels: expect.objectContaining({ alertname: 'SLOBurnRate' }) }),
      ]),
      commonAnnotations: { dependency: 'acme-pay' },
    })
    const text = await metrics.metrics()
    expect(text).toMatch(/^plumbline_ticks_total\{result="ok"\} [1-9]/m)
    expect(text).toMatch(/^plumbline_tick_duration_seconds_count [1-9]/m)
    expect(text).toMatch(/^plumbline_last_tick_timestamp_seconds \d{10}/m)
    expect(text).toMatch(/^plumbline_decisions_total\{reason="first",notified="true"\} 1$/m)
    expect(text).toMatch(/^plumbline_deliveries_total\{endpoint="oncall",result="delivered"\} 1$/m)
    expect(text).toMatch(/^plumbline_owed_resolves\{endpoint="oncall"\} 1$/m)
    expect(text).toMatch(/^plumbline_outbox_pending\{endpoint="oncall"\} 0$/m)
  })
})

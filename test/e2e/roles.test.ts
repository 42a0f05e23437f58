import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { SloStatus } from '../../slo/status.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { eventually, startRole, workplace } from './plumbline.ts'
import { startService } from './service.ts'

const DATABASE = `roles_${Date.now()}`
const SLO = `
apiVersion: openslo/v1
kind: SLO
metadata: { name: checkout-answers }
spec:
  service: checkout
  indicator:
    metadata: { name: acme-answers }
    spec:
      ratioMetric:
        good: { metricSource: { type: plumbline, spec: { source: calls, service: checkout, dependency: acme.example, outcome: ok } } }
        total: { metricSource: { type: plumbline, spec: { source: calls, service: checkout, dependency: acme.example } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: answers, target: 0.99 }]
`

let place: ReturnType<typeof workplace>
beforeAll(() => {
  place = workplace(
    { clickhouse: { url: inject('engineUrl'), database: DATABASE }, evaluation: { interval: '1s' } },
    { 'slo.yaml': SLO },
  )
})
afterAll(async () => {
  place[Symbol.dispose]()
  const db = connect({ ...embeddedServer(inject('engineUrl')), database: 'default' })
  await db.command({ query: `DROP DATABASE IF EXISTS ${DATABASE} SYNC` })
  await db.close()
})

test('each role runs alone against a ClickHouse given by its address, in any order of start', {
  timeout: 90_000,
}, async () => {
  const [collector, evaluator, api] = await Promise.all([
    startRole('collector', place.configPath),
    startRole('evaluator', place.configPath),
    startRole('api', place.configPath),
  ])
  const checkout = startService('checkout', collector.addresses.otlpHttp as string, 'protobuf')
  const now = Date.now()
  for (let n = 0; n < 50; n++)
    checkout.call({ dependency: 'acme.example', status: n < 5 ? 500 : 200, at: now - n * 100 })
  await checkout.flush()

  const status = await eventually('the evaluator has measured what the collector stored', async () => {
    const response = await fetch(`${api.addresses.api}/api/v1/slos/checkout-answers`)
    const answer = (await response.json()) as SloStatus
    return answer.counts.total === 50 && answer
  })
  expect(status).toMatchObject({ counts: { good: 45, total: 50 }, sli: 0.9 })
  await checkout.stop()
  expect(await Promise.all([collector, evaluator, api].map((role) => role.stop()))).toEqual([0, 0, 0])
})

test('a collector starts while ClickHouse is away, and takes what arrives', { timeout: 60_000 }, async () => {
  using alone = workplace({ clickhouse: { url: 'http://127.0.0.1:9' } })
  await using collector = await startRole('collector', alone.configPath)
  const url = `${collector.addresses.otlpHttp}/v1/traces`
  const span = {
    traceId: 'ab'.repeat(16),
    spanId: 'cd'.repeat(8),
    name: 'x',
    startTimeUnixNano: `${Date.now()}000000`,
    endTimeUnixNano: `${Date.now()}000001`,
  }
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  expect([response.status, await response.json()]).toEqual([200, {}])
  expect(collector.log()).toContain('ClickHouse does not answer yet')
  expect(await collector.stop()).toBe(0)
})

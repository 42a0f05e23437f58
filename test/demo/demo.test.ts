import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runDemo } from '../../cli/demo/demo.ts'
import { demoConfig } from '../../cli/demo/demo-config.ts'
import type { Step } from '../../cli/demo/script.ts'
import { type Collector, startCollector } from '../../collector/main.ts'
import { configSchema } from '../../runtime/config-schema.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const log = pino({ level: 'silent' })
const PAST_MINUTES = 3

/** Everything goes wrong at once: the test is about what arrives, not about the story. */
const ALL_BROKEN: Step = {
  title: 'everything breaks',
  look: 'at the outcomes',
  seconds: 600,
  faults: {
    payment: { kind: 'outage' },
    identity: { kind: 'expired-credential' },
    shipping: { kind: 'schema-change' },
    email: { kind: 'throttle', share: 1 },
  },
}
const ALL_WELL: Step = {
  title: 'all is well',
  look: 'at mails: without a payment none is sent',
  seconds: 3,
  faults: {},
}
const MAILS_BROKEN: Step = {
  title: 'mails break',
  look: 'at mails',
  seconds: 3,
  faults: { email: { kind: 'throttle', share: 1 }, shipping: { kind: 'schema-change' } },
}

let store: TestDatabase
let dataDir: string
let collector: Collector

beforeAll(async () => {
  store = await testDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'plumbline-demo-'))
  const ports = { otlpHttp: 0, otlpGrpc: 0, api: 0, clickhouse: 0 }
  const config = configSchema.parse({ ...demoConfig('http://127.0.0.1:9/hook'), dataDir, ports })
  collector = await startCollector({ config, db: store.db, log, metrics: new Registry() })
})

afterAll(async () => {
  await collector?.stop()
  await store?.[Symbol.asyncDispose]()
  await rm(dataDir, { recursive: true, force: true })
})

async function storedOutcomes(): Promise<string[]> {
  const result = await store.db.query({
    query: `SELECT DISTINCT concat(service, ' → ', dependency, ': ', outcome) AS line FROM calls
      WHERE env = 'demo' AND direction = 'outbound' AND ts > {started:DateTime64(3)} ORDER BY line`,
    query_params: { started },
    format: 'JSONEachRow',
  })
  return (await result.json<{ line: string }>()).map(({ line }) => line)
}

let started = new Date()

async function highestAttempt(dependency: string, outcome: string): Promise<number> {
  const result = await store.db.query({
    query:
      'SELECT max(attempt) AS attempt FROM calls WHERE dependency = {dependency:String} AND outcome = {outcome:String}',
    query_params: { dependency, outcome },
    format: 'JSONEachRow',
  })
  return (await result.json<{ attempt: number }>())[0]?.attempt ?? 0
}

test('the demo fills the store, shows every outcome, and leaves nothing behind', { timeout: 120_000 }, async () => {
  const stop = new AbortController()
  const printed: string[] = []
  started = new Date()
  const demo = runDemo({
    otlpHttp: collector.otlpHttp,
    api: 'http://127.0.0.1:8080',
    log,
    signal: stop.signal,
    print: (line) => printed.push(line),
    pastMinutes: PAST_MINUTES,
    script: [ALL_WELL, MAILS_BROKEN, ALL_BROKEN],
  })
  const wanted = [
    'accounts → trusty-id: auth',
    'accounts → trusty-id: ok',
    'checkout → accounts: ok',
    'checkout → acme-pay: connection',
    'checkout → acme-pay: ok',
    'checkout → notifications: ok',
    'checkout → swift-parcel: ok',
    'checkout → swift-parcel: schema',
    'notifications → post-wing: ok',
    'notifications → post-wing: throttled',
  ]
  const deadline = Date.now() + 90_000
  let seen: string[] = []
  while (Date.now() < deadline && !wanted.every((line) => seen.includes(line))) {
    await Promise.race([sleep(500), demo])
    seen = await storedOutcomes()
  }
  expect(seen).toEqual(expect.arrayContaining(wanted))
  expect(new Set(seen.map((line) => line.slice(0, line.indexOf(':'))))).toEqual(
    new Set(wanted.map((line) => line.slice(0, line.indexOf(':')))),
  )

  // A re-send is a call of its own, and may be stored later than the failure it follows.
  while (Date.now() < deadline && (await highestAttempt('acme-pay', 'connection')) < 1) await sleep(500)
  expect(await highestAttempt('acme-pay', 'connection')).toBe(1)

  stop.abort()
  await demo
  // Services send what they still hold when they are stopped.
  const sums = async () => {
    const result = await store.db.query({
      query: `SELECT DISTINCT ServiceName AS service FROM otel_metrics_sum WHERE MetricName = 'shop.orders'`,
      format: 'JSONEachRow',
    })
    return result.json()
  }
  await expect.poll(sums, { timeout: 20_000 }).toEqual([{ service: 'checkout' }])
  const story = printed.join('\n')
  expect(story).toContain('100 %')
  expect(story).toContain('everything breaks')
})

test('a collector that refuses the history is said so', async () => {
  const refusing = createHttpServer((_request, response) => response.writeHead(400).end()).listen(0, '127.0.0.1')
  await once(refusing, 'listening')
  const demo = runDemo({
    otlpHttp: `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`,
    api: '',
    log,
    signal: new AbortController().signal,
    print: () => {},
    pastMinutes: 1,
  })
  await expect(demo).rejects.toThrow("the demo's history could not be sent")
  refusing.close()
})

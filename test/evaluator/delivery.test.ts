import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { startEvaluator } from '../../evaluator/main.ts'
import { configSchema } from '../../runtime/config-schema.ts'
import { recordDeliveryRequest } from '../../storage/delivery-requests.ts'
import { readEndpointStates } from '../../storage/endpoint-states.ts'
import { testDatabase } from '../support/database.ts'
import { QUIET, SECRET } from './evaluation.ts'
import { startReceiver } from './receiver.ts'

it('a running evaluator pings its watchdog, sends what people ask for, and tells how its endpoints do', {
  timeout: 120_000,
}, async () => {
  await using store = await testDatabase()
  await using receiver = await startReceiver()
  await using watchdog = await startReceiver()
  const sloDir = await mkdtemp(join(tmpdir(), 'plumbline-slos-'))
  const config = configSchema.parse({
    sloDir,
    evaluation: { interval: '1s' },
    egress: { allow: ['127.0.0.0/8'], insecureHttp: true },
    endpoints: [{ name: 'oncall', type: 'webhook', url: receiver.url, secret: SECRET }],
    alerting: { watchdog: { url: watchdog.url } },
  })
  const evaluator = await startEvaluator({ config, db: store.db, log: QUIET, metrics: new Registry() })
  try {
    await expect.poll(() => watchdog.received.length, { timeout: 60_000 }).toBe(1)
    await recordDeliveryRequest(store.db, {
      id: 'asked',
      kind: 'test',
      notification: 'msg_asked',
      endpoint: 'oncall',
      requestedBy: 'ana',
      requestedAt: new Date(),
    })
    await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(2)
    await expect
      .poll(() => readEndpointStates(store.db), { timeout: 60_000 })
      .toMatchObject([
        { endpoint: 'oncall', circuit: 'closed', pending: 0, owedResolves: 0, lastDeliveredAt: expect.any(Date) },
      ])
  } finally {
    await evaluator.stop()
    await rm(sloDir, { recursive: true })
  }
  expect(receiver.received.map(({ body }) => JSON.parse(body).status)).toEqual(['firing', 'resolved'])
  expect(receiver.received[0]?.headers['webhook-id']).toBe('msg_asked')
})

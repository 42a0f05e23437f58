import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSender } from '../../evaluator/deliver/deliver.ts'
import { memoryOutbox } from '../../evaluator/deliver/memory-outbox-store.ts'
import type { Message } from '../../evaluator/deliver/message.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import { ALERTMANAGER_REPEAT, alertmanagerBody } from '../../evaluator/notify/alertmanager.ts'
import { groupKey } from '../../evaluator/notify/group-key.ts'
import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import { labelFingerprint } from '../../slo/fnv1a.ts'
import { MISSING_ALERTMANAGER, startAlertmanager } from './alertmanager-process.ts'
import { alert, brief, LABELS, message, notification } from './messages.ts'
import { QUIET } from './quiet.ts'
import { type Receiver, startReceiver } from './receiver.ts'

if (MISSING_ALERTMANAGER) console.warn(MISSING_ALERTMANAGER)

const SECOND_MS = 1_000
/** How much longer an alert holds that was posted so long ago. */
const LEFT_MS = 10 * SECOND_MS
const ALMOST_OVER_MS = 240 * SECOND_MS - LEFT_MS

describe.skipIf(MISSING_ALERTMANAGER !== null)('a real Alertmanager', { timeout: 180_000 }, () => {
  let receiver: Receiver
  let alertmanager: Awaited<ReturnType<typeof startAlertmanager>>
  let outbox: Outbox
  beforeAll(async () => {
    receiver = await startReceiver()
    alertmanager = await startAlertmanager(receiver.url)
    const endpoints: Endpoint[] = [{ name: 'am', type: 'alertmanager', url: alertmanager.url }]
    outbox = new Outbox({
      store: memoryOutbox(),
      log: QUIET,
      random: () => 0.5,
      ...createSender({ endpoints, egress: { allow: ['127.0.0.0/8'], insecureHttp: true } }),
      repeatRuleOf: () => ALERTMANAGER_REPEAT,
    })
  }, 90_000)
  afterAll(async () => {
    await alertmanager?.[Symbol.asyncDispose]()
    await receiver?.[Symbol.asyncDispose]()
  })

  /** A message about one SLO as the outbox gets it. */
  function about(slo: string, at: number, changes: Partial<Message> = {}) {
    const { event = 'firing', reason = 'first', sequence = 1 } = changes
    const startsAt = new Date(at)
    const labels = { ...LABELS, slo }
    const alerts = [alert({ labels, startsAt, status: event, endsAt: event === 'resolved' ? new Date() : null })]
    const body = alertmanagerBody(message({ endpoint: 'am', alerts, brief: brief(), ...changes }))
    return notification(`inc_${slo}`, at, { endpoint: 'am', body, event, reason, sequence })
  }
  const shown = async () => (await alertmanager.alerts()).map(({ labels }) => labels.slo).sort()

  test('shows what fires with its identity, keeps it while it is posted again, and forgets what is not', async () => {
    const posted = Date.now() - ALMOST_OVER_MS
    await outbox.enqueue([about('kept', posted)], new Date(posted))
    await outbox.deliverDue(new Date(posted))
    // Posted behind the outbox's back, nobody posts it again.
    const lone = JSON.stringify([
      { labels: { alertname: 'Lone', slo: 'lone' }, endsAt: new Date(Date.now() + LEFT_MS) },
    ])
    await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      body: lone,
      headers: { 'content-type': 'application/json' },
    })

    expect(await shown()).toEqual(['kept', 'lone'])
    expect((await alertmanager.alerts()).find(({ labels }) => labels.slo === 'kept')).toMatchObject({
      labels: { ...LABELS, slo: 'kept' },
      annotations: { incident_id: message().incident },
      fingerprint: labelFingerprint({ ...LABELS, slo: 'kept' }),
    })

    await outbox.deliverDue(new Date())
    await expect.poll(shown, { timeout: 60_000, interval: 200 }).toEqual(['kept'])
  })

  test('sends it on, grouped by root cause under the same key, and again when it is over', async () => {
    const at = Date.now()
    await outbox.enqueue([about('sent', at)], new Date(at))
    await outbox.deliverDue(new Date(at))
    const bodies = () => receiver.received.map(({ body }) => JSON.parse(body))
    const told = (slo: string, status: string) =>
      bodies().find(({ alerts }) =>
        alerts.some(
          (each: { status: string; labels: Record<string, string> }) =>
            each.labels.slo === slo && each.status === status,
        ),
      )
    await expect.poll(() => told('sent', 'firing'), { timeout: 60_000 }).toBeDefined()
    expect(told('sent', 'firing')).toMatchObject({
      version: '4',
      status: 'firing',
      groupKey: groupKey({ env: 'prod', root_cause: 'dependency:acme-pay/timeout' }),
      groupLabels: { env: 'prod', root_cause: 'dependency:acme-pay/timeout' },
    })

    await outbox.enqueue(
      [about('sent', Date.now(), { event: 'resolved', reason: 'resolved', sequence: 2 })],
      new Date(),
    )
    await outbox.deliverDue(new Date())
    await expect.poll(shown, { timeout: 60_000 }).not.toContain('sent')
    await expect.poll(() => told('sent', 'resolved'), { timeout: 60_000 }).toBeDefined()
  })
})

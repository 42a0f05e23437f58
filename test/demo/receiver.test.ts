import { Webhook } from 'standardwebhooks'
import { afterEach, expect, test } from 'vitest'
import { DEMO_SECRET, demoConfig } from '../../cli/demo/demo-config.ts'
import { pageLines } from '../../cli/demo/page.ts'
import { type Receiver, startReceiver } from '../../cli/demo/receiver.ts'
import { configSchema } from '../../runtime/config-schema.ts'

const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

const PAGE = {
  receiver: 'demo-oncall',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { severity: 'page', slo: 'checkout-payment-availability' },
      annotations: {
        summary: 'checkout-payment-availability burns 16.7x: acme-pay times out',
        description: '1,000 of 60,000 calls failed in 1 h',
        first_step: 'check acme-pay status',
        runbook_url: 'https://runbooks.example/acme-pay',
      },
    },
  ],
  plumbline: { severity: 'page', reason: 'first' },
}

let receiver: Receiver | undefined
let printed: string[] = []
afterEach(async () => {
  await receiver?.stop()
  receiver = undefined
  printed = []
})

async function post(body: string, { secret = DEMO_SECRET, sent = body, at = new Date() } = {}): Promise<number> {
  receiver = await startReceiver(DEMO_SECRET, (lines) => printed.push(...lines))
  const signature = new Webhook(secret).sign('msg_1', at, body)
  const response = await fetch(receiver.url, {
    method: 'POST',
    headers: {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
    },
    body: sent,
  })
  return response.status
}

test('a signed page is accepted and printed for a person', async () => {
  expect(await post(JSON.stringify(PAGE))).toBe(204)
  expect(printed).toEqual([
    '  ┌─ PAGE ─ checkout-payment-availability burns 16.7x: acme-pay times out',
    '  │ what    1,000 of 60,000 calls failed in 1 h',
    '  │ first   check acme-pay status',
    '  │ runbook https://runbooks.example/acme-pay',
    '  └─ signature verified, sent because: first',
  ])
})

test('a page signed with another secret is refused', async () => {
  expect(await post(JSON.stringify(PAGE), { secret: OTHER_SECRET })).toBe(401)
  expect(printed.join('\n')).not.toContain('PAGE')
})

test('a page whose body was changed on the way is refused', async () => {
  expect(await post(JSON.stringify(PAGE), { sent: JSON.stringify({ ...PAGE, status: 'resolved' }) })).toBe(401)
})

test('a page signed an hour ago is refused', async () => {
  expect(await post(JSON.stringify(PAGE), { at: new Date(Date.now() - 3_600_000) })).toBe(401)
})

test('a body of unreasonable size is refused', async () => {
  expect(await post(JSON.stringify({ ...PAGE, padding: 'x'.repeat(300_000) }))).toBe(413)
})

test.each([
  ['a resolved page says so', { ...PAGE, alerts: [{ ...PAGE.alerts[0], status: 'resolved' }] }, 'RESOLVED PAGE'],
  ['an unknown shape is told, not thrown', { hello: 'world' }, 'unknown shape'],
  ['text is told, not thrown', 'hello', 'unknown shape'],
])('%s', (_name, body, expected) => {
  expect(pageLines(body).join('\n')).toContain(expected)
})

test('of an incident with several alerts each thing is said once, and what is over as over', () => {
  const [alert] = PAGE.alerts
  const ticket = { ...alert, labels: { ...alert!.labels, severity: 'ticket' } }
  const over = { ...alert, status: 'resolved', annotations: { summary: 'half of the budget is spent' } }
  const heads = pageLines({ ...PAGE, alerts: [alert, ticket, over] }).filter((line) => line.includes('┌'))
  expect(heads).toEqual([
    '  ┌─ PAGE ─ checkout-payment-availability burns 16.7x: acme-pay times out',
    '  ┌─ RESOLVED PAGE ─ half of the budget is spent',
  ])
})

test('the demo configuration is valid and sends everything to the receiver', () => {
  const config = configSchema.parse(demoConfig('http://127.0.0.1:9901/hook'))
  expect(config.endpoints).toEqual([
    expect.objectContaining({ name: 'demo-oncall', url: 'http://127.0.0.1:9901/hook', secret: DEMO_SECRET }),
  ])
  expect(config.routes).toMatchObject([{ matchers: [], endpoints: ['demo-oncall'] }])
  expect(config.dataDir).toBe('./data/demo')
  expect(config.bind).toBe('127.0.0.1')
})

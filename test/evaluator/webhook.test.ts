import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../evaluator/message.ts'
import { webhookBody, webhookHeaders } from '../../evaluator/notify/webhook.ts'

const ANNOTATIONS = {
  summary: 'checkout-availability burns 16.7x: acme-pay times out',
  description:
    '1,000 of 60,000 calls failed in 1 h (governing window), 200x in 5 m; 41 % of the 30 d budget left, empty in 17 h',
  cause: 'share 0.82 of 400 bad traces, confidence high',
  runbook_url: 'https://runbooks.example/acme-pay',
}

const LABELS = {
  alertname: 'SLOBurnRate',
  env: 'prod',
  owner: 'payments',
  root_cause: 'dependency:acme-pay/timeout',
  service: 'checkout',
  severity: 'page',
  slo: 'checkout-availability',
}

const alert: Message['alerts'][number] = {
  status: 'firing',
  labels: LABELS,
  annotations: ANNOTATIONS,
  startsAt: new Date('2026-01-01T00:00:00Z'),
  endsAt: null,
  generatorUrl: 'https://plumbline.example/slos/checkout-availability',
}

const message = (changes: Partial<Message> = {}): Message => ({
  endpoint: 'pager',
  event: 'firing',
  reason: 'first',
  sequence: 1,
  incident: 'inc_01JZ8Q2W7RN4V9T3M6D5XH1C0B',
  previousIncident: null,
  severity: 'page',
  alerts: [alert],
  groupLabels: { env: 'prod', root_cause: 'dependency:acme-pay/timeout' },
  externalUrl: 'https://plumbline.example',
  tier: '1h/5m',
  governingWindow: '1h',
  burn: 16.666666666666668,
  counts: { good: 59_000, total: 60_000 },
  data: { watermark: new Date('2026-01-01T00:01:00Z'), coverage: 1, generation: '3' },
  ...changes,
})

describe('the webhook body', () => {
  it("is Alertmanager's version 4, and one key more", () => {
    expect(JSON.parse(webhookBody(message()))).toEqual({
      receiver: 'pager',
      status: 'firing',
      notification_reason: 'first notification',
      alerts: [
        {
          status: 'firing',
          labels: LABELS,
          annotations: ANNOTATIONS,
          startsAt: '2026-01-01T00:00:00Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'https://plumbline.example/slos/checkout-availability',
          fingerprint: 'd9183c168743e47c',
        },
      ],
      groupLabels: { env: 'prod', root_cause: 'dependency:acme-pay/timeout' },
      commonLabels: LABELS,
      commonAnnotations: ANNOTATIONS,
      routeLabels: {},
      externalURL: 'https://plumbline.example',
      version: '4',
      groupKey: '{}:{env="prod", root_cause="dependency:acme-pay/timeout"}',
      truncatedAlerts: 0,
      plumbline: {
        type: 'incident.firing',
        incident_id: 'inc_01JZ8Q2W7RN4V9T3M6D5XH1C0B',
        sequence: 1,
        reason: 'first',
        severity: 'page',
        tier: '1h/5m',
        governing_window: '1h',
        burn: 16.666666666666668,
        counts: { good: 59_000, total: 60_000 },
        data: { watermark: '2026-01-01T00:01:00Z', coverage: 1, generation: '3' },
      },
    })
  })

  it('says when a resolved alert ended', () => {
    const resolved = message({
      event: 'resolved',
      reason: 'resolved',
      alerts: [{ ...alert, status: 'resolved', endsAt: new Date('2026-01-01T00:11:00Z') }],
    })
    expect(JSON.parse(webhookBody(resolved))).toMatchObject({
      status: 'resolved',
      notification_reason: 'all alerts resolved',
      alerts: [{ status: 'resolved', startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-01T00:11:00Z' }],
      plumbline: { type: 'incident.resolved', reason: 'resolved' },
    })
  })

  it('resolves the old severity beside the new one, and keeps only what both share in common', () => {
    const ticket = { ...LABELS, severity: 'ticket' }
    const body = JSON.parse(
      webhookBody(
        message({
          reason: 'deescalated',
          alerts: [
            { ...alert, labels: ticket },
            { ...alert, status: 'resolved', endsAt: new Date('2026-01-01T00:45:00Z') },
          ],
        }),
      ),
    )
    expect(body.status).toBe('firing')
    expect(body.notification_reason).toBe('unknown')
    expect(
      body.alerts.map((each: { status: string; labels: Record<string, string> }) => [
        each.status,
        each.labels.severity,
      ]),
    ).toEqual([
      ['firing', 'ticket'],
      ['resolved', 'page'],
    ])
    expect(new Set(body.alerts.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size).toBe(2)
    expect(body.commonLabels).not.toHaveProperty('severity')
    expect(body.commonLabels).toMatchObject({ slo: 'checkout-availability', env: 'prod' })
  })

  it('counts the alerts it leaves out', () => {
    const many = Array.from({ length: 23 }, (_, n) => ({ ...alert, labels: { ...LABELS, slo: `slo-${n}` } }))
    const body = JSON.parse(webhookBody(message({ alerts: many })))
    expect(body.alerts).toHaveLength(20)
    expect(body.truncatedAlerts).toBe(3)
    expect(webhookBody(message({ alerts: many })).length).toBeLessThan(20_000)
  })

  it('quotes label values in the group key', () => {
    const body = JSON.parse(webhookBody(message({ groupLabels: { slo: 'say "hi"', env: 'prod' } })))
    expect(body.groupKey).toBe('{}:{env="prod", slo="say \\"hi\\""}')
  })
})

const SECRET = 'whsec_cGx1bWJsaW5lLWV4YW1wbGUtc2lnbmluZy1rZXktMzI='
const PREVIOUS_SECRET = 'whsec_cGx1bWJsaW5lLXByZXZpb3VzLXNpZ25pbmcta2V5LTE='
const ID = 'msg_360d5cd1ed9cf236056bb2f195d61323'
const AT = new Date(1_767_225_600_000)
const BODY =
  '{"receiver":"pager","status":"resolved","alerts":[],"groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"https://plumbline.example","version":"4","groupKey":"{}:{}","truncatedAlerts":0}'

describe('the webhook headers', () => {
  it('sign the example exactly', () => {
    expect(webhookHeaders(ID, BODY, [SECRET], AT)).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': ID,
      'webhook-timestamp': '1767225600',
      'webhook-signature': 'v1,KdfsVxbc95+TdyoM9yuaH+LinNM38BZo1ySu4DTysK8=',
    })
  })

  it('sign with both secrets during a rotation, the new one first', () => {
    expect(webhookHeaders(ID, BODY, [SECRET, PREVIOUS_SECRET], AT)['webhook-signature']).toBe(
      'v1,KdfsVxbc95+TdyoM9yuaH+LinNM38BZo1ySu4DTysK8= v1,bQLYSUpbJ8uS6IYAonYJGXzsRdQ1rQGFa6p1O1INwlA=',
    )
  })

  it('verify with the bare algorithm, and with a receiver of Standard Webhooks', () => {
    const headers = webhookHeaders(ID, BODY, [SECRET], new Date())
    const signed = `${ID}.${headers['webhook-timestamp']}.${BODY}`
    const mac = createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
      .update(signed)
      .digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${mac}`)
    expect(new Webhook(SECRET).verify(BODY, headers)).toMatchObject({ receiver: 'pager' })
    expect(() => new Webhook(SECRET).verify(`${BODY} `, headers)).toThrow()
  })

  it('carry no signature without a secret', () => {
    expect(webhookHeaders(ID, BODY, [], AT)).not.toHaveProperty('webhook-signature')
  })

  it('name Plumbline and its version', () => {
    expect(webhookHeaders(ID, BODY, [], AT)['user-agent']).toMatch(/^plumbline\/\d+\.\d+\.\d+/)
  })
})

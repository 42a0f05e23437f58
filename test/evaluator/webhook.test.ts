import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { webhookBody, webhookHeaders } from '../../evaluator/notify/webhook.ts'
import { ANNOTATIONS, alert, LABELS, message } from './messages.ts'

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
      alerts: [{ ...alert(), status: 'resolved', endsAt: new Date('2026-01-01T00:11:00Z') }],
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
            { ...alert(), labels: ticket },
            { ...alert(), status: 'resolved', endsAt: new Date('2026-01-01T00:45:00Z') },
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
    const many = Array.from({ length: 23 }, (_, n) =>
      alert({ labels: { ...LABELS, slo: `slo-${n}` }, annotations: { summary: `slo-${n} burns` } }),
    )
    const body = JSON.parse(webhookBody(message({ alerts: many })))
    expect(body.alerts).toHaveLength(20)
    expect(body.truncatedAlerts).toBe(3)
  })

  it('stays below 20 kB, however much there is to say', () => {
    const description = 'x'.repeat(1_000)
    const many = Array.from({ length: 40 }, (_, n) =>
      alert({ labels: { ...LABELS, slo: `slo-${n}` }, annotations: { ...ANNOTATIONS, description } }),
    )
    const text = webhookBody(message({ alerts: many }))
    const body = JSON.parse(text)
    expect(text.length).toBeLessThan(20_000)
    expect(body.alerts.length).toBeGreaterThan(5)
    expect(body.alerts.length + body.truncatedAlerts).toBe(40)
  })

  it("is nothing but Alertmanager's when strict", () => {
    const body = JSON.parse(webhookBody(message(), { strict: true }))
    expect(body).not.toHaveProperty('plumbline')
    expect(body).toMatchObject({ version: '4', status: 'firing' })
  })

  it('has no numbers of its own for an alert without burn rate, and says when data is missing', () => {
    const { data } = message()
    const body = JSON.parse(webhookBody(message({ numbers: null, data: { ...data, frozen: true } })))
    expect(body.plumbline).not.toHaveProperty('burn')
    expect(body.plumbline.data).toMatchObject({ frozen: true })
  })

  it('quotes label values in the group key', () => {
    const body = JSON.parse(webhookBody(message({ groupLabels: { slo: 'say "hi"', env: 'prod' } })))
    expect(body.groupKey).toBe('{}:{env="prod", slo="say \\"hi\\""}')
  })

  it('quotes as Go does', () => {
    const body = JSON.parse(
      webhookBody(message({ groupLabels: { slo: 'a\u0001\u0007\n\u007f\u00a0\u2028é\u{e0001}' } })),
    )
    expect(body.groupKey).toBe('{}:{slo="a\\x01\\a\\n\\x7f\\u00a0\\u2028é\\U000e0001"}')
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

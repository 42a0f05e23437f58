import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertmanagerBody, postedAt } from '../../evaluator/notify/alertmanager.ts'
import { emailBody } from '../../evaluator/notify/email.ts'
import { dedupKey } from '../../evaluator/notify/group-key.ts'
import { changeEventBody, pagerdutyBody } from '../../evaluator/notify/pagerduty.ts'
import { slackBody } from '../../evaluator/notify/slack.ts'
import { ANNOTATIONS, alert, brief, INCIDENT, LABELS, message, resolvedMessage } from './messages.ts'

const DEDUP_KEY = 'plb-7c417442a4ac405da2bdf8f053017b3c5146dd61'

describe('an Alertmanager', () => {
  const AT = new Date('2026-01-01T00:01:00Z')
  const posted = (text: string) => JSON.parse(postedAt(text, AT))

  it('gets every alert with its identity, and four minutes to live', () => {
    expect(posted(alertmanagerBody(message()))).toEqual([
      {
        labels: LABELS,
        annotations: { ...ANNOTATIONS, incident_id: INCIDENT },
        startsAt: '2026-01-01T00:00:00Z',
        endsAt: '2026-01-01T00:05:00.000Z',
        generatorURL: 'https://plumbline.example/slos/checkout-availability',
      },
    ])
  })

  it('gets the end as it was, whenever it is posted', () => {
    expect(posted(alertmanagerBody(resolvedMessage()))).toMatchObject([{ endsAt: '2026-01-01T00:11:00Z' }])
  })

  it('gets all alerts of a large incident', () => {
    const alerts = Array.from({ length: 45 }, (_, n) => alert({ labels: { ...LABELS, slo: `slo-${n}` } }))
    expect(posted(alertmanagerBody(message({ alerts })))).toHaveLength(45)
  })
})

describe('PagerDuty', () => {
  it('gets a trigger that says what, for whom, how bad, and what to do first', () => {
    expect(JSON.parse(pagerdutyBody(message()))).toEqual({
      event_action: 'trigger',
      dedup_key: DEDUP_KEY,
      client: 'Plumbline',
      client_url: `https://plumbline.example/incidents/${INCIDENT}`,
      payload: {
        summary: 'checkout-availability burns 16.7x: acme-pay times out',
        source: 'prod/checkout',
        severity: 'critical',
        timestamp: '2026-01-01T00:00:00Z',
        component: 'acme-pay',
        group: 'checkout',
        class: 'timeout',
        custom_details: {
          how_bad: ANNOTATIONS.description,
          owner: 'payments',
          burn: '16.7x of 14.4x',
          budget_left: '41 %, empty in 17 h',
          cause: 'share 0.82 of 400 bad traces, confidence high',
          confidence: 'high',
          impact: 'checkout, cart',
          who_can_fix: 'provider',
          first_step: 'check acme-pay status, consider the fallback provider',
          runbook: ANNOTATIONS.runbook_url,
          exemplar: '4bf92f3577b34da6a3ce929d0e0e4736',
        },
      },
      links: [
        { href: 'https://runbooks.example/acme-pay', text: 'Runbook' },
        { href: ANNOTATIONS.trace_url, text: 'Example trace' },
      ],
    })
  })

  it('gets acknowledgements and the end under the same key', () => {
    expect(JSON.parse(pagerdutyBody(message({ reason: 'acknowledged' })))).toEqual({
      event_action: 'acknowledge',
      dedup_key: DEDUP_KEY,
    })
    expect(JSON.parse(pagerdutyBody(resolvedMessage()))).toEqual({ event_action: 'resolve', dedup_key: DEDUP_KEY })
  })

  it('keeps incidents of one group apart', () => {
    expect(dedupKey(message({ incident: 'inc_other' }))).not.toBe(DEDUP_KEY)
    expect(dedupKey(message()).length).toBeLessThanOrEqual(255)
  })

  it('takes a ticket as a warning, and no longer summary than it allows', () => {
    const { payload } = JSON.parse(
      pagerdutyBody(message({ severity: 'ticket', brief: brief({ what: 'x'.repeat(2_000) }) })),
    )
    expect(payload.severity).toBe('warning')
    expect(payload.summary).toHaveLength(1_024)
    expect(payload.summary.endsWith('…')).toBe(true)
  })

  it('never learns a routing key from what is stored', () => {
    for (const body of [pagerdutyBody(message()), pagerdutyBody(resolvedMessage())])
      expect(body).not.toContain('routing_key')
  })

  it('gets a deployment as a change event', () => {
    const body = changeEventBody({
      id: 'd1',
      service: 'checkout',
      env: 'prod',
      version: '1.5.0',
      previousVersion: '1.4.2',
      status: 'succeeded',
      at: new Date('2025-12-31T23:50:00Z'),
      commit: '9fceb02',
      url: 'https://ci.example/runs/42',
      author: '',
      source: 'api',
    })
    expect(JSON.parse(body)).toEqual({
      payload: {
        summary: 'checkout 1.5.0 to prod (was 1.4.2)',
        source: 'plumbline',
        timestamp: '2025-12-31T23:50:00Z',
        custom_details: { commit: '9fceb02' },
      },
      links: [{ href: 'https://ci.example/runs/42', text: 'checkout 1.5.0' }],
    })
  })
})

describe('Slack', () => {
  it('gets one message that answers everything', () => {
    expect(JSON.parse(slackBody(message()))).toEqual({
      text: 'PAGE checkout-availability burns 16.7x: acme-pay times out',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'PAGE  checkout-availability burns 16.7x' } },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: `*acme-pay times out* (share 0.82 of 400 bad traces, confidence high). ${ANNOTATIONS.description}. First step: check acme-pay status, consider the fallback provider.`,
            verbatim: true,
          },
        },
        {
          type: 'section',
          fields: [
            { type: 'mrkdwn', text: '*Since*\n00:00 UTC', verbatim: true },
            { type: 'mrkdwn', text: '*Budget left*\n41 %, empty in 17 h', verbatim: true },
            { type: 'mrkdwn', text: '*Impact*\ncheckout, cart', verbatim: true },
            { type: 'mrkdwn', text: '*Who can fix it*\nprovider', verbatim: true },
            { type: 'mrkdwn', text: '*Owner*\npayments', verbatim: true },
          ],
        },
        {
          type: 'actions',
          elements: [
            { type: 'button', text: { type: 'plain_text', text: 'Incident' }, url: ANNOTATIONS.dashboard_url },
            {
              type: 'button',
              text: { type: 'plain_text', text: 'About' },
              url: 'https://plumbline.example/slos/checkout-availability',
            },
            { type: 'button', text: { type: 'plain_text', text: 'Runbook' }, url: ANNOTATIONS.runbook_url },
            { type: 'button', text: { type: 'plain_text', text: 'Trace' }, url: ANNOTATIONS.trace_url },
          ],
        },
        { type: 'context', elements: [{ type: 'mrkdwn', text: `${INCIDENT}, 1, first`, verbatim: true }] },
      ],
    })
  })

  it('hears the end with its length and what it cost', () => {
    const body = JSON.parse(slackBody(resolvedMessage()))
    expect(body.text).toMatch(/^RESOLVED checkout-availability/)
    expect(body.blocks[2].fields.map(({ text }: { text: string }) => text)).toEqual(
      expect.arrayContaining(['*Since*\n00:00 UTC to 00:11 UTC, 11 min', '*Budget spent*\n59 %']),
    )
  })

  it('is told which words begin a message', () => {
    const word = (changes: Parameters<typeof message>[0]) => JSON.parse(slackBody(message(changes))).text.split(' ')[0]
    expect(word({ severity: 'ticket' })).toBe('TICKET')
    expect(word({ reason: 'acknowledged' })).toBe('ACKNOWLEDGED')
    expect(word({ reason: 'test' })).toBe('TEST')
  })

  it('reads its own control characters as text', () => {
    const body = slackBody(message({ brief: brief({ why: 'a <b> & c' }) }))
    expect(JSON.parse(body).text).toContain('a &lt;b&gt; &amp; c')
    expect(body).not.toContain('<b>')
  })

  it('never gets more than it takes, whatever the texts', () => {
    const texts = fc.string({ maxLength: 9_000 })
    fc.assert(
      fc.property(texts, texts, texts, texts, fc.integer({ min: 0, max: 40 }), (what, why, howBad, impact, n) => {
        const deployments = Array.from({ length: n }, () => '<&>'.repeat(300))
        const body = JSON.parse(
          slackBody(message({ brief: brief({ what, why, howBad, forWhom: impact, deployments }) })),
        )
        const [header, story, fields, actions, context] = body.blocks
        expect(body.text.length).toBeLessThanOrEqual(3_000)
        expect(header.text.text.length).toBeLessThanOrEqual(150)
        expect(story.text.text.length).toBeLessThanOrEqual(3_000)
        expect(fields.fields.length).toBeLessThanOrEqual(10)
        for (const { text } of fields.fields) expect(text.length).toBeLessThanOrEqual(2_000)
        for (const { text } of actions.elements) expect(text.text.length).toBeLessThanOrEqual(75)
        expect(context.elements.length).toBeLessThanOrEqual(10)
        expect(body.blocks.length).toBeLessThanOrEqual(50)
      }),
      { numRuns: 50 },
    )
  })
})

describe('mail', () => {
  it('says the same in plain text', () => {
    expect(JSON.parse(emailBody(message()))).toEqual({
      subject: '[PAGE] checkout-availability burns 16.7x: acme-pay times out',
      text: `checkout-availability burns 16.7x: acme-pay times out

Since: 2026-01-01 00:00 UTC
How bad: ${ANNOTATIONS.description}
Burn: 16.7x of 14.4x
Budget left: 41 %, empty in 17 h
For whom: checkout, cart
Cause: acme-pay times out; share 0.82 of 400 bad traces, confidence high
Who can fix it: provider
Owner: payments
First step: check acme-pay status, consider the fallback provider

Incident: ${ANNOTATIONS.dashboard_url}
About: https://plumbline.example/slos/checkout-availability
Runbook: ${ANNOTATIONS.runbook_url}
Trace: ${ANNOTATIONS.trace_url}

${INCIDENT}, 1, first
`,
    })
  })

  it('has a subject of one line', () => {
    const { subject } = JSON.parse(
      emailBody(message({ brief: brief({ what: `a\r\nBcc: b@example.com ${'x'.repeat(400)}` }) })),
    )
    expect(subject).not.toMatch(/[\r\n]/)
    expect(subject.length).toBeLessThanOrEqual(200)
  })

  it('says what it leaves: frozen data, deployments, who acknowledged', () => {
    const { text } = JSON.parse(
      emailBody(
        message({ brief: brief({ isFrozen: true, acknowledgedBy: 'ana', deployments: ['checkout 1.5.0 at noon'] }) }),
      ),
    )
    expect(text).toContain('Data: missing')
    expect(text).toContain('Acknowledged by: ana')
    expect(text).toContain('Deployed before: checkout 1.5.0 at noon')
  })
})

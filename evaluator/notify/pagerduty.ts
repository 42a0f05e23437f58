import type { Deployment } from '../../storage/deployments.ts'
import { type Brief, headline, type Message } from '../deliver/message.ts'
import { cut } from '../deliver/number-text.ts'
import { dedupKey } from './group-key.ts'
import { rfc3339 } from './webhook.ts'

const MAX_SUMMARY = 1_024

/**
 * One event of PagerDuty's Events API v2, without the routing key, which is a secret and joins it when it is sent.
 * Source: https://developer.pagerduty.com/docs/send-alert-event
 */
export function pagerdutyBody(message: Message): string {
  const { brief, event, reason, severity } = message
  const dedup_key = dedupKey(message)
  if (event === 'resolved') return JSON.stringify({ event_action: 'resolve', dedup_key })
  if (reason === 'acknowledged') return JSON.stringify({ event_action: 'acknowledge', dedup_key })
  return JSON.stringify({
    event_action: 'trigger',
    dedup_key,
    client: 'Plumbline',
    client_url: brief.links.incident,
    payload: present({
      summary: cut(headline(brief), MAX_SUMMARY),
      source: [brief.env, brief.service].filter((part) => part !== '').join('/') || 'plumbline',
      severity: severity === 'page' ? 'critical' : 'warning',
      timestamp: rfc3339(brief.startedAt),
      component: brief.component,
      group: brief.service,
      class: brief.outcome,
      custom_details: detailsOf(brief),
    }),
    links: [
      ...(brief.links.runbook ? [{ href: brief.links.runbook, text: 'Runbook' }] : []),
      ...(brief.links.trace ? [{ href: brief.links.trace, text: 'Example trace' }] : []),
    ],
  })
}

const detailsOf = (brief: Brief) =>
  present({
    how_bad: brief.howBad,
    burn: brief.burn,
    budget_left: brief.budgetLeft,
    cause: brief.cause,
    confidence: brief.confidence,
    impact: brief.forWhom,
    who_can_fix: brief.whoCanFix,
    owner: brief.owner,
    first_step: brief.firstStep,
    runbook: brief.links.runbook || 'none is named',
    deployments: brief.deployments.join('; '),
    exemplar: brief.traceIds[0] ?? '',
    data: brief.isFrozen ? 'frozen' : '',
  })

/**
 * A deployment as a change event: context beside incidents, nobody is notified.
 * Source: https://developer.pagerduty.com/docs/send-change-event
 */
export function changeEventBody(deployment: Deployment): string {
  const { service, version, previousVersion, env, status, at, commit, url, author } = deployment
  const where = env ? ` to ${env}` : ''
  const was = previousVersion ? ` (was ${previousVersion})` : ''
  const how = status === 'succeeded' ? '' : `, ${status.replace('_', ' ')}`
  return JSON.stringify({
    payload: {
      summary: cut(`${service} ${version}${where}${was}${how}`, MAX_SUMMARY),
      source: 'plumbline',
      timestamp: rfc3339(at),
      custom_details: present({ commit, author }),
    },
    links: url ? [{ href: url, text: `${service} ${version}` }] : [],
  })
}

const present = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))

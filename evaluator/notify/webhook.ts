import { Webhook } from 'standardwebhooks'
import { VERSION } from '../../runtime/version.ts'
import type { NotifyReason } from '../../slo/alert-reason.ts'
import { labelFingerprint } from '../../slo/fnv1a.ts'
import type { Message } from '../message.ts'

/** Alertmanager's words for why a message is sent. Source: Alertmanager 0.32, notify.NotificationReason. */
const ALERTMANAGER_REASON: Partial<Record<NotifyReason, string>> = {
  first: 'first notification',
  silence_ended: 'first notification',
  maintenance_ended: 'first notification',
  members_added: 'new alerts added',
  resolved: 'all alerts resolved',
  repeat: 'repeat interval elapsed',
  escalation_step: 'repeat interval elapsed',
}

const NEVER = '0001-01-01T00:00:00Z'
const MAX_ALERTS = 20

/**
 * The body of a webhook: version 4 of Alertmanager's, so that every receiver of its webhooks understands it, and one
 * key of Plumbline's own. Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function webhookBody(message: Message): string {
  const shown = message.alerts.slice(0, MAX_ALERTS)
  return JSON.stringify({
    receiver: message.endpoint,
    status: message.event,
    notification_reason: ALERTMANAGER_REASON[message.reason] ?? 'unknown',
    alerts: shown.map((alert) => ({
      status: alert.status,
      labels: sorted(alert.labels),
      annotations: alert.annotations,
      startsAt: rfc3339(alert.startsAt),
      endsAt: alert.endsAt ? rfc3339(alert.endsAt) : NEVER,
      generatorURL: alert.generatorUrl,
      fingerprint: labelFingerprint(alert.labels),
    })),
    groupLabels: sorted(message.groupLabels),
    commonLabels: sorted(common(message.alerts.map(({ labels }) => labels))),
    commonAnnotations: common(message.alerts.map(({ annotations }) => annotations)),
    routeLabels: {},
    externalURL: message.externalUrl,
    version: '4',
    groupKey: groupKey(message.groupLabels),
    truncatedAlerts: message.alerts.length - shown.length,
    plumbline: {
      type: `incident.${message.event}`,
      incident_id: message.incident,
      ...(message.previousIncident ? { previous_incident_id: message.previousIncident } : {}),
      sequence: message.sequence,
      reason: message.reason,
      severity: message.severity,
      tier: message.tier,
      governing_window: message.governingWindow,
      burn: message.burn,
      counts: message.counts,
      data: { ...message.data, watermark: rfc3339(message.data.watermark) },
    },
  })
}

/** Alertmanager's key of a group: `{}:{env="prod", slo="checkout"}`, label values quoted as Go does. */
const groupKey = (labels: Record<string, string>): string =>
  `{}:{${Object.entries(sorted(labels))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`

/**
 * Headers of one attempt, signed over `id.timestamp.body` as Standard Webhooks 1.0.0 says; unsigned without secrets.
 * @param secrets `whsec_` + base64 of 24–64 bytes; during a rotation the new one first, then the previous
 * @throws when a secret is not base64
 */
export function webhookHeaders(id: string, body: string, secrets: readonly string[], at: Date): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, at, body))
  return {
    'content-type': 'application/json',
    'user-agent': `plumbline/${VERSION}`,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    ...(signatures.length > 0 ? { 'webhook-signature': signatures.join(' ') } : {}),
  }
}

/** What all of them say alike. */
function common(sets: readonly Record<string, string>[]): Record<string, string> {
  const [first = {}, ...others] = sets
  return Object.fromEntries(Object.entries(first).filter(([key, value]) => others.every((set) => set[key] === value)))
}

const sorted = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Without fractions of a second where there are none. */
const rfc3339 = (at: Date): string => at.toISOString().replace('.000Z', 'Z')

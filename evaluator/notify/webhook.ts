import { Webhook } from 'standardwebhooks'
import { VERSION } from '../../runtime/version.ts'
import { CLOSING_REASONS, type ClosingReason, type NotifyReason } from '../../slo/alert/alert-reason.ts'
import { labelFingerprint } from '../../slo/fnv1a.ts'
import type { Message } from '../deliver/message.ts'
import { groupKey, sorted } from './group-key.ts'

/** Alertmanager's words for why a message is sent; `unknown` otherwise. Source: Alertmanager 0.32, notify.NotificationReason. */
const ALERTMANAGER_REASON: Partial<Record<NotifyReason, string>> = {
  first: 'first notification',
  silence_ended: 'first notification',
  maintenance_ended: 'first notification',
  members_added: 'new alerts added',
  resolved: 'all alerts resolved',
  ...(Object.fromEntries(CLOSING_REASONS.map((reason) => [reason, 'all alerts resolved'])) as Record<
    ClosingReason,
    string
  >),
  repeat: 'repeat interval elapsed',
  escalation_step: 'repeat interval elapsed',
}

const NEVER = '0001-01-01T00:00:00Z'
const MAX_ALERTS = 20
const MAX_BYTES = 20_000

/**
 * The body of a webhook: version 4 of Alertmanager's, so that every receiver of its webhooks understands it, and one
 * key of Plumbline's own unless `strict`. At most 20 alerts and 20 kB: `truncatedAlerts` counts the others.
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function webhookBody(message: Message, { strict = false } = {}): string {
  for (let shown = Math.min(message.alerts.length, MAX_ALERTS); ; shown--) {
    const body = JSON.stringify(bodyWith(message, shown, strict))
    if (shown <= 1 || Buffer.byteLength(body) < MAX_BYTES) return body
  }
}

const bodyWith = (message: Message, shown: number, strict: boolean) => ({
  receiver: message.endpoint,
  status: message.event,
  notification_reason: ALERTMANAGER_REASON[message.reason] ?? 'unknown',
  alerts: message.alerts.slice(0, shown).map((alert) => ({
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
  truncatedAlerts: message.alerts.length - shown,
  ...(strict ? {} : { plumbline: ownKey(message) }),
})

const ownKey = ({ numbers, data, ...message }: Message) => ({
  type: `incident.${message.event}`,
  incident_id: message.incident,
  ...(message.previousIncident ? { previous_incident_id: message.previousIncident } : {}),
  sequence: message.sequence,
  reason: message.reason,
  severity: message.severity,
  ...(numbers
    ? { tier: numbers.tier, governing_window: numbers.governingWindow, burn: numbers.burn, counts: numbers.counts }
    : {}),
  data: {
    watermark: rfc3339(data.watermark),
    coverage: data.coverage,
    generation: data.generation,
    ...(data.frozen ? { frozen: true } : {}),
  },
})

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

/** Without fractions of a second where there are none. */
export const rfc3339 = (at: Date): string => at.toISOString().replace('.000Z', 'Z')

import type { AlertName } from '../../slo/alert/incident.ts'
import type { Severity } from '../../slo/model.ts'
import type { Notification } from '../../storage/notifications.ts'
import { written } from '../notify/body.ts'
import type { Message } from './message.ts'
import { type Addressees, styleOf } from './notifications-for.ts'
import { waitingMessage } from './waiting-message.ts'

/** A message that is not about services: a test, or Plumbline's own trouble. */
export interface PlainMessage {
  endpoint: string
  incident: string
  sequence: number
  event: Notification['event']
  reason: Notification['reason']
  severity: Severity
  alertname: AlertName
  /** One line, the same from beginning to end: it is what the alert is called. */
  summary: string
  description: string
  firstStep: string
  forWhom: string
  /** Identity beside alertname, env, service and severity. */
  labels: Record<string, string>
  startedAt: Date
}

/** All of these belong to one environment, so that they are never grouped with alerts of services. */
const PLACE = { env: 'plumbline', service: 'plumbline' }

/** The notification that says this, waiting to be sent. */
export function plainNotification(
  plain: PlainMessage,
  addressees: Addressees,
  publicUrl: string,
  now: Date,
  id?: string,
): Notification {
  const { endpoint, incident, sequence, event, reason, severity } = plain
  const style = styleOf(endpoint, addressees)
  const body = written(style, messageOf(plain, publicUrl, now))
  return waitingMessage({ id, endpoint, incident, sequence, event, reason, severity, type: style.type, body }, now)
}

function messageOf(plain: PlainMessage, publicUrl: string, now: Date): Message {
  const { event, severity, alertname, summary, description, firstStep, forWhom, startedAt, labels } = plain
  const base = publicUrl.replace(/\/$/, '')
  const endedAt = event === 'resolved' ? now : null
  return {
    endpoint: plain.endpoint,
    event,
    reason: plain.reason,
    sequence: plain.sequence,
    incident: plain.incident,
    previousIncident: null,
    severity,
    alerts: [
      {
        status: event,
        labels: { ...PLACE, ...labels, alertname, severity },
        annotations: {
          summary,
          description,
          impact: forWhom,
          who_can_fix: 'us',
          first_step: firstStep,
          dashboard_url: base,
        },
        startsAt: startedAt,
        endsAt: endedAt,
        generatorUrl: base,
      },
    ],
    groupLabels: { env: PLACE.env, alertname, ...labels },
    externalUrl: base,
    numbers: null,
    data: { watermark: now, coverage: 1, generation: '', frozen: false },
    brief: {
      what: summary,
      why: '',
      cause: '',
      ending: '',
      others: 0,
      startedAt,
      endedAt,
      howBad: description,
      burn: '',
      budgetLeft: 'none: it is about Plumbline itself',
      budgetSpent: null,
      forWhom,
      owner: 'whoever runs Plumbline',
      whoCanFix: 'us',
      firstStep,
      ...PLACE,
      component: '',
      outcome: '',
      confidence: '',
      acknowledgedBy: '',
      isFrozen: false,
      deployments: [],
      links: { incident: base, subject: '', runbook: '', trace: '' },
      traceIds: [],
    },
  }
}

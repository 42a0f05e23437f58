import type { EndpointType } from '../../runtime/endpoint-schema.ts'
import type { Intent } from '../../slo/alert/alert-stream.ts'
import type { IncidentFacts } from '../decide/incident-facts.ts'
import { type Message, messageOf } from '../deliver/message.ts'
import { alertmanagerBody } from './alertmanager.ts'
import { emailBody } from './email.ts'
import { pagerdutyBody } from './pagerduty.ts'
import { slackBody } from './slack.ts'
import { webhookBody } from './webhook.ts'

/** What must be known of an endpoint to write to it. */
export interface Style {
  type: EndpointType
  /** Webhooks only: without Plumbline's own key. */
  strict?: boolean | undefined
}

/** A message as its channel writes it: what is stored and sent at every attempt, save what only the instant of sending knows. */
export function written({ type, strict = false }: Style, message: Message): string {
  switch (type) {
    case 'webhook':
      return webhookBody(message, { strict })
    case 'alertmanager':
      return alertmanagerBody(message)
    case 'pagerduty':
      return pagerdutyBody(message)
    case 'slack':
      return slackBody(message)
    case 'email':
      return emailBody(message)
  }
}

/** What one endpoint is told about an incident. `publicUrl` is how its links begin. */
export const bodyFor = (style: Style, intent: Intent, facts: IncidentFacts, publicUrl: string): string =>
  written(style, messageOf(intent, facts, publicUrl))

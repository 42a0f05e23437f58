import type { Intent } from '../../slo/alert-stream.ts'
import type { IncidentFacts } from '../incident-facts.ts'
import { type Message, messageOf } from '../message.ts'
import { webhookBody } from './webhook.ts'

export type EndpointType = 'webhook'

/** How each channel writes a message: exactly what is stored, and sent at every attempt. */
const BODIES: Record<EndpointType, (message: Message) => string> = {
  webhook: webhookBody,
}

/** What one endpoint is told about an incident. `publicUrl` is how its links begin. */
export const bodyFor = (type: EndpointType, intent: Intent, facts: IncidentFacts, publicUrl: string): string =>
  BODIES[type](messageOf(intent, facts, publicUrl))

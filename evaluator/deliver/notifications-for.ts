import type { EndpointTraits, Intent } from '../../slo/alert/alert-stream.ts'
import type { Notification } from '../../storage/notifications.ts'
import type { IncidentFacts } from '../decide/incident-facts.ts'
import { bodyFor, type Style } from '../notify/body.ts'
import { waitingMessage } from './waiting-message.ts'

/** How to write to an endpoint, and to whom instead. */
export interface Addressee extends Style {
  /** The endpoint that is told of its pages when it fails. */
  fallback?: string | undefined
}

export type Addressees = ReadonlyMap<string, Addressee>

export const addresseesOf = (endpoints: readonly (Addressee & { name: string })[]): Addressees =>
  new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))

/** An endpoint that is not configured any more is written to as a webhook. */
export const styleOf = (endpoint: string, addressees: Addressees): Style =>
  addressees.get(endpoint) ?? { type: 'webhook' }

/** What endpoints can do beside being written to. */
export const traitsOf = (addressees: Addressees): EndpointTraits => ({
  acknowledges: namesOf(addressees, ['pagerduty']),
  messages: namesOf(addressees, ['slack', 'email']),
  known: new Set(addressees.keys()),
})

const namesOf = (addressees: Addressees, types: readonly string[]): ReadonlySet<string> =>
  new Set([...addressees].flatMap(([name, { type }]) => (types.includes(type) ? [name] : [])))

/**
 * The messages that intents about one incident ask for, and those that fallback endpoints hold on standby. An endpoint
 * that is not configured any more gets one too, which cannot be sent: nothing is dropped silently.
 */
export function notificationsFor(
  intents: readonly Intent[],
  facts: IncidentFacts,
  at: Date,
  addressees: Addressees,
  publicUrl: string,
): Notification[] {
  const write = (intent: Intent, state: 'pending' | 'standby'): Notification => {
    const { endpoint, event, reason, severity, sequence } = intent
    const style = styleOf(endpoint, addressees)
    const said = { endpoint, incident: facts.incident.id, sequence, event, reason, severity }
    return waitingMessage({ ...said, state, type: style.type, body: bodyFor(style, intent, facts, publicUrl) }, at)
  }
  const told = new Map(intents.map((intent) => [intent.endpoint, write(intent, 'pending')]))
  for (const intent of intents) {
    const fallback = addressees.get(intent.endpoint)?.fallback
    const standby = fallback === undefined || told.has(fallback) ? null : standbyIntent(intent, fallback)
    if (standby) told.set(standby.endpoint, write(standby, 'standby'))
  }
  return [...told.values()]
}

/** What a fallback endpoint is told when the endpoint itself cannot be: pages, and their end. */
function standbyIntent(intent: Intent, endpoint: string): Intent | null {
  if (intent.severity === 'page')
    return { ...intent, endpoint, replaces: null, reason: intent.event === 'firing' ? 'fallback' : intent.reason }
  if (intent.replaces !== 'page') return null
  return { ...intent, endpoint, event: 'resolved', severity: 'page', replaces: null }
}

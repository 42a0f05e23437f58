import type { EndpointTraits, Intent } from '../../slo/alert/alert-stream.ts'
import type { Notification } from '../../storage/notifications.ts'
import type { IncidentFacts } from '../decide/incident-facts.ts'
import { bodyFor, type Style } from '../notify/body.ts'
import { notificationId } from './notification-id.ts'

/** How to write to an endpoint, and to whom instead. */
export interface Addressee extends Style {
  /** The endpoint that is told of its pages when it fails. */
  fallback?: string | undefined
}

export type Addressees = ReadonlyMap<string, Addressee>

export const addresseesOf = (endpoints: readonly (Addressee & { name: string })[]): Addressees =>
  new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))

/** What endpoints can do beside being written to. */
export const traitsOf = (addressees: Addressees): EndpointTraits => ({
  acknowledges: namesOf(addressees, ['pagerduty']),
  messages: namesOf(addressees, ['slack', 'email']),
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
  const write = (intent: Intent, state: 'pending' | 'standby'): Notification => ({
    id: notificationId(facts.incident.id, intent.sequence, intent.endpoint),
    endpoint: intent.endpoint,
    incident: facts.incident.id,
    sequence: intent.sequence,
    event: intent.event,
    reason: intent.reason,
    severity: intent.severity,
    state,
    body: bodyFor(addressees.get(intent.endpoint) ?? { type: 'webhook' }, intent, facts, publicUrl),
    attempts: 0,
    firstAttemptAt: null,
    nextAttemptAt: at,
    lastStatus: 0,
    lastError: '',
    createdAt: at,
    revision: 0,
  })
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

import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import { VERSION } from '../../runtime/version.ts'
import { postedAt } from './alertmanager.ts'
import type { Destination } from './destination.ts'
import { webhookHeaders } from './webhook.ts'

export interface ChannelRequest {
  url: string
  headers: Record<string, string>
  body: string
}

const JSON_HEADERS = { 'content-type': 'application/json', 'user-agent': `plumbline/${VERSION}` }

/**
 * One attempt over HTTP: the stored body with what only this instant knows, signature, expiry or routing key.
 * @throws when a secret cannot be used
 */
export function requestFor(
  endpoint: Exclude<Endpoint, { type: 'email' }>,
  { url, routingKey }: Destination,
  { id, body }: { id: string; body: string },
  at: Date,
): ChannelRequest {
  const base = url.replace(/\/+$/, '')
  switch (endpoint.type) {
    case 'webhook': {
      const secrets = [endpoint.secret, endpoint.previousSecret ?? ''].filter((secret) => secret !== '')
      return { url, headers: webhookHeaders(id, body, secrets, at), body }
    }
    case 'alertmanager':
      return { url: `${base}/api/v2/alerts`, headers: JSON_HEADERS, body: postedAt(body, at) }
    case 'pagerduty':
      return { url: `${base}/v2/enqueue`, headers: JSON_HEADERS, body: withKey(body, routingKey) }
    case 'slack':
      return { url, headers: JSON_HEADERS, body }
  }
}

/** A change event of PagerDuty. */
export const changeRequest = ({ url, routingKey }: Destination, body: string): ChannelRequest => ({
  url: `${url.replace(/\/+$/, '')}/v2/change/enqueue`,
  headers: JSON_HEADERS,
  body: withKey(body, routingKey),
})

const withKey = (body: string, routingKey: string): string =>
  JSON.stringify({ routing_key: routingKey, ...(JSON.parse(body) as object) })

import { createHash } from 'node:crypto'
import type { Endpoint } from '../../runtime/endpoint-schema.ts'

/** Where an endpoint's messages go. Mail has one place only. */
export interface Destination {
  url: string
  /** PagerDuty only. */
  routingKey: string
  /** A digest, which may be stored: address and key may be secrets. */
  target: string
}

const destination = (url: string, routingKey = ''): Destination => ({
  url,
  routingKey,
  target: createHash('sha256').update(`${url}\n${routingKey}`).digest('hex').slice(0, 16),
})

const MAIL = destination('mailto:')

/** Where new incidents go. */
export function destinationOf(endpoint: Endpoint): Destination {
  if (endpoint.type === 'email') return MAIL
  return destination(endpoint.url, endpoint.type === 'pagerduty' ? endpoint.routingKey : '')
}

/**
 * Where messages about an incident go whose first one went to `target`: the same place as long as the configuration
 * knows it, else where new ones go. PagerDuty ignores the end of an alert under another routing key.
 */
export function destinationAt(endpoint: Endpoint, target: string): Destination {
  const present = destinationOf(endpoint)
  const former = formerOf(endpoint)
  return former?.target === target ? former : present
}

function formerOf(endpoint: Endpoint): Destination | null {
  if (endpoint.type === 'email') return null
  if (endpoint.type === 'pagerduty') {
    const { previousRoutingKey } = endpoint
    return previousRoutingKey === undefined ? null : destination(endpoint.url, previousRoutingKey)
  }
  return endpoint.previousUrl === undefined ? null : destination(endpoint.previousUrl)
}

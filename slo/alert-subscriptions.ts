import type { Labels } from './matchers.ts'
import type { Severity } from './model.ts'
import { type RouteNode, routeFor } from './route.ts'

/** Severities each endpoint is told about. */
export type Subscriptions = Record<string, Severity[]>

const SEVERITIES: readonly Severity[] = ['page', 'ticket']

/**
 * Which endpoints hear of which severities of an alert.
 * @param labels of the alert, without severity
 * @param named endpoints the SLO's author names
 */
export function subscriptionsOf(
  routes: readonly RouteNode[],
  labels: Labels,
  named: readonly string[] = [],
): Subscriptions {
  const subscriptions: Subscriptions = {}
  for (const severity of SEVERITIES) {
    for (const endpoint of routeFor(routes, { ...labels, severity }, named).endpoints) {
      subscriptions[endpoint] = [...(subscriptions[endpoint] ?? []), severity]
    }
  }
  return subscriptions
}

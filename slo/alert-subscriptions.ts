import type { Severity } from './model.ts'

/** Where alerts that match go; an absent field matches everything. The first route that matches an alert wins. */
export interface AlertRoute {
  match: { severity?: Severity | 'info' | undefined; service?: string | undefined }
  endpoints: readonly string[]
}

/** Severities each endpoint is told about. */
export type Subscriptions = Record<string, Severity[]>

const SEVERITIES: readonly Severity[] = ['page', 'ticket']

/** Which endpoints hear of which severities of one service's alerts. */
export function subscriptionsOf(routes: readonly AlertRoute[], service: string): Subscriptions {
  const subscriptions: Subscriptions = {}
  for (const severity of SEVERITIES) {
    const route = routes.find(
      ({ match }) => (match.severity ?? severity) === severity && (match.service ?? service) === service,
    )
    for (const endpoint of new Set(route?.endpoints ?? [])) {
      subscriptions[endpoint] = [...(subscriptions[endpoint] ?? []), severity]
    }
  }
  return subscriptions
}

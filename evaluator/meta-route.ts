import type { Config } from '../runtime/config-schema.ts'
import type { RouteNode } from '../slo/route.ts'

/** The routes, before them one of its own for alerts about Plumbline itself where the configuration names endpoints for them. */
export function routesWithMeta({ routes, alerting }: Pick<Config, 'routes' | 'alerting'>): RouteNode[] {
  const { endpoints } = alerting.meta
  if (endpoints.length === 0) return routes
  return [{ matchers: [{ name: 'env', op: '=', value: 'plumbline' }], endpoints, routes: [] }, ...routes]
}

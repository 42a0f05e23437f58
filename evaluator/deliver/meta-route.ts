import type { RouteNode } from '../../slo/overlay/route.ts'

/** The routes of the configuration, after one of its own for alerts about Plumbline itself where it names endpoints for them. */
export const withMetaRoute = (routes: readonly RouteNode[], endpoints: readonly string[]): readonly RouteNode[] =>
  endpoints.length === 0
    ? routes
    : [{ matchers: [{ name: 'env', op: '=', value: 'plumbline' }], endpoints, routes: [] }, ...routes]

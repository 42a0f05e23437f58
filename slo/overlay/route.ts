import { type Labels, type Matcher, matcherText, matchesAll } from './matchers.ts'
import type { QuietHours } from './quiet-hours.ts'

/** Who is told in addition when nobody acknowledged a page. */
export interface EscalationStep {
  /** After the first page of the incident, in ms. */
  afterMs: number
  endpoints: readonly string[]
}

/** What a route may say; what it does not say it has from the route around it. */
export interface RouteSettings {
  endpoints?: readonly string[] | undefined
  escalation?: readonly EscalationStep[] | undefined
  /** Null: tickets wait for nothing, whatever the route around says. */
  quietHours?: QuietHours | null | undefined
  groupWaitMs?: number | undefined
  repeatMs?: number | undefined
}

export interface RouteNode extends RouteSettings {
  /** All must hold; none: every alert. */
  matchers: readonly Matcher[]
  routes: readonly RouteNode[]
}

/** Where alerts with some labels go. */
export interface Route {
  /** The routes that matched, outermost first, as in `routes[0]`, with their matchers; empty when none did. */
  path: readonly { at: string; matchers: string }[]
  /** Empty: nobody. */
  endpoints: readonly string[]
  /** Ascending; only pages escalate. */
  escalation: readonly EscalationStep[]
  /** Null: the alert policy's for the severity. */
  groupWaitMs: number | null
  repeatMs: number | null
  /** Only tickets are quiet. */
  quietHours: QuietHours | null
  /** Whether `endpoints` are those the SLO's author named. */
  named: boolean
}

const NOWHERE: Route = {
  path: [],
  endpoints: [],
  escalation: [],
  groupWaitMs: null,
  repeatMs: null,
  quietHours: null,
  named: false,
}

/**
 * Where an alert goes: in the order they are written, the first route that matches and says endpoints, itself or by a route
 * around it; inner routes before the one around them. A route without endpoints only groups: when nothing in it
 * matches, the next gets its turn.
 * @param labels with `severity`; page or ticket
 * @param named endpoints that the SLO's author names (OpenSLO notification targets) and that exist: they take the place of
 *   the route's, which still says how to escalate and when to be quiet
 */
export function routeFor(routes: readonly RouteNode[], labels: Labels, named: readonly string[] = []): Route {
  const found = firstOf(routes, labels, { at: 'routes', path: [], around: {} }) ?? NOWHERE
  const isPage = labels.severity === 'page'
  return {
    ...found,
    endpoints: [...new Set(named.length > 0 ? named : found.endpoints)],
    named: named.length > 0,
    escalation: isPage ? found.escalation : [],
    quietHours: isPage ? null : found.quietHours,
  }
}

function firstOf(
  nodes: readonly RouteNode[],
  labels: Labels,
  outer: { at: string; path: Route['path']; around: RouteSettings },
): Route | null {
  for (const [index, node] of nodes.entries()) {
    if (!matchesAll(node.matchers, labels)) continue
    const at = `${outer.at}[${index}]`
    const path = [...outer.path, { at, matchers: node.matchers.map(matcherText).join(', ') }]
    const around = settingsWithin(outer.around, node)
    const inner = firstOf(node.routes, labels, { at: `${at}.routes`, path, around })
    if (inner) return inner
    if (around.endpoints) return routeOf(path, around)
  }
  return null
}

const settingsWithin = (around: RouteSettings, node: RouteSettings): RouteSettings => ({
  endpoints: node.endpoints ?? around.endpoints,
  escalation: node.escalation ?? around.escalation,
  quietHours: node.quietHours === undefined ? around.quietHours : node.quietHours,
  groupWaitMs: node.groupWaitMs ?? around.groupWaitMs,
  repeatMs: node.repeatMs ?? around.repeatMs,
})

const routeOf = (path: Route['path'], settings: RouteSettings): Route => ({
  path,
  endpoints: settings.endpoints ?? [],
  escalation: (settings.escalation ?? []).toSorted((a, b) => a.afterMs - b.afterMs),
  groupWaitMs: settings.groupWaitMs ?? null,
  repeatMs: settings.repeatMs ?? null,
  quietHours: settings.quietHours ?? null,
  named: false,
})

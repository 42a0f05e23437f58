import type { Severity } from '../model.ts'
import type { Labels } from '../overlay/matchers.ts'
import type { QuietHours } from '../overlay/quiet-hours.ts'
import { type EscalationStep, type RouteNode, routeFor } from '../overlay/route.ts'
import type { AlertPolicy } from './alert-policy.ts'

/** Where the messages of one incident go, pinned when it starts: plain JSON. */
export interface StreamPlan {
  /** Severities each endpoint is told about. */
  subscriptions: Record<string, Severity[]>
  /** Ascending. */
  escalation: EscalationStep[]
  /** Wall clock, in ms. */
  groupWaitMs: Record<Severity, number>
  repeatMs: Record<Severity, number>
  /** Endpoints whose tickets wait for the morning. */
  quietHours: Record<string, QuietHours>
}

const SEVERITIES: readonly Severity[] = ['page', 'ticket']

/**
 * The plan for alerts with these labels, whatever severity they will have.
 * @param named endpoints that the SLO's author names; empty: the routes decide
 * @param waits whether a first message waits for company at all
 */
export function planOf(
  routes: readonly RouteNode[],
  labels: Labels,
  policy: AlertPolicy,
  { named = [], waits = true }: { named?: readonly string[]; waits?: boolean } = {},
): StreamPlan {
  const plan: StreamPlan = {
    subscriptions: {},
    escalation: [],
    groupWaitMs: { page: 0, ticket: 0 },
    repeatMs: { ...policy.repeatMs },
    quietHours: {},
  }
  for (const severity of SEVERITIES) {
    const route = routeFor(routes, { ...labels, severity }, named)
    for (const endpoint of new Set(route.endpoints)) {
      plan.subscriptions[endpoint] = [...(plan.subscriptions[endpoint] ?? []), severity]
      if (route.quietHours) plan.quietHours[endpoint] = route.quietHours
    }
    if (severity === 'page') plan.escalation = [...route.escalation]
    if (waits) plan.groupWaitMs[severity] = route.groupWaitMs ?? policy.groupWaitMs[severity]
    plan.repeatMs[severity] = route.repeatMs ?? policy.repeatMs[severity]
  }
  return plan
}

/** Both plans: a member with routes of its own brings them into its incident. What was pinned first stays. */
export function joinPlans(pinned: StreamPlan, added: StreamPlan): StreamPlan {
  const isNew = Object.keys(added.subscriptions).some((endpoint) => !(endpoint in pinned.subscriptions))
  if (!isNew) return pinned
  const known = new Set(pinned.escalation.map((step) => JSON.stringify(step)))
  return {
    ...pinned,
    subscriptions: { ...added.subscriptions, ...pinned.subscriptions },
    escalation: [...pinned.escalation, ...added.escalation.filter((step) => !known.has(JSON.stringify(step)))].sort(
      (a, b) => a.afterMs - b.afterMs,
    ),
    quietHours: { ...added.quietHours, ...pinned.quietHours },
  }
}

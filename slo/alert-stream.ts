import type { Decision } from './alert.ts'
import type { AlertPolicy } from './alert-policy.ts'
import type { NotifyReason, WithheldReason } from './alert-reason.ts'
import type { Subscriptions } from './alert-subscriptions.ts'
import type { Severity } from './model.ts'

/** One message an endpoint is owed. */
export interface Intent {
  endpoint: string
  event: 'firing' | 'resolved'
  reason: NotifyReason
  /** Firing: severity of the incident. Resolved: the severity that ends. */
  severity: Severity
  /** Another severity that was open at this endpoint and ends with this message. */
  replaces: Severity | null
  sequence: number
}

export interface Withheld {
  endpoint: string
  reason: WithheldReason
}

/**
 * Who has been told what about one incident: plain JSON. Routes are pinned when the incident starts,
 * so that whoever hears of its beginning hears of its end.
 */
export interface IncidentStream {
  incident: string
  /** Grows with every change of what is told. */
  sequence: number
  severity: Severity
  subscriptions: Subscriptions
  /** Severity each endpoint was last told is firing; absent when nothing is open there. */
  open: Record<string, Severity>
  /** Wall clock until which the first message waits, in ms since 1970; null once it went out. */
  waitUntilMs: number | null
}

export interface Projection {
  /** Null when the incident is over. */
  stream: IncidentStream | null
  /** The incident's sequence after this change, 0 without one. */
  sequence: number
  intents: Intent[]
  withheld: Withheld[]
}

const NOTHING: Projection = { stream: null, sequence: 0, intents: [], withheld: [] }

/**
 * What each endpoint must hear after a decision. One rule yields tier merge, de-escalation and owed resolves:
 * subscribed to the severity → firing; not subscribed but open → kept open when severity rose, resolved when it fell.
 * @param subscriptions of the SLO's service, used when the incident starts
 */
export function project(
  stream: IncidentStream | null,
  decision: Decision,
  subscriptions: Subscriptions,
  now: Date,
  policy: AlertPolicy,
): Projection {
  const { next, transition } = decision
  if (transition === 'resolved') return stream ? endOf(stream) : NOTHING
  if (next.phase === 'inactive') return NOTHING
  if (transition === 'fired') {
    const waitUntilMs = now.getTime() + policy.groupWaitMs[next.severity]
    const started = {
      incident: next.incident,
      sequence: 0,
      severity: next.severity,
      subscriptions,
      open: {},
      waitUntilMs,
    }
    return announceWhenDue(started, now)
  }
  if (!stream) return NOTHING
  if (transition) return tell({ ...stream, severity: next.severity, waitUntilMs: null }, transition)
  return stream.waitUntilMs === null ? unchanged(stream, []) : announceWhenDue(stream, now)
}

function announceWhenDue(stream: IncidentStream, now: Date): Projection {
  if (stream.waitUntilMs === null || now.getTime() >= stream.waitUntilMs) {
    return tell({ ...stream, waitUntilMs: null }, 'first')
  }
  const waiting = subscribersOf(stream).map((endpoint): Withheld => ({ endpoint, reason: 'group_wait' }))
  return unchanged(stream, waiting)
}

function tell(stream: IncidentStream, reason: 'first' | 'escalated' | 'deescalated'): Projection {
  const { severity } = stream
  const sequence = stream.sequence + 1
  const open = { ...stream.open }
  const intents: Intent[] = []
  const withheld: Withheld[] = []
  for (const [endpoint, severities] of Object.entries(stream.subscriptions)) {
    const before = open[endpoint]
    if (severities.includes(severity)) {
      open[endpoint] = severity
      const replaces = before === undefined || before === severity ? null : before
      intents.push({ endpoint, event: 'firing', reason, severity, replaces, sequence })
    } else if (before === undefined) {
      withheld.push({ endpoint, reason: severity === 'page' ? 'absorbed_by_page' : 'severity_filter' })
    } else if (severity === 'page') {
      withheld.push({ endpoint, reason: 'covered_by_page' })
    } else {
      delete open[endpoint]
      intents.push({ endpoint, event: 'resolved', reason, severity: before, replaces: null, sequence })
    }
  }
  return { stream: { ...stream, sequence, open }, sequence, intents, withheld }
}

function endOf(stream: IncidentStream): Projection {
  const sequence = stream.sequence + 1
  const endpoints = Object.keys(stream.subscriptions)
  const intents = endpoints
    .filter((endpoint) => endpoint in stream.open)
    .map((endpoint): Intent => {
      const ends = { severity: stream.severity, replaces: null, sequence }
      return { endpoint, event: 'resolved', reason: 'resolved', ...ends }
    })
  const unheard = endpoints.filter((endpoint) => !(endpoint in stream.open))
  const subscribed = new Set(subscribersOf(stream))
  const withheld = unheard.map(
    (endpoint): Withheld => ({ endpoint, reason: subscribed.has(endpoint) ? 'never_announced' : 'severity_filter' }),
  )
  return { stream: null, sequence, intents, withheld }
}

const unchanged = (stream: IncidentStream, withheld: Withheld[]): Projection => ({
  stream,
  sequence: stream.sequence,
  intents: [],
  withheld,
})

const subscribersOf = ({ subscriptions, severity }: IncidentStream) =>
  Object.keys(subscriptions).filter((endpoint) => subscriptions[endpoint]?.includes(severity))

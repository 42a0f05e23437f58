import type { Severity } from '../model.ts'
import type { AlertPolicy } from './alert-policy.ts'
import type { ClosingReason, NotifyReason, WithheldReason } from './alert-reason.ts'
import { highest, Turn } from './alert-turn.ts'
import type { StreamPlan } from './stream-plan.ts'

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

/** What keeps an alert from being told while it goes on being true. */
export type MuteReason = 'silenced' | 'maintenance' | 'inhibited' | 'grouped_under_root' | 'policy_off'

/** What one endpoint has open. */
export interface Opened {
  severity: Severity
  /** When it was told last, wall clock in ms. */
  toldAtMs: number
}

/**
 * Who has been told what about one incident: plain JSON. Routes are pinned when the incident starts,
 * so that whoever hears of its beginning hears of its end. Instants are wall clock in ms since 1970.
 */
export interface IncidentStream {
  /** Grows with every change of what is told. */
  sequence: number
  severity: Severity
  plan: StreamPlan
  /** By endpoint; absent when nothing is open there. */
  open: Record<string, Opened>
  /** Until when the first message waits. */
  waitUntilMs: number
  /** What the next endpoint to be told hears as reason. */
  news: 'first' | 'escalated' | 'deescalated'
  /** Alerts that joined since the last message. */
  unannounced: string[]
  /** When anybody was told last that it fires; null when nobody was. */
  toldAtMs: number | null
  /** When the page that is open was told first. */
  pagedAtMs: number | null
  /** Escalation steps that were sent since. */
  stepsDone: number
  /** When severity rose last: an acknowledgement from before is void. */
  roseAtMs: number
  acknowledged: { by: string; untilMs: number } | null
  /** An acknowledgement ended while nothing could be told of the page; page endpoints hear of it when it goes on. */
  ackExpired?: true
  /** Why each endpoint that was not told was not, as it was last: the memory of overlays that end. */
  withheld: Record<string, WithheldReason>
  /** Endpoints that know a member from the incident it came from, and hear nothing while that one is open there. */
  coveredBy: Record<string, string>
}

/** What an incident is like at one evaluation. */
export interface IncidentNow {
  firing: readonly {
    alert: string
    severity: Severity
    muted: MuteReason | null
    /**
     * It is no news to anyone: its condition does not hold any more, and it is only kept open until it has been clear for long
     * enough; or another member says it.
     */
    cleared: boolean
    joined: boolean
  }[]
  /** The latest one for this incident, if any. */
  acknowledgement: { by: string; at: Date; until: Date } | null
  /** Endpoints that can show an acknowledgement, and those that are only written to. */
  traits: EndpointTraits
  /** Why the last of its alerts ended although nothing says that they recovered; null when they did, or fire. */
  closed: ClosingReason | null
  /** False: the author of its SLOs wants no message when it ends, where nothing else needs one. */
  tellsEnd: boolean
}

export interface EndpointTraits {
  acknowledges: ReadonlySet<string>
  /** Chat and mail: nothing stays open there when no end is told. */
  messages: ReadonlySet<string>
  /** Those the configuration knows; null for whatever is named. */
  known: ReadonlySet<string> | null
}

export const NO_TRAITS: EndpointTraits = { acknowledges: new Set(), messages: new Set(), known: null }

export interface Projection {
  /** Null when the incident is over. */
  stream: IncidentStream | null
  /** The incident's sequence after this change. */
  sequence: number
  intents: Intent[]
  withheld: Withheld[]
}

/** The stream of an incident that begins. */
export function startStream(
  severity: Severity,
  plan: StreamPlan,
  now: Date,
  coveredBy: Record<string, string> = {},
): IncidentStream {
  return {
    sequence: 0,
    severity,
    plan,
    open: {},
    waitUntilMs: now.getTime() + plan.groupWaitMs[severity],
    news: 'first',
    unannounced: [],
    toldAtMs: null,
    pagedAtMs: null,
    stepsDone: 0,
    roseAtMs: now.getTime(),
    acknowledged: null,
    withheld: {},
    coveredBy,
  }
}

/**
 * What each endpoint must hear now. One rule yields tier merge, de-escalation and owed resolves: subscribed to the
 * severity → firing; not subscribed but open → kept open when severity rose, resolved when it fell. Overlays, and
 * a condition that has cleared, keep messages that something fires from being sent, never those that something is over.
 */
export function project(before: IncidentStream, incident: IncidentNow, now: Date, policy: AlertPolicy): Projection {
  const real = highest(incident.firing.map(({ severity }) => severity))
  if (real === null) return endOf(before, incident, policy)
  const turn = new Turn(before, incident, real, now, policy)
  for (const [endpoint, severities] of Object.entries(before.plan.subscriptions)) turn.decide(endpoint, severities)
  turn.escalate()
  turn.acknowledge()
  turn.closeUnsubscribed()
  return turn.conclude()
}

/** Everybody with something open hears the end, whatever overlays hold. */
function endOf(stream: IncidentStream, { tellsEnd, traits, closed }: IncidentNow, policy: AlertPolicy): Projection {
  const intents: Intent[] = []
  const withheld: Withheld[] = []
  const sequence = stream.sequence + 1
  for (const endpoint of Object.keys(stream.open)) {
    if (policy.dryRun) withheld.push({ endpoint, reason: 'dry_run' })
    else if (!tellsEnd && traits.messages.has(endpoint)) withheld.push({ endpoint, reason: 'policy_off' })
    else {
      const { severity } = stream
      intents.push({ endpoint, event: 'resolved', reason: closed ?? 'resolved', severity, replaces: null, sequence })
    }
  }
  for (const [endpoint, severities] of Object.entries(stream.plan.subscriptions)) {
    if (endpoint in stream.open) continue
    const isDue = severities.includes(stream.severity)
    withheld.push({ endpoint, reason: isDue ? 'never_announced' : 'severity_filter' })
  }
  return { stream: null, sequence, intents, withheld }
}

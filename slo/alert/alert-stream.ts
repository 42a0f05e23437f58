import type { Severity } from '../model.ts'
import { quietUntil } from '../overlay/quiet-hours.ts'
import type { AlertPolicy } from './alert-policy.ts'
import type { NotifyReason, WithheldReason } from './alert-reason.ts'
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
  /** Why each endpoint that was not told was not, as it was last: the memory of overlays that end. */
  withheld: Record<string, WithheldReason>
  /** Endpoints that know a member from the incident it came from, and hear nothing while that one is open there. */
  coveredBy: Record<string, string>
}

/** What an incident is like at one evaluation. */
export interface IncidentNow {
  firing: readonly { alert: string; severity: Severity; muted: MuteReason | null; joined: boolean }[]
  /** The latest one for this incident, if any. */
  acknowledgement: { by: string; at: Date; until: Date } | null
  /** Endpoints that can show an acknowledgement, and those that are only written to. */
  traits: EndpointTraits
  /** False: the author of its SLOs wants no message when it ends, where nothing else needs one. */
  tellsEnd: boolean
}

export interface EndpointTraits {
  acknowledges: ReadonlySet<string>
  /** Chat and mail: nothing stays open there when no end is told. */
  messages: ReadonlySet<string>
}

export const NO_TRAITS: EndpointTraits = { acknowledges: new Set(), messages: new Set() }

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

const rank = (severity: Severity | null): number => (severity === null ? 0 : severity === 'page' ? 2 : 1)

export const highest = (severities: readonly Severity[]): Severity | null =>
  severities.includes('page') ? 'page' : severities.includes('ticket') ? 'ticket' : null

/**
 * What each endpoint must hear now. One rule yields tier merge, de-escalation and owed resolves: subscribed to the
 * severity → firing; not subscribed but open → kept open when severity rose, resolved when it fell. Overlays keep
 * messages that something fires from being sent, never those that something is over.
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

/** One evaluation of one incident that fires: collects what is told and what is not. */
class Turn {
  readonly #intents: Intent[] = []
  readonly #withheld = new Map<string, WithheldReason>()
  readonly #before: IncidentStream
  readonly #next: IncidentStream
  readonly #real: Severity
  /** Of the members that are not muted; null when all are. */
  readonly #visible: Severity | null
  readonly #muted: MuteReason
  readonly #nowMs: number
  readonly #policy: AlertPolicy
  readonly #incident: IncidentNow
  readonly #changed: boolean
  /** An endpoint that the page had covered hears that the ticket is the news again. */
  readonly #fell: boolean
  readonly #isAcknowledged: boolean
  #told = false

  constructor(before: IncidentStream, incident: IncidentNow, real: Severity, now: Date, policy: AlertPolicy) {
    this.#before = before
    this.#incident = incident
    this.#real = real
    this.#nowMs = now.getTime()
    this.#policy = policy
    this.#visible = highest(incident.firing.filter(({ muted }) => !muted).map(({ severity }) => severity))
    const isMuted = incident.firing.filter(({ muted }) => muted !== null)
    this.#muted = (isMuted.find(({ severity }) => severity === real) ?? isMuted[0])?.muted ?? 'silenced'
    const rose = rank(real) > rank(before.severity)
    this.#changed = real !== before.severity
    this.#fell = rank(real) < rank(before.severity)
    const joined = incident.firing.filter((each) => each.joined && rank(each.severity) >= rank(real))
    const pageEnded = before.severity === 'page' && real === 'ticket'
    this.#next = {
      ...before,
      severity: real,
      open: { ...before.open },
      // Whoever was never told hears of it for the first time, whatever it was before.
      news: this.#changed && before.toldAtMs !== null ? (rose ? 'escalated' : 'deescalated') : before.news,
      waitUntilMs: rose ? this.#nowMs : before.waitUntilMs,
      roseAtMs: rose ? this.#nowMs : before.roseAtMs,
      unannounced: [...before.unannounced, ...joined.map(({ alert }) => alert)],
      pagedAtMs: pageEnded ? null : before.pagedAtMs,
      stepsDone: pageEnded ? 0 : before.stepsDone,
    }
    const { acknowledgement } = incident
    this.#isAcknowledged =
      acknowledgement !== null &&
      acknowledgement.at.getTime() >= this.#next.roseAtMs &&
      acknowledgement.at <= now &&
      now < acknowledgement.until
  }

  /** What an endpoint that the routes name hears. */
  decide(endpoint: string, severities: readonly Severity[]): void {
    const open = this.#before.open[endpoint]
    const visible = this.#visible
    if (open && rank(this.#real) < rank(open.severity) + (this.#fell ? 1 : 0)) {
      if (severities.includes(this.#real)) this.#tell(endpoint, 'deescalated', this.#real)
      else this.#close(endpoint)
    } else if (open && (visible === null || rank(visible) <= rank(open.severity))) {
      this.#continue(endpoint, severities)
    } else if (visible === null) {
      this.#withhold(endpoint, severities.includes(this.#real) ? this.#muted : this.#unsubscribed())
    } else if (!severities.includes(visible)) {
      if (open) this.#withhold(endpoint, 'covered_by_page')
      else this.#withhold(endpoint, this.#hidesFrom(severities) ? this.#muted : this.#unsubscribed())
    } else {
      this.#announce(endpoint, visible)
    }
  }

  /** Something new for an endpoint with nothing, or less, open. */
  #announce(endpoint: string, severity: Severity): void {
    const before = this.#before.withheld[endpoint]
    const { news, waitUntilMs, plan, coveredBy } = this.#next
    const quiet = severity === 'ticket' ? plan.quietHours[endpoint] : undefined
    if (news === 'first' && this.#nowMs < waitUntilMs) this.#withhold(endpoint, 'group_wait')
    else if (quiet && quietUntil(quiet, new Date(this.#nowMs))) this.#withhold(endpoint, 'quiet_hours')
    else if (coveredBy[endpoint] !== undefined && severity === this.#before.severity)
      this.#withhold(endpoint, 'grouped_under_root')
    else if (before === 'silenced') this.#tell(endpoint, 'silence_ended', severity)
    else if (before === 'maintenance') this.#tell(endpoint, 'maintenance_ended', severity)
    else if (this.#changed || before === 'quiet_hours') this.#tell(endpoint, news, severity)
    else this.#tell(endpoint, this.#before.open[endpoint] ? 'escalated' : 'first', severity)
  }

  /** An endpoint that knows: does it hear of new members, or again? */
  #continue(endpoint: string, severities: readonly Severity[]): void {
    const open = this.#before.open[endpoint]
    if (!open) return
    const toldAtMs = this.#before.toldAtMs ?? this.#nowMs
    const hasNew = this.#next.unannounced.length > 0
    const { repeatMs } = this.#next.plan
    if (!severities.includes(open.severity)) this.#withhold(endpoint, 'covered_by_page')
    else if (this.#visible === null) this.#withhold(endpoint, this.#muted)
    else if (hasNew && this.#nowMs - toldAtMs >= this.#policy.groupIntervalMs)
      this.#tell(endpoint, 'members_added', open.severity)
    else if (hasNew) this.#withhold(endpoint, 'group_interval')
    else if (this.#isAcknowledged) this.#withhold(endpoint, 'acknowledged')
    else if (this.#nowMs - open.toldAtMs >= repeatMs[open.severity]) this.#tell(endpoint, 'repeat', open.severity)
    else this.#withhold(endpoint, this.#hidesFrom(severities) ? this.#muted : 'repeat_not_due')
  }

  /** Whether an endpoint would hear of more if nobody were muted. */
  #hidesFrom(severities: readonly Severity[]): boolean {
    return rank(this.#real) > rank(this.#visible) && severities.includes(this.#real)
  }

  /** Steps that are due since the page went out, each once. */
  escalate(): void {
    const { pagedAtMs, plan } = this.#next
    if (this.#real !== 'page' || pagedAtMs === null) return
    for (let step = plan.escalation[this.#next.stepsDone]; step; step = plan.escalation[this.#next.stepsDone]) {
      if (this.#nowMs - pagedAtMs < step.afterMs) return
      for (const endpoint of step.endpoints) {
        if (this.#isAcknowledged) this.#withhold(endpoint, 'acknowledged')
        else if (this.#visible !== 'page') this.#withhold(endpoint, this.#muted)
        else this.#tell(endpoint, 'escalation_step', 'page')
      }
      if (this.#isAcknowledged || this.#visible !== 'page') return
      this.#next.stepsDone++
    }
  }

  /** What the beginning and the end of an acknowledgement tell. */
  acknowledge(): void {
    const was = this.#before.acknowledged
    const { acknowledgement, traits } = this.#incident
    if (this.#isAcknowledged && acknowledgement) {
      this.#next.acknowledged = { by: acknowledgement.by, untilMs: acknowledgement.until.getTime() }
      if (was) return
      for (const [endpoint, { severity }] of Object.entries(this.#before.open))
        if (traits.acknowledges.has(endpoint)) this.#tell(endpoint, 'acknowledged', severity)
      return
    }
    this.#next.acknowledged = null
    if (!was || this.#next.roseAtMs === this.#nowMs || this.#visible !== 'page') return
    for (const [endpoint, { severity }] of Object.entries(this.#before.open))
      if (severity === 'page') this.#tell(endpoint, 'ack_expired', 'page')
  }

  /** Endpoints that were told although no route names them: by a step of the escalation. */
  closeUnsubscribed(): void {
    for (const [endpoint, { severity }] of Object.entries(this.#before.open)) {
      if (endpoint in this.#before.plan.subscriptions) continue
      if (rank(this.#real) < rank(severity)) this.#close(endpoint)
    }
  }

  conclude(): Projection {
    const next = this.#next
    if (this.#told) {
      next.sequence = this.#before.sequence + 1
      next.unannounced = []
    }
    const intents = this.#intents.map((intent) => ({ ...intent, sequence: next.sequence }))
    const told = new Set(intents.map(({ endpoint }) => endpoint))
    const remembered = new Map(this.#withheld)
    for (const endpoint of told) {
      // What the next evaluation would say anyhow, so that it is no news then.
      const isNamed = endpoint in next.plan.subscriptions
      if (isNamed) remembered.set(endpoint, next.open[endpoint] ? this.#afterTelling() : this.#unsubscribed())
    }
    next.withheld = Object.fromEntries([...remembered].sort(([a], [b]) => (a < b ? -1 : 1)))
    const withheld = [...this.#withheld]
      .filter(([endpoint]) => !told.has(endpoint))
      .map(([endpoint, reason]): Withheld => ({ endpoint, reason }))
    return { stream: next, sequence: next.sequence, intents, withheld }
  }

  #afterTelling(): WithheldReason {
    return this.#isAcknowledged ? 'acknowledged' : 'repeat_not_due'
  }

  #tell(endpoint: string, reason: NotifyReason, severity: Severity): void {
    if (this.#policy.dryRun) {
      this.#withhold(endpoint, 'dry_run')
      return
    }
    if (this.#intents.some((intent) => intent.endpoint === endpoint)) return
    const before = this.#before.open[endpoint]?.severity
    const replaces = before === undefined || before === severity ? null : before
    this.#intents.push({ endpoint, event: 'firing', reason, severity, replaces, sequence: 0 })
    this.#next.open[endpoint] = { severity, toldAtMs: this.#nowMs }
    this.#told = true
    if (reason !== 'acknowledged') this.#next.toldAtMs = this.#nowMs
    if (severity === 'page') this.#next.pagedAtMs ??= this.#nowMs
  }

  /** De-escalated: what is open there is over. */
  #close(endpoint: string): void {
    const open = this.#before.open[endpoint]
    if (!open) return
    delete this.#next.open[endpoint]
    this.#intents.push({
      endpoint,
      event: 'resolved',
      reason: 'deescalated',
      severity: open.severity,
      replaces: null,
      sequence: 0,
    })
    this.#told = true
  }

  #withhold(endpoint: string, reason: WithheldReason): void {
    this.#withheld.set(endpoint, reason)
  }

  #unsubscribed(): WithheldReason {
    return this.#real === 'page' ? 'absorbed_by_page' : 'severity_filter'
  }
}

/** Everybody with something open hears the end, whatever overlays hold. */
function endOf(stream: IncidentStream, { tellsEnd, traits }: IncidentNow, policy: AlertPolicy): Projection {
  const intents: Intent[] = []
  const withheld: Withheld[] = []
  const sequence = stream.sequence + 1
  for (const endpoint of Object.keys(stream.open)) {
    if (policy.dryRun) withheld.push({ endpoint, reason: 'dry_run' })
    else if (!tellsEnd && traits.messages.has(endpoint)) withheld.push({ endpoint, reason: 'policy_off' })
    else {
      const { severity } = stream
      intents.push({ endpoint, event: 'resolved', reason: 'resolved', severity, replaces: null, sequence })
    }
  }
  for (const [endpoint, severities] of Object.entries(stream.plan.subscriptions)) {
    if (endpoint in stream.open) continue
    const isDue = severities.includes(stream.severity)
    withheld.push({ endpoint, reason: isDue ? 'never_announced' : 'severity_filter' })
  }
  return { stream: null, sequence, intents, withheld }
}

import type { Severity } from '../model.ts'
import { quietUntil } from '../overlay/quiet-hours.ts'
import type { AlertPolicy } from './alert-policy.ts'
import type { NotifyReason, WithheldReason } from './alert-reason.ts'
import type { IncidentNow, IncidentStream, Intent, MuteReason, Projection, Withheld } from './alert-stream.ts'

const rank = (severity: Severity | null): number => (severity === null ? 0 : severity === 'page' ? 2 : 1)

export const highest = (severities: readonly Severity[]): Severity | null =>
  severities.includes('page') ? 'page' : severities.includes('ticket') ? 'ticket' : null

/** Overlays keep members back; a condition that has cleared, and is only held open, is no news to anyone. */
const mayBeAnnounced = ({ muted, cleared }: IncidentNow['firing'][number]): boolean => muted === null && !cleared

/** One evaluation of one incident that fires: collects what is told and what is not. */
export class Turn {
  readonly #intents: Intent[] = []
  readonly #withheld = new Map<string, WithheldReason>()
  readonly #before: IncidentStream
  readonly #next: IncidentStream
  readonly #real: Severity
  /** Of the members that may be announced: not muted, and with a condition that still holds. Null when there is none. */
  readonly #visible: Severity | null
  /** Why the others may not. */
  readonly #hidden: MuteReason | 'keep_firing'
  readonly #nowMs: number
  readonly #policy: AlertPolicy
  readonly #incident: IncidentNow
  readonly #changed: boolean
  /** An endpoint that the page had covered hears that the ticket is the news again. */
  readonly #fell: boolean
  readonly #isAcknowledged: boolean
  /** The authors of all that fires want no alert of it. */
  readonly #isOff: boolean
  #told = false

  constructor(before: IncidentStream, incident: IncidentNow, real: Severity, now: Date, policy: AlertPolicy) {
    this.#before = before
    this.#incident = incident
    this.#real = real
    this.#nowMs = now.getTime()
    this.#policy = policy
    this.#visible = highest(incident.firing.filter(mayBeAnnounced).map(({ severity }) => severity))
    const hidden = incident.firing.filter((each) => !mayBeAnnounced(each))
    this.#hidden = (hidden.find(({ severity }) => severity === real) ?? hidden[0])?.muted ?? 'keep_firing'
    this.#isOff = incident.firing.every(({ muted }) => muted === 'policy_off')
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
    if (!this.#isKnown(endpoint)) {
      if (open) this.#close(endpoint, 'endpoint_removed')
      else this.#withhold(endpoint, 'endpoint_disabled')
    } else if (open && this.#isOff) {
      this.#close(endpoint, 'alerting_off')
    } else if (open && rank(this.#real) < rank(open.severity) && !severities.includes(this.#real)) {
      this.#close(endpoint)
    } else if (open && rank(this.#real) < rank(open.severity) + (this.#fell ? 1 : 0)) {
      this.#fall(endpoint, severities)
    } else if (open && (visible === null || rank(visible) <= rank(open.severity))) {
      this.#continue(endpoint, severities)
    } else if (visible === null) {
      this.#withhold(endpoint, severities.includes(this.#real) ? this.#hidden : this.#unsubscribed())
    } else if (!severities.includes(visible)) {
      if (open) this.#withhold(endpoint, 'covered_by_page')
      else this.#withhold(endpoint, this.#hidesFrom(severities) ? this.#hidden : this.#unsubscribed())
    } else {
      this.#announce(endpoint, visible)
    }
  }

  /**
   * The page is over and a ticket is left: that is a message that something fires, which overlays keep back as any other.
   * An endpoint that was kept from it hears nothing new afterwards, unless it only slept: its next message is a ticket.
   */
  #fall(endpoint: string, severities: readonly Severity[]): void {
    const slept = this.#before.withheld[endpoint] === 'quiet_hours'
    if (this.#visible !== this.#real) this.#withhold(endpoint, this.#hidden)
    else if (!this.#fell && !slept) this.#continue(endpoint, severities)
    else if (this.#isQuiet(endpoint, this.#real)) this.#withhold(endpoint, 'quiet_hours')
    else this.#tell(endpoint, 'deescalated', this.#real)
  }

  /** Something new for an endpoint with nothing, or less, open. */
  #announce(endpoint: string, severity: Severity): void {
    const before = this.#before.withheld[endpoint]
    const { news, waitUntilMs, coveredBy } = this.#next
    if (news === 'first' && this.#nowMs < waitUntilMs) this.#withhold(endpoint, 'group_wait')
    else if (this.#isQuiet(endpoint, severity)) this.#withhold(endpoint, 'quiet_hours')
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
    const sinceToldMs = this.#nowMs - (this.#before.toldAtMs ?? this.#nowMs)
    const isDue = this.#nowMs - open.toldAtMs >= this.#next.plan.repeatMs[open.severity]
    // Others may have been told of new members while this one slept.
    const missed = this.#before.withheld[endpoint] === 'quiet_hours' && !isDue
    const hasNew = this.#hasNews()
    const severity = rank(this.#real) < rank(open.severity) ? this.#real : open.severity
    if (!severities.includes(open.severity)) this.#withhold(endpoint, 'covered_by_page')
    else if (rank(this.#visible) < rank(severity)) this.#withhold(endpoint, this.#hidden)
    else if (hasNew && sinceToldMs < this.#policy.groupIntervalMs) this.#withhold(endpoint, 'group_interval')
    else if (!hasNew && this.#isAcknowledged) this.#withhold(endpoint, 'acknowledged')
    else if (!hasNew && !isDue && !missed)
      this.#withhold(endpoint, this.#hidesFrom(severities) ? this.#hidden : 'repeat_not_due')
    else if (this.#isQuiet(endpoint, severity)) this.#withhold(endpoint, 'quiet_hours')
    else this.#tell(endpoint, hasNew || missed ? 'members_added' : 'repeat', severity)
  }

  /** Whether a member joined that may be announced. */
  #hasNews(): boolean {
    const { unannounced } = this.#next
    return this.#incident.firing.some((each) => unannounced.includes(each.alert) && mayBeAnnounced(each))
  }

  /** Tickets wait for the morning; pages never do. */
  #isQuiet(endpoint: string, severity: Severity): boolean {
    const quiet = severity === 'ticket' ? this.#next.plan.quietHours[endpoint] : undefined
    return quiet !== undefined && quietUntil(quiet, new Date(this.#nowMs)) !== null
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
        else if (this.#visible !== 'page') this.#withhold(endpoint, this.#hidden)
        else if (!this.#isKnown(endpoint)) this.#withhold(endpoint, 'endpoint_disabled')
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
    const isDue = was !== null || this.#before.ackExpired === true
    delete this.#next.ackExpired
    if (!isDue || this.#real !== 'page' || this.#next.roseAtMs === this.#nowMs) return
    if (this.#visible !== 'page') {
      this.#next.ackExpired = true
      return
    }
    for (const [endpoint, { severity }] of Object.entries(this.#before.open))
      if (severity === 'page') this.#tell(endpoint, 'ack_expired', 'page')
  }

  /** Endpoints that were told although no route names them: by a step of the escalation. */
  closeUnsubscribed(): void {
    for (const [endpoint, { severity }] of Object.entries(this.#before.open)) {
      if (endpoint in this.#before.plan.subscriptions) continue
      if (!this.#isKnown(endpoint)) this.#close(endpoint, 'endpoint_removed')
      else if (this.#isOff) this.#close(endpoint, 'alerting_off')
      else if (rank(this.#real) < rank(severity)) this.#close(endpoint)
    }
  }

  conclude(): Projection {
    const next = this.#next
    if (this.#told) {
      next.sequence = this.#before.sequence + 1
      const hidden = this.#incident.firing.filter((each) => !mayBeAnnounced(each)).map(({ alert }) => alert)
      next.unannounced = next.unannounced.filter((alert) => hidden.includes(alert))
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

  #isKnown(endpoint: string): boolean {
    const { known } = this.#incident.traits
    return known === null || known.has(endpoint)
  }

  /** What is open there is over: de-escalated, unless something else is said. */
  #close(endpoint: string, reason: NotifyReason = 'deescalated'): void {
    const open = this.#before.open[endpoint]
    if (!open) return
    delete this.#next.open[endpoint]
    this.#intents.push({
      endpoint,
      event: 'resolved',
      reason,
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

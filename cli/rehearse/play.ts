import type { AlertRecord, Memory } from '../../evaluator/decide/alert-record.ts'
import { emptyMemory } from '../../evaluator/decide/alert-record.ts'
import { changesOf } from '../../evaluator/decide/change.ts'
import type { IncidentEvidence, IncidentFacts } from '../../evaluator/decide/incident-facts.ts'
import { type IncidentTurn, turnIncidents } from '../../evaluator/decide/incident-turn.ts'
import { type Evaluation, judge } from '../../evaluator/decide/judge.ts'
import { signalsOfReadings } from '../../evaluator/decide/signals.ts'
import { memoryOutbox } from '../../evaluator/deliver/memory-outbox-store.ts'
import { type Addressees, addresseesOf, notificationsFor } from '../../evaluator/deliver/notifications-for.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import type { Log } from '../../runtime/log.ts'
import type { AlertPolicy } from '../../slo/alert/alert-policy.ts'
import type { Reason } from '../../slo/alert/alert-reason.ts'
import { NO_TRAITS } from '../../slo/alert/alert-stream.ts'
import type { TierVerdict } from '../../slo/alert/alert-verdict.ts'
import { type AlertName, listedMembers, type NearbyDeployment, type RootEvidence } from '../../slo/alert/incident.ts'
import { ROOT_RULE, rootOf } from '../../slo/alert/root-cause.ts'
import type { Severity } from '../../slo/model.ts'
import type { Overlays } from '../../slo/overlay/overlays.ts'
import type { RouteNode } from '../../slo/overlay/route.ts'
import type { Notification } from '../../storage/notifications.ts'
import type { Scenario, ScenarioPolicy } from './scenario.ts'
import { excludedMinutes, overlaysOf, policyOf, routesOf, scheduleOf } from './scenario-plan.ts'
import { sloOf, tierIdOf } from './scenario-slo.ts'
import { answerAt } from './virtual-receiver.ts'
import { virtualTelemetry } from './virtual-telemetry.ts'

/** One delivery that its receiver accepted. */
export interface Send {
  scenario: string
  endpoint: string
  event: Notification['event']
  reason: Notification['reason']
  severity: Severity
  /** Alert ids, sorted. */
  slos: string[]
  root_cause: string | null
  incident: string
  /** Seconds from minute 0. */
  at_s: number
  /** What was read when each burning SLO rose; null for other reasons and alerts. */
  evidence: SendEvidence[] | null
  /** For people: what the message says in one line. Not part of the JSON. */
  summary: string
}

export interface SendEvidence {
  slo: string
  tier: string
  long: { good: number; total: number }
  short: { good: number; total: number }
  burn_long: number
  burn_short: number
}

/** One endpoint that was not told at a change, and why; or a failed attempt. */
export interface Unsent {
  at_s: number
  endpoint: string
  incident: string
  slos: string[]
  reason: Reason | string
}

/** One alert that changed without anybody being told for that alone. */
export interface Decided {
  at_s: number
  alert: string
  reason: Reason
  /** Tiers that would have fired and cleared while their minutes were missing. */
  late: string[]
}

export interface Rehearsal {
  sends: Send[]
  unsent: Unsent[]
  decided: Decided[]
}

/** What only burn rates, absence and blindness say can be made up from counts per minute. */
const KINDS: ReadonlySet<AlertName> = new Set(['SLOBurnRate', 'TelemetryAbsent', 'PlumblineBlind'])

/** Minute 0: an arbitrary whole minute. */
const START_MS = Date.UTC(2026, 0, 1)

const MINUTE_S = 60
const HOUR_MS = 3_600_000
const ACK_TTL_MS = 8 * HOUR_MS
const ESCALATE_AFTER_MS = 15 * 60_000
const TIMEOUT_S = 10

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log

/**
 * Runs one made-up incident from minute 0 to its end through the real decisions, grouping, routing and outbox. The clock
 * is virtual: it steps by the evaluation interval and to every delivery that falls due between; receivers are simulated.
 */
export async function rehearse(
  scenario: Scenario,
  filePolicy: ScenarioPolicy,
  { intervalSeconds = 5 }: { intervalSeconds?: number } = {},
): Promise<Rehearsal> {
  const given = { ...filePolicy, ...scenario.policy }
  const policy = policyOf(given)
  const stage = new Stage(scenario, given, policy)
  for (let second = 0; second <= scenario.until_min * MINUTE_S; second += intervalSeconds) {
    await stage.deliverUntil(second)
    await stage.evaluate(second, second - intervalSeconds)
  }
  stage.rehearsal.sends.sort((a, b) => a.at_s - b.at_s)
  return stage.rehearsal
}

/** One scenario on its way. */
class Stage {
  readonly rehearsal: Rehearsal = { sends: [], unsent: [], decided: [] }
  readonly #scenario: Scenario
  readonly #given: ScenarioPolicy
  readonly #policy: AlertPolicy
  readonly #slos
  readonly #telemetry
  readonly #routes: RouteNode[]
  readonly #overlays: Pick<Overlays, 'silences' | 'maintenance'>
  readonly #addressees: Addressees
  readonly #outbox: Outbox
  readonly #memory: Memory = emptyMemory()
  readonly #acknowledgements: { incident: string; by: string; at: Date; until: Date }[] = []
  /** What each message of an incident says, by incident and sequence. */
  readonly #said = new Map<string, { facts: IncidentFacts; evidence: SendEvidence[] }>()
  #lastUnsent = new Map<string, string>()
  #second = 0

  constructor(scenario: Scenario, given: ScenarioPolicy, policy: AlertPolicy) {
    this.#scenario = scenario
    this.#given = given
    this.#policy = policy
    this.#slos = scenario.slos.map((each) => ({ slo: sloOf(each, given), given: each }))
    this.#telemetry = virtualTelemetry(scenario, this.#slos, START_MS, (slo) => excludedMinutes(scenario, slo), policy)
    this.#routes = routesOf(scenario, (given.escalate_after_s ?? ESCALATE_AFTER_MS / 1000) * 1000)
    this.#overlays = overlaysOf(scenario, instantOf)
    this.#addressees = addresseesOf(
      scenario.endpoints.map(({ name, fallback }) => ({ name, type: 'webhook' as const, fallback })),
    )
    this.#outbox = new Outbox({
      store: memoryOutbox(),
      log: SILENT,
      send: async (notification, at) => this.#receive(notification, at),
      fallbackOf: (endpoint) => this.#addressees.get(endpoint)?.fallback,
      onResult: (notification, result) => {
        if (result === 'superseded' || result === 'dead_letter') this.#note(notification, notification.lastError)
      },
      random: () => 0.5,
      schedule: scheduleOf(given),
      ...(given.fallback_after_s === undefined ? {} : { patienceMs: given.fallback_after_s * 1000 }),
    })
  }

  /** Makes every attempt that falls due before a second. */
  async deliverUntil(second: number): Promise<void> {
    for (;;) {
      const due = this.#outbox.nextDueAt()
      if (due === null || due >= instantOf(second)) return
      await this.#outbox.deliverDue(due)
    }
  }

  async evaluate(second: number, previousSecond: number): Promise<void> {
    this.#second = second
    const now = instantOf(second)
    this.#acknowledge(second, previousSecond)
    const readings = this.#slos.map(({ slo }) => this.#telemetry.readAt(slo.name, second))
    const watermark = instantOf(this.#telemetry.watermarkAt(second))
    const signals = signalsOfReadings(readings, watermark, now, this.#policy, KINDS)
    const late = this.#telemetry.arrivedLate(previousSecond, second)
    const context = {
      now,
      policy: this.#policy,
      kinds: KINDS,
      remeasuring: new Set<string>(),
      explained: new Set<string>(),
      late,
    }
    const evaluations = judge(readings, signals, this.#memory.alerts, context)
    const roots = this.#rootsOf(evaluations, second)
    const turns = turnIncidents(evaluations, this.#memory.incidents, {
      now,
      policy: this.#policy,
      routes: this.#routes,
      overlays: { ...this.#overlays, acknowledgements: this.#acknowledgements },
      traits: NO_TRAITS,
      roots: new Map([...roots].map(([alert, { origin }]) => [alert, origin])),
      policies: new Map(),
    })
    const change = changesOf(evaluations, turns, (turn) => this.#evidenceOf(turn, roots, second), now)
    this.#decided(evaluations, change.alerts)
    for (const [alert, record] of change.alerts) this.#memory.alerts.set(alert, record)
    const notifications: Notification[] = []
    for (const turn of turns) {
      const facts = change.facts.get(turn.group.id)
      if (!facts) continue
      const { sequence, intents, withheld } = turn.projection
      if (intents.length > 0) {
        this.#said.set(`${turn.group.id} ${sequence}`, {
          facts,
          evidence: evidenceOf(facts, this.#memory.alerts, this.#scenario),
        })
        notifications.push(...notificationsFor(intents, facts, now, this.#addressees, 'https://plumbline.example'))
      }
      for (const { endpoint, reason } of withheld) this.#unsent(turn.group.id, endpoint, reason, listed(facts))
    }
    for (const [id, record] of change.incidents) {
      if (record) this.#memory.incidents.set(id, record)
      else this.#memory.incidents.delete(id)
    }
    if (notifications.length > 0) await this.#outbox.enqueue(notifications, now)
    const due = this.#outbox.nextDueAt()
    if (due !== null && due <= now) await this.#outbox.deliverDue(now)
  }

  #receive(notification: Notification, at: Date) {
    const second = (at.getTime() - START_MS) / 1000
    const { endpoint, incident, sequence } = notification
    const timeout = this.#given.timeout_s ?? TIMEOUT_S
    const answer = answerAt(this.#scenario.endpoint_behaviour, endpoint, second, timeout)
    const said = this.#said.get(`${incident} ${sequence}`)
    if (!said) throw new Error(`nothing was said about ${incident} at ${sequence}`)
    if (answer.arrival === 'accepted') this.rehearsal.sends.push(this.#sendOf(notification, said, second))
    else this.#note(notification, answer.error || `answered ${answer.status}`, second)
    return answer
  }

  #sendOf(
    { endpoint, event, reason, severity, incident }: Notification,
    { facts, evidence }: { facts: IncidentFacts; evidence: SendEvidence[] },
    second: number,
  ): Send {
    const showsEvidence = event === 'firing' && (reason === 'first' || reason === 'escalated') && evidence.length > 0
    return {
      scenario: this.#scenario.id,
      endpoint,
      event,
      reason,
      severity,
      slos: event === 'firing' ? listed(facts) : facts.incident.members.map(({ alert }) => alert).sort(),
      root_cause: facts.incident.rootCause || null,
      incident,
      at_s: second,
      evidence: showsEvidence ? evidence : null,
      summary: facts.incident.title,
    }
  }

  #decided(evaluations: readonly Evaluation[], changed: ReadonlyMap<string, AlertRecord>): void {
    for (const { subject, outcome, burn } of evaluations) {
      const late = burn?.decision.verdicts.filter(({ reason }) => reason === 'late_only') ?? []
      if (!changed.has(subject.alert) && late.length === 0) continue
      this.rehearsal.decided.push({
        at_s: this.#second,
        alert: subject.alert,
        reason: outcome.reason,
        late: late.map((verdict) => tierIdOf(this.#scenario, subject.alert, verdict)),
      })
    }
  }

  #note({ endpoint, attempts, incident, sequence }: Notification, reason: string, second = this.#second): void {
    const isStandby = this.#scenario.endpoints.some(({ name, fallback_only }) => name === endpoint && fallback_only)
    if (isStandby && attempts === 0) return
    const facts = this.#said.get(`${incident} ${sequence}`)?.facts
    this.rehearsal.unsent.push({ at_s: second, endpoint, incident, slos: facts ? listed(facts) : [], reason })
  }

  /** Only what changed is worth a line. */
  #unsent(incident: string, endpoint: string, reason: string, slos: string[]): void {
    const key = `${incident} ${endpoint}`
    if (this.#lastUnsent.get(key) === reason) return
    this.#lastUnsent.set(key, reason)
    this.rehearsal.unsent.push({ at_s: this.#second, endpoint, incident, slos, reason })
  }

  #acknowledge(second: number, previousSecond: number): void {
    for (const action of this.#scenario.actions) {
      if (action.do !== 'ack' || action.at_s <= previousSecond || action.at_s > second) continue
      const at = instantOf(action.at_s)
      const until = new Date(at.getTime() + (this.#given.ack_ttl_s ?? ACK_TTL_MS / 1000) * 1000)
      for (const { group } of this.#memory.incidents.values()) {
        const members = Object.values(group.members)
        if (action.slos && !members.some(({ subject }) => action.slos?.includes(subject.slo))) continue
        this.#acknowledgements.unshift({ incident: group.id, by: action.by, at, until })
      }
    }
  }

  /** What the error split would have measured for each alert that fires. */
  #rootsOf(evaluations: readonly Evaluation[], second: number): Map<string, RootEvidence> {
    const minute = second / MINUTE_S
    const rule = {
      share: this.#given.root_share ?? ROOT_RULE.share,
      minTraced: this.#given.root_min_traced ?? ROOT_RULE.minTraced,
    }
    const roots = new Map<string, RootEvidence>()
    for (const { subject, outcome, burn } of evaluations) {
      if (!burn || outcome.next.phase === 'inactive') continue
      const row = this.#scenario.origins.findLast(
        ({ slo, from_min, to_min }) => slo === subject.slo && from_min <= minute && minute < to_min,
      )
      if (row) roots.set(subject.alert, rootOf({ shares: row.shares, traced: row.bad_traced, tracedShare: 1 }, rule))
    }
    return roots
  }

  #evidenceOf({ group }: IncidentTurn, roots: ReadonlyMap<string, RootEvidence>, second: number): IncidentEvidence {
    const members = Object.values(group.members)
    const root = Object.keys(group.members)
      .map((alert) => roots.get(alert))
      .find((found) => found !== undefined)
    const services = new Set(members.map(({ subject }) => subject.service))
    const deployments = this.#scenario.actions.flatMap((action): NearbyDeployment[] => {
      if (action.do !== 'deploy' || action.at_s > second || action.at_s < second - 3600) return []
      const { service, version, at_s } = action
      return services.has(service) ? [{ service, version, previousVersion: '', at: instantOf(at_s) }] : []
    })
    return { suspect: null, root: root ?? null, impact: [...services], exemplars: [], deployments }
  }
}

const instantOf = (second: number) => new Date(START_MS + second * 1000)

const listed = ({ incident }: IncidentFacts): string[] =>
  listedMembers(incident)
    .map(({ alert }) => alert)
    .sort()

/** What was read of each burning member when it rose. */
function evidenceOf(
  facts: IncidentFacts,
  alerts: ReadonlyMap<string, AlertRecord>,
  scenario: Scenario,
): SendEvidence[] {
  return listed(facts).flatMap((alert) =>
    (alerts.get(alert)?.risen ?? []).map((verdict: TierVerdict): SendEvidence => {
      const { long, short } = verdict
      return {
        slo: alert,
        tier: tierIdOf(scenario, alert, verdict),
        long: long.counts,
        short: short.counts,
        burn_long: long.burn ?? 0,
        burn_short: short.burn ?? 0,
      }
    }),
  )
}

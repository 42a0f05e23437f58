import { changesOf } from '../../evaluator/decide/change.ts'
import type { EvaluatorMemory } from '../../evaluator/decide/known-incident.ts'
import { memoryOutbox } from '../../evaluator/deliver/memory-outbox-store.ts'
import { type Addressees, addresseesOf, notificationsFor } from '../../evaluator/deliver/notifications-for.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import type { Log } from '../../runtime/log.ts'
import type { AlertPolicy } from '../../slo/alert/alert-policy.ts'
import { WITHHELD_REASONS } from '../../slo/alert/alert-reason.ts'
import { ALERT_NAMES, type AlertName } from '../../slo/alert/incident.ts'
import { emptyMemory, remember } from '../../slo/decide/alert-record.ts'
import { decide, judgeAlerts, plainContext } from '../../slo/decide/decide.ts'
import type { Overlays } from '../../slo/overlay/overlays.ts'
import type { RouteNode } from '../../slo/overlay/route.ts'
import type { Notification } from '../../storage/notifications.ts'
import { Journal } from './journal.ts'
import { evidenceOf, rootsAt } from './made-up-evidence.ts'
import type { Rehearsal } from './rehearsal.ts'
import type { Scenario, ScenarioPolicy } from './scenario.ts'
import { excludedMinutes, overlaysOf, policyOf, routesOf, scheduleOf } from './scenario-plan.ts'
import { sloOf } from './scenario-slo.ts'
import { answerAt } from './virtual-receiver.ts'
import { virtualTelemetry } from './virtual-telemetry.ts'

/** What the product sends unless its configuration says otherwise. */
const KINDS: readonly AlertName[] = ALERT_NAMES.filter((kind) => kind !== 'SLOUnusual')

/** Minute 0: an arbitrary whole minute. */
const START_MS = Date.UTC(2026, 0, 1)

const MINUTE_S = 60
const ESCALATE_AFTER_S = 15 * MINUTE_S
const ACK_TTL_S = 8 * 60 * MINUTE_S
const TIMEOUT_S = 10

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log

interface Options {
  intervalSeconds?: number
  /** Called with the share of the timeline that is over, 0…1, once for every virtual minute. */
  onProgress?: (share: number) => void
}

/**
 * Runs one made-up incident from minute 0 to its end through the real decisions, grouping, routing and outbox. The clock
 * is virtual: it steps by the evaluation interval and to every delivery that falls due between; receivers are simulated.
 */
export async function rehearse(
  scenario: Scenario,
  filePolicy: ScenarioPolicy,
  { intervalSeconds = 5, onProgress }: Options = {},
): Promise<Rehearsal> {
  const stage = new Stage(scenario, { ...filePolicy, ...scenario.policy })
  const endSecond = scenario.until_min * MINUTE_S
  for (let second = 0; second <= endSecond; second += intervalSeconds) {
    await stage.deliverUntil(second)
    await stage.evaluate(second, second - intervalSeconds)
    if (second % MINUTE_S < intervalSeconds) onProgress?.(second / endSecond)
  }
  return stage.journal.conclude()
}

/** One scenario on its way. */
class Stage {
  readonly journal: Journal
  readonly #scenario: Scenario
  readonly #given: ScenarioPolicy
  readonly #policy: AlertPolicy
  readonly #kinds: ReadonlySet<AlertName>
  readonly #slos
  readonly #telemetry
  readonly #routes: RouteNode[]
  readonly #overlays: Pick<Overlays, 'silences' | 'maintenance'>
  readonly #addressees: Addressees
  readonly #outbox: Outbox
  #memory: EvaluatorMemory = emptyMemory()
  readonly #acknowledgements: Overlays['acknowledgements'][number][] = []
  /** Of the last evaluation, or attempt. */
  #second = 0

  constructor(scenario: Scenario, given: ScenarioPolicy) {
    this.journal = new Journal(scenario)
    this.#scenario = scenario
    this.#given = given
    this.#policy = policyOf(given)
    this.#kinds = new Set(given.alert_kinds ?? KINDS)
    this.#slos = scenario.slos.map((each) => ({ slo: sloOf(each, given), given: each }))
    const excluded = (slo: string) => excludedMinutes(scenario, slo)
    this.#telemetry = virtualTelemetry(scenario, this.#slos, START_MS, excluded, this.#policy)
    this.#routes = routesOf(scenario, (given.escalate_after_s ?? ESCALATE_AFTER_S) * 1000)
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
        const why = WITHHELD_REASONS.find((reason) => reason === notification.lastError)
        if (result === 'superseded' || result === 'dead_letter')
          this.journal.dropped(this.#second, notification, why ?? 'given up')
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
    const late = this.#telemetry.arrivedLate(previousSecond, second)
    const input = {
      readings,
      conditions: { signals: [], unseen: null, late },
      memory: this.#memory,
      context: plainContext({
        policy: this.#policy,
        kinds: this.#kinds,
        routes: this.#routes,
        overlays: { ...this.#overlays, acknowledgements: this.#acknowledgements },
      }),
      now,
    }
    const judged = judgeAlerts(input)
    const roots = rootsAt(second, judged, this.#scenario, this.#given)
    const rootCauses = new Map([...roots].map(([alert, { origin }]) => [alert, origin]))
    const decision = decide({ ...input, judged, rootCauses })
    const change = changesOf(
      decision,
      this.#memory.incidents,
      (turn) => evidenceOf(turn, roots, this.#scenario, second, instantOf),
      now,
    )
    this.journal.decided(second, judged, change.alerts)
    this.#memory = remember(this.#memory, change)
    const notifications: Notification[] = []
    for (const { group, projection } of decision.turns) {
      const facts = change.facts.get(group.id)
      if (!facts) continue
      const { sequence, intents, withheld } = projection
      if (intents.length > 0) this.journal.says(facts, sequence, this.#memory.alerts)
      notifications.push(...notificationsFor(intents, facts, now, this.#addressees, 'https://plumbline.example'))
      for (const { endpoint, reason } of withheld) this.journal.withheld(second, facts, endpoint, reason)
    }
    if (notifications.length > 0) await this.#outbox.enqueue(notifications, now)
    const due = this.#outbox.nextDueAt()
    if (due !== null && due <= now) await this.#outbox.deliverDue(now)
  }

  #receive(notification: Notification, at: Date) {
    const second = (at.getTime() - START_MS) / 1000
    this.#second = second
    const timeout = this.#given.timeout_s ?? TIMEOUT_S
    const answer = answerAt(this.#scenario.endpoint_behaviour, notification.endpoint, second, timeout)
    if (answer.arrival === 'accepted') this.journal.delivered(second, notification)
    else this.journal.failed(second, notification, answer.error || `answered ${answer.status}`)
    return answer
  }

  #acknowledge(second: number, previousSecond: number): void {
    for (const action of this.#scenario.actions) {
      if (action.do !== 'ack' || action.at_s <= previousSecond || action.at_s > second) continue
      const at = instantOf(action.at_s)
      const until = instantOf(action.at_s + (this.#given.ack_ttl_s ?? ACK_TTL_S))
      for (const { group } of this.#memory.incidents.values()) {
        const members = Object.values(group.members)
        if (action.slos && !members.some(({ subject }) => action.slos?.includes(subject.slo))) continue
        this.#acknowledgements.unshift({ incident: group.id, by: action.by, at, until })
      }
    }
  }
}

const instantOf = (second: number) => new Date(START_MS + second * 1000)

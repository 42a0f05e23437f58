import type { AlertPolicy } from '../alert/alert-policy.ts'
import type { FrozenReason } from '../alert/alert-reason.ts'
import { type EndpointTraits, NO_TRAITS } from '../alert/alert-stream.ts'
import type { AlertName } from '../alert/incident.ts'
import type { Signal } from '../alert/signal.ts'
import type { AlertPolicies } from '../model.ts'
import { NO_OVERLAYS, type Overlays } from '../overlay/overlays.ts'
import type { RouteNode } from '../overlay/route.ts'
import type { Reading } from '../reading.ts'
import {
  type AlertRecord,
  differs,
  type IncidentRecord,
  type Memory,
  type MemoryChange,
  remember,
} from './alert-record.ts'
import {
  explainedRoots,
  type IncidentTurn,
  incidentsByAlert,
  recordAfter,
  turnIncidents,
  turnsAnything,
} from './incident-turn.ts'
import { type Evaluation, judge } from './judge.ts'
import { signalsOfReadings } from './reading-signals.ts'

/** What is known at one instant and does not follow from the readings. */
export interface Conditions {
  signals: readonly Signal[]
  /** Why a signal that is not given any more cannot be called clear; null when it can. */
  unseen: FrozenReason | null
  /** Event time of minutes that arrived late and were measured since the last evaluation. */
  late: { from: Date; to: Date } | null
}

export const NO_CONDITIONS: Conditions = { signals: [], unseen: null, late: null }

/** What decides beside the data: configuration, and what people said. */
export interface DecideContext {
  policy: AlertPolicy
  /** Kinds of alert that are wanted; others end. */
  kinds: ReadonlySet<AlertName>
  /** Generations that are not measured to the end. */
  remeasuring: ReadonlySet<string>
  routes: readonly RouteNode[]
  overlays: Overlays
  traits: EndpointTraits
  /** What the authors of SLOs want told, by SLO name. */
  policies: ReadonlyMap<string, AlertPolicies | null>
}

/** A context in which nobody said anything. */
export const plainContext = (
  rest: Pick<DecideContext, 'policy' | 'kinds' | 'routes'> & Partial<DecideContext>,
): DecideContext => ({
  remeasuring: new Set(),
  overlays: NO_OVERLAYS,
  traits: NO_TRAITS,
  policies: new Map(),
  ...rest,
})

export interface DecideInput {
  readings: readonly Reading[]
  conditions: Conditions
  memory: Memory
  context: DecideContext
  now: Date
  /** `lastOf` the decision before this one; without it the end of an SLO that is gone quotes its last message. */
  last?: ReadonlyMap<string, Evaluation>
}

export interface Decision {
  /** Every alert, as it is now. */
  evaluations: readonly Evaluation[]
  /** Every open incident, and what each endpoint must hear of it. */
  turns: readonly IncidentTurn[]
  /** What must not be lost. */
  change: MemoryChange
  memory: Memory
}

/** Every alert of every kind, before it is known what is behind those that fire. */
export function judgeAlerts({
  readings,
  conditions,
  memory,
  context,
  now,
  last = new Map(),
}: DecideInput): Evaluation[] {
  const { policy, kinds, remeasuring } = context
  const watermark = readings[0]?.watermark ?? null
  const signals = [...signalsOfReadings(readings, watermark, now, policy, kinds, remeasuring), ...conditions.signals]
  const explained = explainedRoots(memory.incidents.values())
  const judging = { now, policy, kinds, remeasuring, explained, late: conditions.late, last }
  return judge(readings, signals, memory.alerts, judging, conditions.unseen)
}

/** What was measured last of every alert that fires. */
export const lastOf = ({ evaluations }: Pick<Decision, 'evaluations'>): ReadonlyMap<string, Evaluation> =>
  new Map(
    evaluations
      .filter(({ outcome, reading }) => outcome.next.phase === 'firing' && reading !== null)
      .map((evaluation) => [evaluation.subject.alert, evaluation]),
  )

/**
 * The one decision: which alerts there are, which incidents they make, and who must hear what of them. Production, rehearsals,
 * backtests and previews all ask it, so that none leaves out what another sends.
 * @param rootCauses measured root cause by alert; absent or '' without one
 * @param judged what `judgeAlerts` says of the same input, where that was needed to look up the causes
 */
export function decide(
  input: DecideInput & { rootCauses: ReadonlyMap<string, string>; judged?: readonly Evaluation[] },
): Decision {
  const { memory, context, now, rootCauses } = input
  const evaluations = input.judged ?? judgeAlerts(input)
  const turns = turnIncidents(evaluations, memory.incidents, { ...context, now, roots: rootCauses })
  const change = { alerts: changedAlerts(evaluations, turns), incidents: changedIncidents(turns) }
  return { evaluations, turns, change, memory: remember(memory, change) }
}

function changedAlerts(evaluations: readonly Evaluation[], turns: readonly IncidentTurn[]): Map<string, AlertRecord> {
  const homes = incidentsByAlert(turns)
  const changed = new Map<string, AlertRecord>()
  for (const evaluation of evaluations) {
    const { alert } = evaluation.subject
    const record = recordAfter(evaluation, homes.get(alert) ?? '')
    if (isNews(evaluation, record)) changed.set(alert, record)
  }
  return changed
}

/** What is not judged is news for a burn rate; of other kinds, which are many, only what fires or waits to. */
function isNews({ before, burn }: Evaluation, after: AlertRecord): boolean {
  const isIdle = burn === null && before.state.phase === 'inactive' && after.state.phase === 'inactive'
  return isIdle ? differs(before.state.pendingSinceMs, after.state.pendingSinceMs) : differs(before, after)
}

const changedIncidents = (turns: readonly IncidentTurn[]): Map<string, IncidentRecord | null> =>
  new Map(
    turns
      .filter(turnsAnything)
      .map(({ group, projection: { stream } }) => [group.id, stream === null ? null : { group, stream }]),
  )

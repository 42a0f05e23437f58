import type { AlertPolicy } from '../alert/alert-policy.ts'
import type { ClosingReason } from '../alert/alert-reason.ts'
import { type FiringAlert, isCleared } from '../alert/alert-state.ts'
import {
  type EndpointTraits,
  type IncidentNow,
  type IncidentStream,
  type Projection,
  project,
  startStream,
} from '../alert/alert-stream.ts'
import { BLIND } from '../alert/blindness.ts'
import { definitionOf } from '../alert/ending.ts'
import {
  type AlertSubject,
  type FiringNow,
  type Group,
  type Grouped,
  group,
  type MemberState,
} from '../alert/incident-group.ts'
import { joinPlans, planOf, type StreamPlan } from '../alert/stream-plan.ts'
import type { AlertPolicies, Severity } from '../model.ts'
import { muteOf, type Overlays } from '../overlay/overlays.ts'
import type { RouteNode } from '../overlay/route.ts'
import type { Reading } from '../reading.ts'
import { type AlertRecord, differs, type IncidentRecord } from './alert-record.ts'
import type { Evaluation } from './judge.ts'

/** What one tick means for one incident. */
export interface IncidentTurn {
  /** Null when it begins. */
  before: IncidentRecord | null
  group: Group
  projection: Projection
  joined: string[]
  /** Ids of overlays that mute members, by alert. */
  overlays: Record<string, string>
  /** Why members are not listed in messages, by alert. */
  muted: Record<string, MutedMember>
  acknowledgedBy: string
}

export type MutedMember = NonNullable<FiringNow['muted']>

export interface TurnContext {
  now: Date
  policy: AlertPolicy
  routes: readonly RouteNode[]
  overlays: Overlays
  traits: EndpointTraits
  /** Measured root cause by alert; absent or '' without one. */
  roots: ReadonlyMap<string, string>
  /** What the authors of SLOs want told, by SLO name. */
  policies: ReadonlyMap<string, AlertPolicies | null>
}

/** Groups what fires into incidents, and says what each endpoint must hear about each. */
export function turnIncidents(
  evaluations: readonly Evaluation[],
  open: ReadonlyMap<string, IncidentRecord>,
  context: TurnContext,
): IncidentTurn[] {
  const firing = new Map(firingOf(evaluations, open, context).map((alert) => [alert.subject.alert, alert]))
  const waits = new Map(evaluations.map(({ subject, waits }) => [subject.alert, waits]))
  const groups = [...open.values()].map((record) => record.group)
  const grouped = group(groups, [...firing.values()], context.now, context.policy)
  const closed = new Map(evaluations.flatMap(({ subject, ending }) => (ending ? [[subject.alert, ending.reason]] : [])))
  return grouped.map((each) => turnOf(each, open, firing, { waits, closed }, context))
}

/** An alert that fires, with the id of the overlay that mutes it, if one does. */
type Firing = FiringNow & { overlay: string }

/** What fires now, each with what mutes it. */
function firingOf(
  evaluations: readonly Evaluation[],
  open: ReadonlyMap<string, IncidentRecord>,
  { now, overlays, roots, policies }: TurnContext,
): Firing[] {
  const alive = new Set(
    evaluations.flatMap(({ subject, outcome }) => (outcome.next.phase === 'firing' ? subject.alert : [])),
  )
  const isBlind = evaluations.some(
    ({ subject, conditions }) => subject.alert === BLIND && conditions.some(({ verdict }) => verdict === 'matched'),
  )
  return evaluations.flatMap(({ subject, outcome, before, root: own }): Firing[] => {
    const { next } = outcome
    if (next.phase === 'inactive') return []
    const { severity, startedAtMs } = next
    const root = own || (roots.get(subject.alert) ?? '')
    const mute = muteOf(subject, { severity, root }, overlays, now)
    const isOff = policies.get(subject.slo)?.whenBreaching === false
    // While nothing can be seen, what is not known yet is not told; what is open goes on.
    const home = open.get(before.incident)
    const toldAlone = home?.group.key === subject.group && home.stream.toldAtMs !== null
    const isSaid = toldAlone && subject.under !== undefined && alive.has(subject.under)
    const isInhibited = (isBlind && subject.alert !== BLIND && before.incident === '') || isSaid
    const muted = isOff ? 'policy_off' : (mute?.reason ?? (isInhibited ? 'inhibited' : null))
    const { previousIncident } = before
    const told = { muted, overlay: mute?.overlay ?? '', cleared: isCleared(next), previousIncident, toldAlone }
    return [{ subject, severity, startedAtMs, root, ...told }]
  })
}

function turnOf(
  { group: next, joined, movedFrom, isNew }: Grouped,
  open: ReadonlyMap<string, IncidentRecord>,
  firing: ReadonlyMap<string, Firing>,
  { waits, closed }: { waits: ReadonlyMap<string, boolean>; closed: ReadonlyMap<string, ClosingReason> },
  context: TurnContext,
): IncidentTurn {
  const { now, policy, overlays, traits, policies } = context
  const before = open.get(next.id) ?? null
  const active = Object.entries(next.members).filter(([, { endedAtMs }]) => endedAtMs === null)
  const muted: IncidentTurn['muted'] = {}
  const overlayIds: Record<string, string> = {}
  for (const [id] of active) {
    const alert = firing.get(id)
    const mute = next.mergedInto !== '' ? 'grouped_under_root' : alert?.muted
    if (mute) muted[id] = mute
    if (alert && alert.overlay !== '') overlayIds[id] = alert.overlay
  }
  /** The alert above it is in the same incident, and messages about that one say this, too. */
  const isSaidByOther = (alert: string): boolean => {
    const under = next.members[alert]?.subject.under
    return under !== undefined && !(under in muted) && active.some(([id]) => id === under)
  }
  const stream = planned(before?.stream ?? null, next, { joined, movedFrom, isNew, waits, open, firing }, context)
  const acknowledgement = overlays.acknowledgements.find(({ incident }) => incident === next.id) ?? null
  const incident: IncidentNow = {
    firing: active.map(([alert, { severity }]) => ({
      alert,
      severity,
      muted: muted[alert] ?? null,
      cleared: (firing.get(alert)?.cleared ?? false) || isSaidByOther(alert),
      joined: !isNew && joined.includes(alert),
    })),
    acknowledgement,
    closed: Object.keys(next.members).flatMap((alert) => closed.get(alert) ?? [])[0] ?? null,
    traits,
    tellsEnd: Object.values(next.members).some(({ subject }) => policies.get(subject.slo)?.whenResolved !== false),
  }
  const projection = project(stream, incident, now, policy)
  const acknowledgedBy = projection.stream?.acknowledged?.by ?? ''
  return { before, group: next, projection, joined, overlays: overlayIds, muted, acknowledgedBy }
}

interface Membership extends Pick<Grouped, 'joined' | 'movedFrom' | 'isNew'> {
  waits: ReadonlyMap<string, boolean>
  open: ReadonlyMap<string, IncidentRecord>
  firing: ReadonlyMap<string, Firing>
}

/** The stream with the routes of whoever joined; a new one begins with the routes of its members. */
function planned(
  before: IncidentStream | null,
  { members }: Group,
  membership: Membership,
  { now, policy, routes, policies }: TurnContext,
): IncidentStream {
  const { joined, movedFrom, waits, open, firing } = membership
  const plansOf = (ids: readonly string[]): StreamPlan[] =>
    ids.flatMap((id) => {
      const member = members[id]
      if (!member) return []
      const named = policies.get(member.subject.slo)?.endpoints ?? []
      return [planOf(routes, routeLabels(member.subject), policy, { named, waits: waits.get(id) ?? true })]
    })
  const added = plansOf([...joined, ...Object.keys(movedFrom)])
  if (before) {
    const plan = added.reduce(joinPlans, before.plan)
    return { ...before, plan, coveredBy: stillCovered(before.coveredBy, open) }
  }
  const [first, ...others] = added.length > 0 ? added : plansOf(Object.keys(members))
  const plan = others.reduce(joinPlans, first as StreamPlan)
  const severity: Severity = Object.values(members).some(
    (member) => member.severity === 'page' && firing.has(member.subject.alert),
  )
    ? 'page'
    : 'ticket'
  return startStream(severity, plan, now, coveredFrom(movedFrom, open))
}

const routeLabels = ({ labels, service, dependency, env, slo }: AlertSubject) => ({
  service,
  dependency,
  env,
  slo,
  ...labels,
})

/** Endpoints that were told about a member that moved hear nothing new while they have its old incident open. */
function coveredFrom(
  movedFrom: Readonly<Record<string, string>>,
  open: ReadonlyMap<string, IncidentRecord>,
): Record<string, string> {
  const covered: Record<string, string> = {}
  for (const from of Object.values(movedFrom))
    for (const endpoint of Object.keys(open.get(from)?.stream.open ?? {})) covered[endpoint] = from
  return covered
}

const stillCovered = (coveredBy: IncidentStream['coveredBy'], open: ReadonlyMap<string, IncidentRecord>) =>
  Object.fromEntries(Object.entries(coveredBy).filter(([endpoint, from]) => open.get(from)?.stream.open[endpoint]))

/** Whether a turn changes anything that a restart must not lose. */
export const turnsAnything = ({ before, group: next, projection }: IncidentTurn): boolean =>
  differs(before && [before.group, before.stream], [next, projection.stream])

/** The record of an alert after its evaluation, once it is known where it belongs. */
export function recordAfter(
  { subject, before, outcome, burn, reading, keepFiringMs, root, summary }: Evaluation,
  incident: string,
): AlertRecord {
  const { next, transition } = outcome
  const rose = transition === 'fired' || transition === 'escalated'
  if (next.phase === 'inactive') {
    if (before.state === next || before.state.phase === 'inactive') return { ...before, state: next }
    return {
      state: next,
      incident: '',
      previousIncident: before.incident || before.previousIncident,
      fired: null,
      risen: [],
    }
  }
  const risen = burn?.decision.verdicts.filter(({ verdict }) => verdict === 'matched') ?? []
  return {
    state: next,
    incident,
    previousIncident: before.previousIncident,
    fired: {
      ...(rose || !before.fired ? { subject, keepFiringMs, root, summary } : before.fired),
      ...definedBy(before, next, reading),
    },
    risen: rose ? risen : before.risen,
  }
}

/** Under which definition the condition held last, and whether another one let it clear. */
function definedBy({ state, fired }: AlertRecord, next: FiringAlert, reading: Reading | null) {
  const known = { definition: fired?.definition ?? '', isRedefined: fired?.isRedefined ?? false }
  if (!reading) return known
  const definition = definitionOf(reading.slo)
  const wasCleared = state.phase === 'firing' && isCleared(state)
  if (isCleared(next)) return wasCleared ? known : { ...known, isRedefined: known.definition !== definition }
  // While nothing can be judged the new definition has not been asked.
  return next.frozen ? known : { definition, isRedefined: false }
}

/** The incident each alert belongs to after a tick; the one that speaks for itself, where it is in two. */
export function incidentsByAlert(turns: readonly IncidentTurn[]): Map<string, string> {
  const byAlert = new Map<string, string>()
  for (const {
    group: { id, members },
  } of turns)
    for (const [alert, member] of Object.entries(members)) if (isOwn(member)) byAlert.set(alert, id)
  return byAlert
}

const isOwn = ({ endedAtMs, adoptedFrom }: MemberState) => endedAtMs === null && adoptedFrom === ''

/** Environments by root cause of open incidents in which an SLO burns. */
export function explainedRoots(open: Iterable<IncidentRecord>): Map<string, string[]> {
  const roots = new Map<string, string[]>()
  for (const { group: each } of open) {
    const burns = Object.values(each.members).some(
      ({ subject, endedAtMs }) => endedAtMs === null && subject.alertname === 'SLOBurnRate',
    )
    if (each.root !== '' && burns) roots.set(each.root, [...(roots.get(each.root) ?? []), each.env])
  }
  return roots
}

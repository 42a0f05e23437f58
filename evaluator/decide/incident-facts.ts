import type { Reason } from '../../slo/alert/alert-reason.ts'
import {
  type Exemplar,
  type Incident,
  type Member,
  type NearbyDeployment,
  type RootEvidence,
  reviveMember,
  type Suspect,
  type TimelineEntry,
} from '../../slo/alert/incident.ts'
import type { AlertSubject, Group } from '../../slo/alert/incident-group.ts'
import type { IncidentTurn } from '../../slo/decide/incident-turn.ts'
import type { Evaluation } from '../../slo/decide/judge.ts'
import { type Answers, answersOf } from '../deliver/answers.ts'
import { membersOf } from './members.ts'
import { suspectFor } from './origin.ts'

/** An incident as it was at one change, with everything its messages say: they can be written again from it at any time. */
export interface IncidentFacts {
  incident: Incident
  env: string
  /** What its alerts share, pinned at the first send: `env` and `root_cause`, else what names its only alert. */
  groupLabels: Readonly<Record<string, string>>
  /** Services that suffer from the same failure, most affected first. */
  impact: string[]
  /** What messages say of its leading alert; null in journals of earlier versions. */
  answers: Answers | null
  /** What was measured of its root cause; null where nothing was looked up. */
  root: RootEvidence | null
  /** At most three traces. */
  exemplars: Exemplar[]
  /** Deployments of involved services in the hour before, newest first. */
  deployments: NearbyDeployment[]
  /** Oldest first; at most the last 50 entries. */
  timeline: TimelineEntry[]
  previousIncident: string | null
  /** Who acknowledged it; '' while nobody did. */
  acknowledgedBy: string
  /** The open incident with the same root that speaks for this one; '' while it speaks for itself. */
  mergedInto: string
  /** `frozen`: the numbers are the last ones known, since data is missing. */
  data: { watermark: Date; coverage: number; generation: string; frozen: boolean }
}

/** What was looked up about an incident when it changed. */
export interface IncidentEvidence {
  /** With the share of what is named as the cause. */
  suspect: Suspect | null
  root: RootEvidence | null
  impact: string[]
  exemplars: Exemplar[]
  deployments: NearbyDeployment[]
}

const TIMELINE_ENTRIES = 50

/**
 * An incident after one tick. What was told first stays: the cause a label names, and since when.
 * @param before as it was at its last change; null when it begins
 * @param evidence null: what was known before stands
 */
export function factsOf(
  turn: IncidentTurn,
  before: IncidentFacts | null,
  evaluations: ReadonlyMap<string, Evaluation>,
  evidence: IncidentEvidence | null,
  now: Date,
): IncidentFacts {
  const { group, projection, joined, muted } = turn
  const found = foundOut(evidence, before)
  const suspect = suspectFor(found.suspect ? [found.suspect] : [], found.root, group.root)
  const members = membersOf(group, muted, evaluations, before?.incident.members ?? [], suspect)
  const [lead] = members
  const details = lead?.details ?? before?.incident.details ?? null
  const isOver = projection.stream === null
  const severity = projection.stream?.severity ?? before?.incident.severity ?? lead?.severity ?? 'ticket'
  const incident: Incident = {
    id: group.id,
    state: isOver ? 'resolved' : 'open',
    severity,
    slo: lead?.slo ?? '',
    service: lead?.service ?? '',
    startedAt: new Date(group.startedAtMs),
    resolvedAt: isOver ? now : null,
    title: lead?.summary ?? '',
    rootCause: group.root,
    details: details && { ...details, suspect, exemplars: found.exemplars.map(({ traceId }) => traceId) },
    members,
  }
  const behind = { impact: found.impact, root: found.root, exemplars: found.exemplars }
  const reason = reasonOf(turn)
  const entry: TimelineEntry | null = isNews(turn) ? { at: now, reason, severity, joined } : null
  return {
    incident,
    env: group.env,
    groupLabels: before?.groupLabels ?? groupLabelsOf(group),
    answers: lead ? answersOf(lead, { incident, ...behind }) : null,
    ...behind,
    deployments: (evidence ?? before)?.deployments ?? [],
    timeline: [...(before?.timeline ?? []), ...(entry ? [entry] : [])].slice(-TIMELINE_ENTRIES),
    previousIncident: group.previousIncident,
    acknowledgedBy: turn.acknowledgedBy,
    mergedInto: group.mergedInto,
    data: dataOf(lead, evaluations, before, now),
  }
}

/** What is behind it. A look-up that found no failing call says nothing: what was known before stands, all of it together. */
function foundOut(
  evidence: IncidentEvidence | null,
  before: IncidentFacts | null,
): Pick<IncidentEvidence, 'suspect' | 'root' | 'impact' | 'exemplars'> {
  const isNews = evidence?.root && (evidence.root.traced > 0 || evidence.root.confidence !== null)
  if (evidence && (isNews || !before)) return evidence
  return {
    suspect: before?.incident.details?.suspect ?? null,
    root: before?.root ?? null,
    impact: before?.impact ?? [],
    exemplars: before?.exemplars ?? [],
  }
}

/** Why an incident's endpoints were told, or what keeps them from it. */
export function reasonOf({
  projection,
  joined,
  before,
  group,
}: Pick<IncidentTurn, 'projection' | 'joined' | 'before' | 'group'>): Reason {
  const [told] = projection.intents
  if (told) return told.reason
  if (projection.stream === null) return projection.withheld[0]?.reason ?? 'resolved'
  if (group.mergedInto !== '' && before?.group.mergedInto === '') return 'grouped_under_root'
  if (joined.length > 0 && before) return 'group_interval'
  return projection.withheld.find(({ reason }) => !NO_NEWS.has(reason))?.reason ?? 'same_state'
}

/** Reasons that say only that an endpoint is not concerned, or knows already. */
const NO_NEWS: ReadonlySet<Reason> = new Set([
  'absorbed_by_page',
  'severity_filter',
  'covered_by_page',
  'repeat_not_due',
])

const isNews = ({ projection, joined, before }: IncidentTurn) =>
  projection.intents.length > 0 || projection.stream === null || joined.length > 0 || before === null

/** Facts as they were before they became JSON. */
export function reviveFacts(stored: IncidentFacts): IncidentFacts {
  const { incident, data } = stored
  return {
    ...stored,
    answers: stored.answers ?? null,
    incident: {
      ...incident,
      startedAt: new Date(incident.startedAt),
      resolvedAt: incident.resolvedAt && new Date(incident.resolvedAt),
      members: incident.members.map(reviveMember),
    },
    exemplars: stored.exemplars.map((exemplar) => ({ ...exemplar, at: new Date(exemplar.at) })),
    deployments: stored.deployments.map((deployment) => ({ ...deployment, at: new Date(deployment.at) })),
    timeline: stored.timeline.map((entry) => ({ ...entry, at: new Date(entry.at) })),
    data: { ...data, watermark: new Date(data.watermark) },
  }
}

/** A root known at the start names the group; else its only alert does. */
function groupLabelsOf({ env, key, root, members }: Group): Record<string, string> {
  const given = env === '' ? {} : { env }
  if (key === root) return { ...given, root_cause: root }
  const subjects = Object.values(members)
    .map(({ subject }) => subject)
    .filter(({ group }) => group === key)
  const isOneSlo = subjects.every(({ slo }) => slo === subjects[0]?.slo)
  const names = subjects.map((subject) => namesOf(subject, isOneSlo))
  const [first = {}] = names
  const shared = Object.entries(first).filter(([name, value]) => names.every((other) => other[name] === value))
  return { ...given, ...Object.fromEntries(shared.filter(([, value]) => value !== '')) }
}

/** What names an alert among others. Several SLOs over the same calls have service and dependency in common. */
function namesOf(
  { labels, alertname, slo, service, dependency, under }: AlertSubject,
  isOneSlo: boolean,
): Record<string, string> {
  const isBudget = under !== undefined
  return {
    alertname: alertname === 'SLOBurnRate' || isBudget ? '' : alertname,
    condition: isBudget ? 'budget' : (labels.condition ?? ''),
    dependency: slo === '' || !isOneSlo ? dependency : '',
    ...(isOneSlo ? { slo } : { service }),
  }
}

function dataOf(
  lead: Member | undefined,
  evaluations: ReadonlyMap<string, Evaluation>,
  before: IncidentFacts | null,
  now: Date,
): IncidentFacts['data'] {
  const evaluation = lead && evaluations.get(lead.alert)
  const reading = evaluation?.reading
  const frozen = evaluation?.outcome.next.frozen !== null && evaluation !== undefined
  if (!reading) {
    const { coverage = 1, generation = '' } = before?.data ?? {}
    return { watermark: watermarkOf(evaluations) ?? now, coverage, generation, frozen }
  }
  const { lead: tier } = evaluation.burn?.decision ?? {}
  const coverage = tier ? Math.min(tier.long.coverage, tier.short.coverage) : reading.period.coverage
  return { watermark: reading.watermark ?? now, coverage, generation: reading.slo.generation, frozen }
}

/** All readings of a tick are of the same instant. */
function watermarkOf(evaluations: ReadonlyMap<string, Evaluation>): Date | null {
  for (const { reading } of evaluations.values()) if (reading) return reading.watermark
  return null
}

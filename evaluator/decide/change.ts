import type { TierVerdict } from '../../slo/alert/alert-verdict.ts'
import type { AlertRecord, MemoryChange } from '../../slo/decide/alert-record.ts'
import type { Decision } from '../../slo/decide/decide.ts'
import { type IncidentTurn, turnsAnything } from '../../slo/decide/incident-turn.ts'
import type { Evaluation } from '../../slo/decide/judge.ts'
import type { AlertEvent, IncidentEventEvidence } from '../../storage/alert-events.ts'
import type { IncidentRevision } from '../../storage/incidents.ts'
import type { Notification } from '../../storage/notifications.ts'
import { type Addressees, notificationsFor } from '../deliver/notifications-for.ts'
import { factsOf, type IncidentEvidence, type IncidentFacts, reasonOf, reviveFacts } from './incident-facts.ts'
import type { KnownIncident } from './known-incident.ts'

/** What one tick changes: rows for the journal, and what is remembered once they are stored. */
export interface Change extends MemoryChange<KnownIncident> {
  events: AlertEvent[]
  /** Every incident that changed, as it is now. */
  facts: Map<string, IncidentFacts>
}

/**
 * Everything that must be recorded of one decision.
 * @param known incidents that were open before it
 * @param evidenceOf what was looked up about an incident, null where nothing was
 */
export function changesOf(
  { evaluations, turns, change }: Decision,
  known: ReadonlyMap<string, KnownIncident>,
  evidenceOf: (turn: IncidentTurn) => IncidentEvidence | null,
  now: Date,
): Change {
  const byAlert = new Map(evaluations.map((evaluation) => [evaluation.subject.alert, evaluation]))
  const events: AlertEvent[] = []
  for (const evaluation of evaluations) {
    const record = change.alerts.get(evaluation.subject.alert)
    if (record) events.push(alertEvent(evaluation, record, now))
  }
  const incidents = new Map<string, KnownIncident | null>()
  const facts = new Map<string, IncidentFacts>()
  for (const turn of turns) {
    if (!turnsAnything(turn)) continue
    const { id } = turn.group
    const before = known.get(id) ?? null
    const after = factsOf(turn, before?.facts ?? null, byAlert, evidenceOf(turn), now)
    const revision = (before?.revision ?? 0) + 1
    const { stream } = turn.projection
    facts.set(id, after)
    incidents.set(id, stream && { group: turn.group, stream, revision, facts: after })
    events.push(incidentEvent(turn, after, revision, leadOf(after, byAlert), now))
  }
  return { events, alerts: change.alerts, incidents, facts }
}

function alertEvent(
  { subject, outcome, conditions, burn, before }: Evaluation,
  record: AlertRecord,
  now: Date,
): AlertEvent {
  return {
    kind: 'alert',
    slo: subject.alert,
    at: now,
    watermark: burn?.reading.watermark ?? now,
    reason: outcome.reason,
    incident: record.incident || before.incident,
    sequence: 0,
    state: JSON.stringify(record),
    evidence: JSON.stringify({ tiers: conditions }),
    intents: [],
  }
}

function incidentEvent(
  turn: IncidentTurn,
  facts: IncidentFacts,
  revision: number,
  lead: TierVerdict | null,
  now: Date,
): AlertEvent {
  const { group, projection, overlays } = turn
  const evidence: IncidentEventEvidence & { facts: IncidentFacts } = {
    facts,
    revision,
    lead,
    withheld: projection.withheld,
    overlays: [...new Set(Object.values(overlays))],
  }
  return {
    kind: 'incident',
    slo: group.id,
    at: now,
    watermark: facts.data.watermark,
    reason: reasonOf(turn),
    incident: group.id,
    sequence: projection.sequence,
    state: projection.stream ? JSON.stringify({ group, stream: projection.stream }) : '',
    evidence: JSON.stringify(evidence),
    intents: projection.intents,
  }
}

const leadOf = ({ incident }: IncidentFacts, byAlert: ReadonlyMap<string, Evaluation>): TierVerdict | null =>
  byAlert.get(incident.members[0]?.alert ?? '')?.burn?.decision.lead ?? null

type StoredEvidence = IncidentEventEvidence & { facts: IncidentFacts }

const evidenceIn = ({ kind, evidence }: AlertEvent): StoredEvidence | null => {
  if (kind !== 'incident') return null
  const stored = JSON.parse(evidence) as StoredEvidence
  return { ...stored, facts: reviveFacts(stored.facts) }
}

/** The incident an event leaves behind; null when it is about one alert only. */
export function incidentOf(event: AlertEvent): IncidentRevision | null {
  const stored = evidenceIn(event)
  return stored && { incident: stored.facts.incident, revision: stored.revision }
}

/** What is remembered of an open incident, from the latest row of its journal. */
export function incidentRecordOf(event: AlertEvent): KnownIncident | null {
  const stored = evidenceIn(event)
  if (!stored || event.state === '') return null
  const { group, stream } = JSON.parse(event.state) as Pick<KnownIncident, 'group' | 'stream'>
  return { group, stream, revision: stored.revision, facts: stored.facts }
}

/** What an event owes its endpoints. The same event always gives the same messages, ids and bodies. */
export function notificationsOf(event: AlertEvent, addressees: Addressees, publicUrl: string): Notification[] {
  const stored = evidenceIn(event)
  return stored ? notificationsFor(event.intents, stored.facts, event.at, addressees, publicUrl) : []
}

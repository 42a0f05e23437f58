import type { TierVerdict } from '../../slo/alert/alert-verdict.ts'
import type { AlertEvent, IncidentEventEvidence } from '../../storage/alert-events.ts'
import type { IncidentRevision } from '../../storage/incidents.ts'
import type { Notification } from '../../storage/notifications.ts'
import { type Addressees, notificationsFor } from '../deliver/notifications-for.ts'
import { type AlertRecord, differs, type IncidentRecord } from './alert-record.ts'
import { factsOf, type IncidentEvidence, type IncidentFacts, reasonOf, reviveFacts } from './incident-facts.ts'
import { type IncidentTurn, incidentsByAlert, recordAfter, turnsAnything } from './incident-turn.ts'
import type { Evaluation } from './judge.ts'

/** What one tick changes: rows for the journal, and what is remembered once they are stored. */
export interface Change {
  events: AlertEvent[]
  alerts: Map<string, AlertRecord>
  /** Null: the incident is over. */
  incidents: Map<string, IncidentRecord | null>
  /** Every incident that changed, as it is now. */
  facts: Map<string, IncidentFacts>
}

/**
 * Everything that must be recorded of one tick.
 * @param evidenceOf what was looked up about an incident, null where nothing was
 */
export function changesOf(
  evaluations: readonly Evaluation[],
  turns: readonly IncidentTurn[],
  evidenceOf: (turn: IncidentTurn) => IncidentEvidence | null,
  now: Date,
): Change {
  const byAlert = new Map(evaluations.map((evaluation) => [evaluation.subject.alert, evaluation]))
  const homes = incidentsByAlert(turns)
  const change: Change = { events: [], alerts: new Map(), incidents: new Map(), facts: new Map() }
  for (const evaluation of evaluations) {
    const { alert } = evaluation.subject
    const record = recordAfter(evaluation, homes.get(alert) ?? '')
    if (!isWorthARow(evaluation, record)) continue
    change.alerts.set(alert, record)
    change.events.push(alertEvent(evaluation, record, now))
  }
  for (const turn of turns) {
    if (!turnsAnything(turn)) continue
    const facts = factsOf(turn, byAlert, evidenceOf(turn), now)
    const revision = (turn.before?.revision ?? 0) + 1
    const { stream } = turn.projection
    change.facts.set(turn.group.id, facts)
    change.incidents.set(turn.group.id, stream && { group: turn.group, stream, revision, facts })
    change.events.push(incidentEvent(turn, facts, revision, leadOf(facts, byAlert), now))
  }
  return change
}

/** What is not judged is news for a burn rate; of other kinds, which are many, only what fires or waits to. */
function isWorthARow({ before, burn }: Evaluation, after: AlertRecord): boolean {
  const isIdle = burn === null && before.state.phase === 'inactive' && after.state.phase === 'inactive'
  return isIdle ? differs(before.state.pendingSinceMs, after.state.pendingSinceMs) : differs(before, after)
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
export function incidentRecordOf(event: AlertEvent): IncidentRecord | null {
  const stored = evidenceIn(event)
  if (!stored || event.state === '') return null
  const { group, stream } = JSON.parse(event.state) as Pick<IncidentRecord, 'group' | 'stream'>
  return { group, stream, revision: stored.revision, facts: stored.facts }
}

/** What an event owes its endpoints. The same event always gives the same messages, ids and bodies. */
export function notificationsOf(event: AlertEvent, addressees: Addressees, publicUrl: string): Notification[] {
  const stored = evidenceIn(event)
  return stored ? notificationsFor(event.intents, stored.facts, event.at, addressees, publicUrl) : []
}

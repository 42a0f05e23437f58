import type { Reason } from '../slo/alert-reason.ts'
import { windowEnd } from '../slo/window.ts'
import type { AlertEvent } from '../storage/alert-events.ts'
import type { Evidence } from '../storage/evidence.ts'
import type { IncidentRevision } from '../storage/incidents.ts'
import type { Notification } from '../storage/notifications.ts'
import { type AlertRecord, differs } from './alert-record.ts'
import { factsOf, type IncidentFacts, resolvedFacts, reviveFacts } from './incident-facts.ts'
import type { Judgement } from './judge.ts'
import { type Addressees, notificationsFor } from './notifications-for.ts'

/** A judgement that must be recorded, with the state it leads to. */
export interface Change {
  event: AlertEvent
  record: AlertRecord
}

/** The journal's evidence of one event, as JSON. */
interface EventEvidence {
  /** The incident after the event; null when the event did not touch it. */
  facts: IncidentFacts | null
  tiers: Judgement['decision']['verdicts']
  withheld: Judgement['projection']['withheld']
}

export const NO_EVIDENCE: Evidence = { suspect: null, impact: [], exemplars: [] }

const MAX_LOOK_BACK_MINUTES = 360
const MINUTE_MS = 60_000

/** Whether a judgement changes anything that a restart must not lose. */
export const isChange = ({ before, decision, projection }: Judgement): boolean =>
  differs(before, { alert: decision.next, stream: projection.stream })

/** Where to look for what is behind an alert that rose or changed; null when there is nothing new to find. */
export function lookBack({ reading, decision }: Judgement): { from: Date; to: Date } | null {
  const { transition, lead } = decision
  if (!reading?.watermark || !lead || !transition || transition === 'resolved') return null
  const to = windowEnd(reading.watermark)
  const minutes = Math.min(lead.long.minutes, MAX_LOOK_BACK_MINUTES)
  return { from: new Date(to.getTime() - minutes * MINUTE_MS), to }
}

/** The journal row of a judgement. */
export function changeOf(judgement: Judgement, evidence: Evidence, now: Date): Change {
  const { slo, before, decision, projection, reading } = judgement
  const watermark = reading?.watermark ?? now
  const facts = factsAfter(judgement, evidence, watermark)
  const { next, transition, verdicts } = decision
  const open = next.phase === 'firing' ? next.incident : ''
  const record: AlertRecord = { alert: next, stream: projection.stream, facts: open ? facts : null }
  const touched = transition !== null || projection.intents.length > 0
  const journal: EventEvidence = { facts: touched ? facts : null, tiers: verdicts, withheld: projection.withheld }
  const event: AlertEvent = {
    slo,
    at: now,
    watermark,
    reason: reasonOf(judgement),
    incident: open || (before.alert.phase === 'firing' ? before.alert.incident : ''),
    sequence: projection.sequence,
    state: JSON.stringify(record),
    evidence: JSON.stringify(journal),
    intents: projection.intents,
  }
  return { event, record }
}

function factsAfter({ before, decision, reading }: Judgement, evidence: Evidence, at: Date): IncidentFacts | null {
  const { transition } = decision
  if (transition === null) return before.facts
  if (transition === 'resolved') return before.facts && resolvedFacts(before.facts, at)
  return reading && (factsOf(decision, reading, evidence, transition === 'fired' ? null : before.facts) ?? before.facts)
}

function reasonOf({ decision, projection }: Judgement): Reason {
  const [told] = projection.intents
  if (told) return told.reason
  const waits = projection.withheld.some(({ reason }) => reason === 'group_wait')
  return waits ? 'group_wait' : decision.reason
}

/** The incident an event leaves behind; null when the event did not touch one. */
export function incidentOf(event: AlertEvent): IncidentRevision | null {
  const facts = factsIn(event)
  return facts && { incident: facts.incident, revision: event.sequence }
}

/** What an event owes its endpoints. The same event always gives the same messages, ids and bodies. */
export function notificationsOf(event: AlertEvent, addressees: Addressees, publicUrl: string): Notification[] {
  const facts = factsIn(event)
  return facts ? notificationsFor(event.intents, facts, event.at, addressees, publicUrl) : []
}

function factsIn({ evidence }: AlertEvent): IncidentFacts | null {
  const { facts } = JSON.parse(evidence) as EventEvidence
  return facts && reviveFacts(facts)
}

import type { Intent } from '../../slo/alert/alert-stream.ts'
import type { Incident, Member } from '../../slo/alert/incident.ts'
import type { IncidentRevision } from '../../storage/incidents.ts'
import type { Notification } from '../../storage/notifications.ts'
import { type Addressees, notificationsFor } from '../deliver/notifications-for.ts'
import type { IncidentFacts } from './incident-facts.ts'

/** An endpoint that was told of an incident, and the number of what it was told last. */
export interface ToldEndpoint {
  endpoint: string
  sequence: number
}

/**
 * The end of an incident that an earlier version of Plumbline left open without a journal this one can go on from: whoever was
 * told hears that it is over, under the incident it knows. What still fires is told anew, as an incident of its own.
 */
export function endOfLeft(
  { incident, revision }: IncidentRevision,
  told: readonly ToldEndpoint[],
  { addressees, publicUrl }: { addressees: Addressees; publicUrl: string },
  now: Date,
): { ended: IncidentRevision; notifications: Notification[] } {
  const ended: Incident = { ...incident, state: 'resolved', resolvedAt: now, members: membersIn(incident) }
  const intents = told.map(
    ({ endpoint, sequence }): Intent => ({
      endpoint,
      event: 'resolved',
      reason: 'resolved',
      severity: incident.severity,
      replaces: null,
      sequence: sequence + 1,
    }),
  )
  return {
    ended: { incident: ended, revision: revision + 1 },
    notifications: notificationsFor(intents, factsOfLeft(ended, now), now, addressees, publicUrl),
  }
}

/** Incidents were one SLO each before they had members. */
function membersIn({ members, slo, service, severity, startedAt, title, details }: Incident): Member[] {
  if (members.length > 0) return members
  const labels: Record<string, string> = { alertname: 'SLOBurnRate', service, slo }
  if (details && details.owner !== '') labels.owner = details.owner
  const about = { alert: slo, alertname: 'SLOBurnRate', slo, service, dependency: '', severity, startedAt } as const
  const { owner = '', runbook = '' } = details ?? {}
  const numbers = { details, budget: null, evidence: null }
  return [{ ...about, endedAt: null, ending: null, mutedBy: null, labels, summary: title, owner, runbook, ...numbers }]
}

const factsOfLeft = (incident: Incident, now: Date): IncidentFacts => ({
  incident,
  env: '',
  groupLabels: incident.rootCause === '' ? { slo: incident.slo } : { root_cause: incident.rootCause },
  answers: null,
  impact: [],
  root: null,
  exemplars: [],
  deployments: [],
  timeline: [],
  previousIncident: null,
  acknowledgedBy: '',
  mergedInto: '',
  data: { watermark: now, coverage: 1, generation: '', frozen: false },
})

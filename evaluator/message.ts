import type { NotifyReason } from '../slo/alert-reason.ts'
import type { Intent } from '../slo/alert-stream.ts'
import type { Counts, Severity } from '../slo/model.ts'
import type { IncidentFacts } from './incident-facts.ts'
import { budgetLeft, causeOf, descriptionOf, firstStep, numbersOf, summaryOf, whoCanFix } from './incident-text.ts'

/** One alert of a message. Labels are its identity, so nothing that moves belongs there. */
export interface MessageAlert {
  status: 'firing' | 'resolved'
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: Date
  endsAt: Date | null
  generatorUrl: string
}

/** Everything one message to one endpoint says, whatever the channel. */
export interface Message {
  endpoint: string
  event: 'firing' | 'resolved'
  reason: NotifyReason
  sequence: number
  incident: string
  /** The incident that ended before this one began, if any. */
  previousIncident: string | null
  severity: Severity
  /** The first leads: it is what short channels tell. */
  alerts: MessageAlert[]
  groupLabels: Record<string, string>
  externalUrl: string
  tier: string
  governingWindow: string
  burn: number
  counts: Counts
  data: { watermark: Date; coverage: number; generation: string }
}

const ALERT_NAME = 'SLOBurnRate'

/** What one endpoint is told about an incident. `publicUrl` is how its links begin. */
export function messageOf(intent: Intent, facts: IncidentFacts, publicUrl: string): Message {
  const { incident, data, env } = facts
  const details = numbersOf(incident)
  const base = publicUrl.replace(/\/$/, '')
  const alert = (severity: Severity, status: MessageAlert['status']): MessageAlert => ({
    status,
    labels: labelsOf(facts, severity),
    annotations: annotationsOf(facts, base),
    startsAt: incident.startedAt,
    endsAt: status === 'resolved' ? data.watermark : null,
    generatorUrl: `${base}/slos/${encodeURIComponent(incident.slo)}`,
  })
  const told = alert(intent.severity, intent.event)
  return {
    endpoint: intent.endpoint,
    event: intent.event,
    reason: intent.reason,
    sequence: intent.sequence,
    incident: incident.id,
    previousIncident: facts.previousIncident,
    severity: intent.severity,
    alerts: intent.replaces ? [told, alert(intent.replaces, 'resolved')] : [told],
    groupLabels: present({ env, slo: incident.slo }),
    externalUrl: base,
    tier: details.tier,
    governingWindow: details.governingWindow,
    burn: details.burn,
    counts: details.counts,
    data,
  }
}

const labelsOf = ({ incident, env }: IncidentFacts, severity: Severity) =>
  present({
    alertname: ALERT_NAME,
    env,
    owner: numbersOf(incident).owner,
    root_cause: incident.rootCause,
    service: incident.service,
    severity,
    slo: incident.slo,
  })

function annotationsOf(facts: IncidentFacts, base: string): Record<string, string> {
  const { incident, impact } = facts
  const details = numbersOf(incident)
  const [trace] = details.exemplars
  return present({
    summary: summaryOf(incident.slo, details),
    description: descriptionOf(facts),
    cause: causeOf(details),
    impact: impact.join(', '),
    who_can_fix: whoCanFix(facts),
    first_step: firstStep(facts),
    runbook_url: details.runbook,
    dashboard_url: `${base}/incidents/${incident.id}`,
    trace_url: trace ? `${base}/traces/${trace}` : '',
    trace_ids: details.exemplars.join(','),
    dependency: details.suspect?.dependency ?? '',
    budget_left: budgetLeft(details),
  })
}

/** Without what is not known: an empty label or annotation says nothing. */
const present = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))

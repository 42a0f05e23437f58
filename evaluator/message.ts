import type { Intent } from '../slo/alert-stream.ts'
import type { Severity } from '../slo/model.ts'
import type { IncidentFacts } from './incident-facts.ts'
import { budgetLeft, causeOf, descriptionOf, firstStep, numbersOf, summaryOf, whoCanFix } from './incident-text.ts'
import type { WebhookAlert, WebhookMessage } from './notify/webhook.ts'

const ALERT_NAME = 'SLOBurnRate'

/** What one endpoint is told about an incident. `publicUrl` is how its links begin. */
export function messageOf(intent: Intent, facts: IncidentFacts, publicUrl: string): WebhookMessage {
  const { incident, data, env } = facts
  const details = numbersOf(incident)
  const base = publicUrl.replace(/\/$/, '')
  const alert = (severity: Severity, status: WebhookAlert['status']): WebhookAlert => ({
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

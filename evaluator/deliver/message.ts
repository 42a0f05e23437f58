import type { NotifyReason } from '../../slo/alert/alert-reason.ts'
import type { Intent } from '../../slo/alert/alert-stream.ts'
import type { IncidentDetails, Member } from '../../slo/alert/incident.ts'
import type { Severity } from '../../slo/model.ts'
import type { IncidentFacts } from '../decide/incident-facts.ts'
import { originOf } from '../decide/origin.ts'
import { type Answers, answersOf, isCaused } from './answers.ts'
import { endingText, stepAfterEnding } from './ending-text.ts'
import { sinceText, summaryOf, whyOf } from './incident-text.ts'
import { cut, oneLine } from './number-text.ts'

/** One alert of a message. Labels are its identity, so nothing that moves belongs there. */
export interface MessageAlert {
  status: 'firing' | 'resolved'
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: Date
  endsAt: Date | null
  generatorUrl: string
}

/** What a person reads, in the words every channel uses. */
export interface Brief extends Answers {
  /** The alert that leads: `checkout-availability burns 16.7x`. */
  what: string
  /** `acme-pay times out` */
  why: string
  /** Alerts beside the leading one. */
  others: number
  startedAt: Date
  endedAt: Date | null
  /** Why it ended although nothing says that it recovered; '' otherwise. */
  ending: string
  /** Share of the budget spent by now; null while unknown. */
  budgetSpent: number | null
  /** The team it belongs to, or that nobody is named. */
  owner: string
  env: string
  service: string
  /** Where it begins and how calls to it end. */
  component: string
  outcome: string
  confidence: string
  acknowledgedBy: string
  /** Data is missing: the numbers are the last ones known. */
  isFrozen: boolean
  /** `checkout 1.5.0 (was 1.4.2) at …`, newest first. */
  deployments: string[]
  /** '' where there is none. `subject`: the page of the SLO or dependency. */
  links: { incident: string; subject: string; runbook: string; trace: string }
  traceIds: string[]
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
  /** The first leads. */
  alerts: MessageAlert[]
  groupLabels: Readonly<Record<string, string>>
  externalUrl: string
  /** Numbers of the leading alert; null when it has no burn rate. */
  numbers: Pick<IncidentDetails, 'tier' | 'governingWindow' | 'burn' | 'counts'> | null
  data: IncidentFacts['data']
  brief: Brief
}

const MAX_ANNOTATION = 1_000

export const NOBODY = 'nobody is named'

/** What one endpoint is told about an incident. `publicUrl` is how its links begin. */
export function messageOf(intent: Intent, facts: IncidentFacts, publicUrl: string): Message {
  const { incident, data } = facts
  const base = publicUrl.replace(/\/$/, '')
  const brief = briefOf(intent, facts, base)
  return {
    endpoint: intent.endpoint,
    event: intent.event,
    reason: intent.reason,
    sequence: intent.sequence,
    incident: incident.id,
    previousIncident: facts.previousIncident,
    severity: intent.severity,
    alerts: alertsOf(intent, facts, brief, base),
    groupLabels: facts.groupLabels,
    externalUrl: base,
    numbers: incident.details,
    data,
    brief,
  }
}

/** Alerts that fire come first; those of a severity that this message ends follow, resolved. */
function alertsOf(intent: Intent, facts: IncidentFacts, brief: Brief, base: string): MessageAlert[] {
  const { incident, data } = facts
  const isOver = intent.event === 'resolved'
  const alert = (member: Member, severity: Severity, ends: boolean): MessageAlert => ({
    status: ends ? 'resolved' : 'firing',
    labels: known({ ...member.labels, root_cause: facts.groupLabels.root_cause ?? '', severity }),
    annotations: annotationsOf(member, facts, brief, intent.event === 'resolved' ? intent.reason : ''),
    startsAt: member.startedAt,
    endsAt: ends ? (member.endedAt ?? incident.resolvedAt ?? data.watermark) : null,
    generatorUrl: subjectUrl(member, base) || brief.links.incident,
  })
  const members = toldOf(intent, incident)
  const told = members.map((member) => alert(member, intent.severity, isOver || member.endedAt !== null))
  const { replaces } = intent
  const replaced = replaces ? members.map((member) => alert(member, replaces, true)) : []
  return [...told, ...replaced].toSorted((a, b) => Number(a.status === 'resolved') - Number(b.status === 'resolved'))
}

/** The members a message is about. What the budget of an SLO that burns has come to is said with the burn, not as an alert beside it. */
function toldOf({ event }: Intent, { members }: IncidentFacts['incident']): readonly Member[] {
  const all = event === 'resolved' ? members : listed(members)
  return all.filter((member) => !isSaidBy(member, all))
}

/** Without alerts that a silence or maintenance keeps out of messages; all of them when it keeps out every one. */
function listed(members: readonly Member[]): readonly Member[] {
  const heard = members.filter(({ mutedBy }) => mutedBy === null)
  return heard.some(({ endedAt }) => endedAt === null) ? heard : members
}

function annotationsOf(member: Member, facts: IncidentFacts, brief: Brief, reason: string): Record<string, string> {
  const answers = answersOf(member, facts)
  const ending = endingText(member, reason)
  const ended = facts.incident.state === 'resolved' ? (member.endedAt ?? facts.incident.resolvedAt) : member.endedAt
  return present({
    summary: member.summary,
    description: ending
      ? `${ending}; last measured: ${answers.howBad}`
      : ended
        ? `${sinceText(member.startedAt, ended)}; ${answers.howBad}`
        : `${answers.howBad}; ${sinceText(member.startedAt, null)}`,
    cause: answers.cause,
    impact: answers.forWhom,
    who_can_fix: answers.whoCanFix,
    first_step: ending ? stepAfterEnding(member) : ended ? 'none: it is over' : answers.firstStep,
    runbook_url: member.runbook,
    dashboard_url: brief.links.incident,
    trace_url: brief.links.trace,
    trace_ids: brief.traceIds.join(','),
    dependency: brief.component,
    budget_left: answers.budgetLeft,
    acknowledged_by: brief.acknowledgedBy,
    data: facts.data.frozen ? 'frozen' : '',
  })
}

function briefOf(intent: Intent, facts: IncidentFacts, base: string): Brief {
  const { incident, root, data, exemplars, deployments } = facts
  const { details } = incident
  const origin = originOf(facts)
  const told = toldOf(intent, incident)
  const lead = (told[0] ?? incident.members[0]) as Member
  const traceIds = exemplars.length > 0 ? exemplars.map(({ traceId }) => traceId) : (details?.exemplars ?? [])
  const alive = told.filter(({ endedAt }) => intent.event === 'resolved' || endedAt === null)
  const answers = answersOf(lead, facts)
  const ending = endingText(lead, intent.event === 'resolved' ? intent.reason : '')
  return readable({
    ...answers,
    ...(ending && { howBad: `${ending}; last measured: ${answers.howBad}`, firstStep: stepAfterEnding(lead) }),
    ending,
    what:
      lead.alertname === 'SLOBurnRate' && lead.details
        ? summaryOf(lead.slo, { ...lead.details, suspect: null })
        : lead.summary,
    why: isCaused(lead) ? whyOf(facts) : '',
    others: Math.max(0, alive.length - 1),
    startedAt: incident.startedAt,
    endedAt: intent.event === 'resolved' ? (incident.resolvedAt ?? data.watermark) : null,
    budgetSpent: lead.budget?.remaining == null ? null : 1 - lead.budget.remaining,
    owner: lead.owner || NOBODY,
    env: facts.env,
    service: lead.service,
    component: origin?.name ?? lead.dependency,
    outcome: origin?.outcome ?? '',
    confidence: root?.confidence ?? '',
    acknowledgedBy: facts.acknowledgedBy,
    isFrozen: data.frozen,
    deployments: deployments.map(
      ({ service, version, previousVersion, at }) =>
        `${service} ${version}${previousVersion ? ` (was ${previousVersion})` : ''} at ${at.toISOString()}`,
    ),
    links: {
      incident: `${base}/incidents/${encodeURIComponent(incident.id)}`,
      subject: subjectUrl(lead, base),
      runbook: lead.runbook,
      trace: traceIds[0] ? `${base}/traces/${traceIds[0]}` : '',
    },
    traceIds,
  })
}

const isSaidBy = ({ alertname, slo }: Member, members: readonly Member[]): boolean =>
  (alertname === 'SLOBudgetSpent' || alertname === 'SLOExhaustion') &&
  members.some((other) => other.alertname === 'SLOBurnRate' && other.slo === slo)

/** The page of what an alert is about; '' for Plumbline itself. */
function subjectUrl({ slo, dependency }: Member, base: string): string {
  if (slo !== '') return `${base}/slos/${encodeURIComponent(slo)}`
  return dependency === '' ? '' : `${base}/dependencies/${encodeURIComponent(dependency)}`
}

/** `checkout-availability burns 16.7x: acme-pay times out, and 3 more`: what is broken, in one line. */
export function headline({ what, why, others }: Brief): string {
  return `${what}${why ? `: ${why}` : ''}${others > 0 ? `, and ${others} more` : ''}`
}

/** The word a message begins with, where it is neither the severity nor the end. */
const WORDS: Partial<Record<NotifyReason, string>> = {
  acknowledged: 'ACKNOWLEDGED',
  ack_expired: 'ACKNOWLEDGEMENT EXPIRED',
  test: 'TEST',
  slo_removed: 'CLOSED',
  alerting_off: 'CLOSED',
  target_changed: 'CLOSED',
  excluded: 'CLOSED',
  budget_reset: 'CLOSED',
  endpoint_removed: 'CLOSED',
}

export const wordOf = ({ event, reason, severity }: Pick<Message, 'event' | 'reason' | 'severity'>): string =>
  WORDS[reason] ?? (event === 'resolved' ? 'RESOLVED' : severity === 'page' ? 'PAGE' : 'TICKET')

/** An empty label or annotation says nothing. Labels stay what they are: they are identity. */
const known = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))

/** Texts of a brief, whatever the names in them. */
const readable = (brief: Brief): Brief =>
  Object.fromEntries(
    Object.entries(brief).map(([name, value]) => [
      name,
      typeof value === 'string' ? oneLine(value) : name === 'deployments' ? brief.deployments.map(oneLine) : value,
    ]),
  ) as unknown as Brief

const present = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(known(values)).map(([name, value]) => [name, cut(oneLine(value), MAX_ANNOTATION)]))

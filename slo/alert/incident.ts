import type { Counts, Severity } from '../model.ts'
import type { Confidence } from './alert-confidence.ts'
import type { AlertEvidence, BudgetOutlook } from './alert-facts.ts'
import type { Reason, WithheldReason } from './alert-reason.ts'
import type { Ending } from './ending.ts'

/** What an alert says, as Alertmanager's label `alertname`. */
export const ALERT_NAMES = [
  'SLOBurnRate',
  'SLOBudgetSpent',
  'SLOExhaustion',
  'SLOUnusual',
  'DependencyFailureMode',
  'TelemetryAbsent',
  'ProbeFailing',
  'PlumblineBlind',
  'PlumblineSelf',
] as const
export type AlertName = (typeof ALERT_NAMES)[number]

/** The dependency behind most bad calls of an incident, with the outcome it mostly showed. */
export interface Suspect {
  dependency: string
  outcome: string
  bad: number
  /** Share of the bad calls in the looked-at window, 0…1. */
  share: number
}

/** What an on-call person needs to know of one burning SLO, as it was when the incident last changed. */
export interface IncidentDetails {
  /** `1h/5m`: the tier that governs. */
  tier: string
  /** The window of the pair that burns less; SLI, burn and counts of messages come from it. */
  governingWindow: string
  burn: number
  factor: number
  counts: Counts
  /** Events really received in that window, of which `counts` are the weighted sum; absent where nothing is sampled. */
  seen?: { good: number; bad: number }
  burnRates: Record<string, number | null>
  /** Share of the error budget left in the SLO window, signed. */
  budgetRemaining: number | null
  suspect: Suspect | null
  /** Trace ids of failing calls. */
  exemplars: string[]
  runbook: string
  owner: string
}

/** One alert of an incident. */
export interface Member {
  /**
   * What fires: `NAME` is the burn-rate alert of an SLO, `NAME#absent`, `NAME#budget90`, `NAME#exhaustion`, `NAME#unusual` its
   * others; `acme-pay#F1` a failure mode of a dependency, `acme-pay#probe` its failing probe, `plumbline#blind` a meta alert.
   */
  alert: string
  alertname: AlertName
  /** '' for alerts of dependencies and of Plumbline itself. */
  slo: string
  service: string
  /** '' unless the alert is about one dependency. */
  dependency: string
  severity: Severity
  startedAt: Date
  /** Null while it fires. */
  endedAt: Date | null
  /** Why it ended although nothing says that it recovered; null when it did, and while it fires. */
  ending: Ending | null
  /** Why messages do not list it while it fires, e.g. `silenced`; null when they do. */
  mutedBy: WithheldReason | null
  /** Identity beyond severity and root cause: the SLO's own labels, then alertname, env, owner, service, slo, dependency. */
  labels: Readonly<Record<string, string>>
  /** One line: what is wrong. */
  summary: string
  /** The team it belongs to, '' where nobody is named; and what they wrote for this case. */
  owner: string
  runbook: string
  /** Null for alerts without burn rate, and beyond the members that messages show. */
  details: IncidentDetails | null
  /** Null for alerts that are about no SLO, and beyond the members that messages show. */
  budget: BudgetOutlook | null
  /** Null for burn rates and budgets, whose numbers are above. */
  evidence: AlertEvidence | null
}

/** What earlier versions did not journal. */
type Later = 'owner' | 'runbook' | 'budget' | 'evidence' | 'ending'

/** A member as it was before it became JSON. */
export const reviveMember = (stored: Omit<Member, Later> & Partial<Pick<Member, Later>>): Member => ({
  owner: stored.details?.owner ?? '',
  runbook: stored.details?.runbook ?? '',
  budget: null,
  evidence: null,
  ending: null,
  ...stored,
  startedAt: new Date(stored.startedAt),
  endedAt: stored.endedAt && new Date(stored.endedAt),
})

/** All that fires for one cause: the unit that notifies, is acknowledged and resolves. */
export interface Incident {
  id: string
  state: 'open' | 'resolved'
  severity: Severity
  /** SLO and service of the member that leads: the most urgent. '' where it has none. */
  slo: string
  service: string
  startedAt: Date
  resolvedAt: Date | null
  title: string
  /** `dependency:acme-pay/timeout`, '' while unknown. */
  rootCause: string
  /** Numbers of the leading member; null when it has no burn rate. */
  details: IncidentDetails | null
  /** Every alert the incident has or had, the most urgent first. */
  members: Member[]
}

/** The alerts a message that something fires is about: those that fire, without muted ones unless all of them are. */
export function listedMembers({ members }: Pick<Incident, 'members'>): Member[] {
  const firing = members.filter(({ endedAt }) => endedAt === null)
  const heard = firing.filter(({ mutedBy }) => mutedBy === null)
  return heard.length > 0 ? heard : firing
}

/** How sure the root cause is; see docs/alerting.md. */
export interface RootEvidence {
  /** `dependency:acme-pay/timeout`, `service:cart/server_error`, `link:a→b/connection`; '' when none stands out. */
  origin: string
  /** Of the weighted traced bad events, 0…1; 0 without a measured root. */
  share: number
  /** Bad traces looked at. */
  traced: number
  /** Share of all bad events that could be traced, 0…1. */
  tracedShare: number
  /** `low`: by topology, not measured. Null without root. */
  confidence: Confidence | null
  /** The largest shares, the root's included, at most three. */
  top: { origin: string; share: number }[]
}

/** A trace that shows the failure. */
export interface Exemplar {
  traceId: string
  shows: 'first' | 'median' | 'slowest'
  service: string
  at: Date
  durationMs: number
}

/** A deployment of an involved service shortly before or during the incident: named, not blamed. */
export interface NearbyDeployment {
  service: string
  version: string
  previousVersion: string
  at: Date
}

/** One line of an incident's story. */
export interface TimelineEntry {
  at: Date
  reason: Reason
  severity: Severity
  /** Alert ids that joined with it. */
  joined: string[]
}

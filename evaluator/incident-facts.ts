import type { Direction } from '../integration/outcome.ts'
import type { Decision } from '../slo/alert.ts'
import { ROOT_MIN_BAD, ROOT_SHARE } from '../slo/alert-confidence.ts'
import { governingWindow, type TierVerdict } from '../slo/alert-verdict.ts'
import { budgetOf } from '../slo/budget.ts'
import { burnRate } from '../slo/burn-rate.ts'
import {
  type Exemplar,
  type Incident,
  type IncidentDetails,
  type NearbyDeployment,
  type RootEvidence,
  reviveMember,
  type Suspect,
  type TimelineEntry,
} from '../slo/incident.ts'
import { directionOf, environmentOf } from '../slo/indicator.ts'
import type { Reading } from '../slo/reading.ts'
import { windowLabel } from '../slo/window.ts'
import type { Evidence } from '../storage/evidence.ts'
import { summaryOf } from './incident-text.ts'

/** An incident as it was at one change, with everything its messages say: they can be written again from it at any time. */
export interface IncidentFacts {
  incident: Incident
  env: string
  /** What its alerts share, pinned at the first send: `env` and `root_cause`, else what names its only alert. */
  groupLabels: Readonly<Record<string, string>>
  /** Whether the leading SLO watches calls a service makes, or calls it answers. */
  direction: Direction
  /** Services that suffer from the same failure, most affected first. */
  impact: string[]
  /** What was measured of its root cause; null where nothing was looked up. */
  root: RootEvidence | null
  /** At most three traces. */
  exemplars: Exemplar[]
  /** Deployments of involved services in the hour before, newest first. */
  deployments: NearbyDeployment[]
  /** Oldest first; at most the last 50 entries. */
  timeline: TimelineEntry[]
  /** SLO window of the leading member; 0 when it has none. */
  sloWindowMinutes: number
  previousIncident: string | null
  /** Who acknowledged it; '' while nobody did. */
  acknowledgedBy: string
  /** The open incident with the same root that speaks for this one; '' while it speaks for itself. */
  mergedInto: string
  /** `frozen`: the numbers are the last ones known, since data is missing. */
  data: { watermark: Date; coverage: number; generation: string; frozen: boolean }
}

/**
 * The incident behind a decision. What was told first stays: the cause a label names, and since when.
 * @param before facts of the same incident at its last change; null when it begins
 */
export function factsOf(
  decision: Decision,
  reading: Reading,
  evidence: Evidence,
  before: IncidentFacts | null,
): IncidentFacts | null {
  const { next, lead } = decision
  if (next.phase !== 'firing' || !lead) return null
  const { slo } = reading
  const suspect = evidence.suspect ?? before?.incident.details?.suspect ?? null
  const details = detailsOf(lead, reading, suspect, evidence)
  const incident: Incident = {
    id: next.incident,
    state: 'open',
    severity: next.severity,
    slo: slo.name,
    service: slo.service,
    startedAt: new Date(next.startedAtMs),
    resolvedAt: null,
    title: summaryOf(slo.name, details),
    rootCause: before ? before.incident.rootCause : rootCauseOf(suspect),
    details,
    members: [],
  }
  return {
    incident,
    env: environmentOf(slo),
    direction: directionOf(slo.indicator),
    groupLabels: { env: environmentOf(slo), slo: slo.name },
    impact: evidence.impact,
    root: null,
    exemplars: [],
    deployments: [],
    timeline: [],
    sloWindowMinutes: slo.objective.window.minutes,
    previousIncident: next.previousIncident,
    acknowledgedBy: '',
    mergedInto: '',
    data: { ...freshnessOf(lead, reading), generation: slo.generation, frozen: false },
  }
}

/** The same incident once it is over: its numbers stay those of its last change. */
export function resolvedFacts(facts: IncidentFacts, at: Date): IncidentFacts {
  const incident: Incident = { ...facts.incident, state: 'resolved', resolvedAt: at }
  return { ...facts, incident, data: { ...facts.data, watermark: at } }
}

/** Facts as they were before they became JSON. */
export function reviveFacts(stored: IncidentFacts): IncidentFacts {
  const { incident, data } = stored
  return {
    ...stored,
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

function detailsOf(
  lead: TierVerdict,
  reading: Reading,
  suspect: Suspect | null,
  { exemplars }: Evidence,
): IncidentDetails {
  const { slo, windows, period } = reading
  const { budgetPpm } = slo.objective
  const governing = governingWindow(lead)
  return {
    tier: lead.tier,
    governingWindow: windowLabel(governing.minutes),
    burn: governing.burn ?? 0,
    factor: lead.factor,
    counts: governing.counts,
    burnRates: Object.fromEntries(
      [...windows].map(([minutes, { units }]) => [windowLabel(minutes), burnRate(units, budgetPpm)]),
    ),
    budgetRemaining: budgetOf(period.units, budgetPpm).remaining,
    suspect,
    exemplars,
    runbook: slo.runbook,
    owner: slo.owner,
  }
}

function freshnessOf(lead: TierVerdict, { watermark }: Reading) {
  return { watermark: watermark ?? new Date(0), coverage: Math.min(lead.long.coverage, lead.short.coverage) }
}

const rootCauseOf = (suspect: Suspect | null): string =>
  suspect && suspect.share >= ROOT_SHARE && suspect.bad >= ROOT_MIN_BAD
    ? `dependency:${suspect.dependency}/${suspect.outcome}`
    : ''

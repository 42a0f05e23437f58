import type { Direction } from '../integration/outcome.ts'
import type { Decision } from '../slo/alert.ts'
import { ROOT_MIN_BAD, ROOT_SHARE } from '../slo/alert-confidence.ts'
import { governingWindow, type TierVerdict } from '../slo/alert-verdict.ts'
import { budgetOf } from '../slo/budget.ts'
import { burnRate } from '../slo/burn-rate.ts'
import type { Incident, IncidentDetails, Suspect } from '../slo/incident.ts'
import { directionOf, environmentOf } from '../slo/indicator.ts'
import type { Reading } from '../slo/reading.ts'
import { windowLabel } from '../slo/window.ts'
import type { Evidence } from '../storage/evidence.ts'
import { summaryOf } from './incident-text.ts'

/** An incident as it was at one change, with everything its messages say: they can be written again from it at any time. */
export interface IncidentFacts {
  incident: Incident
  env: string
  /** Whether the SLO watches calls a service makes, or calls it answers. */
  direction: Direction
  /** Services that suffer from the same failure. */
  impact: string[]
  sloWindowMinutes: number
  previousIncident: string | null
  data: { watermark: Date; coverage: number; generation: string }
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
  const suspect = evidence.suspect ?? before?.incident.details.suspect ?? null
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
  }
  return {
    incident,
    env: environmentOf(slo),
    direction: directionOf(slo.indicator),
    impact: evidence.impact,
    sloWindowMinutes: slo.objective.window.minutes,
    previousIncident: next.previousIncident,
    data: { ...freshnessOf(lead, reading), generation: slo.generation },
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
    },
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

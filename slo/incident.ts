import type { Counts, Severity } from './model.ts'

/** The dependency behind most bad calls of an incident's SLO, with the outcome it mostly showed. */
export interface Suspect {
  dependency: string
  outcome: string
  bad: number
  /** Share of the SLO's bad calls in the looked-at window, 0…1. */
  share: number
}

/** What an on-call person needs to know, as it was when the incident last changed. */
export interface IncidentDetails {
  /** `1h/5m`: the tier that governs. */
  tier: string
  /** The window of the pair that burns less; SLI, burn and counts of messages come from it. */
  governingWindow: string
  burn: number
  factor: number
  counts: Counts
  burnRates: Record<string, number | null>
  /** Share of the error budget left in the SLO window, signed. */
  budgetRemaining: number | null
  suspect: Suspect | null
  /** Trace ids of failing calls, newest first. */
  exemplars: string[]
  runbook: string
  owner: string
}

/** All that fires for one cause: the unit that notifies, is acknowledged and resolves. */
export interface Incident {
  id: string
  state: 'open' | 'resolved'
  severity: Severity
  slo: string
  service: string
  startedAt: Date
  resolvedAt: Date | null
  title: string
  /** `dependency:acme-pay/timeout`, '' while unknown. */
  rootCause: string
  details: IncidentDetails
}

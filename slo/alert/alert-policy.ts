import type { Severity } from '../model.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** How patient alerts are. Durations in milliseconds. */
export interface AlertPolicy {
  /** A tier is clear at or below this part of its factor; between it and the factor it holds what it has. */
  clearRatio: number
  /** A window with a smaller covered share of its minutes is not judged. */
  coverageFloor: number
  /** Data complete only up to a longer time ago is not judged. */
  staleAfterMs: number
  /** Without a complete minute for this long Plumbline says that it is blind. */
  blindAfterMs: number
  /** Covered minutes without an event, after at least so many events in the hour before, are an absence. */
  absent: { minutes: number; minEvents: number }
  /** How long a severity must be clear, in event time, before it ends. */
  keepFiringMs: Readonly<Record<Severity, number>>
  /** How long the first message waits for company, in wall-clock time. */
  groupWaitMs: Readonly<Record<Severity, number>>
  /** How often an open incident may say that it has new members. */
  groupIntervalMs: number
  /** How long after its last message an open incident is told again. */
  repeatMs: Readonly<Record<Severity, number>>
  /** How long a member's own cause must be another one before it leaves for an incident of its own. */
  splitAfterMs: number
  /** Decides and journals, and tells nobody. */
  dryRun: boolean
}

export const ALERT_POLICY: AlertPolicy = {
  clearRatio: 0.9,
  coverageFloor: 0.9,
  staleAfterMs: 3 * MINUTE_MS,
  blindAfterMs: 5 * MINUTE_MS,
  absent: { minutes: 10, minEvents: 100 },
  keepFiringMs: { page: 5 * MINUTE_MS, ticket: 30 * MINUTE_MS },
  groupWaitMs: { page: 0, ticket: 60 * SECOND_MS },
  groupIntervalMs: 5 * MINUTE_MS,
  repeatMs: { page: 4 * HOUR_MS, ticket: 24 * HOUR_MS },
  splitAfterMs: 10 * MINUTE_MS,
  dryRun: false,
}

import type { Severity } from './model.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS

/** How patient alerts are. Durations in milliseconds. */
export interface AlertPolicy {
  /** A tier is clear at or below this part of its factor; between it and the factor it holds what it has. */
  clearRatio: number
  /** A window with a smaller covered share of its minutes is not judged. */
  coverageFloor: number
  /** Data complete only up to a longer time ago is not judged. */
  staleAfterMs: number
  /** How long a severity must be clear, in event time, before it ends. */
  keepFiringMs: Readonly<Record<Severity, number>>
  /** How long the first message waits for company, in wall-clock time. */
  groupWaitMs: Readonly<Record<Severity, number>>
}

export const ALERT_POLICY: AlertPolicy = {
  clearRatio: 0.9,
  coverageFloor: 0.9,
  staleAfterMs: 3 * MINUTE_MS,
  keepFiringMs: { page: 5 * MINUTE_MS, ticket: 30 * MINUTE_MS },
  groupWaitMs: { page: 0, ticket: 60 * SECOND_MS },
}

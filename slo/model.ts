import type { Direction, Outcome } from '../integration/outcome.ts'

/** Counts of a window: sums first, divided last. Weighted by sampling probability, hence not always whole. */
export interface Counts {
  good: number
  total: number
}

/** Any of `in`, or none of `notIn`. */
export type Selector = { in: readonly string[] } | { notIn: readonly string[] }

export const SELECTABLE = ['env', 'service', 'dependency', 'operation', 'protocol', 'version'] as const
export type Selectable = (typeof SELECTABLE)[number]

export const LATENCY_OPERATORS = ['lt', 'lte', 'gt', 'gte'] as const

/** Which calls an SLI looks at; every field narrows. */
export interface CallSelection {
  fields: Partial<Record<Selectable, Selector>>
  direction: Direction
  synthetic: boolean
  outcome: { in: readonly Outcome[] } | { notIn: readonly Outcome[] }
  latency: { op: (typeof LATENCY_OPERATORS)[number]; ns: number } | null
}

/** A ratio over calls: `numerator` counts good or bad ones among or beside `total`. */
export interface CallsIndicator {
  source: 'calls'
  name: string
  numerator: { counts: 'good' | 'bad'; selection: CallSelection }
  total: CallSelection
}

export type Indicator = CallsIndicator

export type Severity = 'page' | 'ticket'

/** One multi-window burn-rate condition: true when both windows burn faster than `factor`. */
export interface Tier {
  severity: Severity
  longMinutes: number
  shortMinutes: number
  factor: number
}

export interface Objective {
  targetPpm: number
  /** 1_000_000 − targetPpm. */
  budgetPpm: number
  method: 'occurrences'
  window: { kind: 'rolling'; minutes: number; duration: string }
}

/** An SLO as the rest of the system sees it: resolved, validated, measurable. */
export interface Slo {
  name: string
  displayName: string
  description: string
  service: string
  labels: Readonly<Record<string, string>>
  owner: string
  runbook: string
  indicator: Indicator
  /** Hash of the indicator's definition: another definition is measured again from history. */
  generation: string
  objective: Objective
  tiers: readonly Tier[]
  guards: { minEvents: number; minBadEvents: number }
  alerting: 'mwmb' | 'off'
}

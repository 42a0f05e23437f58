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

/** First attempts alone, which are the logical calls, or the repeated ones alone. */
export const ATTEMPTS = ['first', 'retry'] as const

export const LATENCY_OPERATORS = ['lt', 'lte', 'gt', 'gte'] as const

/** Comparison of a value with a bound. */
export const COMPARISONS = ['lt', 'lte', 'gt', 'gte'] as const
export type Comparison = (typeof COMPARISONS)[number]

/** Which calls an SLI looks at; every field narrows. */
export interface CallSelection {
  source: 'calls'
  fields: Partial<Record<Selectable, Selector>>
  /** Promoted attributes, by key. */
  attributes: Readonly<Record<string, Selector>>
  direction: Direction
  synthetic: boolean
  outcome: { in: readonly Outcome[] } | { notIn: readonly Outcome[] }
  latency: { op: (typeof LATENCY_OPERATORS)[number]; ns: number } | null
  /** Absent: all attempts. */
  attempt?: (typeof ATTEMPTS)[number]
}

export const METRIC_KINDS = ['sum', 'gauge', 'histogram'] as const

/** Which points of an OTLP metric an SLI looks at. Attributes are those of the point, then those of its resource. */
export interface MetricSelection {
  source: 'metric'
  metric: string
  kind: (typeof METRIC_KINDS)[number]
  attributes: Readonly<Record<string, Selector>>
  /** Of a histogram: counts the events at or below this bucket bound; null counts all. */
  le: number | null
}

/** A ratio over calls: `numerator` counts good or bad ones among or beside `total`. */
export interface CallsIndicator {
  source: 'calls'
  name: string
  numerator: { counts: 'good' | 'bad'; selection: CallSelection }
  total: CallSelection
}

/** A ratio of which at least one side is an OTLP counter or histogram; the other may be calls. */
export interface MetricIndicator {
  source: 'metric'
  name: string
  numerator: { counts: 'good' | 'bad'; selection: CallSelection | MetricSelection }
  total: CallSelection | MetricSelection
}

/** Every point of a gauge is one event, good when `value` compares so with the bound. */
export interface GaugeIndicator {
  source: 'gauge'
  name: string
  selection: MetricSelection
  op: Comparison
  value: number
}

/**
 * Every minute is one event, good when its value compares so with the bound: what `selection` counts in the minute, or that
 * for each one of `per`. A minute without any call, or without any of `per`, is no event.
 */
export interface RateIndicator {
  source: 'rate'
  name: string
  selection: CallSelection | MetricSelection
  per: CallSelection | MetricSelection | null
  op: Comparison
  value: number
}

/** A user's own SELECT (minute, good, total) over `{from:DateTime}` … `{to:DateTime}`; it runs read-only and bounded. */
export interface SqlIndicator {
  source: 'sql'
  name: string
  query: string
}

/** What is measured by one SELECT. */
export type MeasuredIndicator = CallsIndicator | MetricIndicator | GaugeIndicator | RateIndicator | SqlIndicator

/** Source: OpenSLO v1 (`openslo`); the others average SLIs by weight, or add up counts. */
export const COMPOSITE_METHODS = ['openslo', 'weighted-mean', 'pooled'] as const
export type CompositeMethod = (typeof COMPOSITE_METHODS)[number]

/** One SLI of a composite, measured on its own. */
export interface CompositeMember {
  displayName: string
  indicator: MeasuredIndicator
  generation: string
  weight: number
  targetPpm: number
}

/** Several SLIs judged as one, by a named method. */
export interface CompositeIndicator {
  source: 'composite'
  name: string
  method: CompositeMethod
  members: readonly CompositeMember[]
}

export type Indicator = MeasuredIndicator | CompositeIndicator

export type Severity = 'page' | 'ticket'

/** One burn-rate condition: true when both windows burn faster than `factor`. */
export interface Tier {
  severity: Severity
  longMinutes: number
  /** Equal to `longMinutes` for a condition with one window. */
  shortMinutes: number
  factor: number
  /** How burn compares with `factor`; `gt` unless an author's condition says otherwise. */
  op?: Comparison
  /** How long the condition must hold before it fires; 0 unless an author's condition says otherwise. */
  forMinutes?: number
}

/** Sources: OpenSLO v1, budgetingMethod. */
export const METHODS = ['occurrences', 'timeslices', 'ratio_timeslices'] as const
export type Method = (typeof METHODS)[number]

export interface RollingWindow {
  kind: 'rolling'
  minutes: number
  /** As written: `30d`. */
  duration: string
}

/** Periods counted from `start` in `timeZone` by the calendar: a month is a real month. */
export interface CalendarWindow {
  kind: 'calendar'
  /** Nominal length, so that thresholds do not move with the month. */
  minutes: number
  duration: string
  /** Wall-clock time without zone: `2026-01-01 00:00:00`. */
  start: string
  /** IANA name. */
  timeZone: string
}

/** What a slice without data counts as; see docs/slo.md. */
export const NO_DATA_POLICIES = ['gap', 'ignore', 'good', 'bad'] as const
export type NoDataPolicy = (typeof NO_DATA_POLICIES)[number]

export interface Objective {
  targetPpm: number
  /** 1_000_000 − targetPpm. */
  budgetPpm: number
  method: Method
  window: RollingWindow | CalendarWindow
  /** Null for Occurrences. `targetPpm` is null for RatioTimeslices. */
  slice: { minutes: number; targetPpm: number | null } | null
  noData: NoDataPolicy
}

export const ALERT_MODES = ['mwmb', 'openslo', 'budget-share', 'off'] as const

/** What an author's OpenSLO AlertPolicies ask for beyond tiers. */
export interface AlertPolicies {
  /** Endpoints of the config named by notification targets; empty: the routes decide. */
  endpoints: readonly string[]
  whenBreaching: boolean
  whenResolved: boolean
  whenNoData: boolean
}

/** An SLO as the rest of the system sees it: resolved, validated, measurable. One document with several objectives makes several. */
export interface Slo {
  /** Unique. Of several objectives the second and later are `document:objective`. */
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
  alerting: (typeof ALERT_MODES)[number]
  policies: AlertPolicies | null
  /** How long after a minute its counts are final: sources of both sides may close at different times. */
  settleMinutes: number
}

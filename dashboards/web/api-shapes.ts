/** What the HTTP API answers, as far as the pages read it. Times are RFC 3339 text, ratios 0…1, missing numbers null. */

export type SloState = 'ok' | 'warning' | 'critical' | 'exhausted' | 'no_data' | 'frozen' | 'invalid'
export type Severity = 'page' | 'ticket'
export type Health = 'healthy' | 'degraded' | 'failing' | 'unknown' | 'maintenance'

export interface Counts {
  good: number
  total: number
}

export interface Freshness {
  watermark: string | null
  lastEventAt: string | null
  coverage: number | null
}

export interface SloStatus {
  name: string
  service: string
  displayName: string
  status: SloState
  objective: {
    target: number
    targetPpm: number
    window: { duration: string; rolling: boolean }
    method: string
  }
  counts: Counts
  sli: number | null
  budget: { remaining: number | null; consumed: number | null; exhaustsAt: string | null }
  burnRates: Record<string, number | null>
  alert: { severity: Severity; since: string; incident: string } | null
  freshness: Freshness
  generation: string
}

export interface Tier {
  severity: Severity
  longMinutes: number
  shortMinutes: number
  factor: number
}

export interface Complaint {
  file?: string | undefined
  line?: number | undefined
  path?: string | undefined
  code?: string | undefined
  message: string
}

export interface SloDetail extends SloStatus {
  definition: unknown
  tiers: Tier[]
  problems: Complaint[]
}

export interface HistoryStep {
  at: string
  good: number
  total: number
  sli: number | null
  budgetRemaining: number | null
  burn: number | null
}

export interface Incident {
  id: string
  state: 'open' | 'resolved'
  severity: Severity
  slo: string
  service: string
  startedAt: string
  resolvedAt: string | null
  title: string
  rootCause: string
  details: {
    tier: string
    governingWindow: string
    burn: number
    factor: number
    counts: Counts
    burnRates: Record<string, number | null>
    budgetRemaining: number | null
    suspect: { dependency: string; outcome: string; bad: number; share: number } | null
    exemplars: string[]
    runbook: string
    owner: string
  }
}

export interface FailureMode {
  id: string
  mode: string
  since: string | null
  share: number
  evidence: unknown
}

export interface DependencyCaller {
  service: string
  total: number
  failed: number
}

export interface Dependency {
  name: string
  kind: string
  owner: string
  health: Health
  score: number | null
  modes: FailureMode[]
  calls: { total: number; failed: number }
  callers: DependencyCaller[]
  operations: { operation: string; total: number; failed: number }[]
  freshness: Freshness
}

export interface List<T> {
  items: T[]
  nextCursor: string | null
}

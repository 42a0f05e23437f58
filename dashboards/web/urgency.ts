import type { Dependency, Health, SloState, SloStatus } from './api-shapes.ts'

const STATE_RANK: Record<SloState, number> = {
  critical: 1,
  exhausted: 2,
  warning: 4,
  invalid: 5,
  frozen: 6,
  no_data: 7,
  ok: 8,
}
const FIRING_RANK = { page: 0, ticket: 3 } as const

const rankOf = (slo: SloStatus): number =>
  Math.min(STATE_RANK[slo.status], slo.alert ? FIRING_RANK[slo.alert.severity] : Number.POSITIVE_INFINITY)

/** Whom to look at first: what pages, then what is spent, then tickets; within a rank the emptiest budget, then the name. */
export const byUrgency = (slos: readonly SloStatus[]): SloStatus[] =>
  slos.toSorted(
    (a, b) =>
      rankOf(a) - rankOf(b) ||
      (a.budget.remaining ?? 1) - (b.budget.remaining ?? 1) ||
      a.name.localeCompare(b.name, 'en'),
  )

const HEALTH_RANK: Record<Health, number> = { failing: 0, degraded: 1, unknown: 2, maintenance: 3, healthy: 4 }

/** Failing first, then by share of failing calls, then by name. */
export const byHealth = (dependencies: readonly Dependency[]): Dependency[] =>
  dependencies.toSorted(
    (a, b) =>
      HEALTH_RANK[a.health] - HEALTH_RANK[b.health] ||
      (failedShare(b) ?? 0) - (failedShare(a) ?? 0) ||
      a.name.localeCompare(b.name, 'en'),
  )

/** Failed ÷ all calls, null without calls. */
export const failedShare = ({ calls }: Pick<Dependency, 'calls'>): number | null =>
  calls.total === 0 ? null : calls.failed / calls.total

import type { SloStatus, StatusWord } from '../slo/status.ts'

/** Whom to look at first: what pages, what is spent, what burns; then what cannot be judged; then what is fine. */
const RANK: Record<StatusWord, number> = {
  critical: 0,
  exhausted: 1,
  warning: 2,
  invalid: 3,
  frozen: 4,
  no_data: 5,
  ok: 6,
}

/** Place of an SLO in the list: rank of its word, share of the budget left (1 while unknown), name. */
export type UrgencyKey = readonly [rank: number, remaining: number, name: string]

export const urgencyOf = ({ status, budget, name }: SloStatus): UrgencyKey => [
  RANK[status],
  budget.remaining ?? 1,
  name,
]

export const compareUrgency = (a: UrgencyKey, b: UrgencyKey): number =>
  a[0] - b[0] || a[1] - b[1] || (a[2] === b[2] ? 0 : a[2] < b[2] ? -1 : 1)

/** Most urgent first. */
export const byUrgency = (a: SloStatus, b: SloStatus): number => compareUrgency(urgencyOf(a), urgencyOf(b))

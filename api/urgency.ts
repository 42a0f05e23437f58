import type { SloStatus, StatusWord } from '../slo/status.ts'
import { compareRanked, type RankedKey } from './page.ts'

/** Whom to look at first: what pages, what is spent, what burns; then what cannot be judged; then what is fine. */
const RANK: Record<StatusWord, number> = {
  critical: 0,
  exhausted: 1,
  warning: 2,
  invalid: 3,
  frozen: 4,
  measuring: 5,
  no_data: 6,
  ok: 7,
}

export const urgencyOf = ({ status, budget, name }: SloStatus): RankedKey => [RANK[status], budget.remaining ?? 1, name]

/** Most urgent first. */
export const byUrgency = (a: SloStatus, b: SloStatus): number => compareRanked(urgencyOf(a), urgencyOf(b))

import type { Counts } from '../model.ts'
import { divide, times } from './exact.ts'

/**
 * How many times faster than sustainable the budget burns: 1 spends exactly the budget over the SLO window.
 * burn = (bad / total) / (1 − target), kept as one division so that thresholds compare exactly; null without events.
 * Source: Google SRE Workbook, ch. 5. Example: 144 bad of 10,000 at 99.9 % → 14.4.
 */
export function burnRate({ good, total }: Counts, budgetPpm: number): number | null {
  return total === 0 ? null : divide(times(total - good, 1_000_000), times(total, budgetPpm))
}

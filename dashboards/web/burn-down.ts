import type { HistoryStep } from './api-shapes.ts'

/**
 * Budget left after each step, taking all steps together as one window that began with a full budget:
 * 1 − bad so far ÷ (budget × events of the whole window), so the last value is the window's remaining budget.
 * Sums first, one division; null before the first event, so that what was not measured does not look kept. Source: Google SRE Workbook, ch. 2 (burn-down).
 */
export function burnDown(steps: readonly HistoryStep[], budgetPpm: number): (number | null)[] {
  const total = steps.reduce((sum, step) => sum + step.total, 0)
  let bad = 0
  let begun = false
  return steps.map((step) => {
    bad += step.total - step.good
    begun ||= step.total > 0
    return !begun ? null : (total * budgetPpm - bad * 1_000_000) / (total * budgetPpm)
  })
}

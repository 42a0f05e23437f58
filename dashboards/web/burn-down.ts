import type { HistoryStep, SloStatus } from './api-shapes.ts'

/**
 * Budget left after each step of an SLO's whole window. Events of a rolling window are drawn as if it had begun with a full
 * budget; slices and calendar periods know what was left at each time.
 */
export function windowLine(steps: readonly HistoryStep[], objective: SloStatus['objective']): (number | null)[] {
  if (objective === null) return []
  return objective.method === 'occurrences' && objective.window.rolling
    ? burnDown(steps, 1_000_000 - objective.targetPpm)
    : steps.map((step) => step.budgetRemaining)
}

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

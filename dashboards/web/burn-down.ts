import type { HistoryStep, SloStatus } from './api-shapes.ts'

/**
 * How the budget of an SLO's whole window is drawn. `burn-down`: as if the window had begun full; `period`: a calendar period,
 * which did; `trailing`: what was left of the window that ended at each time, where a window has no beginning of its own or
 * its budget is no sum of its steps (slices, composites, resets).
 */
export type WindowDrawing = 'burn-down' | 'period' | 'trailing'

type Drawn = Pick<SloStatus, 'objective' | 'members' | 'budget'>

export function windowDrawing({ objective, members, budget }: Drawn): WindowDrawing {
  if (objective?.window.rolling === false) return 'period'
  const isSum = objective?.method === 'occurrences' && members === null && budget.resets.length === 0
  return isSum ? 'burn-down' : 'trailing'
}

/** Budget left after each step of an SLO's whole window, as it is drawn. */
export function windowLine(steps: readonly HistoryStep[], slo: Drawn): (number | null)[] {
  if (slo.objective === null) return []
  return windowDrawing(slo) === 'burn-down'
    ? burnDown(steps, 1_000_000 - slo.objective.targetPpm)
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

import type { Counts, Slo } from '../model.ts'
import { burnRate } from './burn-rate.ts'
import { divide, minus, times } from './exact.ts'

/** Where an SLO stands over its window. Every field is null without events; none is ever clamped. */
export interface Budget {
  /** good / total, 0…1. */
  sli: number | null
  /** Share of the error budget spent: 1 is all of it, more is overspent. */
  consumed: number | null
  /** Share of the error budget left, signed. */
  remaining: number | null
  /** Bad events that may still happen at the traffic seen so far, signed. */
  badEventsLeft: number | null
}

const NO_EVENTS: Budget = { sli: null, consumed: null, remaining: null, badEventsLeft: null }

/**
 * SLI and error budget under the budgeting method Occurrences (OpenSLO): good and bad events of the whole window.
 * Example: 1,200 bad of 2,000,000 at 99.9 % → SLI 0.9994, consumed 0.6, remaining 0.4, 800 bad events left.
 */
export function budgetOf(counts: Counts, budgetPpm: number): Budget {
  const { good, total } = counts
  if (total === 0) return NO_EVENTS
  const budget = times(total, budgetPpm)
  const left = minus(budget, times(total - good, 1_000_000))
  return {
    sli: divide(good, total),
    consumed: burnRate(counts, budgetPpm),
    remaining: divide(left, budget),
    badEventsLeft: divide(left, 1_000_000),
  }
}

/**
 * The budget of an SLO from what its method counts. `openslo` under Occurrences adds up burn rates: that is a budget, and no
 * SLI. Bad events are left only where events are what is counted.
 */
export function budgetOfSlo({ objective, indicator }: Pick<Slo, 'objective' | 'indicator'>, units: Counts): Budget {
  const budget = budgetOf(units, objective.budgetPpm)
  const isCount =
    objective.method === 'occurrences' && (indicator.source !== 'composite' || indicator.method === 'pooled')
  return {
    ...budget,
    sli: hasSli({ objective, indicator }) ? budget.sli : null,
    badEventsLeft: isCount ? budget.badEventsLeft : null,
  }
}

/** Whether good divided by total of its units is a share of anything. */
export const hasSli = ({ objective, indicator }: Pick<Slo, 'objective' | 'indicator'>): boolean =>
  !(indicator.source === 'composite' && indicator.method === 'openslo' && objective.method === 'occurrences')

/**
 * Share of the SLO window's budget that the bad events of one window inside it spent, exactly.
 * Example: 720 bad in a peak hour, 10,000,000 events in the SLO window at 99.9 % → 0.072.
 */
export function shareSpent(window: Counts, sloWindow: Counts, budgetPpm: number): number | null {
  if (sloWindow.total === 0) return null
  return divide(times(window.total - window.good, 1_000_000), times(sloWindow.total, budgetPpm))
}

/**
 * The same share under the assumption of uniform traffic, burn · window / SLO window: an estimate, to be called one.
 * Example: 720 bad of 50,000 in 1 h of 30 d at 99.9 % → 0.02.
 */
export function estimatedShareSpent(
  { good, total }: Counts,
  budgetPpm: number,
  { windowMinutes, sloWindowMinutes }: { windowMinutes: number; sloWindowMinutes: number },
): number | null {
  if (total === 0) return null
  return divide(times(times(total - good, 1_000_000), windowMinutes), times(times(total, budgetPpm), sloWindowMinutes))
}

/**
 * Share of a calendar period's whole budget that is left if traffic goes on as so far: 1 − B / (E · N_expected). An estimate.
 * Example: 12,000 bad of 30,000,000 expected at 99.9 % → 0.6.
 */
export function remainingOfPeriod(bad: number, expectedTotal: number, budgetPpm: number): number | null {
  if (expectedTotal <= 0) return null
  const budget = times(expectedTotal, budgetPpm)
  return divide(minus(budget, times(bad, 1_000_000)), budget)
}

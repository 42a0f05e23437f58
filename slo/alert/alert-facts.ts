import { budgetOf } from '../budget/budget.ts'
import { burnRate } from '../budget/burn-rate.ts'
import { minutesToExhaustion } from '../budget/forecast.ts'
import type { CallSelection, Counts, Indicator, Severity } from '../model.ts'
import type { Reading } from '../reading.ts'

/** What the bad events of an SLO are, in the words of a message. */
export type BadWords = 'calls failed' | 'calls were too slow' | 'calls failed or were too slow' | 'events were bad'

/** Where the error budget of an SLO stood when an alert about it changed last. Plain JSON. */
export interface BudgetOutlook {
  /** Length of the SLO window, and its events. */
  windowMinutes: number
  counts: Counts
  /** Share of the budget left, signed; null without events. */
  remaining: number | null
  /** Minutes until it is gone at the present rate, an estimate; null: not before the window is over. */
  minutesLeft: number | null
  /** The last six hours, or the SLO window where that is shorter. */
  recent: { minutes: number; counts: Counts; burn: number | null }
  bad: BadWords
}

const SIX_HOURS = 360

/** @param firing severity of the SLO's burn-rate alert; null while it does not burn */
export function outlookOf(reading: Reading, firing: Severity | null): BudgetOutlook {
  const { slo, period, windows } = reading
  const { budgetPpm, window } = slo.objective
  const { remaining } = budgetOf(period.units, budgetPpm)
  const minutes = Math.min(SIX_HOURS, window.minutes)
  const recent = windows.get(minutes)
  return {
    windowMinutes: window.minutes,
    counts: period.counts,
    remaining,
    minutesLeft: remaining === null ? null : minutesToExhaustion(reading, remaining, firing, undefined),
    recent: {
      minutes,
      counts: recent?.counts ?? { good: 0, total: 0 },
      burn: recent ? burnRate(recent.units, budgetPpm) : null,
    },
    bad: badWordsOf(slo.indicator),
  }
}

/** A composite and what is not counted from calls have events; a call is bad by how it ended, by how long it took, or both. */
function badWordsOf(indicator: Indicator): BadWords {
  if (indicator.source !== 'calls') return 'events were bad'
  const { numerator, total } = indicator
  if (numerator.selection.latency === null) return 'calls failed'
  const endsOf = ({ outcome }: CallSelection) => JSON.stringify(outcome)
  return endsOf(numerator.selection) === endsOf(total) ? 'calls were too slow' : 'calls failed or were too slow'
}

/**
 * What an alert that is no burn rate was decided from: the numbers its messages give. Those of budgets are in the outlook.
 * Plain JSON; instants in ms since 1970.
 */
export type AlertEvidence =
  | { kind: 'hour'; endMs: number; counts: Counts; usualShare: number; weeks: number }
  | { kind: 'absent'; silentMinutes: number; before: number; lastEventAtMs: number | null }
  | {
      kind: 'mode'
      /** F1 … F8 */
      id: string
      share: number
      /** Calls looked at, of the last ten minutes, and bad ones among them. */
      n: number
      bad: number
      /** Share in the day before; null where there were no calls. */
      baselineShare: number | null
      /** Services whose calls show it. */
      callers: readonly string[]
      /** '' for modes that show in no outcome. */
      outcome: string
      likelyCause: string
      advice: string
    }
  | { kind: 'probe'; operation: string; calls: number; bad: number }
  | { kind: 'blind'; sinceMs: number }

import { fnv1a } from '../fnv1a.ts'
import { canonicalJson } from '../generation.ts'
import type { Slo } from '../model.ts'
import type { Reading } from '../reading.ts'
import type { ClosingReason } from './alert-reason.ts'
import { conditionKey, type FiringAlert } from './alert-state.ts'
import { isExcluded, type TierVerdict } from './alert-verdict.ts'

/** Why an alert ended although nothing says that it recovered. Plain JSON. */
export interface Ending {
  reason: ClosingReason
  /** Who decided so; '' where nobody is known. */
  by: string
  /** In their words; '' without. */
  why: string
}

/** Everything an SLO's author decides about when it alerts: another one is another question. */
export const definitionOf = ({ generation, objective, tiers, guards, alerting }: Slo): string =>
  fnv1a([canonicalJson([generation, objective, tiers, guards, alerting])])

/** Maintenance that leaves out the very time that says whether it goes on: the long window is clear, and no short one is. */
export function excludedEnding(state: FiringAlert, verdicts: readonly TierVerdict[], reading: Reading): Ending | null {
  const tiers = verdicts.filter((verdict) => state.episode.includes(conditionKey(verdict)))
  const isClean = ({ short, factor }: TierVerdict) => short.burn !== null && short.burn <= factor
  if (!tiers.some(({ long }) => isExcluded(long.minutes, reading)) || tiers.some(isClean)) return null
  return lastExclusion(reading)
}

/** A budget that is whole again since it was reset, or since time was left out of it after the alert rose. */
export function budgetEnding(state: FiringAlert, { period }: Reading): Ending | null {
  const reset = period.resets?.findLast(({ at }) => at.getTime() > state.startedAtMs)
  if (reset) return { reason: 'budget_reset', by: reset.by, why: reset.reason }
  const made = period.exclusions.findLast(({ madeAt }) => madeAt !== undefined && madeAt.getTime() > state.startedAtMs)
  return made ? { reason: 'excluded', by: made.by, why: made.reason } : null
}

function lastExclusion({ period }: Reading): Ending | null {
  const last = period.exclusions.at(-1)
  return last ? { reason: 'excluded', by: last.by, why: last.reason } : null
}

import { divide, times } from '../budget/exact.ts'
import { generationOf } from '../generation.ts'
import {
  COMPOSITE_METHODS,
  type CompositeIndicator,
  type CompositeMember,
  type MeasuredIndicator,
  type Objective,
} from '../model.ts'
import type { Annotations } from './annotations.ts'
import { shiftDecimal } from './objective.ts'
import type { ObjectiveSpec } from './slo-schema.ts'
import type { PropertyPath, Reporter } from './source.ts'

/** One objective of a composite with its SLI. */
export interface Part {
  spec: ObjectiveSpec
  objective: Objective
  indicator: MeasuredIndicator
}

/**
 * Several SLIs judged as one: the indicator, and the objective over it. OpenSLO gives the whole no target, so it is the
 * lowest of its members unless stated. Null with the reason reported where the members do not fit together.
 */
export function readComposite(
  name: string,
  parts: readonly Part[],
  own: Annotations,
  report: Reporter,
): { indicator: CompositeIndicator; objective: Objective } | null {
  const [first] = parts
  if (!first) return null
  const method = COMPOSITE_METHODS.find((known) => known === own.get('composite')) ?? 'openslo'
  for (const [index, { objective }] of parts.entries()) {
    const differs = (['minutes', 'targetPpm'] as const).find(
      (key) => objective.slice?.[key] !== first.objective.slice?.[key],
    )
    if (!differs) continue
    const at = ['spec', 'objectives', index, differs === 'minutes' ? 'timeSliceWindow' : 'timeSliceTarget']
    return report.error('plan', at, 'members_differ', 'must be the same for all members of a composite')
  }
  if (method === 'openslo' && first.objective.method === 'timeslices') warnWeights(parts, report)
  const members = parts.map(
    ({ spec, objective, indicator }): CompositeMember => ({
      displayName: spec.displayName || indicator.name,
      indicator,
      generation: generationOf(indicator),
      weight: spec.compositeWeight ?? 1,
      targetPpm: objective.targetPpm,
    }),
  )
  const stated = own.get('composite-target')
  const lowest = Math.min(...members.map(({ targetPpm }) => targetPpm))
  const targetPpm = stated === undefined ? lowest : (shiftDecimal(Number(stated), 6) ?? lowest)
  const indicator: CompositeIndicator = { source: 'composite', name, method, members }
  return { indicator, objective: { ...first.objective, targetPpm, budgetPpm: 1_000_000 - targetPpm } }
}

function warnWeights(parts: readonly Part[], report: Reporter): void {
  const index = parts.findIndex(({ spec }) => (spec.compositeWeight ?? 1) !== 1)
  if (index < 0) return
  const at: PropertyPath = ['spec', 'objectives', index, 'compositeWeight']
  const message = 'has no effect under Timeslices: a slice is bad when any member is bad'
  report.warning('plan', at, 'weight_without_effect', message, 'Say plumbline.dev/composite: weighted-mean')
}

/**
 * The highest burn rate a composite can have, where it is not simply 1 / (1 − target): under OpenSLO's own rule for
 * Occurrences burn rates of members add up, weighted.
 */
export function ceilingOf({ method, members }: CompositeIndicator, objective: Objective): number | undefined {
  if (method !== 'openslo' || objective.method !== 'occurrences') return undefined
  return members.reduce(
    (sum, { weight, targetPpm }) => sum + divide(times(weight, 1_000_000), 1_000_000 - targetPpm),
    0,
  )
}

import type { Outcome } from '../integration/outcome.ts'
import type { CallSelection, Selector } from './model.ts'
import { SELECTABLE } from './model.ts'

/** One call in the columns that an SLI may select by. */
export interface SelectableCall {
  env: string
  service: string
  dependency: string
  operation: string
  protocol: string
  version: string
  direction: CallSelection['direction']
  synthetic: boolean
  outcome: Outcome
  durationNs: number
  attempt: number
  attributes: Readonly<Record<string, string>>
}

export const admits = (selector: Selector, value: string): boolean =>
  'in' in selector ? selector.in.includes(value) : !selector.notIn.includes(value)

/** Whether a selection counts a call: the same rule as the SELECT that measures it. */
export function selects(selection: CallSelection, call: SelectableCall): boolean {
  const { fields, attributes, direction, synthetic, outcome, latency, attempt } = selection
  if (call.direction !== direction || call.synthetic !== synthetic || !admits(outcome, call.outcome)) return false
  for (const field of SELECTABLE) {
    const selector = fields[field]
    if (selector && !admits(selector, call[field])) return false
  }
  if (latency && !compares(call.durationNs, latency)) return false
  if (attempt && (attempt === 'retry') !== call.attempt > 0) return false
  return Object.entries(attributes).every(([key, selector]) => admits(selector, call.attributes[key] ?? ''))
}

function compares(value: number, { op, ns }: NonNullable<CallSelection['latency']>): boolean {
  switch (op) {
    case 'lt':
      return value < ns
    case 'lte':
      return value <= ns
    case 'gt':
      return value > ns
    case 'gte':
      return value >= ns
  }
}

import { fnv1a } from './fnv1a.ts'
import { canonicalJson } from './generation.ts'
import type { CallSelection, Indicator, MetricSelection, Selector } from './model.ts'

/**
 * What an SLI looks at, whatever it counts as bad and whatever the target is: SLOs with one key suffer together. Objectives of
 * one document have it in common, and so have an availability and a latency SLO over the same calls.
 */
export function selectionKey(indicator: Indicator): string {
  const known = keys.get(indicator) ?? fnv1a([canonicalJson(lookedAt(indicator))])
  keys.set(indicator, known)
  return known
}

/** Every SLO is asked for at every tick, and definitions hardly ever change. */
const keys = new WeakMap<Indicator, string>()

function lookedAt(indicator: Indicator): unknown {
  switch (indicator.source) {
    case 'calls':
    case 'metric':
      return eventsOf(indicator.total)
    case 'rate':
      return eventsOf(indicator.per ?? indicator.selection)
    case 'gauge':
      return pointsOf(indicator.selection)
    case 'sql':
      return indicator.query
    case 'composite':
      return indicator.members.map((member) => lookedAt(member.indicator))
  }
}

const eventsOf = (selection: CallSelection | MetricSelection) =>
  selection.source === 'calls' ? callsOf(selection) : pointsOf(selection)

const callsOf = ({ fields, attributes, direction, synthetic, attempt }: CallSelection) => ({
  ...{ fields: ordered(fields), attributes: ordered(attributes), direction, synthetic, attempt: attempt ?? 'all' },
})

const pointsOf = ({ metric, attributes }: MetricSelection) => ({ metric, attributes: ordered(attributes) })

const ordered = (selectors: Readonly<Record<string, Selector>>): Record<string, Selector> =>
  Object.fromEntries(
    Object.entries(selectors).map(([name, selector]) => [
      name,
      'in' in selector ? { in: selector.in.toSorted() } : { notIn: selector.notIn.toSorted() },
    ]),
  )

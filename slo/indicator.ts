import { UNSPECIFIED } from '../integration/span-to-call.ts'
import type { CallSelection, Indicator, MeasuredIndicator, MetricSelection, Selector, Slo } from './model.ts'

/** What is measured by one SELECT, and under which generation its minutes are stored. */
export interface Measured {
  indicator: MeasuredIndicator
  generation: string
  /** The longest SLO window that needs them. */
  windowMinutes: number
  /** The longest time after which one of its SLOs takes a minute as final. */
  settleMinutes: number
}

/** SLOs may share an indicator: it is measured and stored once. */
export const keyOf = ({ indicator, generation }: Pick<Measured, 'generation'> & { indicator: { name: string } }) =>
  `${indicator.name}\n${generation}`

/** What must be measured for these SLOs: the SLI of each, or those of a composite's members; each once. */
export function measuredOf(
  slos: readonly Pick<Slo, 'indicator' | 'generation' | 'objective' | 'settleMinutes'>[],
): Measured[] {
  const measured = new Map<string, Measured>()
  for (const { indicator, generation, objective, settleMinutes } of slos) {
    const parts = indicator.source === 'composite' ? indicator.members : [{ indicator, generation }]
    for (const part of parts) {
      const known = measured.get(keyOf(part))
      measured.set(keyOf(part), {
        indicator: part.indicator,
        generation: part.generation,
        windowMinutes: Math.max(longestMinutes(objective.window), known?.windowMinutes ?? 0),
        settleMinutes: Math.max(settleMinutes, known?.settleMinutes ?? 0),
      })
    }
  }
  return [...measured.values()]
}

/** A calendar period may be longer than its nominal length: months of 31 days, quarters of 92, and an hour more in autumn. */
const longestMinutes = (window: Slo['objective']['window']): number =>
  window.kind === 'calendar' ? Math.ceil((window.minutes * 31) / 30) + 60 : window.minutes

/** What is counted for an SLI that compares counts; none of a gauge, whose points are judged one by one, and of SQL. */
export function countedOf(indicator: MeasuredIndicator): (CallSelection | MetricSelection)[] {
  switch (indicator.source) {
    case 'calls':
    case 'metric':
      return [indicator.total, indicator.numerator.selection]
    case 'rate':
      return indicator.per ? [indicator.per, indicator.selection] : [indicator.selection]
    default:
      return []
  }
}

/** The selections of calls behind an SLI's totals; none for metrics and SQL. */
export function callTotalsOf(indicator: Indicator): CallSelection[] {
  switch (indicator.source) {
    case 'calls':
      return [indicator.total]
    case 'metric':
      return indicator.total.source === 'calls' ? [indicator.total] : []
    case 'rate': {
      const total = indicator.per ?? indicator.selection
      return total.source === 'calls' ? [total] : []
    }
    case 'composite':
      return indicator.members.flatMap((member) => callTotalsOf(member.indicator))
    default:
      return []
  }
}

/** What an SLI's events are selected from; null of SQL. */
function totalOf(indicator: MeasuredIndicator): CallSelection | MetricSelection | null {
  switch (indicator.source) {
    case 'calls':
    case 'metric':
      return indicator.total
    case 'rate':
      return indicator.per ?? indicator.selection
    case 'gauge':
      return indicator.selection
    case 'sql':
      return null
  }
}

/** By which attributes of points environments are selected, newest name first. */
const ENVIRONMENT_ATTRIBUTES = ['deployment.environment.name', 'deployment.environment']

/** Which environments an SLI looks at; null: all together. Stored telemetry has them in lower case, and a word for none. */
export function environmentsOf(indicator: MeasuredIndicator): Selector | null {
  const selection = totalOf(indicator)
  if (selection === null) return null
  if (selection.source === 'calls') return selection.fields.env ?? null
  const name = ENVIRONMENT_ATTRIBUTES.find((attribute) => attribute in selection.attributes)
  if (name === undefined) return null
  const selector = selection.attributes[name]!
  const stored = (env: string) => env.toLowerCase() || UNSPECIFIED
  return 'in' in selector ? { in: selector.in.map(stored) } : { notIn: selector.notIn.map(stored) }
}

/** The environment an SLO speaks about: its label, or the only one its calls are selected from; '' when open. */
export function environmentOf({ labels, indicator }: Pick<Slo, 'labels' | 'indicator'>): string {
  const selected = callTotalsOf(indicator).flatMap(({ fields: { env } }) => (env && 'in' in env ? env.in : []))
  const only = new Set(selected).size === 1 ? selected[0] : undefined
  return labels.env ?? only ?? ''
}

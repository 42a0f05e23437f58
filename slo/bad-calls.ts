import { type SelectableCall, selects } from './call-selection.ts'
import { canonicalJson } from './generation.ts'
import { type CallSelection, type Indicator, SELECTABLE } from './model.ts'

/** Calls that an SLI counts as bad: those that `of` selects, without those that `unless` selects. */
export interface BadCallRule {
  of: CallSelection
  unless: CallSelection | null
}

/** Which calls an SLI counts as bad; none for points of metrics and for SQL, which know no calls. Of a composite: any member's. */
export function badCallsOf(indicator: Indicator): BadCallRule[] {
  if (indicator.source === 'composite') return indicator.members.flatMap((member) => badCallsOf(member.indicator))
  if (indicator.source !== 'calls' && indicator.source !== 'metric') return []
  const { numerator, total } = indicator
  const counted = numerator.selection.source === 'calls' ? numerator.selection : null
  if (numerator.counts === 'bad') return counted ? [{ of: counted, unless: null }] : []
  // What a metric counts as good cannot be told apart among the calls of the total.
  return counted && total.source === 'calls' ? [{ of: total, unless: counted }] : []
}

/** Whether an SLI counts a call as bad. */
export const countsAsBad = (indicator: Indicator, call: SelectableCall): boolean =>
  badCallsOf(indicator).some(({ of, unless }) => selects(of, call) && !(unless && selects(unless, call)))

/** Services whose calls an SLI looks at, of good and bad ones; null where it names none, and looks at every caller. */
export function servicesOf(rules: readonly BadCallRule[]): string[] | null {
  const named = rules.map(({ of: { fields } }) => (fields.service && 'in' in fields.service ? fields.service.in : null))
  return named.length === 0 || named.includes(null) ? null : [...new Set(named.flatMap((names) => names ?? []))]
}

/** So many rules are asked for one by one in a read. */
const MOST_RULES = 200

/**
 * The rules of many SLIs for one read. Rules that differ in one field alone become one, which selects exactly the same;
 * of too many that are left only direction, service, dependency and outcome are kept: they select these calls, and more.
 */
export function readTogether(rules: readonly BadCallRule[]): BadCallRule[] {
  const exact = merged(rules.map(withoutRepeats))
  return exact.length <= MOST_RULES ? exact : merged(exact.map(widened))
}

/** What `of` demands already needs no second look in `unless`. */
function withoutRepeats({ of, unless }: BadCallRule): BadCallRule {
  if (!unless) return { of, unless }
  const fields = beyond(unless.fields, of.fields)
  return { of, unless: { ...unless, fields, attributes: beyond(unless.attributes, of.attributes) } }
}

const beyond = <T extends object>(selectors: T, known: T): T =>
  Object.fromEntries(
    Object.entries(selectors).filter(([key, selector]) => {
      const other = (known as Record<string, unknown>)[key]
      return other === undefined || canonicalJson(other) !== canonicalJson(selector)
    }),
  ) as T

function merged(rules: readonly BadCallRule[]): BadCallRule[] {
  return SELECTABLE.reduce<BadCallRule[]>(
    (left, field) => {
      const alike = Map.groupBy(left, ({ of, unless }) => {
        const { [field]: selector, ...others } = of.fields
        const isOpen = selector !== undefined && 'in' in selector
        return canonicalJson({ of: { ...of, fields: others }, unless, selector: isOpen ? 'in' : (selector ?? null) })
      })
      return [...alike.values()].map((same) => {
        const [first] = same as [BadCallRule]
        const values = same.flatMap(({ of: { fields } }) => {
          const selector = fields[field]
          return selector && 'in' in selector ? selector.in : []
        })
        if (values.length === 0) return first
        const fields = { ...first.of.fields, [field]: { in: [...new Set(values)].sort() } }
        return { ...first, of: { ...first.of, fields } }
      })
    },
    [...rules],
  )
}

function widened({ of, unless }: BadCallRule): BadCallRule {
  const { service, dependency } = of.fields
  const fields = { ...(service && { service }), ...(dependency && { dependency }) }
  const { attempt: _, ...rest } = of
  const isWhole = unless && Object.keys(unless.fields).length === 0 && Object.keys(unless.attributes).length === 0
  return { of: { ...rest, fields, attributes: {}, latency: null }, unless: isWhole && !unless.attempt ? unless : null }
}

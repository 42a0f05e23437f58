import type { Selector } from '../model.ts'
import { isRecord, type PropertyPath, type Reporter } from './source.ts'
import { suggest } from './suggest.ts'

/**
 * A value, a list of values, or `{not: …}`; sorted without repetitions, so that equal selections are equal.
 * @param known values of a closed list: anything else would select nothing, for ever
 */
export function readSelector(
  value: unknown,
  field: string,
  path: PropertyPath,
  report: Reporter,
  known?: readonly string[],
): Selector | null {
  if (value === undefined) return null
  if (isRecord(value)) {
    if (Object.keys(value).join() !== 'not') {
      return report.error('plan', path, 'invalid_selector', 'must be a value, a list of values, or {not: …}')
    }
    const values = readValues(value.not, field, [...path, 'not'], report, known)
    return values && { notIn: values }
  }
  const values = readValues(value, field, path, report, known)
  return values && { in: values }
}

function readValues(
  value: unknown,
  field: string,
  path: PropertyPath,
  report: Reporter,
  known?: readonly string[],
): string[] | null {
  const values: unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0) {
    return report.error(
      'plan',
      path,
      'empty_selector',
      'an empty list selects nothing',
      'Leave the field out to select all',
    )
  }
  for (const [index, one] of values.entries()) {
    const place = Array.isArray(value) ? [...path, index] : path
    if (typeof one !== 'string') {
      const hint = one === null ? 'Leave the field out to select all' : `Quote it: "${one}"`
      return report.error('plan', place, 'invalid_selector', `must be text, not ${JSON.stringify(one)}`, hint)
    }
    if (known && !known.includes(one)) {
      return report.error('plan', place, 'one_of', `'${one}' is no ${field}`, suggest(one, known))
    }
  }
  return [...new Set(values as string[])].sort()
}

/** Selectors by attribute key, as of calls and of metric points; keys in order, so that equal selections are equal. */
export function readAttributes(value: unknown, path: PropertyPath, report: Reporter): Record<string, Selector> {
  if (value === undefined) return {}
  if (!isRecord(value)) {
    const hint = 'Write attributes: { region: eu }'
    report.error('plan', path, 'invalid_selector', 'must be a map from attribute keys to selectors', hint)
    return {}
  }
  const selectors = Object.keys(value)
    .sort()
    .map((key) => [key, readSelector(value[key], key, [...path, key], report)] as const)
  return Object.fromEntries(selectors.flatMap(([key, selector]) => (selector ? [[key, selector]] : [])))
}

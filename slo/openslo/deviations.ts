import type { ProblemLayer } from '../problem.ts'
import type { Kind } from './document.ts'
import { isName, isPresent, saysNothing } from './rules.ts'
import { isRecord, type PropertyPath, type Reporter } from './source.ts'

/** Something the official validator refuses, and OpenSLO's own text or examples do all the same. */
interface Deviation {
  path: PropertyPath
  /** How the SDK refuses it. */
  layer: ProblemLayer
  code: string
  message: string
  /** What is said, and assumed, where it is accepted. */
  accepted: { code: string; message: string; hint?: string }
}

/**
 * Where the text of OpenSLO, its examples and its validator disagree: an error when strict, a warning that says what is
 * assumed otherwise. Looks at values as they were written, so that a wrong field elsewhere hides nothing.
 * Sources: https://github.com/OpenSLO/OpenSLO (README.md, examples/), https://github.com/OpenSLO/go-sdk (pkg/openslo/v1).
 */
export function reportDeviations(kind: Kind, value: unknown, report: Reporter, strict: boolean): void {
  const found = [
    ...capitals(value, []),
    ...(kind === 'SLO' ? ofSlo(at(value, 'spec')) : []),
    ...(kind === 'AlertCondition' ? ofCondition(at(value, 'spec'), ['spec']) : []),
    ...(kind === 'AlertPolicy' ? ofPolicy(at(value, 'spec'), ['spec']) : []),
  ]
  for (const { path, layer, code, message, accepted } of found) {
    if (strict) report.error(layer, path, code, message)
    else report.warning('lint', path, accepted.code, accepted.message, accepted.hint)
  }
}

const at = (value: unknown, key: string): unknown => (isRecord(value) ? value[key] : undefined)
const listAt = (value: unknown, key: string): unknown[] => {
  const list = at(value, key)
  return Array.isArray(list) ? list : []
}

const REFERENCES = ['indicatorRef', 'alertPolicyRef', 'conditionRef', 'targetRef', 'metricSourceRef']
/** What stands below these is the author's own. */
const FOREIGN = ['labels', 'annotations', 'connectionDetails']

/** Names and references in capitals, as in OpenSLO's README. */
function capitals(value: unknown, path: PropertyPath): Deviation[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => capitals(item, [...path, index]))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const isNamed = REFERENCES.includes(key) || (key === 'name' && path.at(-1) === 'metadata')
    if (isNamed && typeof inner === 'string') return inCapitals(inner, [...path, key])
    if (FOREIGN.includes(key) || (key === 'spec' && path.at(-1) === 'metricSource')) return []
    return capitals(inner, [...path, key])
  })
}

function inCapitals(name: string, path: PropertyPath): Deviation[] {
  if (name === name.toLowerCase() || !isName(name)) return []
  const message = `'${name}' must be in lower case`
  const accepted = { code: 'string_dns_label', message: `'${name}' should be in lower case, as OpenSLO demands` }
  return [{ path, layer: 'schema', code: 'string_dns_label', message, accepted }]
}

function ofSlo(spec: unknown): Deviation[] {
  if (!isRecord(spec) || saysNothing(spec)) return []
  const isRatio = isPresent(at(spec.indicator, 'spec'), 'ratioMetric')
  return [
    ...absent(spec, 'timeWindow', 'slice_length', 'a rolling window of 28d is assumed'),
    ...absent(spec, 'budgetingMethod', 'required', 'Occurrences is assumed'),
    ...listAt(spec, 'objectives').flatMap((objective, index) => {
      const path = ['spec', 'objectives', index]
      return [...(isRatio ? onRatio(objective, path) : []), ...minutes(objective, path)]
    }),
    ...listAt(spec, 'alertPolicies').flatMap((policy, index) =>
      ofPolicy(at(policy, 'spec'), ['spec', 'alertPolicies', index, 'spec']),
    ),
  ]
}

function absent(spec: Record<string, unknown>, key: string, code: string, assumed: string): Deviation[] {
  if (isPresent(spec, key)) return []
  const accepted = { code: 'required', message: `is missing: ${assumed}` }
  return [{ path: ['spec', key], layer: 'schema', code, message: 'is required', accepted }]
}

const BELONGS = 'belongs to a thresholdMetric'

/** Three of the four examples of the specification have `op` here. */
function onRatio(objective: unknown, path: PropertyPath): Deviation[] {
  const stated = ['op', 'value'].filter((key) => isPresent(objective, key) && at(objective, key) !== '')
  const accepted = { code: 'ignored_on_ratio', message: `${BELONGS}: ignored with a ratioMetric` }
  return stated.map((key) => ({ path: [...path, key], layer: 'schema', code: 'forbidden', message: BELONGS, accepted }))
}

function minutes(objective: unknown, path: PropertyPath): Deviation[] {
  if (typeof at(objective, 'timeSliceWindow') !== 'number') return []
  const message = 'must be a duration such as 5m, not a number'
  const accepted = { code: 'number_is_minutes', message: 'a bare number is read as minutes', hint: 'Write 5m' }
  return [{ path: [...path, 'timeSliceWindow'], layer: 'decode', code: 'invalid_type', message, accepted }]
}

function ofPolicy(spec: unknown, path: PropertyPath): Deviation[] {
  return listAt(spec, 'conditions').flatMap((condition, index) =>
    ofCondition(at(condition, 'spec'), [...path, 'conditions', index, 'spec']),
  )
}

function ofCondition(spec: unknown, path: PropertyPath): Deviation[] {
  const condition = at(spec, 'condition')
  if (!isRecord(condition) || saysNothing(condition) || isPresent(condition, 'kind')) return []
  const accepted = { code: 'required', message: 'is missing: burnrate is assumed' }
  return [{ path: [...path, 'condition', 'kind'], layer: 'schema', code: 'required', message: 'is required', accepted }]
}

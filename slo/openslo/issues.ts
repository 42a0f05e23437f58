import type { z } from 'zod'
import type { Reporter } from './source.ts'
import { nearest, suggest } from './suggest.ts'

type Issue = z.core.$ZodIssue

const FIELDS = [
  ...['apiVersion', 'kind', 'metadata', 'spec', 'name', 'displayName', 'labels', 'annotations', 'description'],
  ...[
    'service',
    'indicator',
    'indicatorRef',
    'timeWindow',
    'duration',
    'isRolling',
    'calendar',
    'startTime',
    'timeZone',
  ],
  ...['budgetingMethod', 'objectives', 'op', 'value', 'target', 'targetPercent', 'timeSliceTarget', 'timeSliceWindow'],
  ...['compositeWeight', 'alertPolicies', 'alertPolicyRef', 'thresholdMetric', 'ratioMetric', 'counter', 'good', 'bad'],
  ...[
    'total',
    'raw',
    'rawType',
    'metricSource',
    'metricSourceRef',
    'type',
    'connectionDetails',
    'severity',
    'condition',
  ],
  ...['threshold', 'lookbackWindow', 'alertAfter', 'alertWhenBreaching', 'alertWhenResolved', 'alertWhenNoData'],
  ...['conditions', 'conditionRef', 'notificationTargets', 'targetRef'],
]

/** Every key is compared with all fields there are. */
const MOST_KEYS = 100

/** Tells one of zod's findings in the words and codes of OpenSLO's own validator. */
export function reportIssue(issue: Issue, report: Reporter): void {
  const path = issue.path.filter((key): key is string | number => typeof key !== 'symbol')
  const missing = issue.input === undefined || issue.input === null
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys.slice(0, MOST_KEYS)) {
        report.error('decode', [...path, key], 'unknown_field', `OpenSLO has no field '${key}' here`, fieldHint(key))
      }
      return
    case 'invalid_type':
    case 'invalid_union':
      if (missing) report.error('schema', path, 'required', 'is required')
      else report.error('decode', path, 'invalid_type', typeMessage(issue), quoteHint(issue))
      return
    case 'invalid_value': {
      const known = issue.values.map(String)
      if (missing) report.error('schema', path, 'required', `is required: ${known.join(' or ')}`)
      else report.error('schema', path, known.length === 1 ? 'equal_to' : 'one_of', oneOf(known), hintFor(issue, known))
      return
    }
    case 'too_small':
    case 'too_big':
      report.error('schema', path, ...size(issue))
      return
    case 'invalid_key':
      report.error('schema', path, 'string_match_regexp', issue.issues[0]?.message ?? issue.message)
      return
    default: {
      const code = issue.code === 'custom' && typeof issue.params?.code === 'string' ? issue.params.code : issue.code
      const message = code === 'invalid_duration' ? `'${issue.input}' ${issue.message}` : issue.message
      report.error(code === 'invalid_duration' ? 'decode' : 'schema', path, code, message)
    }
  }
}

const oneOf = (known: readonly string[]) => `must be ${known.join(' or ')}`

const hintFor = ({ input }: Issue, known: readonly string[]): string | undefined =>
  typeof input === 'string' && nearest(input, known) ? suggest(input, known) : undefined

function fieldHint(key: string): string | undefined {
  if (FIELDS.includes(key)) return 'The field belongs elsewhere: check the indentation'
  return nearest(key, FIELDS) ? suggest(key, FIELDS) : undefined
}

function typeMessage(issue: Issue): string {
  const expected = issue.code === 'invalid_type' ? issue.expected : 'string or list of strings'
  if (expected === 'number' && typeof issue.input === 'number') return 'must be a finite number'
  const found = Array.isArray(issue.input) ? 'list' : typeof issue.input
  return `must be ${withArticle(WORDS[expected] ?? expected)}, not ${withArticle(WORDS[found] ?? found)}`
}

/** Types in the words of YAML. */
const WORDS: Record<string, string> = {
  object: 'map',
  record: 'map',
  array: 'list',
  boolean: 'boolean (true or false)',
}

const withArticle = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`)

/** Texts that mean the same whatever they look like; elsewhere a quoted number would be refused as well. */
const FREE_TEXT = new Set(['name', 'displayName', 'description', 'service', 'labels', 'annotations'])

/** Durations, with the unit that is usual there. */
const DURATION_UNITS: Record<string, string> = {
  duration: 'd',
  timeSliceWindow: 'm',
  lookbackWindow: 'm',
  alertAfter: 'm',
}

function quoteHint(issue: Issue): string | undefined {
  const { input } = issue
  if (issue.code !== 'invalid_type' || issue.expected !== 'string') return undefined
  if (typeof input !== 'number' && typeof input !== 'boolean') return undefined
  const unit = DURATION_UNITS[String(issue.path.at(-1))]
  if (unit !== undefined)
    return Number.isSafeInteger(input) && Number(input) > 0
      ? `Add the unit: ${input}${unit}`
      : 'Write a number and its unit: 5m, 6h, 30d'
  return issue.path.some((key) => FREE_TEXT.has(String(key))) ? `Quote it: "${input}"` : undefined
}

function size(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): [code: string, message: string] {
  if (issue.origin === 'string') {
    return issue.code === 'too_big'
      ? ['string_max_length', `must be at most ${issue.maximum} characters`]
      : ['required', 'must not be empty']
  }
  const wanted = issue.code === 'too_big' ? issue.maximum : issue.minimum
  return ['slice_length', `must have exactly ${wanted} item`]
}

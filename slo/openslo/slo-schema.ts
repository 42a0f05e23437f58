import { z } from 'zod'
import { isTimeZone } from '../../time/zone.ts'
import { COMPARISONS, type Comparison } from '../model.ts'
import { alertPolicySpec } from './alert-schema.ts'
import {
  acrossFields,
  description,
  duration,
  durationRules,
  durationText,
  exactlyOneOf,
  isPresent,
  optional,
  reference,
  referenceOrInline,
  rule,
} from './rules.ts'
import { inlineSli } from './sli-schema.ts'
import { isRecord } from './source.ts'

/** 30 February has the form, but no such day comes back out of a date. */
function isDateTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return false
  const at = new Date(`${text.replace(' ', 'T')}Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 19) === text.replace(' ', 'T')
}

const timeWindow = z
  .strictObject({
    duration,
    isRolling: optional(z.boolean()),
    calendar: optional(
      z.strictObject({
        startTime: z
          .string()
          .refine(isDateTime, rule('string_date_time', 'must look like 2026-01-01 00:00:00, without a zone')),
        timeZone: z
          .string()
          .refine(isTimeZone, rule('string_time_zone', 'must be an IANA time zone such as Europe/Berlin')),
      }),
    ),
  })
  .refine(
    (window) => !isRecord(window) || (window.isRolling === true) !== isPresent(window, 'calendar'),
    acrossFields('rolling_or_calendar', 'must be rolling (isRolling: true) or have a calendar, not both'),
  )

/** From 0 to below `whole`; `most` is the largest that can be said. */
const part = (whole: number, most: string) =>
  z
    .number()
    .refine((value) => value >= 0, rule('greater_than_or_equal_to', 'must be at least 0'))
    .refine(
      (value) => value < whole,
      rule('less_than', `must be less than ${whole}: 100 % leaves no error budget; at most ${most} can be promised`),
    )

const objective = z
  .strictObject({
    displayName: optional(z.string()),
    op: optional(z.string()),
    value: optional(z.number()),
    target: optional(part(1, '0.999999')),
    targetPercent: optional(part(100, '99.9999')),
    timeSliceTarget: optional(z.number()),
    // A bare number is minutes in the text of the specification; the SDK wants a duration.
    timeSliceWindow: optional(z.preprocess((value) => (typeof value === 'number' ? `${value}m` : value), durationText)),
    indicator: optional(inlineSli),
    indicatorRef: reference,
    compositeWeight: optional(z.number()),
  })
  .refine(
    exactlyOneOf('target', 'targetPercent'),
    acrossFields('mutually_exclusive', 'needs exactly one of target and targetPercent'),
  )
  .refine(
    (value) => !(isPresent(value, 'indicator') && isPresent(value, 'indicatorRef')),
    acrossFields('mutually_exclusive', 'indicator and indicatorRef exclude each other'),
  )

const shape = z.strictObject({
  description,
  service: z.string().min(1),
  indicator: optional(inlineSli),
  indicatorRef: reference,
  timeWindow: optional(z.array(timeWindow).length(1)),
  budgetingMethod: optional(z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices'])),
  objectives: optional(z.array(objective)).transform((list) => list ?? []),
  alertPolicies: optional(z.array(referenceOrInline('alertPolicyRef', 'AlertPolicy', alertPolicySpec))),
})

export const sloSpec = shape
  .superRefine(needsOfMethodAndMetric)
  .refine(
    (spec) => !isRecord(spec) || indicatorPlaces(spec) === 1,
    acrossFields(
      'mutually_exclusive',
      'needs the indicator exactly once: indicator or indicatorRef, in spec or (for a composite) in every objective',
    ),
  )
export type SloSpec = z.output<typeof sloSpec>
export type ObjectiveSpec = z.output<typeof objective>

const statesIndicator = (value: unknown): boolean => isPresent(value, 'indicator') || isPresent(value, 'indicatorRef')

/** A composite has its indicators in the objectives. */
export const isComposite = (spec: { objectives?: unknown }): boolean =>
  Array.isArray(spec.objectives) && spec.objectives.some(statesIndicator)

const indicatorPlaces = (spec: Record<string, unknown>): number =>
  [isPresent(spec, 'indicator'), isPresent(spec, 'indicatorRef'), isComposite(spec)].filter(Boolean).length

/** What an objective must say depends on the budgeting method and on an inline metric's kind; the rest is not looked at. */
function needsOfMethodAndMetric(spec: z.output<typeof shape>, context: z.RefinementCtx): void {
  const hasMembers = isComposite(spec)
  const isSliced = spec.budgetingMethod === 'Timeslices' || spec.budgetingMethod === 'RatioTimeslices'
  for (const [index, item] of spec.objectives.entries()) {
    const at = ['objectives', index]
    const fail = (key: string, code: string, message: string) =>
      context.addIssue({ code: 'custom', path: [...at, key], message, params: { code } })
    const require = (key: keyof typeof item, because: string) => {
      if (!isPresent(item, key) || item[key] === '') fail(key, 'required', `is required ${because}`)
    }
    const { timeSliceTarget: share, timeSliceWindow, compositeWeight: weight } = item
    if (spec.budgetingMethod === 'Timeslices') {
      require('timeSliceTarget', 'for Timeslices')
      if (typeof share === 'number' && share <= 0) fail('timeSliceTarget', 'greater_than', 'must be greater than 0')
      if (typeof share === 'number' && share > 1) fail('timeSliceTarget', 'less_than_or_equal_to', 'must be at most 1')
    }
    if (isSliced) {
      require('timeSliceWindow', `for ${spec.budgetingMethod}`)
      if (timeSliceWindow) durationRules(timeSliceWindow, context, [...at, 'timeSliceWindow'])
    }
    if (isPresent(spec.indicator?.spec, 'thresholdMetric')) {
      require('op', 'with a thresholdMetric')
      require('value', 'with a thresholdMetric')
      if (item.op && !isComparison(item.op)) fail('op', 'one_of', `must be ${COMPARISONS.join(' or ')}`)
    }
    if (hasMembers && typeof weight === 'number' && weight <= 0) {
      fail('compositeWeight', 'greater_than', 'must be greater than 0')
    }
  }
}

export const isComparison = (text: string | null | undefined): text is Comparison =>
  COMPARISONS.some((known) => known === text)

import { z } from 'zod'
import { acrossFields, description, duration, exactlyOneOf, isPresent, metadata, optional, rule } from './rules.ts'
import { inlineSli } from './sli-schema.ts'
import { isRecord } from './source.ts'

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

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

/** From 0 to below `whole`. */
const part = (whole: number) =>
  z
    .number()
    .refine((value) => value >= 0, rule('greater_than_or_equal_to', 'must be at least 0'))
    .refine((value) => value < whole, rule('less_than', `must be less than ${whole}: 100 % leaves no error budget`))

const objective = z
  .strictObject({
    displayName: optional(z.string()),
    op: optional(z.enum(['lte', 'gte', 'lt', 'gt'])),
    value: optional(z.number()),
    target: optional(part(1)),
    targetPercent: optional(part(100)),
    timeSliceTarget: optional(
      z
        .number()
        .refine((value) => value > 0, rule('greater_than', 'must be greater than 0'))
        .refine((value) => value <= 1, rule('less_than_or_equal_to', 'must be at most 1')),
    ),
    // A bare number is minutes in the text of the specification; the SDK wants a duration.
    timeSliceWindow: optional(z.preprocess((value) => (typeof value === 'number' ? `${value}m` : value), duration)),
    indicator: optional(inlineSli),
    indicatorRef: optional(z.string()),
    compositeWeight: optional(z.number().refine((value) => value > 0, rule('greater_than', 'must be greater than 0'))),
  })
  .refine(
    exactlyOneOf('target', 'targetPercent'),
    acrossFields('mutually_exclusive', 'needs exactly one of target and targetPercent'),
  )
  .refine(
    (value) => !(isPresent(value, 'indicator') && isPresent(value, 'indicatorRef')),
    acrossFields('mutually_exclusive', 'indicator and indicatorRef exclude each other'),
  )

const alertPolicy = z
  .strictObject({
    alertPolicyRef: optional(z.string()),
    kind: optional(z.literal('AlertPolicy')),
    metadata: optional(metadata),
    spec: optional(z.record(z.string(), z.unknown())),
  })
  .refine(
    (item) => isPresent(item, 'alertPolicyRef') !== ['kind', 'metadata', 'spec'].some((key) => isPresent(item, key)),
    acrossFields(
      'mutually_exclusive',
      'needs alertPolicyRef or an inline AlertPolicy (kind, metadata, spec), not both',
    ),
  )

const shape = z.strictObject({
  description,
  service: z.string().min(1),
  indicator: optional(inlineSli),
  indicatorRef: optional(z.string()),
  timeWindow: optional(z.array(timeWindow).length(1)),
  budgetingMethod: optional(z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices'])),
  objectives: z.array(objective),
  alertPolicies: optional(z.array(alertPolicy)),
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

/** What an objective must say depends on the budgeting method and on an inline metric's kind. */
function needsOfMethodAndMetric(spec: z.output<typeof shape>, context: z.RefinementCtx): void {
  for (const [index, item] of spec.objectives.entries()) {
    const require = (key: string, because: string) => {
      if (isPresent(item, key)) return
      const path = ['objectives', index, key]
      context.addIssue({ code: 'custom', path, message: `is required ${because}`, params: { code: 'required' } })
    }
    if (spec.budgetingMethod === 'Timeslices') require('timeSliceTarget', 'for Timeslices')
    if (spec.budgetingMethod === 'Timeslices' || spec.budgetingMethod === 'RatioTimeslices') {
      require('timeSliceWindow', `for ${spec.budgetingMethod}`)
    }
    if (isPresent((item.indicator ?? spec.indicator)?.spec, 'thresholdMetric')) {
      require('op', 'with a thresholdMetric')
      require('value', 'with a thresholdMetric')
    }
    if (isComposite(spec) && !statesIndicator(item)) require('indicatorRef', 'in every objective of a composite')
  }
}

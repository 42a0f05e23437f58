import { z } from 'zod'
import {
  acrossFields,
  description,
  exactlyOneOf,
  isPresent,
  metadata,
  name,
  notEmpty,
  optional,
  rule,
} from './rules.ts'

const metric = z.strictObject({
  metricSource: notEmpty(
    z.strictObject({
      metricSourceRef: optional(z.union([z.literal(''), name])),
      type: optional(z.string()),
      spec: z
        .record(z.string(), z.unknown())
        .refine((map) => Object.keys(map).length > 0, rule('map_min_length', 'must have at least one entry')),
    }),
  ),
})
export type Metric = z.output<typeof metric>

const RAW_TYPES = ['success', 'failure']

const ratioMetric = z
  .strictObject({
    counter: optional(z.boolean()),
    good: optional(metric),
    bad: optional(metric),
    total: optional(metric),
    raw: optional(metric),
    rawType: optional(z.string()),
  })
  .refine(exactlyOneOf('total', 'raw'), acrossFields('mutually_exclusive', 'needs exactly one of total and raw'))
  .refine(
    (ratio) => !isPresent(ratio, 'total') || isPresent(ratio, 'good') || isPresent(ratio, 'bad'),
    acrossFields('one_of_properties', 'total needs good or bad beside it'),
  )
  .refine(
    (ratio) => !(isPresent(ratio, 'good') && isPresent(ratio, 'bad')),
    acrossFields('mutually_exclusive', 'good and bad exclude each other'),
  )
  .refine(
    (ratio) => !isPresent(ratio, 'raw') || !(isPresent(ratio, 'good') || isPresent(ratio, 'bad')),
    acrossFields('mutually_exclusive', 'raw excludes good and bad'),
  )
  .refine((ratio) => !isPresent(ratio, 'raw') || (isPresent(ratio, 'rawType') && ratio.rawType !== ''), {
    ...acrossFields('required', 'raw needs rawType: success or failure'),
    path: ['rawType'],
  })
  .refine((ratio) => !isPresent(ratio, 'raw') || !ratio.rawType || RAW_TYPES.includes(ratio.rawType), {
    ...rule('one_of', `must be ${RAW_TYPES.join(' or ')}`),
    path: ['rawType'],
  })

export const sliSpec = z
  .strictObject({
    description,
    thresholdMetric: optional(metric),
    ratioMetric: optional(ratioMetric),
  })
  .refine(
    exactlyOneOf('thresholdMetric', 'ratioMetric'),
    acrossFields('mutually_exclusive', 'needs exactly one of thresholdMetric and ratioMetric'),
  )
export type SliSpec = z.output<typeof sliSpec>

/** An SLI written inside an SLO. */
export const inlineSli = z.strictObject({ metadata, spec: sliSpec })

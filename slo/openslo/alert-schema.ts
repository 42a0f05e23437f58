import { z } from 'zod'
import { COMPARISONS } from '../model.ts'
import { acrossFields, description, duration, notEmpty, optional, referenceOrInline, rule } from './rules.ts'

/** Burn rate is the only kind of condition OpenSLO has; its text makes it the default. */
export const alertConditionSpec = z.strictObject({
  description,
  severity: z.string().min(1),
  condition: notEmpty(
    z.strictObject({
      kind: optional(z.string().refine((kind) => kind === 'burnrate', rule('one_of', 'must be burnrate'))),
      op: z.enum(COMPARISONS),
      threshold: z.number(),
      lookbackWindow: duration,
      alertAfter: optional(duration),
    }),
  ),
})
export type AlertConditionSpec = z.output<typeof alertConditionSpec>

export const alertTargetSpec = z.strictObject({ description, target: z.string().min(1) })
export type AlertTargetSpec = z.output<typeof alertTargetSpec>

const flag = optional(z.boolean())

export const alertPolicySpec = z.strictObject({
  description,
  alertWhenBreaching: flag,
  alertWhenResolved: flag,
  alertWhenNoData: flag,
  conditions: optional(z.array(referenceOrInline('conditionRef', 'AlertCondition', alertConditionSpec)))
    .refine((list) => list?.length === 1, acrossFields('slice_length', 'must have exactly 1 item'))
    .transform((list) => list ?? []),
  notificationTargets: optional(z.array(referenceOrInline('targetRef', 'AlertNotificationTarget', alertTargetSpec)))
    .refine((list) => (list?.length ?? 0) > 0, acrossFields('slice_min_length', 'must have at least 1 item'))
    .transform((list) => list ?? []),
})
export type AlertPolicySpec = z.output<typeof alertPolicySpec>

import { z } from 'zod'
import {
  ALERT_MODES,
  ATTEMPTS,
  COMPARISONS,
  COMPOSITE_METHODS,
  LATENCY_OPERATORS,
  METHODS,
  METRIC_KINDS,
  NO_DATA_POLICIES,
  SELECTABLE,
  type Slo,
} from './model.ts'

const text = z.string()
const count = z.number().nonnegative()
const minutes = z.int().positive()
const selector = z.union([z.object({ in: z.array(text) }), z.object({ notIn: z.array(text) })])

const calls = z.object({
  source: z.literal('calls'),
  fields: z.partialRecord(z.enum(SELECTABLE), selector),
  attributes: z.record(text, selector),
  direction: z.enum(['outbound', 'inbound']),
  synthetic: z.boolean(),
  outcome: selector,
  latency: z.object({ op: z.enum(LATENCY_OPERATORS), ns: count }).nullable(),
  attempt: z.enum(ATTEMPTS).exactOptional(),
})

const metric = z.object({
  source: z.literal('metric'),
  metric: text,
  kind: z.enum(METRIC_KINDS),
  attributes: z.record(text, selector),
  le: z.number().nullable(),
})

const either = z.discriminatedUnion('source', [calls, metric])
const counts = z.enum(['good', 'bad'])

const measured = z.discriminatedUnion('source', [
  z.object({
    source: z.literal('calls'),
    name: text,
    numerator: z.object({ counts, selection: calls }),
    total: calls,
  }),
  z.object({
    source: z.literal('metric'),
    name: text,
    numerator: z.object({ counts, selection: either }),
    total: either,
  }),
  z.object({ source: z.literal('gauge'), name: text, selection: metric, op: z.enum(COMPARISONS), value: z.number() }),
  z.object({
    source: z.literal('rate'),
    name: text,
    selection: either,
    per: either.nullable(),
    op: z.enum(COMPARISONS),
    value: z.number(),
  }),
  z.object({ source: z.literal('sql'), name: text, query: text }),
])

const composite = z.object({
  source: z.literal('composite'),
  name: text,
  method: z.enum(COMPOSITE_METHODS),
  members: z.array(
    z.object({ displayName: text, indicator: measured, generation: text, weight: count, targetPpm: z.int() }),
  ),
})

const window = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rolling'), minutes, duration: text }),
  z.object({ kind: z.literal('calendar'), minutes, duration: text, start: text, timeZone: text }),
])

const tier = z.object({
  severity: z.enum(['page', 'ticket']),
  longMinutes: count,
  shortMinutes: count,
  factor: count,
  op: z.enum(COMPARISONS).exactOptional(),
  forMinutes: count.exactOptional(),
})

/** An SLO as it is stored: what an older version wrote and this one cannot read is told apart from what it can. */
export const sloSchema = z.object({
  name: text,
  displayName: text,
  description: text,
  service: text,
  labels: z.record(text, text),
  owner: text,
  runbook: text,
  indicator: z.union([measured, composite]),
  generation: text,
  objective: z.object({
    targetPpm: z.int(),
    budgetPpm: z.int().positive(),
    method: z.enum(METHODS),
    window,
    slice: z.object({ minutes, targetPpm: z.int().nullable() }).nullable(),
    noData: z.enum(NO_DATA_POLICIES),
  }),
  tiers: z.array(tier),
  guards: z.object({ minEvents: count, minBadEvents: count }),
  alerting: z.enum(ALERT_MODES),
  policies: z
    .object({
      endpoints: z.array(text),
      whenBreaching: z.boolean(),
      whenResolved: z.boolean(),
      whenNoData: z.boolean(),
    })
    .nullable(),
  settleMinutes: count,
}) as unknown as z.ZodType<Slo>

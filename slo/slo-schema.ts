import { z } from 'zod'
import { type Indicator, LATENCY_OPERATORS, SELECTABLE, type Slo } from './model.ts'

const text = z.string()
const count = z.number().nonnegative()
const selector = z.union([z.object({ in: z.array(text) }), z.object({ notIn: z.array(text) })])

const selection = z.object({
  fields: z.partialRecord(z.enum(SELECTABLE), selector),
  direction: z.enum(['outbound', 'inbound']),
  synthetic: z.boolean(),
  outcome: selector,
  latency: z.object({ op: z.enum(LATENCY_OPERATORS), ns: count }).nullable(),
})

const indicator = z.object({
  source: z.literal('calls'),
  name: text,
  numerator: z.object({ counts: z.enum(['good', 'bad']), selection }),
  total: selection,
}) as unknown as z.ZodType<Indicator>

/** An SLO as it is stored: what an older version wrote and this one cannot read is told apart from what it can. */
export const sloSchema: z.ZodType<Slo> = z.object({
  name: text,
  displayName: text,
  description: text,
  service: text,
  labels: z.record(text, text),
  owner: text,
  runbook: text,
  indicator,
  generation: text,
  objective: z.object({
    targetPpm: z.int(),
    budgetPpm: z.int().positive(),
    method: z.literal('occurrences'),
    window: z.object({ kind: z.literal('rolling'), minutes: z.int().positive(), duration: text }),
  }),
  tiers: z.array(
    z.object({ severity: z.enum(['page', 'ticket']), longMinutes: count, shortMinutes: count, factor: count }),
  ),
  guards: z.object({ minEvents: count, minBadEvents: count }),
  alerting: z.enum(['mwmb', 'off']),
})

import { z } from 'zod'
import { ALERT_MODES, COMPARISONS } from '../slo/model.ts'
import { PROBLEM_LAYERS } from '../slo/problem.ts'
import { sloStatusSchema } from '../slo/status.ts'
import { historyStepSchema } from './history.ts'
import { measuringSchema, warningSchema } from './slo-measuring.ts'

export const statusSchema = sloStatusSchema
  .extend({
    warningCount: z.int().meta({ description: 'How many things look broken about its SLI' }),
    measuredShare: z
      .number()
      .nullable()
      .meta({ description: 'How much of its history is measured, 0 to 1; null when all of it is' }),
  })
  .meta({ id: 'SloStatus' })

const tierSchema = z
  .object({
    severity: z.enum(['page', 'ticket']),
    longMinutes: z.int(),
    shortMinutes: z.int(),
    factor: z.number().meta({ description: 'Both windows must burn faster than this, unless `op` says otherwise' }),
    op: z.enum(COMPARISONS).optional().meta({ description: "Of an author's own condition; `gt` where absent" }),
    forMinutes: z.number().optional().meta({ description: 'How long it must hold before it fires; 0 where absent' }),
    budgetShare: z.number().meta({ description: 'Share of the budget spent within the long window at that factor' }),
    detectableOutageSeconds: z
      .number()
      .meta({ description: 'The shortest total outage after quiet time, at steady traffic, that makes the tier true' }),
  })
  .meta({ id: 'AlertTier' })

const definitionProblemSchema = z
  .object({
    severity: z.enum(['error', 'warning']),
    layer: z.enum(PROBLEM_LAYERS),
    file: z.string(),
    line: z.int(),
    path: z.string().meta({ description: 'Property inside the document, empty for the document itself' }),
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
  })
  .meta({ id: 'DefinitionProblem' })

export const sloDetailSchema = sloStatusSchema
  .extend({
    definition: z
      .object({
        description: z.string(),
        owner: z.string(),
        runbook: z.string(),
        labels: z.record(z.string(), z.string()),
        indicator: z.looseObject({ name: z.string(), source: z.string() }),
        guards: z.object({ minEvents: z.number(), minBadEvents: z.number() }),
        alerting: z.enum(ALERT_MODES),
      })
      .nullable()
      .meta({ description: 'The definition in force; null when there never was a good one' }),
    tiers: z.array(tierSchema),
    problems: z
      .array(definitionProblemSchema)
      .meta({ description: 'Why the newest version of the file was refused, or warnings about it' }),
    refused: z.boolean().meta({ description: 'The newest version was refused; what stands here is the last good one' }),
    source: z.string().meta({ description: '`file:<path>` or `api`' }),
    warnings: z.array(warningSchema).meta({ description: 'What looks broken about the SLI, most certain first' }),
    measuring: measuringSchema,
  })
  .meta({ id: 'SloDetail' })

export const historySchema = z
  .object({
    slo: z.string(),
    generation: z.string(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    stepMinutes: z.int(),
    window: z.object({ duration: z.string(), rolling: z.boolean() }),
    counts: z.object({ good: z.number(), total: z.number() }).meta({ description: 'Of the whole range' }),
    freshness: sloStatusSchema.shape.freshness,
    items: z.array(historyStepSchema),
    nextCursor: z.null(),
  })
  .meta({ id: 'SloHistory' })

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Slo } from '../slo/model.ts'
import { PROBLEM_LAYERS } from '../slo/problem.ts'
import { type SloStatus, STATUS_WORDS, sloStatusSchema } from '../slo/status.ts'
import { readHistory } from '../storage/indicator-minutes.ts'
import type { Db } from '../storage/query.ts'
import {
  chooseStep,
  type HistoryRange,
  historyStepSchema,
  historySteps,
  isReadable,
  MAX_STEPS,
  planHistory,
} from './history.ts'
import { nearMisses } from './near-misses.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { onInvalid, Problem, problemSchema } from './problem.ts'
import { judgeExactly, type SloBoard, type SloEntry } from './slo-board.ts'
import { durationParameter, resolveInstant, timeParameter } from './time-parameters.ts'
import { compareUrgency, urgencyOf } from './urgency.ts'

const statusSchema = sloStatusSchema.meta({ id: 'SloStatus' })

const tierSchema = z
  .object({
    severity: z.enum(['page', 'ticket']),
    longMinutes: z.int(),
    shortMinutes: z.int(),
    factor: z.number().meta({ description: 'Both windows must burn faster than this' }),
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
        alerting: z.enum(['mwmb', 'off']),
      })
      .nullable()
      .meta({ description: 'The definition in force; null when there never was a good one' }),
    tiers: z.array(tierSchema),
    problems: z
      .array(definitionProblemSchema)
      .meta({ description: 'Why the newest version of the file was refused, or warnings about it' }),
    refused: z.boolean().meta({ description: 'The newest version was refused; what stands here is the last good one' }),
    source: z.string().meta({ description: '`file:<path>` or `api`' }),
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

const notFound = { description: 'No such SLO', content: { 'application/problem+json': { schema: problemSchema } } }
const historyQuery = z.object({
  from: timeParameter.default('now-30d'),
  to: timeParameter.default('now'),
  step: durationParameter.optional().meta({ description: 'Chosen for at most 360 steps when absent' }),
})
type HistoryQuery = z.output<typeof historyQuery>
const badParameter = {
  description: 'A parameter is wrong',
  content: { 'application/problem+json': { schema: problemSchema } },
}
const sloParams = z.object({ slo: z.string().max(300).meta({ example: 'checkout-stripe-availability' }) })

const statusList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(STATUS_WORDS)))
  .meta({ description: `One or more of ${STATUS_WORDS.join(', ')}, separated by commas`, type: 'string' })

const listRoute = createRoute({
  method: 'get',
  path: '/slos',
  tags: ['slos'],
  summary: 'Status of all SLOs, the most urgent first',
  request: {
    query: pageQuery.extend({
      service: z.string().optional().meta({ description: 'Only SLOs of this service' }),
      status: statusList.optional(),
    }),
  },
  responses: {
    200: { description: 'A page of SLOs', content: { 'application/json': { schema: pageOf(statusSchema) } } },
    400: badParameter,
  },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/slos/{slo}',
  tags: ['slos'],
  summary: 'One SLO: definition, status, alert tiers',
  request: { params: sloParams },
  responses: {
    200: { description: 'The SLO', content: { 'application/json': { schema: sloDetailSchema } } },
    404: notFound,
  },
})

const historyRoute = createRoute({
  method: 'get',
  path: '/slos/{slo}/history',
  tags: ['slos'],
  summary: 'Good, total, SLI, remaining budget and burn rate per step',
  request: {
    params: sloParams,
    query: historyQuery,
  },
  responses: {
    200: { description: 'The steps, oldest first', content: { 'application/json': { schema: historySchema } } },
    400: badParameter,
    404: notFound,
  },
})

interface SloDeps {
  db: Db
  clock: () => Date
  board: () => Promise<SloBoard>
}

export function sloRoutes({ db, clock, board }: SloDeps): OpenAPIHono {
  const find = async (name: string): Promise<SloEntry & { found: SloBoard }> => {
    const found = await board()
    const { slos } = found
    const entry = slos.find(({ definition }) => definition.name === name)
    if (entry) return { ...entry, found }
    const alike = nearMisses(
      name,
      slos.map(({ definition }) => definition.name),
    )
    throw new Problem('not-found', `There is no SLO named ${name}`, { nearMisses: alike })
  }

  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const { service, status, limit, cursor } = c.req.valid('query')
      const wanted = (await board()).slos
        .map((entry) => entry.status)
        .filter((slo) => (service === undefined || slo.service === service) && (status?.includes(slo.status) ?? true))
      const after = cursor === undefined ? null : decodeCursor(cursor, cursorSchema)
      return c.json(cutPage(wanted, { limit, after, keyOf: urgencyOf, compare: compareUrgency }), 200)
    })
    .openapi(oneRoute, async (c) => {
      const entry = await find(c.req.valid('param').slo)
      const { slo, problems, source, state } = entry.definition
      const detail = {
        definition: slo && definitionOf(slo),
        tiers: [...(slo?.tiers ?? [])],
        problems: [...problems],
        refused: state === 'invalid',
        source,
      }
      return c.json({ ...(await judgeExactly(db, entry.found, entry)), ...detail }, 200)
    })
    .openapi(historyRoute, async (c) => {
      const { status, definition } = await find(c.req.valid('param').slo)
      if (definition.slo === null)
        throw new Problem('not-found', `No version of ${definition.name} is in force, so nothing is measured for it`)
      const now = clock()
      const range = rangeOf(c.req.valid('query'), definition.slo.objective.window.minutes, now)
      return c.json(await historyOf(db, definition.slo, status, range, now), 200)
    })
}

const cursorSchema = z.tuple([z.number(), z.number(), z.string()])

const definitionOf = ({ description, owner, runbook, labels, indicator, guards, alerting }: Slo) => ({
  description,
  owner,
  runbook,
  labels: { ...labels },
  indicator: { ...indicator },
  guards,
  alerting,
})

const MINUTE_MS = 60_000

/** A range that ends no later than now. */
function rangeOf({ from, to, step }: HistoryQuery, windowMinutes: number, now: Date): HistoryRange {
  const range = { from: resolveInstant(from, now), to: earlier(resolveInstant(to, now), now) }
  if (range.to <= range.from) throw badQuery('from', 'must be before to, and before now')
  const minutes = (range.to.getTime() - range.from.getTime()) / MINUTE_MS
  const stepMinutes = step ?? chooseStep(minutes, windowMinutes)
  if (minutes / stepMinutes > MAX_STEPS)
    throw badQuery('step', `makes more than ${MAX_STEPS} steps; take ${Math.ceil(minutes / MAX_STEPS)}m or more`)
  if (!isReadable(minutes, stepMinutes, windowMinutes))
    throw badQuery('step', 'is too fine for so long a range; leave it out, or take one that divides a day')
  return { ...range, stepMinutes }
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b)

function badQuery(name: string, message: string): Problem {
  return new Problem('bad-parameter', `query.${name}: ${message}`, { errors: [{ path: `query.${name}`, message }] })
}

async function historyOf(
  db: Db,
  slo: Slo,
  status: SloStatus,
  range: HistoryRange,
  now: Date,
): Promise<z.output<typeof historySchema>> {
  const { window, budgetPpm } = slo.objective
  const plan = planHistory({ ...range, windowMinutes: window.minutes })
  const rows = await readHistory(db, slo, {
    from: plan.readFrom,
    to: plan.to,
    stepMinutes: plan.resolutionMinutes,
  })
  const items = historySteps(rows, plan, budgetPpm).map((step) =>
    // The step that is not over yet: its window would end in the future, so it tells what is left now.
    Date.parse(step.at) + plan.stepMinutes * MINUTE_MS > now.getTime()
      ? { ...step, budgetRemaining: status.budget.remaining }
      : step,
  )
  return {
    slo: slo.name,
    generation: slo.generation,
    from: plan.from.toISOString(),
    to: plan.to.toISOString(),
    stepMinutes: plan.stepMinutes,
    window: { duration: window.duration, rolling: window.kind === 'rolling' },
    counts: {
      good: items.reduce((sum, { good }) => sum + good, 0),
      total: items.reduce((sum, { total }) => sum + total, 0),
    },
    freshness: status.freshness,
    items,
    nextCursor: null,
  }
}

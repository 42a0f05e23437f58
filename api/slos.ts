import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Slo, Tier } from '../slo/model.ts'
import { nearMisses } from '../slo/near-misses.ts'
import type { Reading } from '../slo/reading.ts'
import { STATUS_WORDS } from '../slo/status.ts'
import { detectionSeconds, tierShare } from '../slo/tiers.ts'
import type { Db } from '../storage/query.ts'
import { compareRanked, cutPage, decodeCursor, pageOf, pageQuery, rankedCursor } from './page.ts'
import { onInvalid, Problem, problemAnswer } from './problem.ts'
import { judgeExactly, type SloBoard, type SloEntry } from './slo-board.ts'
import { historyOf, historyQuery, rangeOf } from './slo-history.ts'
import { measuringOf } from './slo-measuring.ts'
import { methodsOf, methodsSchema } from './slo-methods.ts'
import { historySchema, sloDetailSchema, statusSchema } from './slo-shapes.ts'
import { urgencyOf } from './urgency.ts'

const notFound = problemAnswer('No such SLO')
const badParameter = problemAnswer('A parameter is wrong')
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

const methodsRoute = createRoute({
  method: 'get',
  path: '/slos/{slo}/methods',
  tags: ['slos'],
  summary: 'The same SLO under all three budgeting methods, side by side',
  request: { params: sloParams },
  responses: {
    200: { description: 'One item a method', content: { 'application/json': { schema: methodsSchema } } },
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
        .map(({ status, warnings, measuredShare }) => ({ ...status, warningCount: warnings.length, measuredShare }))
        .filter((slo) => (service === undefined || slo.service === service) && (status?.includes(slo.status) ?? true))
      const after = cursor === undefined ? null : decodeCursor(cursor, rankedCursor)
      return c.json(cutPage(wanted, { limit, after, keyOf: urgencyOf, compare: compareRanked }), 200)
    })
    .openapi(oneRoute, async (c) => {
      const entry = await find(c.req.valid('param').slo)
      const { slo, problems, source, state } = entry.definition
      const detail = {
        definition: slo && definitionOf(slo),
        tiers: slo?.tiers.map((tier) => tierOf(tier, slo)) ?? [],
        problems: [...problems],
        refused: state === 'invalid',
        source,
        warnings: [...entry.warnings],
        measuring: slo ? await measuringOf(db, slo) : [],
      }
      return c.json({ ...(await judgeExactly(db, entry.found, entry)), ...detail }, 200)
    })
    .openapi(historyRoute, async (c) => {
      const { status, definition, reading } = await find(c.req.valid('param').slo)
      const slo = readable(inForce(definition), reading)
      const now = clock()
      const range = rangeOf(c.req.valid('query'), slo.objective, now)
      return c.json(await historyOf(db, slo, status, range, now), 200)
    })
    .openapi(methodsRoute, async (c) => {
      const { definition, reading } = await find(c.req.valid('param').slo)
      return c.json(await methodsOf(db, readable(inForce(definition), reading), clock()), 200)
    })
}

function tierOf(tier: Tier, { objective: { window, budgetPpm, slice } }: Slo) {
  const outage = detectionSeconds(tier, { budgetPpm, errorPpm: 1_000_000 })
  return {
    ...tier,
    budgetShare: tierShare(tier, window.minutes),
    // Slices are judged when they are over.
    detectableOutageSeconds: Math.max(outage, (slice?.minutes ?? 0) * 60),
  }
}

function inForce({ slo, name }: SloEntry['definition']): Slo {
  if (slo === null) throw new Problem('not-found', `No version of ${name} is in force, so nothing is measured for it`)
  return slo
}

/** An SLO whose windows cannot be computed has no numbers at all. */
function readable(slo: Slo, reading: Reading | null): Slo {
  if (reading?.fault === undefined || reading.windows.size > 0) return slo
  throw new Problem('conflict', `${slo.name} is invalid: ${reading.fault}`)
}

const definitionOf = ({ description, owner, runbook, labels, indicator, guards, alerting }: Slo) => ({
  description,
  owner,
  runbook,
  labels: { ...labels },
  indicator: { ...indicator } as { name: string; source: string },
  guards,
  alerting,
})

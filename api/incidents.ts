import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Incident } from '../slo/incident.ts'
import { sloStatusSchema } from '../slo/status.ts'
import { listIncidents, readIncident } from '../storage/incidents.ts'
import type { Db } from '../storage/query.ts'
import { decodeCursor, encodeCursor, pageOf, pageQuery } from './page.ts'
import { onInvalid, Problem, problemSchema } from './problem.ts'
import type { SloBoard } from './slo-board.ts'

const detailsSchema = z.object({
  tier: z.string().meta({ description: 'The alert tier that governs, long window / short window' }),
  governingWindow: z.string().meta({ description: 'The window counts and burn come from' }),
  burn: z.number(),
  factor: z.number(),
  counts: z.object({ good: z.number(), total: z.number() }),
  burnRates: z.record(z.string(), z.number().nullable()),
  budgetRemaining: z.number().nullable(),
  suspect: z
    .object({ dependency: z.string(), outcome: z.string(), bad: z.number(), share: z.number() })
    .nullable()
    .meta({ description: 'The dependency behind most bad calls' }),
  exemplars: z.array(z.string()).meta({ description: 'Trace ids of failing calls, newest first' }),
  runbook: z.string(),
  owner: z.string(),
})

export const incidentSchema = z
  .object({
    id: z.string(),
    state: z.enum(['open', 'resolved']),
    severity: z.enum(['page', 'ticket']),
    slo: z.string(),
    service: z.string(),
    startedAt: z.iso.datetime(),
    resolvedAt: z.iso.datetime().nullable(),
    title: z.string(),
    rootCause: z.string().meta({ description: '`dependency:<name>/<outcome>`; empty while unknown' }),
    details: detailsSchema
      .nullable()
      .meta({ description: 'As it was when the incident last changed; null when no SLO burns in it' }),
    freshness: z.object({ watermark: z.iso.datetime().nullable() }).meta({ description: 'Of the store now' }),
    generation: z.string().meta({ description: "Of the SLO's definition now; empty when the SLO is gone" }),
  })
  .meta({ id: 'Incident' })

export const incidentDetailSchema = incidentSchema
  .extend({ current: sloStatusSchema.nullable().meta({ description: 'Status of the SLO now; null when it is gone' }) })
  .meta({ id: 'IncidentDetail' })

const listRoute = createRoute({
  method: 'get',
  path: '/incidents',
  tags: ['incidents'],
  summary: 'Incidents, the newest first',
  request: { query: pageQuery.extend({ state: z.enum(['open', 'resolved']).optional() }) },
  responses: {
    200: { description: 'A page of incidents', content: { 'application/json': { schema: pageOf(incidentSchema) } } },
    400: {
      description: 'A parameter is wrong',
      content: { 'application/problem+json': { schema: problemSchema } },
    },
  },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/incidents/{id}',
  tags: ['incidents'],
  summary: 'One incident, with the status of its SLO now',
  request: { params: z.object({ id: z.string().max(200) }) },
  responses: {
    200: { description: 'The incident', content: { 'application/json': { schema: incidentDetailSchema } } },
    404: { description: 'No such incident', content: { 'application/problem+json': { schema: problemSchema } } },
  },
})

const cursorSchema = z.tuple([z.iso.datetime(), z.string()])

export function incidentRoutes({ db, board }: { db: Db; board: () => Promise<SloBoard> }): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const { state, limit, cursor } = c.req.valid('query')
      const [before, beforeId] = cursor === undefined ? [] : decodeCursor(cursor, cursorSchema)
      const page = { state, limit: limit + 1, before: before === undefined ? undefined : new Date(before), beforeId }
      const [found, now] = await Promise.all([listIncidents(db, page), board()])
      const items = found.slice(0, limit).map((incident) => incidentOf(incident, now))
      const last = items.at(-1)
      const nextCursor = found.length > limit && last ? encodeCursor([last.startedAt, last.id]) : null
      return c.json({ items, nextCursor }, 200)
    })
    .openapi(oneRoute, async (c) => {
      const { id } = c.req.valid('param')
      const [incident, now] = await Promise.all([readIncident(db, { id }), board()])
      if (incident === null) throw new Problem('not-found', `There is no incident ${id}`)
      const current = now.slos.find(({ definition }) => definition.name === incident.slo)?.status ?? null
      return c.json({ ...incidentOf(incident, now), current }, 200)
    })
}

const incidentOf = (
  { members: _, ...incident }: Incident,
  { watermark, slos }: SloBoard,
): z.output<typeof incidentSchema> => ({
  ...incident,
  startedAt: incident.startedAt.toISOString(),
  resolvedAt: incident.resolvedAt?.toISOString() ?? null,
  freshness: { watermark: watermark?.toISOString() ?? null },
  generation: slos.find(({ definition }) => definition.name === incident.slo)?.status.generation ?? '',
})

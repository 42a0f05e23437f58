import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Incident } from '../slo/alert/incident.ts'
import { readAcknowledgements } from '../storage/incident-actions.ts'
import { listIncidents, readIncident } from '../storage/incidents.ts'
import { LONGEST_ACK_DAYS } from '../storage/overlays.ts'
import type { Db } from '../storage/query.ts'
import { incidentDetailSchema, incidentSchema } from './incident-shapes.ts'
import { acknowledgementAt, readStory } from './incident-story.ts'
import { decodeCursor, encodeCursor, pageOf, pageQuery } from './page.ts'
import { onInvalid, Problem, problemSchema } from './problem.ts'
import type { SloBoard } from './slo-board.ts'

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
  summary: 'One incident: its alerts, what is behind it, who was told or not and why, and the status of its SLO now',
  request: { params: z.object({ id: z.string().max(200) }) },
  responses: {
    200: { description: 'The incident', content: { 'application/json': { schema: incidentDetailSchema } } },
    404: { description: 'No such incident', content: { 'application/problem+json': { schema: problemSchema } } },
  },
})

const DAY_MS = 86_400_000

const cursorSchema = z.tuple([z.iso.datetime(), z.string()])

export interface IncidentDeps {
  db: Db
  clock: () => Date
  board: () => Promise<SloBoard>
}

export function incidentRoutes({ db, clock, board }: IncidentDeps): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const { state, limit, cursor } = c.req.valid('query')
      const [before, beforeId] = cursor === undefined ? [] : decodeCursor(cursor, cursorSchema)
      const page = { state, limit: limit + 1, before: before === undefined ? undefined : new Date(before), beforeId }
      const at = clock()
      const since = new Date(at.getTime() - LONGEST_ACK_DAYS * DAY_MS)
      const [found, now, acknowledgements] = await Promise.all([
        listIncidents(db, page),
        board(),
        readAcknowledgements(db, since),
      ])
      const given = new Map(acknowledgements.map((each) => [each.incident, each]))
      const items = found.slice(0, limit).map((incident) => ({
        ...incidentOf(incident, now),
        acknowledgement: acknowledgementAt(given.get(incident.id) ?? null, at),
      }))
      const last = items.at(-1)
      const nextCursor = found.length > limit && last ? encodeCursor([last.startedAt, last.id]) : null
      return c.json({ items, nextCursor }, 200)
    })
    .openapi(oneRoute, async (c) => {
      const { id } = c.req.valid('param')
      const [incident, now] = await Promise.all([readIncident(db, { id }), board()])
      if (incident === null) throw new Problem('not-found', `There is no incident ${id}`)
      const current = now.slos.find(({ definition }) => definition.name === incident.slo)?.status ?? null
      const story = await readStory(db, incident, clock())
      return c.json({ ...incidentOf(incident, now), ...story, current }, 200)
    })
}

const incidentOf = (
  { members: _, ...incident }: Incident,
  { watermark, slos }: SloBoard,
): Omit<z.output<typeof incidentSchema>, 'acknowledgement'> => ({
  ...incident,
  startedAt: incident.startedAt.toISOString(),
  resolvedAt: incident.resolvedAt?.toISOString() ?? null,
  freshness: { watermark: watermark?.toISOString() ?? null },
  generation: slos.find(({ definition }) => definition.name === incident.slo)?.status.generation ?? '',
})

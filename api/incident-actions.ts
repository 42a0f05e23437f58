import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { IncidentAction } from '../slo/alert/incident-action.ts'
import { readIncidentActions, recordIncidentAction } from '../storage/incident-actions.ts'
import { readIncident } from '../storage/incidents.ts'
import { LONGEST_ACK_DAYS } from '../storage/overlays.ts'
import type { Db } from '../storage/query.ts'
import { authorOf } from './access.ts'
import { audited, changeProblems, refuse } from './change.ts'
import { incidentPeopleSchema } from './incident-shapes.ts'
import { peopleOf } from './incident-story.ts'
import { onInvalid, Problem, problemSchema } from './problem.ts'

const MINUTE_MS = 60_000
const MAX_MINUTES = LONGEST_ACK_DAYS * 1440

const author = z.string().trim().max(200).optional().meta({ description: 'Who does it; with a token its name counts' })
const text = z.string().trim().max(4_000)

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

const answers = {
  200: { description: 'What people did about the incident', content: json(incidentPeopleSchema) },
  404: { description: 'No such incident', content: { 'application/problem+json': { schema: problemSchema } } },
  409: { description: 'The incident is over', content: { 'application/problem+json': { schema: problemSchema } } },
  ...changeProblems,
}

const routeOf = <P extends string, T extends z.ZodType>(path: P, summary: string, body: T, required: boolean) =>
  createRoute({
    method: 'post',
    path: `/incidents/{id}/${path}` as const,
    tags: ['incidents'],
    summary,
    request: { params: z.object({ id: z.string().max(200) }), body: { required, content: json(body) } },
    responses: answers,
  })

const acknowledgeRoute = routeOf(
  'acknowledge',
  'Take an incident on: no repeats and no escalation until the acknowledgement ends or severity rises',
  z.strictObject({
    author,
    comment: text.optional(),
    minutes: z
      .number()
      .int()
      .min(1)
      .max(MAX_MINUTES)
      .optional()
      .meta({ description: 'How long; alerting.ackTtl unless said' }),
  }),
  false,
)
const unacknowledgeRoute = routeOf('unacknowledge', 'Give an incident back', z.strictObject({ author }), false)
const assignRoute = routeOf(
  'assign',
  'Say who works on an incident',
  z.strictObject({ author, assignee: z.string().trim().max(200).meta({ description: 'Empty: nobody' }) }),
  true,
)
const commentRoute = routeOf(
  'comment',
  'Add to the timeline of an incident, open or over',
  z.strictObject({ author, text: text.min(1) }),
  true,
)

export interface IncidentActionDeps {
  db: Db
  clock: () => Date
  /** How long an acknowledgement holds unless it says otherwise. */
  ackTtlMs: number
}

export function incidentActionRoutes({ db, clock, ackTtlMs }: IncidentActionDeps): OpenAPIHono {
  const act = async (
    c: Context,
    id: string,
    said: string | undefined,
    did: Pick<IncidentAction, 'action' | 'text'> & { until?: Date },
  ) => {
    const incident = await readIncident(db, { id })
    if (incident === null) throw new Problem('not-found', `There is no incident ${id}`)
    if (incident.state === 'resolved' && did.action !== 'comment')
      throw new Problem('conflict', `The incident ${id} is over; only comments can be added`)
    const at = clock()
    const { action } = did
    await recordIncidentAction(db, { until: null, ...did, incident: id, at, author: authorOf(c, said) })
    await audited(c, db, { at, action: `incident.${action}`, target: id, detail: did, ...(said && { said }) })
    const actions = await readIncidentActions(db, id)
    return {
      incident: id,
      ...peopleOf(actions, at),
      actions: actions.map(({ incident: _, ...each }) => ({
        ...each,
        at: each.at.toISOString(),
        until: each.until?.toISOString() ?? null,
      })),
    }
  }

  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(acknowledgeRoute, async (c) => {
      const { author: said, comment = '', minutes } = c.req.valid('json') ?? {}
      const until = new Date(clock().getTime() + (minutes === undefined ? ackTtlMs : minutes * MINUTE_MS))
      return c.json(await act(c, c.req.valid('param').id, said, { action: 'acknowledge', text: comment, until }), 200)
    })
    .openapi(unacknowledgeRoute, async (c) => {
      const { author: said } = c.req.valid('json') ?? {}
      return c.json(await act(c, c.req.valid('param').id, said, { action: 'unacknowledge', text: '' }), 200)
    })
    .openapi(assignRoute, async (c) => {
      const { author: said, assignee } = c.req.valid('json')
      return c.json(await act(c, c.req.valid('param').id, said, { action: 'assign', text: assignee }), 200)
    })
    .openapi(commentRoute, async (c) => {
      const { author: said, text: comment } = c.req.valid('json')
      if (comment === undefined) return refuse(['say text'])
      return c.json(await act(c, c.req.valid('param').id, said, { action: 'comment', text: comment }), 200)
    })
}

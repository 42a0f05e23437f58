import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { DEPLOYMENT_STATUSES, type Deployment, readDeployments, recordDeployment } from '../storage/deployments.ts'
import type { Db } from '../storage/query.ts'
import { authorOf } from './access.ts'
import { audited, changeProblems, refuse } from './change.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { badQuery, onInvalid } from './problem.ts'
import { resolveInstant, timeParameter } from './time-parameters.ts'

const DAY_MS = 86_400_000
/** Clocks differ a little. */
const AHEAD_MS = 300_000
const text = z.string().trim().max(300)

export const deploymentSchema = z
  .object({
    id: z.string(),
    service: z.string(),
    env: z.string(),
    version: z.string(),
    previousVersion: z.string(),
    status: z.enum(DEPLOYMENT_STATUSES),
    at: z.iso.datetime(),
    commit: z.string(),
    url: z.string(),
    author: z.string(),
    source: z.string(),
  })
  .meta({ id: 'Deployment' })

const deploymentInput = z.strictObject({
  id: text.min(1).optional().meta({ description: 'Say the same one again to report how it went' }),
  service: text.min(1),
  env: text.default(''),
  version: text.min(1),
  previousVersion: text.default(''),
  status: z.enum(DEPLOYMENT_STATUSES).default('succeeded'),
  at: z.iso.datetime({ offset: true }).optional().meta({ description: 'Now unless said' }),
  commit: text.default(''),
  url: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
  author: text.optional(),
})

const listRoute = createRoute({
  method: 'get',
  path: '/deployments',
  tags: ['operations'],
  summary: 'Deployments, the newest first',
  request: {
    query: pageQuery.extend({
      service: z.string().optional(),
      env: z.string().optional(),
      from: timeParameter.optional().meta({ description: 'Seven days before `to` unless said' }),
      to: timeParameter.optional().meta({ description: 'Now unless said' }),
    }),
  },
  responses: {
    200: {
      description: 'A page of deployments',
      content: { 'application/json': { schema: pageOf(deploymentSchema) } },
    },
    400: changeProblems[400],
  },
})

const newRoute = createRoute({
  method: 'post',
  path: '/deployments',
  tags: ['operations'],
  summary: 'Tell that a version was, or is being, deployed: incidents name it',
  request: { body: { required: true, content: { 'application/json': { schema: deploymentInput } } } },
  responses: {
    201: { description: 'The deployment', content: { 'application/json': { schema: deploymentSchema } } },
    ...changeProblems,
  },
})

const cursorSchema = z.tuple([z.number(), z.string()])

/** A deployment as every route answers it. */
export const deploymentAnswer = (deployment: Deployment): z.output<typeof deploymentSchema> => ({
  ...deployment,
  at: deployment.at.toISOString(),
})

export function deploymentRoutes({ db, clock }: { db: Db; clock: () => Date }): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const { service, env, from, to, limit, cursor } = c.req.valid('query')
      const now = clock()
      const until = to === undefined ? new Date(now.getTime() + AHEAD_MS + 1) : resolveInstant(to, now)
      const since = from === undefined ? new Date(until.getTime() - 7 * DAY_MS) : resolveInstant(from, now)
      if (since >= until) throw badQuery('from', 'must be before to')
      const deployments = await readDeployments(db, {
        from: since,
        to: until,
        ...(service !== undefined && { services: [service] }),
        ...(env !== undefined && { env }),
      })
      const page = cutPage(deployments, {
        limit,
        after: cursor === undefined ? null : decodeCursor(cursor, cursorSchema),
        keyOf: ({ at, id }): [number, string] => [at.getTime(), id],
        compare: ([a, aId], [b, bId]) => b - a || (aId < bId ? -1 : Number(aId > bId)),
      })
      return c.json({ ...page, items: page.items.map(deploymentAnswer) }, 200)
    })
    .openapi(newRoute, async (c) => {
      const { id = randomUUID(), at, author: said, ...input } = c.req.valid('json')
      const now = clock()
      const when = at === undefined ? now : new Date(at)
      if (when.getTime() > now.getTime() + AHEAD_MS) refuse(['at: a deployment is told when it begins, not before'])
      const author = authorOf(c, said)
      const deployment = { ...input, id, author, at: when, source: 'api' }
      await recordDeployment(db, deployment, now)
      await audited(c, db, { at: now, action: 'deployment.report', target: id, detail: deployment, said: author })
      return c.json(deploymentAnswer(deployment), 201)
    })
}

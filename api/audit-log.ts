import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { readAudit } from '../storage/audit-log.ts'
import type { Db } from '../storage/query.ts'
import { changeProblems } from './change.ts'
import { onInvalid } from './problem.ts'
import { resolveInstant, timeParameter } from './time-parameters.ts'

const entrySchema = z
  .object({
    at: z.iso.datetime(),
    author: z.string(),
    token: z.string().meta({ description: 'Name of the token that was used; empty without' }),
    action: z.string().meta({ description: '`silence.create`, `incident.acknowledge`, …' }),
    target: z.string().meta({ description: 'Id or name of what was changed' }),
    detail: z.unknown(),
  })
  .meta({ id: 'AuditEntry' })

const listRoute = createRoute({
  method: 'get',
  path: '/audit-log',
  tags: ['operations'],
  summary: 'Who changed what, the newest first; reminders of silences, too. At most a thousand entries',
  request: {
    query: z.strictObject({
      target: z.string().max(300).default('').meta({ description: 'Only of this id or name' }),
      since: timeParameter.optional().meta({ description: 'Thirty days ago unless said' }),
    }),
  },
  responses: {
    200: {
      description: 'The entries',
      content: { 'application/json': { schema: z.object({ items: z.array(entrySchema), nextCursor: z.null() }) } },
    },
    400: changeProblems[400],
  },
})

export function auditRoutes({ db, clock }: { db: Db; clock: () => Date }): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid }).openapi(listRoute, async (c) => {
    const { target, since } = c.req.valid('query')
    const from = resolveInstant(since ?? 'now-30d', clock())
    const items = (await readAudit(db, { target, since: from })).map(({ at, ...entry }) => ({
      ...entry,
      at: at.toISOString(),
    }))
    return c.json({ items, nextCursor: null }, 200)
  })
}

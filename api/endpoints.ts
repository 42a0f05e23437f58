import { randomUUID } from 'node:crypto'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Endpoint } from '../runtime/endpoint-schema.ts'
import { recordDeliveryRequest } from '../storage/delivery-requests.ts'
import { type EndpointState, readEndpointStates } from '../storage/endpoint-states.ts'
import type { Db } from '../storage/query.ts'
import { authorOf } from './access.ts'
import { audited, changeProblems } from './change.ts'
import { endpointSchema, requestedSchema } from './notification-shapes.ts'
import { onInvalid, Problem, problemAnswer } from './problem.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/endpoints',
  tags: ['notifications'],
  summary: 'Who is told, and how the endpoints do',
  responses: {
    200: {
      description: 'All endpoints by name',
      content: {
        'application/json': { schema: z.object({ items: z.array(endpointSchema), nextCursor: z.string().nullable() }) },
      },
    },
  },
})

const testRoute = createRoute({
  method: 'post',
  path: '/endpoints/{endpoint}/test',
  tags: ['notifications'],
  summary: 'Send a test message, and its end once it arrived',
  request: { params: z.object({ endpoint: z.string().max(200) }) },
  responses: {
    202: {
      description: 'An evaluator sends it within seconds',
      content: { 'application/json': { schema: requestedSchema } },
    },
    404: problemAnswer('No such endpoint'),
    ...changeProblems,
  },
})

interface Deps {
  db: Db
  clock: () => Date
  endpoints: readonly Endpoint[]
}

export function endpointRoutes({ db, clock, endpoints }: Deps): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: onInvalid })
    .openapi(listRoute, async (c) => {
      const states = new Map((await readEndpointStates(db)).map((state) => [state.endpoint, state]))
      const owing = [...states.values()].filter(({ pending, owedResolves }) => pending + owedResolves > 0)
      const names = new Set([...endpoints.map(({ name }) => name), ...owing.map(({ endpoint }) => endpoint)])
      const items = [...names].sort().map((name) =>
        endpointOf(
          name,
          endpoints.find((each) => each.name === name),
          states.get(name),
        ),
      )
      return c.json({ items, nextCursor: null }, 200)
    })
    .openapi(testRoute, async (c) => {
      const { endpoint } = c.req.valid('param')
      if (!endpoints.some(({ name }) => name === endpoint))
        throw new Problem('not-found', `There is no endpoint ${endpoint}; /api/v1/endpoints lists what there is`)
      const at = clock()
      const notification = `msg_${randomUUID().replaceAll('-', '')}`
      const requestedBy = authorOf(c, undefined)
      await recordDeliveryRequest(db, {
        id: randomUUID(),
        kind: 'test',
        notification,
        endpoint,
        requestedBy,
        requestedAt: at,
      })
      await audited(c, db, { at, action: 'endpoint.test', target: endpoint, detail: { notification } })
      return c.json({ notification }, 202)
    })
}

/** Addresses and keys stay out of it: they may be secrets. */
const endpointOf = (
  name: string,
  endpoint: Endpoint | undefined,
  state: EndpointState | undefined,
): z.output<typeof endpointSchema> => ({
  name,
  type: endpoint?.type ?? '',
  fallback: endpoint?.fallback ?? null,
  escalationOnly: endpoint?.escalationOnly ?? false,
  configured: endpoint !== undefined,
  circuit: state?.circuit ?? 'closed',
  disabled: state?.disabled ?? false,
  pending: state?.pending ?? 0,
  oldestPendingAt: state?.oldestPendingAt?.toISOString() ?? null,
  owedResolves: state?.owedResolves ?? 0,
  deadLetters: state?.deadLetters ?? 0,
  lastDeliveredAt: state?.lastDeliveredAt?.toISOString() ?? null,
  lastError: state?.lastError ?? '',
  reportedAt: state?.at.toISOString() ?? null,
})

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { OUTCOMES, OWNERS, ownerOf } from '../integration/outcome.ts'
import { MAX_TRACE_SPANS, readTrace, type TraceCall, type TraceSpan } from '../storage/calls.ts'
import type { Db } from '../storage/query.ts'
import { onInvalid, Problem, problemAnswer } from './problem.ts'

const callSchema = z
  .object({
    at: z.string().meta({ description: 'RFC 3339 with nanoseconds, UTC' }),
    durationMs: z.number(),
    env: z.string(),
    service: z.string(),
    version: z.string(),
    direction: z.enum(['outbound', 'inbound']),
    dependency: z.string().meta({ description: 'Empty when inbound' }),
    operation: z.string(),
    protocol: z.string(),
    outcome: z.enum(OUTCOMES),
    owner: z.enum(OWNERS).meta({ description: 'Who can fix it' }),
    status: z.string(),
    errorType: z.string(),
    attempt: z.int(),
    synthetic: z.boolean(),
    spanId: z.string(),
    parentSpanId: z.string(),
  })
  .meta({ id: 'TraceCall' })

const spanSchema = z
  .object({
    at: z.string(),
    durationMs: z.number(),
    spanId: z.string(),
    parentSpanId: z.string().meta({ description: 'Empty at the root' }),
    name: z.string(),
    kind: z.string(),
    service: z.string(),
    statusCode: z.string(),
    statusMessage: z.string(),
    attributes: z.record(z.string(), z.string()),
    resource: z.record(z.string(), z.string()),
  })
  .meta({ id: 'TraceSpan' })

export const traceSchema = z
  .object({
    id: z.string(),
    calls: z.array(callSchema),
    spans: z.array(spanSchema).meta({ description: 'Empty when spans are older than their retention' }),
    truncated: z.boolean().meta({ description: `More than ${MAX_TRACE_SPANS} spans or calls exist` }),
  })
  .meta({ id: 'Trace' })

const route = createRoute({
  method: 'get',
  path: '/traces/{id}',
  tags: ['traces'],
  summary: 'Calls and spans of one trace',
  request: {
    params: z.object({
      id: z
        .string()
        .regex(/^[0-9a-fA-F]{32}$/, 'expected a trace id of 32 hexadecimal digits')
        .meta({ example: '4bf92f3577b34da6a3ce929d0e0e4736' }),
    }),
  },
  responses: {
    200: { description: 'The trace, oldest first', content: { 'application/json': { schema: traceSchema } } },
    404: problemAnswer('No such trace'),
  },
})

export const traceRoutes = ({ db }: { db: Db }) =>
  new OpenAPIHono({ defaultHook: onInvalid }).openapi(route, async (c) => {
    const id = c.req.valid('param').id.toLowerCase()
    const { calls, spans } = await readTrace(db, id)
    if (calls.length === 0 && spans.length === 0)
      throw new Problem('not-found', `No span of trace ${id} is stored; it may be older than the retention`)
    const truncated = calls.length === MAX_TRACE_SPANS || spans.length === MAX_TRACE_SPANS
    return c.json({ id, calls: calls.map(callOf), spans: spans.map(spanOf), truncated }, 200)
  })

function callOf({ startNs, durationNs, ...call }: TraceCall): z.output<typeof callSchema> {
  return {
    at: instantOf(startNs),
    durationMs: Number(durationNs) / 1e6,
    ...call,
    owner: ownerOf(call.outcome, call.direction),
  }
}

function spanOf({ startNs, durationNs, ...span }: TraceSpan): z.output<typeof spanSchema> {
  return { at: instantOf(startNs), durationMs: Number(durationNs) / 1e6, ...span }
}

/** RFC 3339 with all nine digits: 2026-01-01T00:00:00.123456789Z. */
function instantOf(epochNs: bigint): string {
  const seconds = new Date(Number(epochNs / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(epochNs % 1_000_000_000n).padStart(9, '0')}Z`
}

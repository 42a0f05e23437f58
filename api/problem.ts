import { ClickHouseError } from '@clickhouse/client'
import type { Hook } from '@hono/zod-openapi'
import type { Context, Env, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { z } from 'zod'
import type { Log } from '../runtime/log.ts'
import { OverBudgetError } from '../storage/request-budget.ts'
import { SlotsFullError } from '../storage/slots.ts'

/** An error as every route answers it: RFC 9457 problem details. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Stable name of the kind of problem, a URN' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          code: z.string().optional().meta({ description: 'Rule of an SLO document that is broken' }),
          line: z.int().optional().meta({ description: 'Line of the document' }),
        }),
      )
      .optional()
      .meta({ description: 'What is wrong with which parameter, or which property of the document' }),
    nearMisses: z.array(z.string()).optional().meta({ description: 'Names that exist and look alike' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' })
export type ProblemDetails = z.output<typeof problemSchema>

/** A problem as an answer of a route in the OpenAPI document. */
export const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
})

/** Every kind of problem, with its status and title; `type` is `urn:plumbline:problem:<kind>`. */
const KINDS = {
  'bad-parameter': [400, 'A parameter is wrong'],
  unauthenticated: [401, 'A token is needed'],
  forbidden: [403, 'Not allowed'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'Not possible here'],
  conflict: [409, 'Not possible as things stand'],
  'unsupported-body': [415, 'The body is in a form not understood here'],
  'body-too-large': [413, 'The body is too large'],
  'invalid-document': [422, 'The document is refused'],
  'too-costly': [422, 'The request costs too much'],
  'too-many-requests': [429, 'Too many requests at once'],
  'wrong-host': [421, 'The request was meant for another host'],
  internal: [500, 'Something went wrong in Plumbline'],
  'store-unavailable': [503, 'The store cannot be read now'],
} as const
export type ProblemKind = keyof typeof KINDS

/** Thrown anywhere below a route; `answerProblem` turns it into the response. */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly extra: Pick<ProblemDetails, 'errors' | 'nearMisses'>
  readonly headers: Record<string, string>

  constructor(
    kind: ProblemKind,
    detail: string,
    { headers = {}, ...extra }: Problem['extra'] & { headers?: Record<string, string> } = {},
  ) {
    super(detail)
    this.kind = kind
    this.extra = extra
    this.headers = headers
  }
}

/** Errors of the socket, not of the query: the store is away, and asking again later is right. */
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'UND_ERR_SOCKET',
])
/** ClickHouse error codes that mean "not now": unknown table, unknown database, timeout, too many queries, memory. */
/** ClickHouse's code for a lane that is full. */
export const TOO_MANY_QUERIES = '202'
const NOT_NOW = new Set(['60', '81', '159', '202', '241', '242'])

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : codeOf(error.cause)
}

/** Whether asking the store again later may help; the driver's timeout is told by its own message only. */
export const isStoreAway = (error: unknown): boolean =>
  error instanceof ClickHouseError
    ? NOT_NOW.has(error.code)
    : AWAY.has(codeOf(error) ?? '') || (error instanceof Error && error.message === 'Timeout error.')

/** How long a refused caller should wait, in seconds. */
export const RETRY_AFTER = '2'

export const tooMany = () =>
  new Problem('too-many-requests', 'Too many requests run and wait already; send fewer at once, or ask again later', {
    headers: { 'retry-after': RETRY_AFTER },
  })

const storeAway = () =>
  new Problem('store-unavailable', 'ClickHouse does not answer or its schema is not complete; see /readyz', {
    headers: { 'retry-after': '5' },
  })

/** The one place where an error becomes a response. */
export function answerProblem(c: Context, problem: Problem): Response {
  const [status, title] = KINDS[problem.kind]
  const body: ProblemDetails = {
    type: `urn:plumbline:problem:${problem.kind}`,
    title,
    status,
    detail: problem.message,
    ...problem.extra,
  }
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...problem.headers })
}

/** What the framework refused before a route saw it: the form of the body. */
const unreadable = ({ status, message }: HTTPException): Problem =>
  status === 415
    ? new Problem('unsupported-body', 'Send the body as application/json')
    : new Problem('bad-parameter', `json: ${message}`, { errors: [{ path: 'json', message }] })

export const onError =
  (log: Log): ErrorHandler =>
  (error, c) => {
    if (error instanceof Problem) return answerProblem(c, error)
    if (error instanceof SlotsFullError) return answerProblem(c, tooMany())
    if (error instanceof OverBudgetError) return answerProblem(c, new Problem('too-costly', error.message))
    // Nobody waits for this answer.
    if (c.req.raw.signal.aborted) return c.body(null)
    if (error instanceof HTTPException && error.status < 500) return answerProblem(c, unreadable(error))
    if (error instanceof ClickHouseError && error.code === TOO_MANY_QUERIES) return answerProblem(c, tooMany())
    const away = isStoreAway(error)
    log.error({ err: error, path: c.req.path }, away ? 'the store is away' : 'a request failed')
    return answerProblem(c, away ? storeAway() : new Problem('internal', 'The reason is in the log of the API'))
  }

/** A query parameter that its schema accepts and the route cannot. */
export const badQuery = (name: string, message: string): Problem =>
  new Problem('bad-parameter', `query.${name}: ${message}`, { errors: [{ path: `query.${name}`, message }] })

/** For `defaultHook`: what the route's schemas refused, one entry per property. */
export const onInvalid: Hook<unknown, Env, string, unknown> = (result) => {
  if (result.success) return
  const errors = result.error.issues.flatMap((issue) => {
    const path = [result.target, ...issue.path]
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not known here' }))
      : [{ path: path.join('.'), message: issue.message }]
  })
  throw new Problem('bad-parameter', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors })
}

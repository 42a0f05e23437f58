import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { request } from 'undici'
import { decodeBlocks, encodeBlocks } from '../storage/embedded/block-framing.ts'
import { EngineError, httpStatus } from '../storage/embedded/engine-errors.ts'
import { blockMethodOf } from '../storage/embedded/packing.ts'
import { type EngineFacts, readEngineFacts } from '../storage/engine-facts.ts'
import type { Db } from '../storage/query.ts'
import { GUEST_LIMITS, refusalOf } from '../storage/read-only-statement.ts'
import { createSlots, type Slots, SlotsFullError } from '../storage/slots.ts'
import { type Asking, askingOf } from './lanes.ts'
import { Problem, RETRY_AFTER, TOO_MANY_QUERIES } from './problem.ts'

const MAX_STATEMENT_BYTES = 256 * 1024

/** Bounds of every query; the statement may lower them. */
const BOUNDS = {
  ...GUEST_LIMITS,
  max_threads: 1,
  read_overflow_mode: 'throw',
  max_memory_usage: 1_073_741_824,
  result_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
  // Last: from here on the engine refuses to change data, and refuses to change this.
  readonly: 2,
}

/** Queries of all guests, and of one of them, that run at once and that wait. */
const LANE = { size: 8, queue: 64, callerSize: 4, callerQueue: 24 }

/** Parameters a client may send along; all others are dropped, above all settings. */
const PASSED = new Set([
  'query_id',
  'default_format',
  'client_protocol_version',
  'wait_end_of_query',
  'enable_http_compression',
  'compress',
])
/** Databases a client may stand in besides the store's own. */
const OTHER_DATABASES = new Set(['system', 'information_schema', 'INFORMATION_SCHEMA'])
const ANSWER_HEADERS = /^(content-type|content-encoding|x-clickhouse-.+)$/

type Handler = (c: Context) => Promise<Response>

interface Deps {
  db: Db
  url: string
  /** User and password of guests. */
  headers?: Record<string, string> | undefined
}

/**
 * Answers one statement that reads, by GET or POST, as ClickHouse does. Results stream through. Refusals look like
 * ClickHouse's own errors, since its clients show those.
 */
export function clickhouseReader({ db, url, headers: own }: Deps): Handler {
  const slots = createSlots(LANE)
  let facts: Promise<EngineFacts> | undefined
  const engine = () => {
    facts ??= readEngineFacts(db).catch((error: unknown) => {
      facts = undefined
      throw error
    })
    return facts
  }

  return async (c) => {
    const asked = askedBy(c)
    const statement = await statementOf(c, asked).catch(engineErrorOnly)
    if (statement instanceof EngineError) return refused(statement, asked)
    if (statement === '') return c.text('Ok.\n')
    const { database, tableFunctions } = await engine()
    const refusal = refusalOf(statement, tableFunctions)
    if (refusal !== null) return refused(new EngineError(497, 'ACCESS_DENIED', `Not allowed: ${refusal}`), asked)
    const answer = await held(slots, askingOf(c), () =>
      request(`${url.replace(/\/$/, '')}/?${boundedParams(asked, database)}`, {
        method: 'POST',
        body: statement,
        headers: { ...own, 'accept-encoding': c.req.header('accept-encoding') ?? 'identity' },
        signal: c.req.raw.signal,
      }),
    )
    if (answer === null) return busy(asked)
    // Nobody reads the body of an answer to HEAD.
    if (c.req.method === 'HEAD') void answer.body.dump()
    const headers = Object.entries(answer.headers).filter(([name]) => ANSWER_HEADERS.test(name))
    const isFull = answer.headers['x-clickhouse-exception-code'] === TOO_MANY_QUERIES
    return new Response(webStream(answer.body), {
      status: isFull ? 429 : answer.statusCode,
      headers: [
        ...headers.map(([name, value]): [string, string] => [name, String(value)]),
        ...(isFull ? [['retry-after', RETRY_AFTER] as [string, string]] : []),
      ],
    })
  }
}

/** The embedded store's ClickHouse HTTP interface for readers such as Grafana, at a path of its own. */
export function clickhouseInterface(deps: Deps, read = clickhouseReader(deps)): Hono {
  const app = new Hono()
  app.get('/ping', (c) => c.text('Ok.\n'))
  app.on(['GET', 'POST'], ['/', '/*'], read)
  app.all('*', () => {
    throw new Problem('method-not-allowed', 'Send GET or POST', { headers: { allow: 'GET, POST' } })
  })
  return app
}

/**
 * The same at the root, for tools that take the path of an address for the name of a database, as in
 * `jdbc:ch://host:8080/plumbline`. Browsers get the page there.
 */
export function clickhouseAtRoot(
  read: ReturnType<typeof clickhouseReader>,
  guards: readonly MiddlewareHandler[],
): Hono {
  const app = new Hono()
  const isAsked = (c: Context) => c.req.method === 'POST' || c.req.query('query') !== undefined
  for (const guard of guards) app.use('/', (c, next) => (isAsked(c) ? guard(c, next) : next()))
  app.on(['GET', 'POST'], '/', (c, next) => (isAsked(c) ? read(c) : next()))
  app.get('/ping', (c) => c.text('Ok.\n'))
  return app
}

/** The URL's parameters, and the headers that mean the same: database and format. */
function askedBy(c: Context): URLSearchParams {
  const asked = new URL(c.req.url).searchParams
  const database = c.req.header('x-clickhouse-database')
  const format = c.req.header('x-clickhouse-format')
  if (database && !asked.has('database')) asked.set('database', database)
  if (format && !asked.has('default_format')) asked.set('default_format', format)
  return asked
}

/** SQL = the `query` parameter, a line break, the body. Throws `EngineError` for a body in compressed blocks that is none. */
async function statementOf(c: Context, asked: URLSearchParams): Promise<string> {
  const coding = c.req.header('content-encoding') ?? 'identity'
  const type = c.req.header('content-type') ?? ''
  if (coding !== 'identity') throw new Problem('unsupported-body', `Send the query without Content-Encoding ${coding}`)
  if (type.startsWith('multipart/'))
    throw new Problem('unsupported-body', 'Send parameters in the URL, not as multipart')
  const sent = ReadableStream.from(c.req.raw.body ?? []) as ReadableStream<Uint8Array>
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of asked.get('decompress') === '1' ? decodeBlocks(sent, MAX_STATEMENT_BYTES) : sent) {
    bytes += piece.length
    if (bytes > MAX_STATEMENT_BYTES)
      throw new Problem('body-too-large', `A query may have at most ${MAX_STATEMENT_BYTES} bytes`)
    pieces.push(piece)
  }
  const body = new TextDecoder('utf-8', { fatal: false }).decode(Buffer.concat(pieces))
  return [asked.get('query') ?? '', body].filter((part) => part.trim() !== '').join('\n')
}

function engineErrorOnly(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  throw error
}

/** What is passed on: the harmless parameters, values of `{name:Type}`, the bounds, and the database. */
function boundedParams(asked: URLSearchParams, database: string): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of asked) if (PASSED.has(name) || name.startsWith('param_')) params.set(name, value)
  const method = blockMethodOf(asked)
  if (method !== null) params.set('network_compression_method', method)
  const wanted = asked.get('database') ?? ''
  params.set('database', OTHER_DATABASES.has(wanted) ? wanted : database)
  for (const [name, value] of Object.entries(BOUNDS)) params.set(name, String(value))
  return params
}

type Answer = Awaited<ReturnType<typeof request>>

/** Asks when there is a place, and keeps it until the answer is read to its end; null when too many wait already. */
function held(slots: Slots, by: Asking, ask: () => Promise<Answer>): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const run = async () => {
      const answer = await ask()
      resolve(answer)
      await finished(answer.body, { signal: by.signal }).catch(() => undefined)
    }
    slots.run(run, by).catch((error) => (error instanceof SlotsFullError ? resolve(null) : reject(error)))
  })
}

const busy = (asked: URLSearchParams): Promise<Response> => {
  const text = 'Too many simultaneous queries: send fewer at once, or ask again later'
  const error = new EngineError(Number(TOO_MANY_QUERIES), 'TOO_MANY_SIMULTANEOUS_QUERIES', text)
  return refused(error, asked, 429, { 'retry-after': RETRY_AFTER })
}

/** An error as a ClickHouse server words it, in compressed blocks where these were asked for. */
async function refused(
  error: EngineError,
  asked: URLSearchParams,
  status = httpStatus(error.code),
  headers: Record<string, string> = {},
): Promise<Response> {
  const text = Buffer.from(`Code: ${error.code}. DB::Exception: ${error.message}. (${error.codeName})\n`)
  const method = blockMethodOf(asked)
  const body = method === null ? text : Buffer.concat(await Readable.from(encodeBlocks([text], method)).toArray())
  const head = { 'content-type': 'text/plain; charset=UTF-8', 'x-clickhouse-exception-code': String(error.code) }
  return new Response(new Uint8Array(body), { status, headers: { ...head, ...headers } })
}

const webStream = (body: Readable) => ReadableStream.from(body) as unknown as globalThis.ReadableStream

import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { type Context, Hono } from 'hono'
import { request } from 'undici'
import { type EngineFacts, readEngineFacts } from '../storage/engine-facts.ts'
import type { Db } from '../storage/query.ts'
import { refusalOf } from '../storage/read-only-statement.ts'
import { createSlots, type Slots, SlotsFullError } from '../storage/slots.ts'
import { type Asking, askingOf } from './lanes.ts'
import { Problem, RETRY_AFTER, TOO_MANY_QUERIES } from './problem.ts'

const MAX_STATEMENT_BYTES = 256 * 1024

/** Bounds of every query, whatever the caller asks for. */
const BOUNDS = {
  max_execution_time: '30',
  max_threads: '1',
  max_rows_to_read: '2000000000',
  read_overflow_mode: 'throw',
  max_result_rows: '1000000',
  max_result_bytes: '268435456',
  max_memory_usage: '1073741824',
  result_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
  // Last: from here on the engine refuses to change data, and refuses to change this.
  readonly: '2',
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
])
/** Databases a client may stand in besides the store's own. */
const OTHER_DATABASES = new Set(['system', 'information_schema', 'INFORMATION_SCHEMA'])
const ANSWER_HEADERS = /^(content-type|content-encoding|x-clickhouse-.+)$/

interface Deps {
  db: Db
  url: string
  /** User and password of guests. */
  headers?: Record<string, string> | undefined
}

/**
 * The embedded store's ClickHouse HTTP interface for readers such as Grafana: GET and POST, one statement that reads.
 * Results stream through. Refusals look like ClickHouse's own errors, since its clients show those.
 */
export function clickhouseInterface({ db, url, headers: own }: Deps): Hono {
  const app = new Hono()
  const slots = createSlots(LANE)
  let facts: Promise<EngineFacts> | undefined
  const engine = () => {
    facts ??= readEngineFacts(db).catch((error: unknown) => {
      facts = undefined
      throw error
    })
    return facts
  }

  app.get('/ping', (c) => c.text('Ok.\n'))
  app.on(['GET', 'POST'], ['/', '/*'], async (c) => {
    const sql = await statementOf(c)
    if (sql === '') return c.text('Ok.\n')
    const { database, tableFunctions } = await engine()
    const refusal = refusalOf(sql, tableFunctions)
    if (refusal !== null) return refused(c, refusal)
    const answer = await held(slots, askingOf(c), () =>
      request(`${url.replace(/\/$/, '')}/?${boundedParams(new URL(c.req.url).searchParams, database)}`, {
        method: 'POST',
        body: sql,
        headers: { ...own, 'accept-encoding': c.req.header('accept-encoding') ?? 'identity' },
        signal: c.req.raw.signal,
      }),
    )
    if (answer === null) return busy(c)
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
  })
  app.all('*', () => {
    throw new Problem('method-not-allowed', 'Send GET or POST', { headers: { allow: 'GET, POST' } })
  })
  return app
}

/** SQL = the `query` parameter, a line break, the body. */
async function statementOf(c: Context): Promise<string> {
  const coding = c.req.header('content-encoding') ?? 'identity'
  const type = c.req.header('content-type') ?? ''
  if (coding !== 'identity') throw new Problem('unsupported-body', `Send the query without Content-Encoding ${coding}`)
  if (type.startsWith('multipart/'))
    throw new Problem('unsupported-body', 'Send parameters in the URL, not as multipart')
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of c.req.raw.body ?? []) {
    bytes += piece.length
    if (bytes > MAX_STATEMENT_BYTES)
      throw new Problem('body-too-large', `A query may have at most ${MAX_STATEMENT_BYTES} bytes`)
    pieces.push(piece)
  }
  const body = new TextDecoder('utf-8', { fatal: false }).decode(Buffer.concat(pieces))
  return [c.req.query('query') ?? '', body].filter((part) => part.trim() !== '').join('\n')
}

/** What is passed on: the harmless parameters, values of `{name:Type}`, the bounds, and the database. */
function boundedParams(asked: URLSearchParams, database: string): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of asked) if (PASSED.has(name) || name.startsWith('param_')) params.set(name, value)
  const wanted = asked.get('database') ?? ''
  params.set('database', OTHER_DATABASES.has(wanted) ? wanted : database)
  for (const [name, value] of Object.entries(BOUNDS)) params.set(name, value)
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

const busy = (c: Context): Response =>
  c.text(
    `Code: ${TOO_MANY_QUERIES}. DB::Exception: Too many simultaneous queries: send fewer at once, or ask again later. (TOO_MANY_SIMULTANEOUS_QUERIES)\n`,
    429,
    { 'x-clickhouse-exception-code': TOO_MANY_QUERIES, 'retry-after': RETRY_AFTER },
  )

const refused = (c: Context, reason: string): Response =>
  c.text(`Code: 497. DB::Exception: Not allowed: ${reason}. (ACCESS_DENIED)\n`, 403, {
    'x-clickhouse-exception-code': '497',
  })

const webStream = (body: Readable) => ReadableStream.from(body) as unknown as globalThis.ReadableStream

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Account } from './accounts.ts'
import { EngineError, fromChdb } from './engine-errors.ts'
import { greeting, isGreeting } from './native-greeting.ts'
import { type Packing, packingOf } from './packing.ts'
import { readWork } from './read-work.ts'
import { sendAnswer, sendError } from './respond.ts'
import { type Engine, runWork } from './run-work.ts'
import { isPiecewise, sendLarge } from './send-large.ts'

/** What a request says about its answer, also when that is an error. */
interface Asked {
  queryId: string
  packing: Packing | null
}

/** Answers one request of the ClickHouse HTTP interface; never throws. */
export async function serve(engine: Engine, request: IncomingMessage, response: ServerResponse) {
  let asked: Asked | undefined
  try {
    refuseWebPages(request)
    const { pathname, searchParams: params } = new URL(request.url ?? '/', 'http://127.0.0.1')
    applyHeaders(request, params)
    asked = { queryId: params.get('query_id') || randomUUID(), packing: packingOf(request, params) }
    if (pathname === '/ping' || (isGet(request) && !params.has('query'))) return pong(response)
    const account = engine.accountOf(request.headers, params)
    await answer(engine, request, response, { params, account, asked })
  } catch (error) {
    await sendError(response, fromChdb(error), engine.chdb.version, asked ?? {})
  }
}

async function answer(
  engine: Engine,
  request: IncomingMessage,
  response: ServerResponse,
  { params, account, asked }: { params: URLSearchParams; account: Account; asked: Asked },
) {
  const work = await readWork(engine, request, params)
  const id = randomUUID()
  const gone = new AbortController()
  const stopIfGone = () => {
    if (response.writableFinished) return
    gone.abort(new EngineError(394, 'QUERY_WAS_CANCELLED', 'The client went away'))
    if (work.reads) void engine.chdb.kill(id)
  }
  response.on('close', stopIfGone)
  if (response.destroyed) stopIfGone()
  try {
    const format = params.get('default_format') || 'TabSeparated'
    const described = { ...asked, format: work.format ?? format }
    if (isGreeting(work.sql, params)) {
      const body = greeting(engine.chdb.version, Number(params.get('client_protocol_version')))
      return await sendAnswer(response, { body, rowsRead: 1, bytesRead: body.length, elapsedNs: 0 }, described)
    }
    const result = await runWork(engine, {
      ...{ work, account, params, id, format },
      readonly: engine.lanes[account].readonly || Number(params.get('readonly')) || (isGet(request) ? 2 : 0),
      gone: gone.signal,
      ...(isPiecewise(described.format, work, params) && {
        sendLarge: (rows) => sendLarge(response, rows, { ...described, version: engine.chdb.version }),
      }),
    })
    const written = work.file && result ? { rowsWritten: result.rowsRead, bytesWritten: result.bytesRead } : {}
    if (result) await sendAnswer(response, result, { ...described, ...written })
  } finally {
    response.off('close', stopIfGone)
    await work.file?.[Symbol.asyncDispose]()
  }
}

/** What a browser could be talked into sending is refused before anything else of it is looked at. */
function refuseWebPages({ headers }: IncomingMessage) {
  const host = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  const loopback = host === '' || host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
  const site = headers['sec-fetch-site'] ?? 'none'
  if (headers.origin === undefined && loopback && site === 'none') return
  const what = !loopback ? `Host '${headers.host}'` : `Origin '${headers.origin ?? site}'`
  throw new EngineError(
    497,
    'ACCESS_DENIED',
    `${what} is refused: this port serves programs on this machine, not web pages`,
  )
}

/** `X-ClickHouse-Database` and `X-ClickHouse-Format` mean what the parameters mean. */
function applyHeaders({ headers }: IncomingMessage, params: URLSearchParams) {
  const database = headers['x-clickhouse-database']
  const format = headers['x-clickhouse-format']
  if (database && !params.has('database')) params.set('database', String(database))
  if (format && !params.has('default_format')) params.set('default_format', String(format))
}

const isGet = ({ method }: IncomingMessage) => method === 'GET' || method === 'HEAD'

function pong(response: ServerResponse) {
  response.setHeader('Content-Type', 'text/html; charset=UTF-8')
  response.end('Ok.\n')
}

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Chdb } from './chdb-sessions.ts'
import { EngineError, fromChdb } from './engine-errors.ts'
import { preludeOf } from './query-prelude.ts'
import { decodedBody, infileCompression, readHead } from './request-body.ts'
import { sendAnswer, sendError } from './respond.ts'
import type { Slots } from './slots.ts'
import type { Spool, SpoolFile } from './spool.ts'
import { quoteString } from './sql-tokens.ts'
import { parseStatement } from './statement.ts'

/** Longest statement without data. */
const MAX_STATEMENT_BYTES = 16 * 2 ** 20
/** A statement whose rows follow it in the same body must begin its data within this many bytes. */
const HEAD_BYTES = 256 * 2 ** 10

export interface Front {
  chdb: Chdb
  spool: Spool
  reads: Slots
  writes: Slots
}

interface Work {
  sql: string
  format: string | null
  reads: boolean
  file: SpoolFile | null
}

/** Answers one request of the ClickHouse HTTP interface. */
export async function serve(front: Front, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const params = url.searchParams
  const queryId = params.get('query_id') || randomUUID()
  try {
    refuseWebPages(request)
    if (url.pathname === '/ping' || (request.method === 'GET' && !params.has('query'))) return pong(response)
    const work = await readWork(front, request, params)
    try {
      await runWork(front, request, response, { work, params, queryId })
    } finally {
      await work.file?.[Symbol.asyncDispose]()
    }
  } catch (error) {
    sendError(response, fromChdb(error), front.chdb.version, queryId)
  }
}

/** Loopback has no password, so what a browser could be talked into sending is refused. */
function refuseWebPages({ headers }: IncomingMessage) {
  const host = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  const loopback = host === '' || host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
  if (headers.origin === undefined && loopback) return
  const what = headers.origin === undefined ? `Host '${headers.host}'` : `Origin '${headers.origin}'`
  throw new EngineError(
    497,
    'ACCESS_DENIED',
    `${what} is refused: this port serves programs on this machine, not web pages`,
  )
}

function pong(response: ServerResponse) {
  response.setHeader('Content-Type', 'text/html; charset=UTF-8')
  response.end('Ok.\n')
}

/** SQL = the `query` parameter, a line break, the body; the rows of an insert go to a file. */
async function readWork(front: Front, request: IncomingMessage, params: URLSearchParams): Promise<Work> {
  const query = params.get('query') ?? ''
  const inUrl = query === '' ? null : parseStatement(`${query}\n`)
  if (inUrl?.kind === 'insert') {
    const inline = `${query}\n`.slice(inUrl.dataStart)
    if (inline.trim() === '') {
      const file = await front.spool.write('insert', request)
      return insertWork(inUrl, file, infileCompression(request.headers['content-encoding']))
    }
    const body = decodedBody(request)
    const file = await front.spool.write('insert', concat(Buffer.from(inline), body))
    return insertWork(inUrl, file, null)
  }
  const { head, done, rest } = await readHead(decodedBody(request), HEAD_BYTES)
  // One character per byte, so that positions in the text are positions in the body.
  const text = Buffer.concat([Buffer.from(query === '' ? '' : `${query}\n`), head]).toString('latin1')
  const statement = parseStatement(text)
  if (statement.kind === 'insert') {
    const data = Buffer.from(text.slice(statement.dataStart), 'latin1')
    const file = await front.spool.write('insert', concat(data, rest))
    return insertWork({ ...statement, head: utf8(statement.head), settings: utf8(statement.settings) }, file, null)
  }
  const pieces = [Buffer.from(text, 'latin1')]
  let length = pieces[0]!.length
  if (!done) {
    for await (const piece of rest) {
      length += piece.length
      if (length > MAX_STATEMENT_BYTES) {
        throw new EngineError(131, 'TOO_LARGE_STRING_SIZE', `A statement may have at most ${MAX_STATEMENT_BYTES} bytes`)
      }
      pieces.push(Buffer.from(piece))
    }
  }
  if (statement.several) throw new EngineError(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed')
  return {
    sql: Buffer.concat(pieces).toString('utf8'),
    format: statement.format,
    reads: statement.kind === 'read',
    file: null,
  }
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}

async function* concat(first: Uint8Array, rest: AsyncIterable<Uint8Array>) {
  yield first
  yield* rest
}

function insertWork(
  insert: { head: string; settings: string; format: string },
  file: SpoolFile,
  compression: string | null,
): Work {
  const from = `FROM INFILE ${quoteString(file.path)} COMPRESSION ${quoteString(compression ?? 'none')}`
  return { sql: `${insert.head} ${from} ${insert.settings} FORMAT ${insert.format}`, format: null, reads: false, file }
}

async function runWork(
  { chdb, reads, writes }: Front,
  request: IncomingMessage,
  response: ServerResponse,
  { work, params, queryId }: { work: Work; params: URLSearchParams; queryId: string },
) {
  const format = params.get('default_format') || 'TabSeparated'
  const id = `${randomUUID()} ${params.get('log_comment') ?? ''}`
  const prelude = preludeOf(params, { readonly: request.method === 'GET' })
  const gone = () => {
    if (work.reads && !response.writableEnded) void chdb.kill(id)
  }
  response.on('close', gone)
  const answer = await (work.reads ? reads : writes).run(async () => {
    const session = chdb.openSession()
    try {
      return await session.run({ id, prelude, sql: work.sql, format })
    } finally {
      session.close()
    }
  })
  response.off('close', gone)
  const written = work.file
    ? { rowsWritten: answer.rowsRead, bytesWritten: answer.bytesRead }
    : { rowsWritten: 0, bytesWritten: 0 }
  await sendAnswer(request, response, answer, { queryId, format: work.format ?? format, ...written })
}

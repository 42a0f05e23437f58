import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import type { Answer } from './chdb-sessions.ts'
import { type EngineError, errorBody, httpStatus } from './engine-errors.ts'

const compressors = { gzip: promisify(gzip), zstd: promisify(zstdCompress) }
const WORTH_COMPRESSING_BYTES = 1024

const CONTENT_TYPES: [RegExp, string][] = [
  [/^JSON(Each|Compact\w*Each|Strings\w*Each|Objects|.*Progress)/, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/, 'application/json; charset=UTF-8'],
  [/^CSV/, 'text/csv; charset=UTF-8'],
  [/^(TSV|TabSeparated)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^(Native|RowBinary|Parquet|Arrow|ORC|Avro|Protobuf|MsgPack|BSON)/, 'application/octet-stream'],
]

export interface Described {
  queryId: string
  format: string
  /** Of an insert. */
  rowsWritten?: number
  bytesWritten?: number
}

/** Answers 200 with the result, and with the headers a ClickHouse server sends. */
export async function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer, about: Described) {
  setHeaders(response, about)
  const counters = {
    read_rows: answer.rowsRead,
    read_bytes: answer.bytesRead,
    written_rows: about.rowsWritten ?? 0,
    written_bytes: about.bytesWritten ?? 0,
    total_rows_to_read: 0,
    result_rows: about.rowsWritten ?? answer.rowsRead,
    result_bytes: answer.body.length,
    elapsed_ns: answer.elapsedNs,
  }
  const summary = Object.fromEntries(Object.entries(counters).map(([name, count]) => [name, String(count)]))
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary))
  let body = answer.body
  const coding = body.length < WORTH_COMPRESSING_BYTES ? null : acceptedCoding(request)
  if (coding) {
    body = await compressors[coding](body)
    response.setHeader('Content-Encoding', coding)
  }
  response.setHeader('Content-Length', body.length)
  response.end(body)
}

/** Status and headers of every answer with a result. */
export function setHeaders(response: ServerResponse, { queryId, format }: Described) {
  const contentType = CONTENT_TYPES.find(([pattern]) => pattern.test(format))?.[1]
  response.statusCode = 200
  response.setHeader('Content-Type', contentType ?? 'text/plain; charset=UTF-8')
  response.setHeader('X-ClickHouse-Query-Id', queryId)
  response.setHeader('X-ClickHouse-Format', format)
  response.setHeader('X-ClickHouse-Timezone', 'UTC')
  response.setHeader('X-ClickHouse-Server-Display-Name', 'plumbline')
}

export function acceptedCoding(request: IncomingMessage): keyof typeof compressors | null {
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .filter((entry) => !/;\s*q=0(\.0*)?\s*$/.test(entry))
    .map((entry) => entry.split(';')[0]!.trim().toLowerCase())
  if (accepted.includes('zstd')) return 'zstd'
  return accepted.includes('gzip') || accepted.includes('*') ? 'gzip' : null
}

/** Answers with the error as a ClickHouse server words it. */
export function sendError(response: ServerResponse, error: EngineError, version: string, queryId?: string) {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = errorBody(error, version)
  response.statusCode = httpStatus(error.code)
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.setHeader('X-ClickHouse-Exception-Code', error.code)
  if (queryId) response.setHeader('X-ClickHouse-Query-Id', queryId)
  if (response.statusCode === 503) response.setHeader('Retry-After', '1')
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

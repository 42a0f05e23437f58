import type { ServerResponse } from 'node:http'
import type { Answer } from './chdb-sessions.ts'
import { type EngineError, errorBody, httpStatus } from './engine-errors.ts'
import type { Packing } from './packing.ts'

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
  packing: Packing | null
  /** Of an insert. */
  rowsWritten?: number
  bytesWritten?: number
}

/** Answers 200 with the result, and with the headers a ClickHouse server sends. */
export async function sendAnswer(response: ServerResponse, answer: Answer, about: Described) {
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
  const packing = answer.body.length < (about.packing?.fromBytes ?? 0) ? null : about.packing
  const body = (await packing?.whole(answer.body)) ?? answer.body
  if (packing?.coding) response.setHeader('Content-Encoding', packing.coding)
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

/**
 * Answers with the error as a ClickHouse server words it: packed in compressed blocks where these were asked for, since
 * clients unpack whatever comes then.
 */
export async function sendError(
  response: ServerResponse,
  error: EngineError,
  version: string,
  { queryId, packing }: Partial<Described>,
) {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const text = Buffer.from(errorBody(error, version))
  const body = packing?.coding === null ? await packing.whole(text) : text
  response.statusCode = httpStatus(error.code)
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.setHeader('X-ClickHouse-Exception-Code', error.code)
  if (queryId) response.setHeader('X-ClickHouse-Query-Id', queryId)
  if (response.statusCode === 503) response.setHeader('Retry-After', '1')
  response.setHeader('Content-Length', body.length)
  response.end(body)
}

import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { EngineError } from './engine-errors.ts'
import { fileIn } from './inbox.ts'
import { type ExternalTable, readForm } from './multipart.ts'
import { MAX_HELD_BYTES, type RowsWork, rowsWork } from './plain-rows.ts'
import { decodedBody, infileCompression, readHead } from './request-body.ts'
import type { Spool, SpoolFile } from './spool.ts'
import { quoteString } from './sql-tokens.ts'
import { type InsertStatement, parseStatement } from './statement.ts'
import { refuseReaching } from './statement-guard.ts'

/** Longest statement without data. */
const MAX_STATEMENT_BYTES = 16 * 2 ** 20
/** A statement whose rows follow it in the same body must begin its data within this many bytes. */
const HEAD_BYTES = 256 * 2 ** 10

/** What a request wants the engine to do. */
export interface Work {
  sql: string
  /** The statement's own FORMAT. */
  format: string | null
  /** Changes nothing, so it may be stopped when nobody waits for it any more. */
  reads: boolean
  /** The rows of an insert. */
  file: SpoolFile | null
  /** The same insert for `insertPlainRows`, where it may take that way. */
  rows: RowsWork | null
  tables: ExternalTable[]
}

/** Where rows of inserts lie. */
interface Places {
  spool: Spool
  inbox: string
}

/**
 * Reads a request: SQL is the `query` parameter, a line break, the body. Rows of an insert go to a file, never into memory.
 * Fields of a form are added to `params`.
 */
export async function readWork(places: Places, request: IncomingMessage, params: URLSearchParams): Promise<Work> {
  if (request.headers['content-type']?.startsWith('multipart/form-data')) {
    const tables = await readForm(request, params)
    return { ...plainWork(params.get('query') ?? ''), tables }
  }
  const query = params.get('query') ?? ''
  const inUrl = query === '' ? null : parseStatement(`${query}\n`)
  const inBlocks = params.get('decompress') === '1'
  if (inUrl?.kind === 'insert') return readRows(places.spool, request, query, inUrl, inBlocks)
  return readText(places, decodedBody(request, inBlocks), query, params.get('rows_file'))
}

/** The statement is in the URL and ends where its rows begin: the body is rows, and may stay compressed. */
async function readRows(
  spool: Spool,
  request: IncomingMessage,
  query: string,
  insert: InsertStatement,
  inBlocks: boolean,
): Promise<Work> {
  refuseReaching(`${insert.head} ${insert.settings}`)
  const inline = `${query}\n`.slice(insert.dataStart)
  if (inline.trim() === '' && !inBlocks) {
    const compression = infileCompression(request.headers['content-encoding'])
    return insertWork(insert, await spool.write(request), compression)
  }
  return insertWork(
    insert,
    await spool.write(concat(Buffer.from(inline.trim() === '' ? '' : inline), decodedBody(request, inBlocks))),
    null,
  )
}

/** The statement, or its end, is in the body; rows may follow it there, or lie in a file of the inbox. */
async function readText(
  { spool, inbox }: Places,
  body: Readable,
  query: string,
  rowsFile: string | null,
): Promise<Work> {
  const { head, done, rest } = await readHead(body, HEAD_BYTES)
  const bytes = query === '' ? head : Buffer.concat([Buffer.from(`${query}\n`), head])
  // One character per byte, so that positions in the text are positions in the body.
  const statement = parseStatement(bytes.toString('latin1'))
  if (statement.kind === 'insert') {
    const insert = { ...statement, head: fromLatin1(statement.head), settings: fromLatin1(statement.settings) }
    refuseReaching(`${insert.head} ${insert.settings}`)
    const rows = concat(bytes.subarray(statement.dataStart), rest)
    return insertWork(insert, await (rowsFile === null ? spool.write(rows) : fileIn(inbox, rowsFile)), null)
  }
  const pieces = [bytes]
  let length = bytes.length
  if (!done) {
    for await (const piece of rest) {
      length += piece.length
      if (length > MAX_STATEMENT_BYTES) {
        throw new EngineError(131, 'TOO_LARGE_STRING_SIZE', `A statement may have at most ${MAX_STATEMENT_BYTES} bytes`)
      }
      pieces.push(Buffer.from(piece))
    }
  }
  return plainWork(Buffer.concat(pieces).toString('utf8'))
}

function plainWork(sql: string): Work {
  refuseReaching(sql)
  const statement = parseStatement(sql)
  if (statement.kind === 'insert')
    throw new EngineError(108, 'NO_DATA_TO_INSERT', 'Rows cannot be sent inside a form field')
  if (statement.several) throw new EngineError(62, 'SYNTAX_ERROR', 'Multi-statements are not allowed')
  return { sql, format: statement.format, reads: statement.kind === 'read', file: null, rows: null, tables: [] }
}

function insertWork(insert: InsertStatement, file: SpoolFile, compression: string | null): Work {
  const { head, settings, format } = insert
  const from = infile(file, compression)
  return {
    sql: `${head} ${from} ${settings} FORMAT ${format}`,
    format: null,
    reads: false,
    file,
    rows: compression === null && file.bytes <= MAX_HELD_BYTES ? rowsWork(insert, from) : null,
    tables: [],
  }
}

/** The clause that reads rows from a file; the engine would guess a compression from the name if none were said. */
export function infile(file: SpoolFile, compression: string | null): string {
  return `FROM INFILE ${quoteString(file.path)} COMPRESSION ${quoteString(compression ?? 'none')}`
}

function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}

async function* concat(first: Uint8Array, rest: AsyncIterable<Uint8Array>) {
  if (first.length > 0) yield first
  yield* rest
}

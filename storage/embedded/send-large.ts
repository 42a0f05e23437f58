import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { errorBody, fromChdb } from './engine-errors.ts'
import type { Work } from './read-work.ts'
import { type Described, setHeaders } from './respond.ts'

/** A reader that takes nothing for so long loses its place: it holds one of few slots. */
const STALLED_MS = 30_000

type About = Described & { version: string }

/** Formats whose pieces, one after another, are the whole: no header, no footer, no separator. */
const PIECEWISE = new Set([
  ...['JSONEachRow', 'JSONCompactEachRow', 'JSONStringsEachRow', 'JSONCompactStringsEachRow', 'Native', 'RowBinary'],
  ...['TabSeparated', 'TSV', 'TabSeparatedRaw', 'TSVRaw', 'CSV'],
])

/** True where a result may leave in pieces; a setting that puts JSON rows into one array forbids it. */
export function isPiecewise(format: string, { sql, reads }: Work, params: URLSearchParams): boolean {
  const streams = reads && /^\s*(SELECT|WITH)\b/i.test(sql)
  return streams && PIECEWISE.has(format) && !/array_of_rows/.test(`${sql} ${params}`)
}

/**
 * Sends a result piece by piece while the engine computes it. The status is out before the end is known, so an error on
 * the way is written behind the rows between `__exception__` lines, with a tag that the header announced.
 */
export async function sendLarge(response: ServerResponse, rows: AsyncIterable<Uint8Array>, about: About) {
  const tag = randomBytes(8).toString('hex')
  setHeaders(response, about)
  response.setHeader('X-ClickHouse-Exception-Tag', tag)
  if (about.packing?.coding) response.setHeader('Content-Encoding', about.packing.coding)
  response.setTimeout(STALLED_MS, () => response.destroy())
  const source = Readable.from(packed(rows, tag, about), { objectMode: false, highWaterMark: 1 })
  // A reader that went away is no error of ours; the pipeline ends the query in any case.
  await pipeline(source, response).catch(() => undefined)
}

/** Behind compressed blocks an error stands as it is: clients look for it among the bytes that came. */
function packed(rows: AsyncIterable<Uint8Array>, tag: string, { packing, version }: About): AsyncIterable<Uint8Array> {
  if (packing === null) return withError(rows, tag, version)
  if (packing.coding === null) return withError(packing.inPieces(rows), tag, version)
  return packing.inPieces(withError(rows, tag, version))
}

async function* withError(rows: AsyncIterable<Uint8Array>, tag: string, version: string) {
  try {
    yield* rows
  } catch (error) {
    const text = errorBody(fromChdb(error), version)
    const trailer = `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`
    yield Buffer.from(trailer)
  }
}

import type { IncomingMessage } from 'node:http'
import { Duplex, Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { decodeBlocks } from './block-framing.ts'
import { EngineError } from './engine-errors.ts'
import { decodeLz4 } from './lz4-frame.ts'

/** Content codings and their names in `INFILE … COMPRESSION`. */
const CODINGS: Record<string, { infile: string; decode: () => NodeJS.ReadWriteStream }> = {
  gzip: { infile: 'gzip', decode: createGunzip },
  'x-gzip': { infile: 'gzip', decode: createGunzip },
  br: { infile: 'br', decode: createBrotliDecompress },
  zstd: { infile: 'zstd', decode: createZstdDecompress },
  deflate: { infile: 'deflate', decode: createInflate },
  lz4: { infile: 'lz4', decode: () => Duplex.from(decodeLz4) },
}

/** The compression of a body as INFILE names it; null = none, throws on a coding nobody here can read. */
export function infileCompression(coding: string | undefined): string | null {
  if (!coding || coding === 'identity') return null
  const known = CODINGS[coding.trim().toLowerCase()]
  if (!known) throw unknownCoding(coding)
  return known.infile
}

/** The body as the sender meant it; `inBlocks` where it is in ClickHouse's compressed blocks (`decompress=1`), too. */
export function decodedBody(message: IncomingMessage, inBlocks = false): Readable {
  const body = withoutCoding(message)
  return inBlocks ? Readable.from(decodeBlocks(body), { objectMode: false, highWaterMark: 1 }) : body
}

function withoutCoding(message: IncomingMessage): Readable {
  const coding = message.headers['content-encoding']
  if (!coding || coding === 'identity') return message
  const decode = CODINGS[coding.trim().toLowerCase()]?.decode
  if (!decode) throw unknownCoding(coding)
  const decoder = decode() as unknown as NodeJS.ReadWriteStream & Readable
  message.on('error', (error) => decoder.destroy(error))
  message.on('close', () => {
    if (!message.complete) decoder.destroy(new Error('the client went away'))
  })
  return message.pipe(decoder)
}

function unknownCoding(coding: string): EngineError {
  const text = `Content-Encoding '${coding}' is not supported here: send gzip, br, zstd, deflate or lz4`
  return new EngineError(89, 'UNKNOWN_COMPRESSION_METHOD', text)
}

/** Reads at least `bytes` of a stream, or all of it; `rest` goes on where `head` ends. */
export async function readHead(body: Readable, bytes: number) {
  const pieces: Uint8Array[] = []
  // Not `for await`, which would end the stream on the way out.
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  let length = 0
  let done = false
  while (length < bytes) {
    const next = await iterator.next()
    if (next.done) {
      done = true
      break
    }
    pieces.push(next.value)
    length += next.value.length
  }
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => iterator }
  return { head: Buffer.concat(pieces), done, rest }
}

export type Body = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Passes a body on until it is longer than allowed. */
export async function* limitBytes(body: Body, maxBytes: number, what: string): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > maxBytes) throw new EngineError(307, 'TOO_MANY_BYTES', `${what} may have at most ${maxBytes} bytes`)
    yield piece
  }
}

import type { IncomingMessage } from 'node:http'
import { pipeline, Readable, type Transform } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib'
import { type BlockMethod, encodeBlocks } from './block-framing.ts'
import { encodeLz4 } from './lz4-frame.ts'

type Pieces = AsyncIterable<Uint8Array>

/** How results leave in a form that the client asked for. */
export interface Packing {
  /** Content-Encoding; null for compressed blocks, which are no coding of HTTP. */
  coding: string | null
  /** Shorter results stay as they are. */
  fromBytes: number
  whole: (body: Uint8Array) => Promise<Uint8Array>
  inPieces: (pieces: Pieces) => Pieces
}

const WORTH_COMPRESSING_BYTES = 1024

const encodedBy = (encode: (pieces: Iterable<Uint8Array> | Pieces) => AsyncGenerator<Buffer>) => ({
  fromBytes: WORTH_COMPRESSING_BYTES,
  whole: async (body: Uint8Array) => Buffer.concat(await Readable.from(encode([body])).toArray()),
  inPieces: encode,
})

const zippedBy = (whole: Packing['whole'], transform: () => Transform) => ({
  fromBytes: WORTH_COMPRESSING_BYTES,
  whole,
  async *inPieces(pieces: Pieces) {
    const zipped = transform()
    // An error on either side ends both, and reaches the reader of what comes out.
    pipeline(Readable.from(pieces, { objectMode: false, highWaterMark: 1 }), zipped, () => {})
    yield* zipped
  },
})

/** Content codings in the order in which they are preferred. */
const CODINGS: readonly (Packing & { coding: string })[] = [
  { coding: 'zstd', ...zippedBy(promisify(zstdCompress), createZstdCompress) },
  { coding: 'gzip', ...zippedBy(promisify(gzip), createGzip) },
  // ClickHouse's Java client takes any answer for compressed once it asked for it.
  { coding: 'lz4', ...encodedBy(encodeLz4), fromBytes: 0 },
]

/** `compress=1` asks for compressed blocks, in place of codings; otherwise `Accept-Encoding` decides; null for neither. */
export function packingOf({ headers }: IncomingMessage, params: URLSearchParams): Packing | null {
  const method = blockMethodOf(params)
  if (method !== null) {
    return { coding: null, ...encodedBy((pieces) => encodeBlocks(pieces, method)), fromBytes: 1 }
  }
  const accepted = String(headers['accept-encoding'] ?? '')
    .split(',')
    .filter((entry) => !/;\s*q=0(\.0*)?\s*$/.test(entry))
    .map((entry) => entry.split(';')[0]!.trim().toLowerCase())
  const isAccepted = (coding: string) => accepted.includes(coding) || (coding === 'gzip' && accepted.includes('*'))
  return CODINGS.find(({ coding }) => isAccepted(coding)) ?? null
}

/** Of the compressed blocks that were asked for, LZ4 unless the client names another; null when none were. */
export function blockMethodOf(params: URLSearchParams): BlockMethod | null {
  if (params.get('compress') !== '1') return null
  const named = params.get('network_compression_method')?.toUpperCase()
  return named === 'ZSTD' || named === 'NONE' ? named : 'LZ4'
}

import type { Transform } from 'node:stream'
import { createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib'
import { BadBody, BodyTooLarge } from '../bad-body.ts'
import type { Lease } from '../byte-budget.ts'
import { wrongContentCoding } from './problem.ts'

type Decoder = (body: Buffer) => Transform

const OPTIONS = { chunkSize: 64 * 1024 }
const DECODERS: Record<string, Decoder> = {
  gzip: () => createGunzip(OPTIONS),
  'x-gzip': () => createGunzip(OPTIONS),
  deflate: (body) => (hasZlibHeader(body) ? createInflate(OPTIONS) : createInflateRaw(OPTIONS)),
  zstd: () => createZstdDecompress(OPTIONS),
}

/** `deflate` means the zlib format (RFC 9110), but some clients send bare DEFLATE (RFC 1951). Header check: RFC 1950. */
const hasZlibHeader = (body: Buffer): boolean =>
  body.length >= 2 && (body[0]! & 15) === 8 && (body[0]! * 256 + body[1]!) % 31 === 0

/** The decoder of a Content-Encoding, null for identity; throws the 415 for codings nobody here knows. */
export function decoderOf(contentEncoding: string | undefined): Decoder | null {
  const coding = (contentEncoding ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return null
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined
  if (decoder === undefined) throw wrongContentCoding(coding)
  return decoder
}

/** Decompresses, counting every byte in `lease` and stopping as soon as `maxBody` is passed. */
export function decompress(decoder: Decoder, body: Buffer, maxBody: number, lease: Lease): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = decoder(body)
    const chunks: Buffer[] = []
    let size = 0
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      try {
        if (size > maxBody) {
          throw new BodyTooLarge(`it is longer than collector.maxBody (${maxBody} bytes) after decompression`)
        }
        // Twice: the parts, and the whole they are put together to.
        lease.grow(2 * chunk.length)
        chunks.push(chunk)
      } catch (error) {
        stream.destroy()
        reject(error)
      }
    })
    stream.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    stream.once('error', (cause) => reject(new BadBody(`the compressed body is corrupt: ${cause.message}`)))
    stream.end(body)
  })
}

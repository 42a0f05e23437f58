import type { Transform } from 'node:stream'
import { createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib'
import { BadBody, BodyTooLarge } from '../bad-body.ts'
import { freeBytes, type Lease } from '../byte-budget.ts'
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

/**
 * What undoes a Content-Encoding, in the order in which it must be undone: a list names codings in the order they were
 * applied, and `identity` is none. Throws the 415 for codings that are not supported, and for one that is named twice: a
 * proxy that repeats the header did not compress twice. Source: RFC 9110, 8.4.
 */
export function decodersOf(contentEncoding: string | undefined): Decoder[] {
  const codings = (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
  if (new Set(codings).size < codings.length) throw wrongContentCoding(codings.join(', '))
  return codings.reverse().map((coding) => {
    const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined
    if (decoder === undefined) throw wrongContentCoding(coding)
    return decoder
  })
}

/** Undoes all codings; the limit holds after each of them. What is not needed any more is freed. */
export async function decompressAll(
  decoders: readonly Decoder[],
  sent: Buffer,
  maxBody: number,
  lease: Lease,
): Promise<Buffer> {
  let body = sent
  for (const decoder of decoders) {
    const plain = await decompress(decoder, body, maxBody, lease)
    if (body !== sent) freeBytes(body)
    body = plain
  }
  return body
}

/** Deflate cannot expand more than this (zlib's technical notes: 1032:1). */
const MAX_EXPANSION = 1032
const FIRST_GUESS = 4

/**
 * Decompresses into one buffer, counted in `lease` next to the compressed body, and stops as soon as
 * `maxBody` is passed.
 */
export function decompress(decoder: Decoder, body: Buffer, maxBody: number, lease: Lease): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const plain = new GrowingBuffer(Math.min(expectedBytes(body), maxBody), lease)
    const stream = decoder(body)
    stream.on('data', (chunk: Buffer) => {
      try {
        if (plain.length + chunk.length > maxBody) {
          throw new BodyTooLarge(`it is longer than collector.maxBody (${maxBody} bytes) after decompression`)
        }
        plain.append(chunk, maxBody)
      } catch (error) {
        stream.destroy()
        plain.free()
        reject(error)
      }
    })
    stream.once('end', () => resolve(plain.content()))
    stream.once('error', (cause) => reject(new BadBody(`the compressed body is corrupt: ${cause.message}`)))
    stream.end(body)
  })
}

/** What gzip says at its end (RFC 1952, ISIZE) if it can be true, or a guess. */
function expectedBytes(body: Buffer): number {
  const isGzip = body.length >= 18 && body[0] === 0x1f && body[1] === 0x8b
  const guess = FIRST_GUESS * body.length
  return isGzip ? Math.min(body.readUInt32LE(body.length - 4), MAX_EXPANSION * body.length) : guess
}

/** Bytes in one piece from the start, so that putting parts together does not need twice the memory. */
class GrowingBuffer {
  length = 0
  readonly #lease: Lease
  #bytes: Buffer

  constructor(capacity: number, lease: Lease) {
    this.#lease = lease
    lease.grow(2 * capacity)
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  append(part: Buffer, maxBytes: number): void {
    const needed = this.length + part.length
    if (needed > this.#bytes.length) this.#growTo(Math.min(maxBytes, Math.max(needed, 2 * this.#bytes.length)))
    this.length += part.copy(this.#bytes, this.length)
  }

  free(): void {
    freeBytes(this.#bytes)
  }

  content(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  #growTo(capacity: number): void {
    this.#lease.grow(2 * (capacity - this.#bytes.length))
    const grown = Buffer.allocUnsafeSlow(capacity)
    this.content().copy(grown)
    freeBytes(this.#bytes)
    this.#bytes = grown
  }
}

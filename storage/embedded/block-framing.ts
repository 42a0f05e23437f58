import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { readerOf } from './body-reader.ts'
import { cityHash128 } from './city-hash.ts'
import { EngineError } from './engine-errors.ts'
import { decodeBlock, encodeBlock } from './lz4-block.ts'
import type { Body } from './request-body.ts'

// ClickHouse's own compressed blocks, which programs ask for by `compress=1` and send with `decompress=1`: the hash of all
// that follows (16 bytes), method (1), bytes from the method on (4), bytes of the plain block (4), the block.
// Source: ClickHouse, src/Compression/CompressedReadBufferBase.cpp and CompressionInfo.h.

const HASH_BYTES = 16
const HEAD_BYTES = 9
const NONE = 0x02
const LZ4 = 0x82
const ZSTD = 0x90
/** Clients send the columns of one insert as one block; the server allows 1 GiB, the Go client 128 MiB. */
const MAX_BLOCK_BYTES = 128 * 2 ** 20
/** No block of LZ4 stands for more than so many times its length. */
const LZ4_EXPANSION = 255
const SENT_BYTES = 2 ** 20

/** Codings of blocks that are sent, as the setting `network_compression_method` names them. */
export type BlockMethod = 'LZ4' | 'ZSTD' | 'NONE'

const zstd = { compress: promisify(zstdCompress), decompress: promisify(zstdDecompress) }

/** Decodes blocks as they arrive; holds one of them, of at most `maxBytes`. Throws `EngineError`. */
export async function* decodeBlocks(
  body: AsyncIterable<Uint8Array>,
  maxBytes = MAX_BLOCK_BYTES,
): AsyncGenerator<Buffer> {
  const input = readerOf(body, () => corrupt('the body ends inside a block'))
  while (!(await input.ended())) {
    const hash = await input.read(HASH_BYTES)
    const head = await input.read(HEAD_BYTES)
    const method = head.readUInt8(0)
    const packedBytes = head.readUInt32LE(1) - HEAD_BYTES
    const plainBytes = head.readUInt32LE(5)
    if (packedBytes < 0 || packedBytes > maxBytes || plainBytes > maxBytes) {
      throw refused(`a block is said to have ${packedBytes} bytes, ${plainBytes} when decompressed`, maxBytes)
    }
    const packed = await input.read(packedBytes)
    if (!cityHash128(Buffer.concat([head, packed])).equals(hash)) {
      const text =
        'Checksum of a compressed block does not match: the body was damaged, or it is not in compressed blocks'
      throw new EngineError(40, 'CHECKSUM_DOESNT_MATCH', `${text}; send decompress=1 only with such a body`)
    }
    const plain = await decoded(method, packed, plainBytes)
    if (plain.length !== plainBytes) throw corrupt(`a block has ${plain.length} bytes and not ${plainBytes}`)
    yield plain
  }
}

async function decoded(method: number, packed: Buffer, plainBytes: number): Promise<Buffer> {
  if (method === NONE) return packed
  if (method === LZ4) {
    if (plainBytes > packed.length * LZ4_EXPANSION) throw corrupt('a block is said to be longer than it can be')
    return decodeBlock(packed, Buffer.alloc(0), plainBytes)
  }
  if (method === ZSTD) {
    return zstd.decompress(packed, { maxOutputLength: plainBytes + 1 }).catch((cause: Error) => {
      throw corrupt(cause.message)
    })
  }
  const text = `Compressed blocks of method 0x${method.toString(16)} are not supported: send LZ4, ZSTD or NONE`
  throw new EngineError(89, 'UNKNOWN_COMPRESSION_METHOD', text)
}

const corrupt = (why: string): EngineError =>
  new EngineError(271, 'CANNOT_DECOMPRESS', `The compressed blocks cannot be read: ${why}`)

const refused = (why: string, maxBytes: number): EngineError =>
  new EngineError(39, 'TOO_LARGE_SIZE_COMPRESSED', `${why}; at most ${maxBytes} are taken. Send smaller blocks`)

/** Encodes what is passed on, in blocks of at most 1 MiB; other requests have their turn between two of them. */
export async function* encodeBlocks(body: Body, method: BlockMethod): AsyncGenerator<Buffer> {
  for await (const piece of body) {
    for (let at = 0; at < piece.length; at += SENT_BYTES) {
      yield await encoded(piece.subarray(at, at + SENT_BYTES), method)
      await nextTurn()
    }
  }
}

async function encoded(plain: Uint8Array, method: BlockMethod): Promise<Buffer> {
  const packed = method === 'ZSTD' ? await zstd.compress(plain) : method === 'LZ4' ? encodeBlock(plain) : plain
  const block = Buffer.alloc(HASH_BYTES + HEAD_BYTES + packed.length)
  block.writeUInt8({ NONE, LZ4, ZSTD }[method], HASH_BYTES)
  block.writeUInt32LE(HEAD_BYTES + packed.length, HASH_BYTES + 1)
  block.writeUInt32LE(plain.length, HASH_BYTES + 5)
  block.set(packed, HASH_BYTES + HEAD_BYTES)
  cityHash128(block.subarray(HASH_BYTES)).copy(block)
  return block
}

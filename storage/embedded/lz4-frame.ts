import { setImmediate as nextTurn } from 'node:timers/promises'
import { type BodyReader, readerOf } from './body-reader.ts'
import { damaged, decodeBlock, encodeBlock } from './lz4-block.ts'

// The LZ4 frame format, which Node's zlib lacks and clickhouse-connect sends. Checksums are not verified.
// Source: github.com/lz4/lz4, doc/lz4_Frame_format.md.
const MAGIC = 0x184d2204
const END_MARK_BYTES = 4
const HISTORY_BYTES = 64 * 1024
const MAX_BLOCK_BYTES = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024]
const STORED = 0x80000000

/** Decodes LZ4 frames piece by piece; holds one block and 64 KiB of history. */
export async function* decodeLz4(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const input = readerOf(body, () => damaged('it ends too early'))
  while (!(await input.ended())) yield* decodeFrame(input)
}

async function* decodeFrame(input: BodyReader) {
  const header = await input.read(7)
  if (header.readUInt32LE(0) !== MAGIC) throw damaged('it does not begin like one')
  const flags = header.readUInt8(4)
  const maxBlockBytes = MAX_BLOCK_BYTES[(header.readUInt8(5) >> 4) & 7] ?? 0
  const blockChecksumBytes = flags & 0x10 ? 4 : 0
  // Seven bytes hold magic, flags and checksum of the header; content size and dictionary id stand before the checksum.
  await input.read((flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0))
  let history = Buffer.alloc(0)
  for (;;) {
    const word = (await input.read(END_MARK_BYTES)).readUInt32LE(0)
    if (word === 0) break
    const bytes = word & ~STORED
    if (bytes > maxBlockBytes) throw damaged('a block is longer than announced')
    const block = await input.read(bytes)
    await input.read(blockChecksumBytes)
    const decoded = word >>> 31 === 1 ? block : decodeBlock(block, history, maxBlockBytes)
    yield decoded
    history = Buffer.concat([history, decoded]).subarray(-HISTORY_BYTES)
  }
  await input.read(flags & 0x04 ? 4 : 0)
}

/** Magic, flags (version 1, independent blocks, no checksums), blocks of at most 1 MiB, and the checksum of the two. */
const HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x60, 0x51])
const ENCODED_BYTES = 2 ** 20

/** One frame of what is passed on, piece by piece; other requests have their turn between two blocks. */
export async function* encodeLz4(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield HEADER
  for await (const piece of body) {
    for (let at = 0; at < piece.length; at += ENCODED_BYTES) {
      const plain = piece.subarray(at, at + ENCODED_BYTES)
      const encoded = encodeBlock(plain)
      const isStored = encoded.length >= plain.length
      yield sizeWord(isStored ? plain.length + STORED : encoded.length)
      yield isStored ? Buffer.from(plain) : encoded
      await nextTurn()
    }
  }
  yield sizeWord(0)
}

function sizeWord(value: number): Buffer {
  const word = Buffer.alloc(END_MARK_BYTES)
  word.writeUInt32LE(value)
  return word
}

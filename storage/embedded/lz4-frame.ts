import { EngineError } from './engine-errors.ts'

// Decoder of the LZ4 frame format, which Node's zlib lacks and clickhouse-connect sends.
// Source: github.com/lz4/lz4, doc/lz4_Frame_format.md and doc/lz4_Block_format.md. Checksums are not verified.
const MAGIC = 0x184d2204
const END_MARK_BYTES = 4
const HISTORY_BYTES = 64 * 1024
const MAX_BLOCK_BYTES = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024]
const STORED = 0x80000000

/** Decodes LZ4 frames piece by piece; holds one block and 64 KiB of history. */
export async function* decodeLz4(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const input = createReader(body)
  while (!(await input.ended())) yield* decodeFrame(input)
}

async function* decodeFrame(input: Reader) {
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

/** Sequences of literals and of copies from what was decoded before; `history` precedes the block. */
export function decodeBlock(block: Buffer, history: Buffer, maxBytes: number): Buffer {
  const out = Buffer.allocUnsafe(history.length + maxBytes)
  history.copy(out)
  let to = history.length
  let from = 0
  const lengthAt = (nibble: number) => {
    let length = nibble
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; ) {
      byte = block[from++] ?? Number.NaN
      length += byte
    }
    return length
  }
  while (from < block.length) {
    const token = block[from++] ?? 0
    const literals = lengthAt(token >> 4)
    if (!(from + literals <= block.length && to + literals <= out.length)) throw damaged('literals run over the end')
    block.copy(out, to, from, from + literals)
    to += literals
    from += literals
    if (from >= block.length) break
    const offset = (block[from] ?? 0) | ((block[from + 1] ?? 0) << 8)
    from += 2
    const length = lengthAt(token & 15) + 4
    if (offset === 0 || offset > to || !(to + length <= out.length)) throw damaged('a copy points outside')
    // Byte by byte, since a copy may overlap itself.
    for (let end = to + length; to < end; to++) out[to] = out[to - offset] ?? 0
  }
  return out.subarray(history.length, to)
}

function damaged(why: string): EngineError {
  return new EngineError(271, 'CANNOT_DECOMPRESS', `The body is no LZ4 frame: ${why}`)
}

interface Reader {
  read(bytes: number): Promise<Buffer>
  ended(): Promise<boolean>
}

function createReader(body: AsyncIterable<Uint8Array>): Reader {
  const pieces = body[Symbol.asyncIterator]()
  let buffered = Buffer.alloc(0)
  async function fill(bytes: number): Promise<boolean> {
    const more: Uint8Array[] = [buffered]
    let length = buffered.length
    while (length < bytes) {
      const next = await pieces.next()
      if (next.done) break
      more.push(next.value)
      length += next.value.length
    }
    if (more.length > 1) buffered = Buffer.concat(more)
    return buffered.length >= bytes
  }
  return {
    async read(bytes) {
      if (!(await fill(bytes))) throw damaged('it ends too early')
      const taken = buffered.subarray(0, bytes)
      buffered = buffered.subarray(bytes)
      return taken
    },
    ended: async () => !(await fill(1)),
  }
}

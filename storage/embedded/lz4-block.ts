import { EngineError } from './engine-errors.ts'

// The LZ4 block format, inside of LZ4 frames and of ClickHouse's own compressed blocks.
// Source: github.com/lz4/lz4, doc/lz4_Block_format.md.

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

export function damaged(why: string): EngineError {
  return new EngineError(271, 'CANNOT_DECOMPRESS', `The body cannot be decompressed as LZ4: ${why}`)
}

const MIN_MATCH = 4
/** The last match begins so many bytes before the end, and the last bytes are literals. */
const LAST_MATCH_BYTES = 12
const LAST_LITERALS = 5
const MAX_OFFSET = 65_535
const HASH_BITS = 14
/** Where each hash of four bytes was seen last, plus one; of one block at a time. */
const seenAt = new Int32Array(1 << HASH_BITS)

/** Encodes a block that needs nothing before it: the first match that is found is taken, as LZ4 does by default. */
export function encodeBlock(plain: Uint8Array): Buffer {
  const bytes = Buffer.from(plain.buffer, plain.byteOffset, plain.length)
  const out = Buffer.allocUnsafe(bytes.length + Math.ceil(bytes.length / 255) + 16)
  seenAt.fill(0)
  let to = 0
  let literalsFrom = 0
  let at = 0
  // The longer nothing is found, the larger the steps: what cannot be compressed costs little.
  let misses = 0
  while (at <= bytes.length - LAST_MATCH_BYTES) {
    const word = bytes.readInt32LE(at)
    const slot = Math.imul(word, -1_640_531_535) >>> (32 - HASH_BITS)
    const match = seenAt[slot]! - 1
    seenAt[slot] = at + 1
    if (match < 0 || at - match > MAX_OFFSET || bytes.readInt32LE(match) !== word) {
      at += 1 + (misses++ >> 6)
      continue
    }
    misses = 0
    const end = endOfMatch(bytes, match + MIN_MATCH, at + MIN_MATCH)
    to = writeSequence(out, to, bytes.subarray(literalsFrom, at), end - at - MIN_MATCH)
    to = out.writeUInt16LE(at - match, to)
    to = writeLength(out, to, end - at - MIN_MATCH)
    at = literalsFrom = end
  }
  to = writeSequence(out, to, bytes.subarray(literalsFrom), 0)
  return out.subarray(0, to)
}

function endOfMatch(bytes: Buffer, match: number, start: number): number {
  let end = start
  for (let from = match; end < bytes.length - LAST_LITERALS && bytes[from] === bytes[end]; from++) end++
  return end
}

/** Token and literals; `matchLength` is what the token says of the match behind them. */
function writeSequence(out: Buffer, at: number, literals: Buffer, matchLength: number): number {
  out[at] = (Math.min(literals.length, 15) << 4) | Math.min(matchLength, 15)
  const to = writeLength(out, at + 1, literals.length)
  literals.copy(out, to)
  return to + literals.length
}

/** What of a length is not in the token. */
function writeLength(out: Buffer, at: number, length: number): number {
  let to = at
  let rest = length - 15
  if (rest < 0) return to
  for (; rest >= 255; rest -= 255) out[to++] = 255
  out[to++] = rest
  return to
}

import { HINTS } from '../../integration/redacted-text.ts'
import { BLOCK_BYTES, RowMemory } from './row-memory.ts'

// Hot path: rows are written into blocks that are handed on, never copied to grow. `test/bench/span-to-call.ts` measures it.

/** Below this length a loop over ASCII beats the call into the runtime's UTF-8 writer. */
const SHORT_STRING = 40
/** From here on the bytes are counted first, so that three times as many need not be at hand. */
const LONG_STRING = 16 * 1024

/** Below this length a loop over bytes beats the call into the runtime's copy. */
const SHORT_RAW = 48
const HEX_DIGITS = Buffer.from('0123456789abcdef')

/** Writes rows in ClickHouse's RowBinary: little-endian, strings and arrays prefixed with LEB128 counts, no row separator. */
export class RowWriter {
  rows = 0
  /** In the block now written to. */
  length = 0
  readonly #memory: RowMemory
  #full: Buffer[] = []
  /** Bytes in those. */
  #before = 0
  #bytes: Buffer
  #view: DataView
  #lastText = 0

  constructor(memory: RowMemory = new RowMemory()) {
    this.#memory = memory
    this.#bytes = memory.block(BLOCK_BYTES)
    this.#view = viewOf(this.#bytes)
  }

  reset(): void {
    this.#memory.give(this.#full)
    this.#full = []
    this.#before = 0
    // One long text may have needed a block of its own size: it is not kept.
    if (this.#bytes.length > BLOCK_BYTES) this.#replace(this.#memory.block(BLOCK_BYTES))
    this.length = 0
    this.rows = 0
  }

  /** The rows so far in one piece: valid until the next write. */
  written(): Buffer {
    const last = this.#bytes.subarray(0, this.length)
    return this.#full.length === 0 ? last : Buffer.concat([...this.#full, last])
  }

  /** Hands over the rows and begins anew. The memory behind the parts goes back to `RowMemory.give` when they are read. */
  take(): Buffer[] {
    const parts = this.#full
    this.#full = []
    this.#before = 0
    const last = this.#bytes.subarray(0, this.length)
    if (last.length >= BLOCK_BYTES / 2) {
      parts.push(last)
      this.#replace(this.#memory.block(BLOCK_BYTES))
    } else if (last.length > 0) {
      const copy = Buffer.allocUnsafeSlow(last.length)
      copy.set(last)
      parts.push(copy)
    }
    this.length = 0
    this.rows = 0
    return parts
  }

  string(text: string): void {
    const size = text.length
    this.#reserve((size < LONG_STRING ? size * 3 : Buffer.byteLength(text)) + 5)
    if (size < SHORT_STRING && this.#shortAscii(text, size)) return
    // The byte length is known only afterwards: write where a one-byte prefix would end, move if the prefix is longer.
    const at = this.length
    const guess = size < 128 ? 1 : size < 16_384 ? 2 : size < 2_097_152 ? 3 : size < 268_435_456 ? 4 : 5
    const bytes = this.#bytes.write(text, at + guess, 'utf8')
    const prefix = bytes < 128 ? 1 : bytes < 16_384 ? 2 : bytes < 2_097_152 ? 3 : bytes < 268_435_456 ? 4 : 5
    if (prefix !== guess) this.#bytes.copyWithin(at + prefix, at + guess, at + guess + bytes)
    this.count(bytes)
    this.length += bytes
  }

  /** LEB128, as before strings, arrays and maps. */
  count(value: number): void {
    this.#reserve(5)
    let rest = value
    while (rest > 127) {
      this.#bytes[this.length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#bytes[this.length++] = rest
  }

  /**
   * A string that stands as bytes in `source`; the hints of its characters (`hintsOf` in `redacted-text.ts`) tell whether it
   * may stay, else `takeBack` it.
   */
  text(source: Uint8Array, start: number, end: number): number {
    const size = end - start
    this.#reserve(size + 5)
    this.#lastText = this.length
    if (size < 128) this.#bytes[this.length++] = size
    else this.count(size)
    const bytes = this.#bytes
    let at = this.length
    let hints = 0
    for (let i = start; i < end; i++) {
      const byte = source[i]!
      bytes[at++] = byte
      hints |= HINTS[byte]!
    }
    this.length = at
    return hints
  }

  /** Undoes the `text` written last. */
  takeBack(): void {
    this.length = this.#lastText
  }

  /** Bytes as a string of hex in lower case. */
  hex(source: Uint8Array, start: number, size: number): void {
    this.#reserve(2 * size + 5)
    this.count(2 * size)
    const bytes = this.#bytes
    let at = this.length
    for (let i = start; i < start + size; i++) {
      const byte = source[i]!
      bytes[at++] = HEX_DIGITS[byte >> 4]!
      bytes[at++] = HEX_DIGITS[byte & 15]!
    }
    this.length = at
  }

  /** So many empty strings, arrays or maps. */
  zeros(count: number): void {
    this.#reserve(count)
    for (let i = 0; i < count; i++) this.#bytes[this.length++] = 0
  }

  uint8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  bool(value: boolean): void {
    this.uint8(value ? 1 : 0)
  }

  uint16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.length, value, true)
    this.length += 2
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.length, value, true)
    this.length += 4
  }

  int32(value: number): void {
    this.#reserve(4)
    this.#view.setInt32(this.length, value, true)
    this.length += 4
  }

  uint64(value: bigint): void {
    this.#reserve(8)
    this.#view.setBigUint64(this.length, value, true)
    this.length += 8
  }

  /** A 64-bit number in two words. */
  words(low: number, high: number): void {
    this.#reserve(8)
    this.#view.setUint32(this.length, low, true)
    this.#view.setUint32(this.length + 4, high, true)
    this.length += 8
  }

  float64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** Map(String, String), also for LowCardinality keys. */
  map(attributes: ReadonlyMap<string, string>): void {
    this.count(attributes.size)
    // Faster than `for … of`, which makes a pair for each.
    attributes.forEach((value, key) => {
      this.string(key)
      this.string(value)
    })
  }

  /** Bytes already encoded, such as a resource that many rows share. */
  raw(bytes: Uint8Array): void {
    const size = bytes.length
    this.#reserve(size)
    if (size < SHORT_RAW) {
      const target = this.#bytes
      const start = this.length
      for (let i = 0; i < size; i++) target[start + i] = bytes[i]!
    } else this.#bytes.set(bytes, this.length)
    this.length += size
  }

  /** Now written to, up to `length`. What stands in it may be changed until the rows are taken. */
  get block(): Uint8Array {
    return this.#bytes
  }

  /** Bytes written so far. */
  get position(): number {
    return this.#before + this.length
  }

  /** What was written from `position` on, in one piece: copied where it lies in several blocks. Valid until the next write. */
  since(position: number): Uint8Array {
    if (position >= this.#before) return this.#bytes.subarray(position - this.#before, this.length)
    let [from, start] = [this.#full.length, this.#before]
    while (start > position) start -= this.#full[--from]!.length
    const parts = [...this.#full.slice(from), this.#bytes.subarray(0, this.length)]
    return Buffer.concat(parts).subarray(position - start)
  }

  /** Array of anything: the count, then each item. */
  array<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.count(items.length)
    for (const item of items) write(item)
  }

  #shortAscii(text: string, size: number): boolean {
    const bytes = this.#bytes
    const start = this.length + 1
    for (let i = 0; i < size; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) return false
      bytes[start + i] = code
    }
    bytes[start - 1] = size
    this.length = start + size
    return true
  }

  #reserve(size: number): void {
    if (this.length + size > this.#bytes.length) this.#nextBlock(size)
  }

  #nextBlock(size: number): void {
    this.#memory.count(this.length)
    const next = this.#memory.block(Math.max(size, BLOCK_BYTES))
    if (this.length > 0) this.#full.push(this.#bytes.subarray(0, this.length))
    this.#before += this.length
    this.#replace(next)
    this.length = 0
  }

  #replace(bytes: Buffer): void {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }
}

const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const scratch = new RowWriter()

/** The encoded form of what many rows repeat. */
export function encoded(write: (writer: RowWriter) => void): Uint8Array {
  scratch.reset()
  write(scratch)
  return Uint8Array.prototype.slice.call(scratch.written())
}

import type { Attributes } from '../telemetry.ts'
import { BLOCK_BYTES, RowMemory } from './row-memory.ts'

// Hot path: rows are written into blocks that are handed on, never copied to grow. `test/bench/ingest.ts` measures it.

/** Below this length a loop over ASCII beats the call into the runtime's UTF-8 writer. */
const SHORT_STRING = 40
/** From here on the bytes are counted first, so that three times as many need not be at hand. */
const LONG_STRING = 16 * 1024

/** Writes rows in ClickHouse's RowBinary: little-endian, strings and arrays prefixed with LEB128 counts, no row separator. */
export class RowWriter {
  rows = 0
  /** In the block now written to. */
  length = 0
  readonly #memory: RowMemory
  #full: Buffer[] = []
  #bytes: Buffer
  #view: DataView

  constructor(memory: RowMemory = new RowMemory()) {
    this.#memory = memory
    this.#bytes = memory.block(BLOCK_BYTES)
    this.#view = viewOf(this.#bytes)
  }

  reset(): void {
    this.#memory.give(this.#full)
    this.#full = []
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
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
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

/** The encoded form of attributes that many rows repeat. */
export function encodeMap(attributes: Attributes): Uint8Array {
  scratch.reset()
  scratch.map(attributes)
  return Uint8Array.prototype.slice.call(scratch.written())
}

import { BodyTooLarge } from '../bad-body.ts'
import type { Attributes } from '../telemetry.ts'

// Hot path: one growing buffer per table, reused for every request. `test/bench/ingest.ts` measures it.

const START_BYTES = 64 * 1024
/** Buffers that one huge request grew beyond this are given back to the heap. */
const KEEP_BYTES = 4 * 1024 * 1024
/** Rows of one request and table. A small body can ask for far more: every row repeats its resource. */
const MAX_BYTES = 128 * 1024 * 1024
/** Below this length a loop over ASCII beats the call into the runtime's UTF-8 writer. */
const SHORT_STRING = 40

/** Writes rows in ClickHouse's RowBinary: little-endian, strings and arrays prefixed with LEB128 counts, no row separator. */
export class RowWriter {
  rows = 0
  length = 0
  #bytes: Buffer = Buffer.allocUnsafeSlow(START_BYTES)
  #view = viewOf(this.#bytes)

  reset(): void {
    this.rows = 0
    this.length = 0
    if (this.#bytes.length > KEEP_BYTES) this.#replace(Buffer.allocUnsafeSlow(START_BYTES))
  }

  /** The rows so far: valid until the next write. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  string(text: string): void {
    const size = text.length
    this.#reserve(size * 3 + 5)
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
    for (const [key, value] of attributes) {
      this.string(key)
      this.string(value)
    }
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
    const needed = this.length + size
    if (needed <= this.#bytes.length) return
    if (needed > MAX_BYTES) throw new BodyTooLarge(`its rows need more than ${MAX_BYTES} bytes; send smaller batches`)
    const grown = Buffer.allocUnsafeSlow(Math.min(MAX_BYTES, Math.max(needed, this.#bytes.length * 2)))
    grown.set(this.written())
    this.#replace(grown)
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

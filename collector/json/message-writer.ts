import { BadBody, MAX_DEPTH } from '../bad-body.ts'
import { JsonNotes } from './json-notes.ts'

const FIRST_BYTES = 64 * 1024
const LONGEST_VARINT = 10
const CONTINUES = 0x80

/** Writes protobuf messages into a buffer that grows; `charge` gets the number of its bytes beforehand and may throw. */
export class MessageWriter {
  readonly notes = new JsonNotes()
  /** The outermost attribute that is being written, for notes. */
  attribute = ''
  #bytes: Buffer
  #view: DataView
  #length = 0
  #depth = 0
  readonly #charge: (bytes: number) => void

  constructor(charge: (bytes: number) => void) {
    this.#charge = charge
    charge(FIRST_BYTES)
    this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    this.#view = viewOf(this.#bytes)
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Field number and wire type. */
  tag(field: number, type: number): void {
    this.#count(field * 8 + type)
  }

  /** Two's complement, so that negative numbers take ten bytes. */
  varint(value: bigint): void {
    this.#reserve(LONGEST_VARINT)
    let rest = BigInt.asUintN(64, value)
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | CONTINUES
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  fixed64(value: bigint): void {
    this.#reserve(8)
    this.#view.setBigUint64(this.#length, BigInt.asUintN(64, value), true)
    this.#length += 8
  }

  fixed32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
  }

  double(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  string(text: string): void {
    const size = Buffer.byteLength(text)
    this.#count(size)
    this.#reserve(size)
    this.#bytes.write(text, this.#length, 'utf8')
    this.#length += size
  }

  blob(value: Uint8Array): void {
    this.#count(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** Length and content of a message, or of anything else that has a length. */
  nested(write: () => void): void {
    if (++this.#depth > MAX_DEPTH) throw new BadBody(`malformed OTLP/JSON: more than ${MAX_DEPTH} nested messages`)
    const start = this.#length
    this.#count(0)
    write()
    const size = this.#length - start - 1
    this.#depth--
    if (size < 128) {
      this.#bytes[start] = size
      return
    }
    // The length takes more than the byte kept for it: move the content.
    const prefix = Math.ceil((32 - Math.clz32(size)) / 7)
    this.#reserve(prefix)
    this.#bytes.copyWithin(start + prefix, start + 1, this.#length)
    this.#length = start
    this.#count(size)
    this.#length += size
  }

  /** A tag or a length. */
  #count(value: number): void {
    this.#reserve(LONGEST_VARINT)
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | CONTINUES
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  #reserve(size: number): void {
    const needed = this.#length + size
    if (needed <= this.#bytes.length) return
    const capacity = Math.max(needed, 2 * this.#bytes.length)
    this.#charge(capacity - this.#bytes.length)
    const grown = Buffer.allocUnsafeSlow(capacity)
    this.written().copy(grown)
    this.#bytes = grown
    this.#view = viewOf(grown)
  }
}

const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

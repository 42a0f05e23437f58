import { BadBody, MAX_DEPTH, MAX_PARTS, tooManyParts } from '../bad-body.ts'
import type { Notes } from '../telemetry.ts'
import { CACHED_BYTES, cachedText } from './text-cache.ts'

// Hot path: one mutable cursor over the body, no copies except strings. `test/bench/ingest.ts` measures it.

/** Wire types of the protobuf encoding (protobuf.dev, "Encoding"). */
const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const START_GROUP = 3
const END_GROUP = 4
const FIXED32 = 5

/**
 * A cursor over a protobuf message. Every read checks the end of the enclosing message, `limit`, so a nested length
 * can never reach past its parent. All methods throw `BadBody` on malformed input.
 */
export class Reader {
  readonly bytes: Buffer
  position = 0
  limit: number
  /** Messages entered and not left: bounds recursion. */
  depth = 0
  notes: Notes = { stringIndexes: 0 }
  /** Messages now kept in memory. */
  parts = 0
  /** The same bytes, for reading numbers of several. */
  readonly words: DataView

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.limit = bytes.length
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** A reader of its own at the same place in the same message. */
  fork(): Reader {
    const fork = new Reader(this.bytes)
    fork.position = this.position
    fork.limit = this.limit
    fork.depth = this.depth
    fork.notes = this.notes
    return fork
  }

  more(): boolean {
    return this.position < this.limit
  }

  /** Field number and wire type as sent: `number << 3 | type`. */
  tag(): number {
    const tag = this.#varint32()
    const type = tag & 7
    if (tag >>> 3 === 0 || type > FIXED32) this.fail(`field number ${tag >>> 3} with wire type ${type}`)
    return tag
  }

  /** Enters the length-delimited message at the cursor; hand the result to `leave`. */
  enter(): number {
    const length = this.length()
    if (++this.depth > MAX_DEPTH) this.fail(`more than ${MAX_DEPTH} nested messages`)
    const outer = this.limit
    this.limit = this.position + length
    return outer
  }

  /** Counts a message that is kept until the request, or the record it belongs to, is done; throws `BodyTooLarge`. */
  countPart(): void {
    if (++this.parts > MAX_PARTS) throw tooManyParts()
  }

  leave(outer: number): void {
    this.limit = outer
    this.depth--
  }

  /** Length of a length-delimited field, checked against the enclosing message. */
  length(): number {
    const first = this.position < this.limit ? this.bytes[this.position]! : 0x80
    if (first < 0x80) {
      this.position++
      if (first > this.limit - this.position) this.fail('a field is longer than its message')
      return first
    }
    const length = this.varint()
    if (length > this.limit - this.position) this.fail('a field is longer than its message')
    return length
  }

  string(): string {
    const length = this.length()
    const start = this.position
    this.position += length
    if (length <= CACHED_BYTES) return length === 0 ? '' : cachedText(this.bytes, start, this.position)
    return this.bytes.toString('utf8', start, this.position)
  }

  /**
   * Steps over the message at the cursor if all it holds is a string in field 1, and gives that string's length; else -1,
   * and the cursor stays.
   */
  onlyString(): number {
    const start = this.position
    const end = this.length() + this.position
    const outer = this.limit
    if (this.position < end && this.bytes[this.position] === 0x0a) {
      this.position++
      this.limit = end
      const length = this.length()
      this.limit = outer
      if (this.position + length === end) {
        this.position = end
        return length
      }
    }
    this.position = start
    return -1
  }

  hex(): string {
    const length = this.length()
    const start = this.position
    this.position += length
    return this.bytes.toString('hex', start, this.position)
  }

  /** A view into the body, valid as long as the body is. */
  blob(): Buffer {
    const length = this.length()
    this.position += length
    return this.bytes.subarray(this.position - length, this.position)
  }

  fixed32(): number {
    return this.words.getUint32(this.#take(4), true)
  }

  double(): number {
    return this.words.getFloat64(this.#take(8), true)
  }

  fixed64(): bigint {
    return this.words.getBigUint64(this.#take(8), true)
  }

  sfixed64(): bigint {
    return this.words.getBigInt64(this.#take(8), true)
  }

  /** A varint as a double: exact up to 2^53, which lengths, flags, enums and counters never exceed. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    return this.fail('a varint is longer than 10 bytes')
  }

  /** The low 32 bits of a varint as a signed number: int32 and enums, which are sent sign-extended to 64 bits. */
  int32(): number {
    const small = this.#small()
    return small >= 0 ? small : Number(BigInt.asIntN(32, this.uint64()))
  }

  uint32(): number {
    const small = this.#small()
    return small >= 0 ? small : Number(BigInt.asUintN(32, this.uint64()))
  }

  sint32(): number {
    const zigzag = this.uint32()
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }

  bool(): boolean {
    const small = this.#small()
    return small >= 0 ? small > 0 : this.uint64() !== 0n
  }

  uint64(): bigint {
    const first = this.position < this.limit ? this.bytes[this.position]! : 0x80
    if (first < 0x80) {
      this.position++
      return BigInt(first)
    }
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    return this.fail('a varint is longer than 10 bytes')
  }

  /** An int64 as a double where that is exact, so that most integers never become a bigint. */
  integer(): number | bigint {
    const small = this.#small()
    if (small >= 0) return small
    const value = this.int64()
    const double = Number(value)
    return Number.isSafeInteger(double) ? double : value
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64())
  }

  /** Skips the value of an unknown field, or of a known one sent with another wire type. */
  skip(tag: number): void {
    switch (tag & 7) {
      case VARINT:
        this.uint64()
        return
      case FIXED64:
        this.#take(8)
        return
      case LENGTH_DELIMITED: {
        const length = this.length()
        this.position += length
        return
      }
      case START_GROUP:
        this.#skipGroup(tag >>> 3)
        return
      case FIXED32:
        this.#take(4)
        return
      default:
        this.fail(`group ${tag >>> 3} ends without a beginning`)
    }
  }

  fail(what: string): never {
    throw new BadBody(`malformed protobuf at byte ${this.position}: ${what}`)
  }

  #skipGroup(number: number): void {
    if (++this.depth > MAX_DEPTH) this.fail(`more than ${MAX_DEPTH} nested messages`)
    while (this.more()) {
      const tag = this.tag()
      if ((tag & 7) === END_GROUP) {
        if (tag >>> 3 !== number) this.fail(`group ${number} is closed as ${tag >>> 3}`)
        this.depth--
        return
      }
      this.skip(tag)
    }
    this.fail(`group ${number} is never closed`)
  }

  #take(size: number): number {
    const start = this.position
    if (size > this.limit - start) this.fail('the message ends inside a field')
    this.position = start + size
    return start
  }

  /** A varint of one or two bytes; otherwise -1, and the cursor stays. */
  #small(): number {
    const at = this.position
    if (at >= this.limit) return -1
    const first = this.bytes[at]!
    if (first < 0x80) {
      this.position = at + 1
      return first
    }
    if (at + 1 >= this.limit) return -1
    const second = this.bytes[at + 1]!
    if (second >= 0x80) return -1
    this.position = at + 2
    return (second << 7) | (first & 0x7f)
  }

  #byte(): number {
    if (this.position >= this.limit) this.fail('the message ends inside a varint')
    return this.bytes[this.position++]!
  }

  #varint32(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    this.position--
    const value = this.varint()
    if (value > 0xffffffff) this.fail('a field tag is longer than 32 bits')
    return value >>> 0
  }
}

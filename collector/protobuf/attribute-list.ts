import type { Attributes } from '../../integration/attributes.ts'
import { MAX_PARTS, tooManyParts } from '../bad-body.ts'
import { type AnyValue, textOf } from '../value-text.ts'
import type { AttributeKey, AttributeKeys } from './attribute-keys.ts'
import type { AttributePair, AttributePairs } from './attribute-pairs.ts'
import { readValue, skipPair } from './common.ts'
import type { Reader } from './reader.ts'
import { type Shape, Shapes } from './shape.ts'
import { CACHED_BYTES, cachedText } from './text-cache.ts'

// Hot path: one list for all spans, in arrays that are filled anew; texts are made of what somebody asks for.
// `test/bench/span-to-call.ts` measures it.

/** Places whose reading is watched: bits of a 32-bit number, less those with meanings of their own. */
const MAX_WATCHED = 27
/** Something was read that no signature holds. */
export const UNWATCHED = 1 << 31

const FIRST_PLACES = 128
/** Texts of the whole numbers most often sent: ports, statuses, counters. */
const SMALL_NUMBERS = Array.from({ length: 1024 }, (_, number) => String(number))

/** The attributes of one record as they were sent. Of duplicate keys the last value counts, at the place of the first. */
export class AttributeList implements Attributes {
  size = 0
  readonly #keys: AttributeKeys
  #number = 0
  #bytes: Buffer = Buffer.alloc(0)
  readonly keys: AttributeKey[] = []
  /** What came like this before. */
  readonly pairs: (AttributePair | undefined)[] = []
  readonly #seen: AttributePairs
  /** Which names there are, in their order. */
  shape: Shape
  readonly #shapes = new Shapes()
  /** Places whose values were asked for by name: a bit for each, and `UNWATCHED` for those beyond. */
  reads = 0
  /** Where a string's bytes begin; -1 for what has only a text. */
  #starts = new Int32Array(FIRST_PLACES)
  #ends = new Int32Array(FIRST_PLACES)
  readonly #texts: (string | undefined)[] = []

  constructor(keys: AttributeKeys, seen: AttributePairs) {
    this.#keys = keys
    this.#seen = seen
    this.shape = this.#shapes.empty
  }

  /** Empties the list for the next record of `bytes`. */
  begin(bytes: Buffer): void {
    this.#bytes = bytes
    this.#number++
    // Short arrays are kept; nothing else of an earlier record.
    if (this.size > FIRST_PLACES) this.keys.length = this.pairs.length = this.#texts.length = FIRST_PLACES
    const used = Math.min(this.size, FIRST_PLACES)
    for (let place = 0; place < used; place++) this.#texts[place] = undefined
    this.size = 0
    const isOutdated = this.#keys.trim()
    if (isOutdated) this.#seen.clear()
    this.#shapes.trim(isOutdated)
    this.shape = this.#shapes.empty
  }

  /** Reads one KeyValue. */
  read(reader: Reader): void {
    const { position, bytes, notes } = reader
    const length = reader.length()
    const start = reader.position
    const end = start + length
    const known = this.#seen.find(reader.words, start, end)
    if (known !== undefined) {
      const place = this.#placeOf(known.key)
      this.pairs[place] = known
      this.#texts[place] = known.text
      reader.position = end
      return
    }
    const isRepeated = this.#seen.comesAgain(start, end)
    const { stringIndexes } = notes
    reader.position = position
    const place = this.#readUsual(reader) ?? this.#readAny(reader)
    // What is counted each time must be read each time.
    const isKept = isRepeated && stringIndexes === notes.stringIndexes
    this.pairs[place] = isKept ? this.#seen.add(bytes, start, end, this.keys[place]!, this.text(place)) : undefined
  }

  get(name: string): string | undefined {
    const key = this.#keys.get(name)
    if (key === undefined || key.list !== this.#number) return undefined
    this.reads |= key.place < MAX_WATCHED ? 1 << key.place : UNWATCHED
    return this.text(key.place)
  }

  /** The value at a place, as a text. */
  text(place: number): string {
    const known = this.#texts[place]
    if (known !== undefined) return known
    const text = this.#makeText(place)
    this.#texts[place] = text
    return text
  }

  /** First byte of the value at a place; -1 when it was not sent as a string. */
  start(place: number): number {
    return this.#starts[place]!
  }

  end(place: number): number {
    return this.#ends[place]!
  }

  /**
   * Key, then a string, a small number or a boolean, all of lengths below 128 and nothing else: what nearly every attribute
   * is. Gives its place; nothing is read of all others.
   */
  #readUsual(reader: Reader): number | undefined {
    const { bytes, position } = reader
    if (position + 4 > reader.limit) return undefined
    const end = position + 1 + bytes[position]!
    const keyEnd = position + 3 + bytes[position + 2]!
    if (bytes[position]! > 127 || end > reader.limit || bytes[position + 1] !== 0x0a /* key */) return undefined
    // Behind the key: tag and length of the value, tag of its kind, and at least a byte of it.
    if (keyEnd + 4 > end || bytes[keyEnd] !== 0x12 /* value */ || keyEnd + 2 + bytes[keyEnd + 1]! !== end)
      return undefined
    const first = bytes[keyEnd + 3]!
    const rest = end - keyEnd - 4
    let text: string | undefined
    let start = -1
    switch (bytes[keyEnd + 2]) {
      case 0x0a: // string_value
        if (first !== rest) return undefined
        start = keyEnd + 4
        break
      case 0x10: // bool_value
        if (rest !== 0 || first > 1) return undefined
        text = first === 1 ? 'true' : 'false'
        break
      case 0x18: // int_value
        if (rest === 0 && first < 128) text = SMALL_NUMBERS[first]
        else if (rest === 1 && first > 127 && bytes[end - 1]! < 8)
          text = SMALL_NUMBERS[(bytes[end - 1]! << 7) | (first & 127)]
        else return undefined
        break
      default:
        return undefined
    }
    const place = this.#placeOf(this.#keys.find(bytes, position + 3, keyEnd))
    this.#starts[place] = start
    this.#ends[place] = end
    this.#texts[place] = text
    reader.position = end
    return place
  }

  #readAny(reader: Reader): number {
    const outer = reader.enter()
    let key: AttributeKey | undefined
    let value: AnyValue = null
    let start = -1
    let end = -1
    while (reader.more()) {
      const tag = reader.tag()
      if (tag === 0x0a /* key */) {
        const length = reader.length()
        reader.position += length
        key = this.#keys.find(reader.bytes, reader.position - length, reader.position)
      } else if (tag === 0x12 /* value */) {
        if (start >= 0) value = reader.bytes.toString('utf8', start, end)
        const length = value === null ? reader.onlyString() : -1
        end = reader.position
        start = length < 0 ? -1 : end - length
        if (length < 0) value = readValue(reader, value)
      } else skipPair(reader, tag)
    }
    const place = this.#placeOf(key ?? this.#keys.find(reader.bytes, 0, 0))
    this.#starts[place] = start
    this.#ends[place] = end
    this.#texts[place] = start >= 0 ? undefined : textOf(value)
    reader.leave(outer)
    return place
  }

  #placeOf(key: AttributeKey): number {
    if (key.list === this.#number) return key.place
    const place = this.size
    if (place >= this.#starts.length) this.#grow()
    key.list = this.#number
    key.place = place
    this.keys[place] = key
    this.shape = this.#shapes.after(this.shape, key)
    this.size++
    return place
  }

  #grow(): void {
    if (this.size >= MAX_PARTS) throw tooManyParts()
    const starts = new Int32Array(Math.min(2 * this.size, MAX_PARTS))
    const ends = new Int32Array(starts.length)
    starts.set(this.#starts)
    ends.set(this.#ends)
    this.#starts = starts
    this.#ends = ends
  }

  #makeText(place: number): string {
    const start = this.#starts[place]!
    const end = this.#ends[place]!
    if (start === end) return ''
    return end - start <= CACHED_BYTES ? cachedText(this.#bytes, start, end) : this.#bytes.toString('utf8', start, end)
  }
}

import type { Attributes } from '../../integration/attributes.ts'
import { encoded } from '../rows/row-writer.ts'
import type { AttributeKey } from './attribute-keys.ts'

// Hot path: most attributes come again with the next span, byte for byte: method, host, tenant, thread. What they are, and
// how they are stored, is then copied and not worked out anew. `test/bench/span-to-call.ts` measures it.

const SLOTS = 8192
/** Of a KeyValue message; each slot has so much room. */
const LONGEST = 128

/** An attribute, name and value, that was seen more than once. */
export interface AttributePair {
  /** Differs from that of every other pair, also of those forgotten. */
  readonly id: number
  readonly key: AttributeKey
  readonly text: string
  /** Name and value as rows have them, if the key's rule gives this context. */
  stored: Uint8Array | undefined
  context: string
}

/** Attributes seen before by the bytes of their KeyValue messages: bounded, the latest of each slot. */
export class AttributePairs {
  readonly #slots: number
  readonly #pairs: (AttributePair | undefined)[]
  /** The bytes of the pair in each slot. */
  readonly #bytes: Buffer
  readonly #words: DataView
  readonly #lengths: Uint8Array
  /** Hash of what was last looked for in vain: only what comes twice is kept. */
  readonly #missed: Int32Array
  #hash = 0
  #made = 0

  constructor(slots = SLOTS) {
    this.#slots = slots
    this.#pairs = new Array(slots).fill(undefined)
    this.#bytes = Buffer.alloc(slots * LONGEST)
    this.#words = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length)
    this.#lengths = new Uint8Array(slots)
    this.#missed = new Int32Array(slots)
  }

  clear(): void {
    this.#pairs.fill(undefined)
    this.#lengths.fill(0)
  }

  /** The pair whose message stands in `words` from `start` to `end`, if it is known. */
  find(words: DataView, start: number, end: number): AttributePair | undefined {
    const length = end - start
    if (length > LONGEST || length === 0) return undefined
    let hash = length
    const last = end - 4
    for (let at = start; at < last; at += 4) hash = mixed(hash, words.getInt32(at, true))
    hash = mixed(hash, lastWord(words, start, length))
    this.#hash = hash
    const slot = hash & (this.#slots - 1)
    if (this.#lengths[slot] !== length || !this.#isIn(slot, words, start, length)) return undefined
    return this.#pairs[slot]
  }

  /** Whether what was just looked for in vain, from `start` to `end`, was so before: then it is worth keeping. */
  comesAgain(start: number, end: number): boolean {
    const length = end - start
    if (length > LONGEST || length === 0) return false
    const slot = this.#hash & (this.#slots - 1)
    if (this.#missed[slot] === this.#hash) return true
    this.#missed[slot] = this.#hash
    return false
  }

  /** Keeps what was just looked for in vain. */
  add(bytes: Buffer, start: number, end: number, key: AttributeKey, text: string): AttributePair {
    const slot = this.#hash & (this.#slots - 1)
    const pair = { id: ++this.#made, key, text, stored: undefined, context: '' }
    bytes.copy(this.#bytes, slot * LONGEST, start, end)
    this.#lengths[slot] = end - start
    this.#pairs[slot] = pair
    return pair
  }

  #isIn(slot: number, words: DataView, start: number, length: number): boolean {
    const known = this.#words
    const from = slot * LONGEST
    const last = length - 4
    for (let at = 0; at < last; at += 4) {
      if (known.getInt32(from + at, true) !== words.getInt32(start + at, true)) return false
    }
    return lastWord(known, from, length) === lastWord(words, start, length)
  }
}

/** The last four bytes, or all when there are fewer. */
function lastWord(words: DataView, start: number, length: number): number {
  if (length >= 4) return words.getInt32(start + length - 4, true)
  let word = 0
  for (let at = 0; at < length; at++) word = (word << 8) | words.getUint8(start + at)
  return word
}

function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1)
  return product ^ (product >>> 15)
}

/** Name and value of a pair as rows have them, beside these attributes. */
export function storedPair(pair: AttributePair, attributes: Attributes): Uint8Array {
  const { encoded: name, rule } = pair.key
  const context = rule.contextOf(attributes)
  if (pair.stored !== undefined && pair.context === context) return pair.stored
  const stored = encoded((writer) => {
    writer.raw(name)
    writer.string(rule.stored(pair.text, context))
  })
  pair.stored = stored
  pair.context = context
  return stored
}

import type { Redaction, ValueRule } from '../../integration/redaction.ts'
import { encoded } from '../rows/row-writer.ts'
import { byteHash, isSameText } from './text-cache.ts'

// Hot path: the same few names come with span after span, so what is known of a name is worked out once.
// `test/bench/span-to-call.ts` measures it.

/** What all attributes of one name share. */
export interface AttributeKey {
  readonly name: string
  /** The name as rows have it: length and bytes. */
  readonly encoded: Uint8Array
  /** How its values are stored. */
  readonly rule: ValueRule
  /** The list that has an attribute of this name, by number, and where in it. */
  list: number
  place: number
}

/** Names known at once: far more than instrumentation uses, few enough for a sender who makes them up. */
const MAX_KEYS = 8192
const MAX_KEY_CHARS = 1024 * 1024
const SLOTS = 4096

/** Attribute names seen before, found by their bytes or their text. */
export class AttributeKeys {
  readonly #redaction: Redaction
  readonly #byName = new Map<string, AttributeKey>()
  /** The latest of each slot, in front of the map: bytes are compared, no text is made. */
  readonly #slots: (AttributeKey | undefined)[] = new Array(SLOTS).fill(undefined)
  #chars = 0

  constructor(redaction: Redaction) {
    this.#redaction = redaction
  }

  /**
   * Forgets all names when they have become too many, and then says so: whatever holds keys must forget them, too. Not while
   * a list is in use: its names must stay the same objects.
   */
  trim(): boolean {
    if (this.#byName.size <= MAX_KEYS && this.#chars <= MAX_KEY_CHARS) return false
    this.#byName.clear()
    this.#slots.fill(undefined)
    this.#chars = 0
    return true
  }

  get(name: string): AttributeKey | undefined {
    return this.#byName.get(name)
  }

  /** The key whose name is `bytes[start, end)`; invalid UTF-8 reads as U+FFFD. */
  find(bytes: Buffer, start: number, end: number): AttributeKey {
    const slot = byteHash(bytes, start, end) & (SLOTS - 1)
    const known = this.#slots[slot]
    if (known !== undefined && isSameText(known.name, bytes, start, end)) return known
    const key = this.#named(bytes.toString('utf8', start, end))
    this.#slots[slot] = key
    return key
  }

  #named(name: string): AttributeKey {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const key = {
      name,
      encoded: encoded((writer) => writer.string(name)),
      rule: this.#redaction.ruleOf(name),
      list: 0,
      place: 0,
    }
    this.#byName.set(name, key)
    this.#chars += name.length
    return key
  }
}

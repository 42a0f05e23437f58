import { Ages } from './ages.ts'
import { hashOf, ID_WORDS, isSame, readIds } from './id-words.ts'

// Hot path: every outbound call looks here for calls nested in it. `test/bench/span-to-call.ts` measures it.

/** Ids of trace and parent, the dependency, the request, length of the row and where it says "nested", in words of 32 bits. */
const HEAD_WORDS = ID_WORDS + 4
const DEPENDENCY = ID_WORDS
const REQUEST = ID_WORDS + 1
const LENGTH = ID_WORDS + 2
const NESTED_AT = ID_WORDS + 3
const BUCKETS = 2 ** 17
/** No call. */
export const NONE = -1
/** Of a call that was taken back: no dependency has it. */
const FORGOTTEN = 0

export interface WaitingCall {
  /** Its row as it was stored. */
  row: Uint8Array
  /** Where in the row it says whether the call is nested. */
  nestedAt: number
  /** That it came in. */
  request: number
}

/**
 * Outbound calls whose parent has not come yet, with their rows: a child ends, and is sent, before its parent. A ring of
 * memory, as that of `RecentSpans`; a row lies in it in one piece.
 */
export class WaitingCalls {
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  /** Positions count words from the beginning on and only grow; in a bucket's head stands that of its newest call. */
  readonly #heads = new Float64Array(BUCKETS).fill(-1)
  /** By place in the ring: position of the next older call of the bucket. */
  readonly #previous: Float64Array
  readonly #ages: Ages
  readonly #ids = new Int32Array(ID_WORDS)
  #next = 0
  /** How many were added so far. */
  added = 0

  constructor(bytes: number) {
    // Even, so that every call's place has one of the numbers beside it.
    const size = Math.max(1024, Math.floor(bytes / 16) * 4)
    this.#words = new Int32Array(size)
    this.#bytes = new Uint8Array(this.#words.buffer)
    this.#previous = new Float64Array(Math.ceil(size / HEAD_WORDS))
    this.#ages = new Ages(size)
  }

  /** The position of the call, or `NONE` when its row is too long to be remembered. */
  add(body: DataView, traceAt: number, parentAt: number, dependency: number, call: WaitingCall, now: number): number {
    const { row, nestedAt, request } = call
    const words = HEAD_WORDS + Math.ceil(row.length / 4)
    if (words > this.#words.length / 4) return NONE
    const size = this.#words.length
    const rest = size - (this.#next % size)
    if (rest < words) this.#next += rest
    const position = this.#next
    const at = position % size
    const ids = this.#ids
    readIds(ids, body, traceAt, parentAt)
    this.#words.set(ids, at)
    this.#words[at + DEPENDENCY] = dependency
    this.#words[at + REQUEST] = request
    this.#words[at + LENGTH] = row.length
    this.#words[at + NESTED_AT] = nestedAt
    this.#bytes.set(row, 4 * (at + HEAD_WORDS))
    const bucket = hashOf(ids) % BUCKETS
    this.#previous[Math.floor(at / HEAD_WORDS)] = this.#heads[bucket]!
    this.#heads[bucket] = position
    this.#next = position + words
    this.added++
    this.#ages.mark(position, now)
    return position
  }

  /** The position of the newest call to this dependency that waits for this span, by the hash of its ids, as its parent; `NONE` without. */
  first(body: DataView, traceAt: number, spanAt: number, hash: number, dependency: number): number {
    const head = this.#heads[hash % BUCKETS]!
    if (head < 0) return NONE
    readIds(this.#ids, body, traceAt, spanAt)
    return this.#matching(head, dependency)
  }

  /** The next older one; nothing may be added in between. */
  after(position: number): number {
    const at = position % this.#words.length
    return this.#matching(this.#previous[Math.floor(at / HEAD_WORDS)]!, this.#words[at + DEPENDENCY]!)
  }

  /** Valid until one is added. */
  call(position: number): WaitingCall {
    const at = position % this.#words.length
    const start = 4 * (at + HEAD_WORDS)
    const row = this.#bytes.subarray(start, start + this.#words[at + LENGTH]!)
    return { row, nestedAt: this.#words[at + NESTED_AT]!, request: this.#words[at + REQUEST]! }
  }

  #matching(from: number, dependency: number): number {
    const size = this.#words.length
    const oldest = this.#next - size
    for (let position = from; position >= oldest && position >= 0; ) {
      const at = position % size
      if (this.#words[at + DEPENDENCY] === dependency && isSame(this.#ids, this.#words, at)) return position
      position = this.#previous[Math.floor(at / HEAD_WORDS)]!
    }
    return NONE
  }

  /** As if these had never been added. */
  forget(positions: readonly number[]): void {
    for (const position of positions) {
      if (position >= this.#next - this.#words.length)
        this.#words[(position % this.#words.length) + DEPENDENCY] = FORGOTTEN
    }
  }

  /** For how long calls wait now; milliseconds. */
  windowMs(now: number): number {
    return this.#ages.oldest(this.#next, now)
  }
}

import { Ages } from './ages.ts'
import { hashOf, ID_WORDS, isSame, readIds } from './id-words.ts'

// Hot path: every span is looked up and added once. `test/bench/span-to-call.ts` measures it.

/** The ids, then kind and request, then the dependency that was called. */
const ENTRY_WORDS = ID_WORDS + 3
const KIND = ID_WORDS
const REQUEST = ID_WORDS + 1
const DEPENDENCY = ID_WORDS + 2
/** Of an entry that was taken back: no span has it. */
const FORGOTTEN = -1

/** `claim` found the span: it was taken before. */
export const SEEN = -1

/** What is remembered of a span that may be the parent of a call. */
export interface Parent {
  /** See `dependencyNumber`; 0: it is no outbound call. */
  dependency: number
  /** That it came in. */
  request: number
}

/**
 * The spans taken last, by trace, span id and kind. A ring: the newest takes the place of the oldest. Entries of one bucket
 * are chained from the newest to the oldest by their numbers, so nothing is ever deleted: a number too old ends its chain.
 */
export class RecentSpans {
  readonly capacity: number
  readonly #mask: number
  readonly #heads: Float64Array
  readonly #entries: Int32Array
  /** Number of the next older entry of the bucket. */
  readonly #previous: Float64Array
  readonly #ages: Ages
  readonly #ids = new Int32Array(ID_WORDS)
  readonly #parent: Parent = { dependency: 0, request: 0 }
  /** Of the request that the span found by `claim` came in. */
  seenIn = 0
  /** Of the ids that were claimed last. */
  hash = 0
  /** Number of the next entry; the first is 1. */
  next = 1

  /** @param spans how many are remembered, rounded up to a power of two */
  constructor(spans: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(2, spans)))
    this.#mask = this.capacity - 1
    this.#heads = new Float64Array(this.capacity)
    // Memory of the system's that is not touched before it is written to.
    this.#entries = new Int32Array(this.capacity * ENTRY_WORDS)
    this.#previous = new Float64Array(this.capacity)
    this.#ages = new Ages(this.capacity)
  }

  /** The new entry of this span, or `SEEN`. */
  claim(body: DataView, traceAt: number, spanAt: number, kind: number, request: number): number {
    const ids = this.#ids
    readIds(ids, body, traceAt, spanAt)
    this.hash = hashOf(ids)
    const bucket = this.hash & this.#mask
    const oldest = this.next - this.capacity
    const head = this.#heads[bucket]!
    for (let n = head; n >= oldest && n > 0; n = this.#previous[n & this.#mask]!) {
      const at = (n & this.#mask) * ENTRY_WORDS
      if (isSame(ids, this.#entries, at) && this.#entries[at + KIND] === kind) {
        this.seenIn = this.#entries[at + REQUEST]!
        return SEEN
      }
    }
    const entry = this.next++
    const slot = entry & this.#mask
    const at = slot * ENTRY_WORDS
    const entries = this.#entries
    for (let i = 0; i < ID_WORDS; i++) entries[at + i] = ids[i]!
    entries[at + KIND] = kind
    entries[at + REQUEST] = request
    entries[at + DEPENDENCY] = 0
    this.#previous[slot] = head
    this.#heads[bucket] = entry
    return entry
  }

  /** The span is a call to this dependency. */
  called(entry: number, dependency: number): void {
    this.#entries[(entry & this.#mask) * ENTRY_WORDS + DEPENDENCY] = dependency
  }

  /**
   * The span with these ids, of whatever kind: a call to `dependency` before any other. Null when none is remembered.
   * Valid until the next one is looked for.
   */
  parent(body: DataView, traceAt: number, spanAt: number, dependency: number): Parent | null {
    const ids = this.#ids
    readIds(ids, body, traceAt, spanAt)
    const oldest = this.next - this.capacity
    let found: Parent | null = null
    let n = this.#heads[hashOf(ids) & this.#mask]!
    for (; n >= oldest && n > 0; n = this.#previous[n & this.#mask]!) {
      const at = (n & this.#mask) * ENTRY_WORDS
      if (!isSame(ids, this.#entries, at) || this.#entries[at + KIND] === FORGOTTEN) continue
      found = this.#parent
      found.dependency = this.#entries[at + DEPENDENCY]!
      found.request = this.#entries[at + REQUEST]!
      if (found.dependency === dependency) break
    }
    return found
  }

  /** What was claimed so far came before `now`. */
  mark(now: number): void {
    this.#ages.mark(this.next, now)
  }

  /** As if the spans of these entries, [from, to), had never come. */
  forget(from: number, to: number): void {
    for (let n = Math.max(from, this.next - this.capacity); n < to; n++) {
      this.#entries[(n & this.#mask) * ENTRY_WORDS + KIND] = FORGOTTEN
    }
  }

  get size(): number {
    return Math.min(this.capacity, this.next - 1)
  }

  /** For how long spans are remembered now; milliseconds. */
  windowMs(now: number): number {
    return this.#ages.oldest(this.next, now)
  }
}

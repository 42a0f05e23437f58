import type { SpanView } from './protobuf/span-view.ts'

// Hot path: most calls are made like many before them. `test/bench/span-to-call.ts` measures it.

/** Results remembered in one memo. */
const MAX_RESULTS = 20_000

/** A result, and by which number others may refer to it. */
export interface Found<T> {
  value: T
  /** Its own for as long as it is remembered; 0 when it is not. */
  id: number
}

interface Remembered<T> extends Found<T> {
  /** What was read, by `SpanView.sign`, and the number of what was given. */
  signature: readonly number[]
  given: number
}

/** What is remembered of the spans of one shape. */
interface Memory<T> {
  generation: number
  /** Everything that any computation read: bits as in `SpanView.sign`. */
  reads: number
  results: Map<number, Remembered<T>>
}

let memos = 0
let ids = 0

/**
 * Remembers what a pure function of a span, and of something found before, gave by what it read of the span: which names
 * there are (the span's shape) and the values it asked for. A span that differs only in what was never read has the same
 * result.
 */
export class SpanMemo<Given, T> {
  readonly #compute: (span: SpanView, given: Given) => T
  readonly #index = memos++
  readonly #signature: number[] = []
  #results = 0
  #generation = 0

  constructor(compute: (span: SpanView, given: Given) => T) {
    this.#compute = compute
  }

  /** `given` must itself be remembered, else so is not what was made of it. */
  of(span: SpanView, given: Found<Given>): Found<T> {
    if (given.id === 0) return { value: this.#compute(span, given.value), id: 0 }
    const memory = this.#memoryOf(span)
    const hash = span.sign(memory.reads, this.#signature)
    if (hash !== null) {
      const known = memory.results.get(Math.imul(hash, 31) + given.id)
      if (known !== undefined && known.given === given.id && isSame(known.signature, this.#signature)) return known
    }
    return this.#learn(span, given, memory)
  }

  #learn(span: SpanView, given: Found<Given>, memory: Memory<T>): Found<T> {
    span.watchReads()
    const value = this.#compute(span, given.value)
    const reads = span.readsWatched()
    if (reads === null) return { value, id: 0 }
    if ((memory.reads | reads) !== memory.reads) {
      memory.reads |= reads
      memory.results.clear()
    }
    const hash = span.sign(memory.reads, this.#signature)
    if (hash === null) return { value, id: 0 }
    if (++this.#results > MAX_RESULTS) {
      this.#results = 0
      this.#generation++
    }
    const result = { value, id: ++ids, signature: [...this.#signature], given: given.id }
    memory.results.set(Math.imul(hash, 31) + given.id, result)
    return result
  }

  #memoryOf({ attributes }: SpanView): Memory<T> {
    const { memories } = attributes.shape
    const known = memories[this.#index] as Memory<T> | undefined
    if (known !== undefined && known.generation === this.#generation) return known
    const fresh: Memory<T> = { generation: this.#generation, reads: 0, results: new Map() }
    memories[this.#index] = fresh
    return fresh
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

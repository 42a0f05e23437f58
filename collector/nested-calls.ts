import type { SpanView } from './protobuf/span-view.ts'
import type { RowWriter } from './rows/row-writer.ts'

// Hot path: ids are compared where they stand in the body. `test/bench/span-to-call.ts` measures it.

const FIRST_CALLS = 1024
const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
/** Not in the table. */
const NONE = -1

/**
 * Finds the outbound calls of one request that are nested in others of it: the inner call of a client library that calls
 * through another one to the same dependency is counted once, not twice. SDKs export both together as a rule; a parent in
 * another request is not looked for.
 */
export class NestedCalls {
  #count = 0
  #hasParents = false
  /** Where ids stand in the body: of the trace, of the span, of its parent (`NONE` without one). */
  #traceIds = new Int32Array(FIRST_CALLS)
  #spanIds = new Int32Array(FIRST_CALLS)
  #parentIds = new Int32Array(FIRST_CALLS)
  /** Where the byte that says "nested" stands, and in which block of rows. */
  #places = new Int32Array(FIRST_CALLS)
  readonly #blocks: Uint8Array[] = []
  readonly #dependencies: string[] = []

  reset(): void {
    this.#count = 0
    this.#hasParents = false
    this.#blocks.length = 0
    this.#dependencies.length = 0
    if (this.#spanIds.length > FIRST_CALLS) this.#resize(FIRST_CALLS)
  }

  /** Takes note of an outbound call; the byte that `writer` wrote last says whether it is nested: no, so far. */
  add(dependency: string, span: SpanView, writer: RowWriter): void {
    const index = this.#count++
    if (index === this.#spanIds.length) this.#resize(2 * index)
    const hasParent = span.hasParent()
    if (hasParent) this.#hasParents = true
    this.#traceIds[index] = span.traceIdAt.start
    this.#spanIds[index] = span.spanIdAt.start
    this.#parentIds[index] = hasParent ? span.parentIdAt.start : NONE
    this.#places[index] = writer.length - 1
    this.#blocks[index] = writer.block
    this.#dependencies[index] = dependency
  }

  /** Marks the calls whose parent is a call to the same dependency. `body` is what the spans were read from. */
  mark(body: Buffer): void {
    if (!this.#hasParents) return
    const table = this.#tableOf(body)
    for (let index = 0; index < this.#count; index++) {
      const parentId = this.#parentIds[index]!
      const parent = parentId === NONE ? NONE : this.#find(table, body, parentId)
      if (parent === NONE || parent === index) continue
      if (this.#dependencies[parent] !== this.#dependencies[index]) continue
      const isSameTrace = isSame(body, this.#traceIds[parent]!, this.#traceIds[index]!, TRACE_ID_BYTES)
      if (isSameTrace) this.#blocks[index]![this.#places[index]!] = 1
    }
  }

  /** Open addressing, at most half full: an index + 1 at the slot of its span id or behind it, 0 where none is. */
  #tableOf(body: Buffer): Int32Array {
    const table = new Int32Array(2 ** Math.ceil(Math.log2(2 * this.#count + 1)))
    for (let index = 0; index < this.#count; index++)
      table[this.#slotOf(table, body, this.#spanIds[index]!)] = index + 1
    return table
  }

  #find(table: Int32Array, body: Buffer, idAt: number): number {
    return table[this.#slotOf(table, body, idAt)]! - 1
  }

  /** The slot that holds this id, or the free one where it belongs. */
  #slotOf(table: Int32Array, body: Buffer, idAt: number): number {
    const mask = table.length - 1
    let slot = Math.imul(body.readInt32LE(idAt) ^ body.readInt32LE(idAt + 4), 0x9e3779b1) >>> 7
    for (slot &= mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      if (isSame(body, this.#spanIds[table[slot]! - 1]!, idAt, SPAN_ID_BYTES)) break
    }
    return slot
  }

  #resize(calls: number): void {
    this.#traceIds = resized(this.#traceIds, calls)
    this.#spanIds = resized(this.#spanIds, calls)
    this.#parentIds = resized(this.#parentIds, calls)
    this.#places = resized(this.#places, calls)
  }
}

function resized(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const fresh = new Int32Array(length)
  fresh.set(values.subarray(0, length))
  return fresh
}

function isSame(body: Buffer, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (body[a + i] !== body[b + i]) return false
  return true
}

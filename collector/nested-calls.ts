import type { Remembered, SpanMemory } from './memory/span-memory.ts'
import { NONE, type WaitingCall } from './memory/waiting-calls.ts'
import type { SpanView } from './protobuf/span-view.ts'
import { writeAsNested } from './rows/call-row.ts'
import type { RowWriter } from './rows/row-writer.ts'
import type { TableRows } from './rows/tables.ts'

// Hot path: ids are compared where they stand in the body. `test/bench/span-to-call.ts` measures it.

const FIRST_CALLS = 1024

/**
 * Finds outbound calls nested in others: the inner call of a client library that calls through another one to the same
 * dependency counts once, not twice. Within a request the byte that says so is set before the row goes out; a parent of an
 * earlier request is remembered; where the parent comes later, the child's row is taken back and written again as nested.
 */
export class NestedCalls {
  readonly #memory: SpanMemory
  #count = 0
  /** Where ids stand in the body: of the trace, of the span, of its parent (`NONE` without one). */
  #traceIds = new Int32Array(FIRST_CALLS)
  #spanIds = new Int32Array(FIRST_CALLS)
  #parentIds = new Int32Array(FIRST_CALLS)
  #hashes = new Uint32Array(FIRST_CALLS)
  #dependencies = new Int32Array(FIRST_CALLS)
  /** Where the byte stands that says "nested", and in which block of rows. */
  #places = new Int32Array(FIRST_CALLS)
  readonly #blocks: Uint8Array[] = []
  /** How long the row is, and where in it the byte stands. */
  #lengths = new Int32Array(FIRST_CALLS)
  #nestedAt = new Int32Array(FIRST_CALLS)
  /** Rows that lie in more than one block. */
  readonly #scattered = new Map<number, Uint8Array>()
  readonly #waiting: WaitingCall = { row: new Uint8Array(), nestedAt: 0, request: 0 }

  constructor(memory: SpanMemory) {
    this.#memory = memory
  }

  reset(): void {
    this.#count = 0
    this.#blocks.length = 0
    if (this.#scattered.size > 0) this.#scattered.clear()
    if (this.#spanIds.length > FIRST_CALLS) this.#resize(FIRST_CALLS)
  }

  /** Takes note of an outbound call; the byte that `writer` wrote last says whether it is nested: no, so far. */
  add(dependency: number, span: SpanView, writer: RowWriter, rowFrom: number): void {
    const index = this.#count
    if (index === this.#spanIds.length) this.#resize(2 * index)
    this.#traceIds[index] = span.traceIdAt.start
    this.#spanIds[index] = span.spanIdAt.start
    this.#parentIds[index] = span.hasParent() ? span.parentIdAt.start : NONE
    // The span was claimed last.
    this.#hashes[index] = this.#memory.recent.hash
    this.#dependencies[index] = dependency
    this.#places[index] = writer.length - 1
    this.#blocks[index] = writer.block
    this.#nestedAt[index] = writer.position - 1 - rowFrom
  }

  /** The row of the call added last is complete. */
  complete(writer: RowWriter, rowFrom: number): void {
    const index = this.#count++
    this.#lengths[index] = writer.position - rowFrom
    if (rowFrom < writer.position - writer.length) this.#scattered.set(index, writer.since(rowFrom))
  }

  /** Marks the calls whose parent is a call to the same dependency. `body` is what the spans were read from. */
  finish(body: DataView, remembered: Remembered, rows: TableRows): void {
    const count = this.#count
    for (let index = 0; index < count; index++) {
      this.#correctChildren(index, body, remembered, rows)
      if (this.#parentIds[index] !== NONE) this.#judge(index, body, remembered)
    }
  }

  /** Calls that came before this one, their parent: they are nested after all. */
  #correctChildren(index: number, body: DataView, remembered: Remembered, rows: TableRows): void {
    const { waiting } = this.#memory
    const dependency = this.#dependencies[index]!
    let position = waiting.first(body, this.#traceIds[index]!, this.#spanIds[index]!, this.#hashes[index]!, dependency)
    for (; position !== NONE; position = waiting.after(position)) {
      const { row, nestedAt, request } = waiting.call(position)
      if (request === remembered.request) continue
      this.#memory.uses(remembered, request)
      writeAsNested(rows, row, nestedAt)
    }
  }

  #judge(index: number, body: DataView, remembered: Remembered): void {
    const [traceAt, parentAt] = [this.#traceIds[index]!, this.#parentIds[index]!]
    if (isSpanItself(body, parentAt, this.#spanIds[index]!)) return
    const dependency = this.#dependencies[index]!
    const parent = this.#memory.recent.parent(body, traceAt, parentAt, dependency)
    if (parent === null) this.#wait(index, body, remembered)
    else if (parent.dependency === dependency) {
      this.#memory.uses(remembered, parent.request)
      this.#blocks[index]![this.#places[index]!] = 1
    }
  }

  #wait(index: number, body: DataView, remembered: Remembered): void {
    const call = this.#waiting
    const nestedAt = this.#nestedAt[index]!
    const start = this.#places[index]! - nestedAt
    call.row = this.#scattered.get(index) ?? this.#blocks[index]!.subarray(start, start + this.#lengths[index]!)
    call.nestedAt = nestedAt
    call.request = remembered.request
    const { waiting, now } = this.#memory
    const dependency = this.#dependencies[index]!
    const position = waiting.add(body, this.#traceIds[index]!, this.#parentIds[index]!, dependency, call, now)
    if (position !== NONE) remembered.waiting.push(position)
  }

  #resize(calls: number): void {
    this.#traceIds = resized(this.#traceIds, calls)
    this.#spanIds = resized(this.#spanIds, calls)
    this.#parentIds = resized(this.#parentIds, calls)
    this.#dependencies = resized(this.#dependencies, calls)
    this.#hashes = resized(this.#hashes, calls)
    this.#places = resized(this.#places, calls)
    this.#lengths = resized(this.#lengths, calls)
    this.#nestedAt = resized(this.#nestedAt, calls)
  }
}

function resized<T extends Int32Array | Uint32Array>(values: T, length: number): T {
  const fresh = new (values.constructor as new (length: number) => T)(length)
  fresh.set(values.subarray(0, length))
  return fresh
}

const isSpanItself = (body: DataView, parentAt: number, spanAt: number): boolean =>
  body.getInt32(parentAt) === body.getInt32(spanAt) && body.getInt32(parentAt + 4) === body.getInt32(spanAt + 4)

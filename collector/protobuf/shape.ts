import type { AttributeKey } from './attribute-keys.ts'

// Hot path: `test/bench/span-to-call.ts` measures it.

/** Shapes known at once: instrumentation has dozens, a sender who makes names up may not fill memory with them. */
const MAX_SHAPES = 4096

/**
 * The names of a span's attributes in the order they came: spans made at the same place in a program have the same one, so
 * whatever depends on which names there are is found with it.
 */
export class Shape {
  /** What is remembered of spans of this shape, by who remembers it. */
  readonly memories: unknown[] = []
  readonly #next = new Map<AttributeKey, Shape>()
  #lastKey: AttributeKey | undefined
  #lastShape: Shape | undefined

  /** The shape with one more name; `made` is called when it is new. */
  with(key: AttributeKey, made: () => void): Shape {
    if (key === this.#lastKey) return this.#lastShape!
    let shape = this.#next.get(key)
    if (shape === undefined) {
      shape = new Shape()
      this.#next.set(key, shape)
      made()
    }
    this.#lastKey = key
    this.#lastShape = shape
    return shape
  }
}

/** All shapes, from that without names. */
export class Shapes {
  empty = new Shape()
  #count = 0
  readonly #made = () => {
    this.#count++
  }

  after(shape: Shape, key: AttributeKey): Shape {
    return shape.with(key, this.#made)
  }

  /** Forgets all shapes when they have become too many, or when their names are forgotten. Not while one is in use. */
  trim(isOutdated: boolean): void {
    if (!isOutdated && this.#count <= MAX_SHAPES) return
    this.empty = new Shape()
    this.#count = 0
  }
}

// Hot path: ids are compared where they stand. `test/bench/span-to-call.ts` measures it.

/** Of a trace id and a span id, in words of 32 bits. */
export const ID_WORDS = 6

/** The ids that stand in `body` at these places, into `words`. */
export function readIds(words: Int32Array, body: DataView, traceAt: number, spanAt: number): void {
  words[0] = body.getInt32(traceAt, true)
  words[1] = body.getInt32(traceAt + 4, true)
  words[2] = body.getInt32(traceAt + 8, true)
  words[3] = body.getInt32(traceAt + 12, true)
  words[4] = body.getInt32(spanAt, true)
  words[5] = body.getInt32(spanAt + 4, true)
}

/** Spreads ids that are counted up, too. */
export function hashOf(words: Int32Array): number {
  let hash = 0
  for (let i = 0; i < ID_WORDS; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

export function isSame(words: Int32Array, others: Int32Array, at: number): boolean {
  for (let i = 0; i < ID_WORDS; i++) if (words[i] !== others[at + i]) return false
  return true
}

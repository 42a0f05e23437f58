/**
 * Hot path: remembers the results of a pure function of one string, measured by test/bench/span-to-call.ts.
 * Two generations of at most `entries` each; the older one is forgotten when the younger is full, so memory stays
 * within 2 × entries × (maxKeyChars + result) and whatever is in use stays remembered.
 * Longer inputs are computed every time: a key cut from a huge string would keep all of it alive.
 */
export function boundedMemo<T>(compute: (text: string) => T, { entries = 2048, maxKeyChars = 256 } = {}) {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return (text: string): T => {
    const known = young.get(text)
    if (known !== undefined) return known
    if (text.length > maxKeyChars) return compute(text)
    const result = old.get(text) ?? compute(text)
    if (young.size >= entries) {
      old = young
      young = new Map()
    }
    young.set(text, result)
    return result
  }
}

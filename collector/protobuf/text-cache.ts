// Hot path: attribute names and most short values repeat in span after span. Finding the string made before costs a third of
// making a new one, and strings that are the same object are compared and hashed once. `test/bench/span-to-call.ts` measures it.

/** Longer texts rarely repeat. */
export const CACHED_BYTES = 40
const SLOTS = 8192

/** One string per slot, the latest: bounded whatever is sent, and a collision costs only a new string. */
const texts: (string | undefined)[] = new Array(SLOTS).fill(undefined)

/** The text of `bytes` from `start` to `end`, at most `CACHED_BYTES` long. Invalid UTF-8 becomes U+FFFD. */
export function cachedText(bytes: Buffer, start: number, end: number): string {
  const slot = byteHash(bytes, start, end) & (SLOTS - 1)
  const known = texts[slot]
  if (known !== undefined && isSameText(known, bytes, start, end)) return known
  if (!isAscii(bytes, start, end)) return bytes.toString('utf8', start, end)
  const text = bytes.toString('latin1', start, end)
  texts[slot] = text
  return text
}

/** At most 16 bytes tell texts apart well enough to find a slot; every byte is compared after that. */
export function byteHash(bytes: Buffer, start: number, end: number): number {
  const step = ((end - start) >> 4) + 1
  let hash = end - start
  for (let i = end - 1; i >= start; i -= step) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  return hash ^ (hash >>> 13)
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i]! > 127) return false
  return true
}

/** Whether the bytes are this text in ASCII; false for equal texts with other characters. */
export function isSameText(text: string, bytes: Buffer, start: number, end: number): boolean {
  const length = end - start
  if (text.length !== length) return false
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!
    if (byte > 127 || text.charCodeAt(i) !== byte) return false
  }
  return true
}

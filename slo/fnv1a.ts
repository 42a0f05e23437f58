const OFFSET_BASIS = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const SEPARATOR = 0xffn
const MASK = 0xffffffffffffffffn

const utf8 = new TextEncoder()

/**
 * FNV-1a 64 as 16 hex digits over the UTF-8 bytes of each part, every part followed by the byte 0xff,
 * which no UTF-8 text contains: ['ab', 'c'] and ['a', 'bc'] differ.
 * Source: http://www.isthe.com/chongo/tech/comp/fnv/; separators as in Prometheus label fingerprints.
 */
export function fnv1a(parts: Iterable<string>): string {
  let hash = OFFSET_BASIS
  for (const part of parts) {
    for (const byte of utf8.encode(part)) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK
    hash = ((hash ^ SEPARATOR) * PRIME) & MASK
  }
  return hash.toString(16).padStart(16, '0')
}

/** Identity of a label set, whatever its order; equal to the fingerprint Alertmanager computes. */
export function labelFingerprint(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return fnv1a(sorted.flat())
}

/** A generator whose whole sequence follows from its seed, so that a failure can be repeated. */
export interface Random {
  /** An integer from 0 to `below` − 1. */
  int(below: number): number
  pick<T>(from: readonly T[]): T
  /** The same items in another order. */
  shuffle<T>(items: readonly T[]): T[]
  bytes(length: number): Buffer
}

export const anySeed = (): number => Math.floor(Math.random() * 2 ** 32)

/** Of everything random in a run of the tests: the same each time, unless `PROPERTY_SEED` asks for other cases. */
export const SEED = Number(process.env.PROPERTY_SEED ?? 1)

/** mulberry32 (public domain, Tommy Ettinger): 32 bits of state, good enough to choose faults and bytes. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (below: number) => Math.floor(next() * below)
  return {
    int,
    pick: (from) => from[int(from.length)]!,
    shuffle: (items) => {
      const shuffled = [...items]
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = int(last + 1)
        const kept = shuffled[last]!
        shuffled[last] = shuffled[other]!
        shuffled[other] = kept
      }
      return shuffled
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
  }
}

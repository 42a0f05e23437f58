/** A product or difference of counts: a plain number while it is exact, else a BigInt. */
export type Exact = number | bigint

const whole = (x: Exact): boolean => typeof x === 'bigint' || Number.isInteger(x)

/** a · b without rounding where both are whole; weighted counts are not whole and multiply as doubles. */
export function times(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product
  }
  return whole(a) && whole(b) ? BigInt(a) * BigInt(b) : Number(a) * Number(b)
}

/** a − b without rounding where both are whole. */
export function minus(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return whole(a) && whole(b) ? BigInt(a) - BigInt(b) : Number(a) - Number(b)
}

/** a / b rounded once, to the nearest double; b must not be 0. */
export function divide(a: Exact, b: Exact): number {
  if ((typeof a === 'number' && typeof b === 'number') || !whole(a) || !whole(b)) return Number(a) / Number(b)
  return divideWhole(BigInt(a), BigInt(b))
}

/** 66 significant bits and a sticky one below them, so that the conversion to a double rounds like real division. */
function divideWhole(a: bigint, b: bigint): number {
  if (a === 0n) return 0
  const [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  const shift = Math.max(0, 66 + bits(y) - bits(x))
  const shifted = x << BigInt(shift)
  const sticky = shifted % y === 0n ? 0n : 1n
  const magnitude = Number(((shifted / y) << 1n) | sticky) / 2 ** (shift + 1)
  return a < 0n === b < 0n ? magnitude : -magnitude
}

const bits = (x: bigint): number => x.toString(2).length

// CityHash128 of version 1.0.2, which ClickHouse puts before each compressed block; later versions give other hashes.
// Source: github.com/ClickHouse/ClickHouse, contrib/cityhash102/src/city.cc. Verified with bytes of real clients.
// Words of 64 bits are BigInts, but in the loop over long bytes, where halves of 32 bits are several times as fast.

const K0 = 0xc3a5c85c97cb3127n
const K1 = 0xb492b66fbe98f273n
const K2 = 0x9ae16a3b2f90404fn
const K3 = 0xc949d7c7509e6557n
const KMUL = 0x9ddfea08eb382d69n
const BLOCK_BYTES = 128

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value)
const rotated = (value: bigint, bits: bigint): bigint => u64(value << (64n - bits)) | (value >> bits)
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n)

function hash16(low: bigint, high: bigint): bigint {
  const a = shiftMix(u64((low ^ high) * KMUL))
  const b = shiftMix(u64((high ^ a) * KMUL))
  return u64(b * KMUL)
}

/** The 16 bytes of the hash: its low half first, both little-endian. */
export function cityHash128(bytes: Uint8Array): Buffer {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = bytes.length
  const [low, high] =
    length >= 16
      ? seeded(data, 16, data.getBigUint64(0, true) ^ K3, data.getBigUint64(8, true))
      : length >= 8
        ? seeded(
            data,
            length,
            data.getBigUint64(0, true) ^ u64(BigInt(length) * K0),
            data.getBigUint64(length - 8, true) ^ K1,
          )
        : seeded(data, 0, K0, K1)
  const hash = Buffer.alloc(16)
  hash.writeBigUInt64LE(low, 0)
  hash.writeBigUInt64LE(high, 8)
  return hash
}

/** Of what begins at `start`. */
function seeded(data: DataView, start: number, low: bigint, high: bigint): [bigint, bigint] {
  return data.byteLength - start < BLOCK_BYTES ? murmur(data, start, low, high) : long(data, start, low, high)
}

function upTo16(data: DataView, start: number): bigint {
  const end = data.byteLength
  const length = end - start
  const size = BigInt(length)
  if (length > 8) {
    const a = data.getBigUint64(start, true)
    const b = data.getBigUint64(end - 8, true)
    return hash16(a, rotated(u64(b + size), size)) ^ b
  }
  if (length >= 4) {
    const a = BigInt(data.getUint32(start, true))
    return hash16(u64(size + (a << 3n)), BigInt(data.getUint32(end - 4, true)))
  }
  if (length === 0) return K2
  const y = BigInt(data.getUint8(start) + (data.getUint8(start + (length >> 1)) << 8))
  const z = BigInt(length + (data.getUint8(end - 1) << 2))
  return u64(shiftMix(u64(y * K2) ^ u64(z * K3)) * K2)
}

/** Below 128 bytes: based on Murmur. */
function murmur(data: DataView, start: number, low: bigint, high: bigint): [bigint, bigint] {
  const end = data.byteLength
  const length = end - start
  let a = low
  let b = high
  let c: bigint
  let d: bigint
  if (length <= 16) {
    a = u64(shiftMix(u64(a * K1)) * K1)
    c = u64(u64(b * K1) + upTo16(data, start))
    d = shiftMix(u64(a + (length >= 8 ? data.getBigUint64(start, true) : c)))
  } else {
    c = hash16(u64(data.getBigUint64(end - 8, true) + K1), a)
    d = hash16(u64(b + BigInt(length)), u64(c + data.getBigUint64(end - 16, true)))
    a = u64(a + d)
    for (let at = start; at < end - 16; at += 16) {
      a = u64((a ^ u64(shiftMix(u64(data.getBigUint64(at, true) * K1)) * K1)) * K1)
      b ^= a
      c = u64((c ^ u64(shiftMix(u64(data.getBigUint64(at + 8, true) * K1)) * K1)) * K1)
      d ^= c
    }
  }
  a = hash16(a, c)
  b = hash16(d, b)
  return [a ^ b, hash16(b, a)]
}

/** From 128 bytes on: 56 bytes of state over blocks of 64, then chunks of 32 from the end. */
function long(data: DataView, start: number, seedLow: bigint, seedHigh: bigint): [bigint, bigint] {
  const end = data.byteLength
  const size = u64(BigInt(end - start) * K1)
  const first = u64(rotated(seedHigh ^ K1, 49n) * K1 + data.getBigUint64(start, true))
  set(X, seedLow)
  set(Y, seedHigh)
  set(Z, size)
  set(V0, first)
  set(V1, u64(rotated(first, 42n) * K1 + data.getBigUint64(start + 8, true)))
  set(W0, u64(rotated(u64(seedHigh + size), 35n) * K1 + seedLow))
  set(W1, u64(rotated(u64(seedLow + data.getBigUint64(start + 88, true)), 53n) * K1))
  const rest = start + Math.floor((end - start) / BLOCK_BYTES) * BLOCK_BYTES
  for (let at = start; at < rest; at += 64) mixBlock(data, at)
  return finished(data, rest)
}

/** What the state and the bytes from `rest` on, fewer than 128, make. */
function finished(data: DataView, rest: number): [bigint, bigint] {
  const end = data.byteLength
  let [x, y, v0, v1, w0] = [get(X), get(Y), get(V0), get(V1), get(W0)]
  const [z, w1] = [get(Z), get(W1)]
  y = u64(y + rotated(w0, 37n) * K0 + z)
  x = u64(x + rotated(u64(v0 + z), 49n) * K0)
  for (let tail = 32; tail - 32 < end - rest; tail += 32) {
    const chunk = end - tail
    y = u64(rotated(u64(y - x), 42n) * K0 + v1)
    w0 = u64(w0 + data.getBigUint64(chunk + 16, true))
    x = u64(rotated(x, 49n) * K0 + w0)
    w0 = u64(w0 + v0)
    const a = u64(v0 + data.getBigUint64(chunk, true))
    const sum = u64(a + data.getBigUint64(chunk + 8, true) + data.getBigUint64(chunk + 16, true))
    const last = data.getBigUint64(chunk + 24, true)
    v1 = u64(rotated(u64(v1 + a + last), 21n) + rotated(sum, 44n) + a)
    v0 = u64(sum + last)
  }
  x = hash16(x, v0)
  y = hash16(y, w0)
  return [u64(hash16(u64(x + v1), w1) + y), hash16(u64(x + w1), u64(y + v1))]
}

// Hot path: registers of 64 bits as two halves each. What follows reads as the original does, one operation a line.
const [X, Y, Z, V0, V1, W0, W1, A, B, SUM] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
const low = new Int32Array(10)
const high = new Int32Array(10)
const K1_LOW = Number(BigInt.asIntN(32, K1))
const K1_HIGH = Number(BigInt.asIntN(32, K1 >> 32n))

function mixBlock(data: DataView, at: number): void {
  add(X, Y)
  add(X, V0)
  addWord(X, data, at + 16)
  rotate(X, 37)
  timesK1(X)
  xor(X, W1)
  add(Y, V1)
  addWord(Y, data, at + 48)
  rotate(Y, 42)
  timesK1(Y)
  xor(Y, V0)
  xor(Z, W0)
  rotate(Z, 33)
  // Weak hash of the first half, seeded with v1 * K1 and x + w0.
  copy(A, V1)
  timesK1(A)
  copy(B, X)
  add(B, W0)
  weakHash(data, at, V0, V1)
  // Of the second half, seeded with z + w1 and y.
  copy(A, Z)
  add(A, W1)
  copy(B, Y)
  weakHash(data, at + 32, W0, W1)
  copy(A, X)
  copy(X, Z)
  copy(Z, A)
}

/** Of 32 bytes, with the seeds in A and B. */
function weakHash(data: DataView, at: number, to0: number, to1: number): void {
  addWord(A, data, at)
  add(B, A)
  addWord(B, data, at + 24)
  rotate(B, 21)
  copy(SUM, A)
  addWord(SUM, data, at + 8)
  addWord(SUM, data, at + 16)
  copy(to0, SUM)
  addWord(to0, data, at + 24)
  rotate(SUM, 44)
  copy(to1, B)
  add(to1, SUM)
  add(to1, A)
}

function set(to: number, value: bigint): void {
  low[to] = Number(BigInt.asIntN(32, value))
  high[to] = Number(BigInt.asIntN(32, value >> 32n))
}

const get = (from: number): bigint => (BigInt(high[from]! >>> 0) << 32n) | BigInt(low[from]! >>> 0)

function copy(to: number, from: number): void {
  low[to] = low[from]!
  high[to] = high[from]!
}

function xor(to: number, from: number): void {
  low[to]! ^= low[from]!
  high[to]! ^= high[from]!
}

const add = (to: number, from: number): void => addHalves(to, low[from]!, high[from]!)

const addWord = (to: number, data: DataView, at: number): void =>
  addHalves(to, data.getInt32(at, true), data.getInt32(at + 4, true))

function addHalves(to: number, addLow: number, addHigh: number): void {
  const sum = (low[to]! >>> 0) + (addLow >>> 0)
  low[to] = sum
  high[to] = high[to]! + addHigh + (sum > 0xffffffff ? 1 : 0)
}

/** To the right, by 21 bits or more, and not by 32. */
function rotate(to: number, bits: number): void {
  const isSwapped = bits > 32
  const l = isSwapped ? high[to]! : low[to]!
  const h = isSwapped ? low[to]! : high[to]!
  const by = bits & 31
  low[to] = (l >>> by) | (h << (32 - by))
  high[to] = (h >>> by) | (l << (32 - by))
}

/** Products of 16 bits each, since those of 32 are not exact in a double. */
function timesK1(to: number): void {
  const l = low[to]!
  const l0 = l & 0xffff
  const l1 = l >>> 16
  const k0 = K1_LOW & 0xffff
  const k1 = K1_LOW >>> 16
  const lowest = l0 * k0
  const middle = l1 * k0 + (lowest >>> 16)
  const other = l0 * k1 + (middle & 0xffff)
  const carried = l1 * k1 + (middle >>> 16) + (other >>> 16)
  high[to] = carried + Math.imul(high[to]!, K1_LOW) + Math.imul(l, K1_HIGH)
  low[to] = (other << 16) | (lowest & 0xffff)
}

import { randomBytes } from 'node:crypto'
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { BadBody, BodyTooLarge } from '../../collector/bad-body.ts'
import { ByteBudget, freeBytes } from '../../collector/byte-budget.ts'
import { decodersOf, decompressAll } from '../../collector/http/decompress.ts'
import { NotDurable } from '../../collector/segment/not-durable.ts'

const MAX_BODY = 1_000_000
/** Compresses well in parts, so that no guess of its length is right. */
const MIXED = Buffer.concat([randomBytes(50_000), Buffer.alloc(700_000, 'plumbline '), randomBytes(50_000)])

const CODINGS: [string, (plain: Buffer) => Buffer][] = [
  ['gzip', (plain) => gzipSync(plain)],
  ['deflate', (plain) => deflateSync(plain)],
  ['deflate', (plain) => deflateRawSync(plain)],
  ['zstd', (plain) => zstdCompressSync(plain)],
]

function unpack(coding: string, body: Buffer, budget = new ByteBudget(10 * MAX_BODY)) {
  const lease = budget.lease()
  return decompressAll(decodersOf(coding), body, MAX_BODY, lease).finally(() => lease.release())
}

describe.each(CODINGS)('%s', (coding, pack) => {
  test.each([0, 1, 1_000, 65_536, 800_000])('of %i bytes gives them back', async (bytes) => {
    const plain = MIXED.subarray(0, bytes)
    expect((await unpack(coding, pack(plain))).equals(plain)).toBe(true)
  })

  test('of exactly the longest body is taken, one byte more is not', async () => {
    expect(await unpack(coding, pack(Buffer.alloc(MAX_BODY)))).toHaveLength(MAX_BODY)
    await expect(unpack(coding, pack(Buffer.alloc(MAX_BODY + 1)))).rejects.toBeInstanceOf(BodyTooLarge)
  })

  test('cut short is a bad body', async () => {
    const packed = pack(MIXED)
    await expect(unpack(coding, packed.subarray(0, packed.length / 2))).rejects.toBeInstanceOf(BadBody)
  })

  test('beyond the budget is for later, and gives its share back', async () => {
    const budget = new ByteBudget(300_000)
    await expect(unpack(coding, pack(MIXED), budget)).rejects.toBeInstanceOf(NotDurable)
    expect(budget.used).toBe(0)
  })
})

test('gzip of two members, whose last length is not that of all, is whole', async () => {
  const packed = Buffer.concat([gzipSync(MIXED.subarray(0, 500_000)), gzipSync(MIXED.subarray(500_000, 500_010))])
  expect((await unpack('gzip', packed)).equals(MIXED.subarray(0, 500_010))).toBe(true)
})

test('the limit holds after each of several codings', async () => {
  const bomb = gzipSync(Buffer.alloc(MAX_BODY + 1))
  await expect(unpack('gzip, zstd', zstdCompressSync(bomb))).rejects.toBeInstanceOf(BodyTooLarge)
  await expect(unpack('zstd, gzip', gzipSync(zstdCompressSync(Buffer.alloc(MAX_BODY + 1))))).rejects.toBeInstanceOf(
    BodyTooLarge,
  )
})

test('a small body that claims to be long takes only what it could expand to', async () => {
  const packed = gzipSync(Buffer.from('x'))
  packed.writeUInt32LE(MAX_BODY, packed.length - 4)
  const budget = new ByteBudget(100_000)
  await expect(unpack('gzip', packed, budget)).rejects.toBeInstanceOf(BadBody)
})

test('freed memory is gone; short buffers, which may share theirs, and views into others are left alone', () => {
  const long = Buffer.allocUnsafeSlow(65_536)
  freeBytes(long)
  expect(long.length).toBe(0)
  const short = Buffer.from('short')
  freeBytes(short)
  expect(short.toString()).toBe('short')
  const view = Buffer.alloc(200_000).subarray(100_000)
  freeBytes(view)
  expect(view.length).toBe(100_000)
})

import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BlockMethod, decodeBlocks, encodeBlocks } from '../../storage/embedded/block-framing.ts'
import { cityHash128 } from '../../storage/embedded/city-hash.ts'
import { decodeBlock, encodeBlock } from '../../storage/embedded/lz4-block.ts'
import { decodeLz4, encodeLz4 } from '../../storage/embedded/lz4-frame.ts'

/** Bytes that differ with the length, and what go-faster/city (CH128) makes of them. */
const bytesOf = (length: number) => Buffer.from(Array.from({ length }, (_, i) => i * 7 + length * 13 + (i >> 8)))
const HASHES: [number, string][] = [
  [0, '2b9ac064fc9df03d291ee592c340b53c'],
  [1, 'e8ec4e1bacf1bee58bfd8681374896f9'],
  [3, '5c4bcd4c89a4d880c1978ee30776fa08'],
  [7, '0807daf6e9b684512709e1db83196373'],
  [8, '2041ac7897f2ba65cbe93017ecae9a7b'],
  [15, '00027984a210b72c30f50cd939cbe682'],
  [16, '7060ae53924d913a31bc7ea13845858f'],
  [17, '0f899702ba23936fa6cce04e4db16ca8'],
  [33, '227531d44287765dc20a01c9fbea3715'],
  [127, 'ecd0672ed6942e46e17b461f08c64218'],
  [143, '0fe2b989724f6fe5f753f4ba771357db'],
  [144, '822b5f60fb5fe97299657881808c1928'],
  [145, '803e2491b2542e74b0afe8de351fc0af'],
  [257, '5a0084ef8c2b9a1765b6f7ad5295eaf9'],
  [4097, '0b3a49d9a9fabc592440a2457c65a203'],
  [100_000, '1c457cb0bd2e148b7a30e58faa6d892b'],
]

/** `SELECT 1` in one block, as ClickHouse's Java client sends it, and rows of clickhouse-go in ZSTD are in `recorded-clients.json`. */
const all = async (pieces: AsyncIterable<Uint8Array>) => Buffer.concat(await Readable.from(pieces).toArray())
const inPieces = (bytes: Buffer, length: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length)),
  )
const METHODS: BlockMethod[] = ['LZ4', 'ZSTD', 'NONE']
const method = fc.constantFrom(...METHODS)
/** Bytes with and without repetition. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 500 }),
  fc
    .tuple(fc.uint8Array({ maxLength: 9 }), fc.nat(3000))
    .map(([part, times]) => Buffer.alloc(part.length * times, part)),
  fc
    .array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 })
    .chain((parts) =>
      fc.array(fc.constantFrom(...parts, new Uint8Array([1])), { maxLength: 200 }).map((list) => Buffer.concat(list)),
    ),
)

test.each(HASHES)('the hash of %i bytes is that of other programs', (length, hash) => {
  expect(cityHash128(bytesOf(length)).toString('hex')).toBe(hash)
})

describe('blocks', () => {
  test('come back as they were, in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(content, { maxLength: 3 }),
        method,
        fc.integer({ min: 1, max: 70 }),
        async (parts, by, n) => {
          const sent = await all(encodeBlocks(parts, by))
          expect(await all(decodeBlocks(inPieces(sent, n)))).toEqual(Buffer.concat(parts))
        },
      ),
    )
  })

  test.each(METHODS)('of more than a mebibyte are several: %s', async (by) => {
    const long = Buffer.alloc(3 * 2 ** 20 + 5, 'plumbline ')
    const sent = await Readable.from(encodeBlocks([long], by)).toArray()
    expect(sent).toHaveLength(4)
    expect((await all(decodeBlocks(Readable.from(sent)))).equals(long)).toBe(true)
  })

  test('of nothing are none', async () => {
    expect(await all(decodeBlocks(Readable.from([])))).toHaveLength(0)
  })

  test('that are damaged anywhere are an error', async () => {
    const sent = await all(encodeBlocks([Buffer.from('plumbline '.repeat(20))], 'LZ4'))
    const known = expect.objectContaining({ code: expect.toBeOneOf([39, 40, 271]) })
    for (let at = 0; at < sent.length; at++) {
      const damaged = Buffer.from(sent)
      damaged[at]! ^= 0x10
      await expect(all(decodeBlocks(Readable.from([damaged])))).rejects.toEqual(known)
      if (at > 0) await expect(all(decodeBlocks(Readable.from([sent.subarray(0, at)])))).rejects.toEqual(known)
    }
  })

  test('any bytes are an error of ours, or blocks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        await expect(all(decodeBlocks(Readable.from([Buffer.from(bytes)])))).rejects.toMatchObject({
          name: 'Error',
          code: expect.any(Number),
        })
      }),
    )
  })

  /** A block whose hash is right, whatever its head says. */
  const block = (by: number, packed: Buffer, packedBytes = packed.length + 9, plainBytes = 10) => {
    const head = Buffer.alloc(9)
    head[0] = by
    head.writeUInt32LE(packedBytes, 1)
    head.writeUInt32LE(plainBytes, 5)
    const hashed = Buffer.concat([head, packed])
    return Buffer.concat([cityHash128(hashed), hashed])
  }

  test('with a right hash and any content are an error of ours, or as long as they say', async () => {
    const methods = fc.constantFrom(0x02, 0x82, 0x90, 0x91)
    await fc.assert(
      fc.asyncProperty(methods, fc.uint8Array({ maxLength: 100 }), fc.nat(5000), async (by, packed, plainBytes) => {
        const sent = block(by, Buffer.from(packed), packed.length + 9, plainBytes)
        try {
          expect(await all(decodeBlocks(Readable.from([sent])))).toHaveLength(plainBytes)
        } catch (error) {
          expect(error).toMatchObject({ code: expect.toBeOneOf([89, 271]) })
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each<[string, Buffer, number, RegExp]>([
    ['said to be longer than is taken', block(0x02, Buffer.alloc(1), 2 ** 31), 39, /at most 134217728 are taken/],
    [
      'said to become longer than is taken',
      block(0x82, Buffer.alloc(1), 10, 2 ** 31),
      39,
      /at most 134217728 are taken/,
    ],
    ['shorter than its own head', block(0x02, Buffer.alloc(1), 3), 39, /-6 bytes/],
    ['that claims more than LZ4 can hold', block(0x82, Buffer.alloc(1), 10, 100_000_000), 271, /longer than it can be/],
    ['of an unknown method', block(0x55, Buffer.alloc(1)), 89, /0x55 are not supported: send LZ4, ZSTD or NONE/],
    ['that is a plain statement', Buffer.from('SELECT 1 FROM system.numbers LIMIT 1'), 39, /./],
  ])('a block %s is refused with what to do', async (_, sent, code, message) => {
    await expect(all(decodeBlocks(Readable.from([sent])))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})

describe('LZ4', () => {
  test('a block comes back as it was', () => {
    fc.assert(
      fc.property(content, (plain) => {
        expect(decodeBlock(encodeBlock(plain), Buffer.alloc(0), plain.length)).toEqual(Buffer.from(plain))
      }),
      { numRuns: 500 },
    )
  })

  test('what repeats becomes small, what does not hardly larger', () => {
    expect(encodeBlock(Buffer.alloc(100_000, 'plumbline ')).length).toBeLessThan(500)
    const noise = Buffer.from(
      fc.sample(fc.uint8Array({ minLength: 5000, maxLength: 5000 }), { seed: 1, numRuns: 1 })[0]!,
    )
    expect(encodeBlock(noise).length).toBeLessThanOrEqual(5000 + Math.ceil(5000 / 255) + 16)
  })

  test('a frame comes back as it was, from pieces of any length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(content, { maxLength: 4 }), async (parts) => {
        expect(await all(decodeLz4(Readable.from(encodeLz4(parts))))).toEqual(Buffer.concat(parts))
      }),
    )
  })
})

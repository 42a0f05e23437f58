import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeHeader, encodeFrame as encodeParts } from '../../collector/segment/format.ts'
import { inMemory, type Scan, type Source, scanSegment } from '../../collector/segment/scan.ts'

const HEADER = encodeHeader({
  segment: 's1',
  openedAt: 1,
  tables: [
    ['a', ['x', 'y']],
    ['b', ['z']],
  ],
})

/** As it is sent: its rows, not where they stand. */
interface Sent {
  digest: Buffer
  firstNs: bigint
  lastNs: bigint
  tables: { index: number; rows: number; bytes: Buffer }[]
}

const frame = (seed: number, bytes = Buffer.from(`rows of ${seed}`)): Sent => ({
  digest: Buffer.alloc(32, seed),
  firstNs: BigInt(seed),
  lastNs: BigInt(seed) + 5n,
  tables: [
    { index: 0, rows: seed, bytes },
    { index: 1, rows: 1, bytes: Buffer.alloc(seed) },
  ],
})

/** Rows in two parts, as they come from two blocks. */
const encodeFrame = ({ tables, ...rest }: Sent): Buffer =>
  Buffer.concat(
    encodeParts({
      ...rest,
      tables: tables.map(({ index, rows, bytes }) => ({
        index,
        rows,
        parts: [bytes.subarray(0, 3), bytes.subarray(3)],
      })),
    }),
  )

const FRAMES = [1, 2, 3].map((seed) => frame(seed))
const ENCODED = FRAMES.map(encodeFrame)
const WHOLE = Buffer.concat([HEADER, ...ENCODED])
/** Where each frame begins, and the end. */
const BOUNDS = [0, 1, 2, 3].map((n) => Buffer.concat([HEADER, ...ENCODED.slice(0, n)]).length)

/** The source comes in pieces that end anywhere, as a file does that is read through a window. */
const inPieces = (bytes: Buffer, window: number): Source => ({
  length: bytes.length,
  read: async (from, wanted) => {
    const start = from - (from % window)
    return bytes.subarray(from, Math.max(from + wanted, start + window))
  },
})

const sentOf = (file: Buffer, { frames, ...rest }: Scan) => ({
  ...rest,
  frames: frames.map(({ tables, ...frame }) => ({
    ...frame,
    tables: tables.map(({ from, to, ...table }) => ({ ...table, bytes: file.subarray(from, to) })),
  })),
})

async function scanned(file: Buffer, window?: number) {
  return sentOf(file, await scanSegment(window === undefined ? inMemory(file) : inPieces(file, window)))
}

describe('a segment file', () => {
  test.each([undefined, 1, 7, 50, 1000])('gives back what was written, in pieces of %j', async (window) => {
    expect(await scanned(WHOLE, window)).toEqual({
      header: {
        segment: 's1',
        openedAt: 1,
        tables: [
          ['a', ['x', 'y']],
          ['b', ['z']],
        ],
      },
      frames: FRAMES,
      damaged: [],
    })
  })

  test('without frames is whole', async () => {
    expect(await scanned(HEADER)).toMatchObject({ frames: [], damaged: [] })
  })

  test('cut anywhere keeps every frame before the cut, and sets the torn one aside', async () => {
    for (let end = HEADER.length; end <= WHOLE.length; end++) {
      const { frames, damaged } = await scanned(WHOLE.subarray(0, end), end % 40 || undefined)
      const kept = BOUNDS.filter((bound) => bound <= end).length - 1
      expect(frames).toEqual(FRAMES.slice(0, kept))
      expect(damaged).toEqual(end === BOUNDS[kept] ? [] : [{ from: BOUNDS[kept], to: end }])
    }
  })

  test('with one changed byte in a frame loses that frame only', async () => {
    for (let at = HEADER.length; at < WHOLE.length; at++) {
      const file = Buffer.from(WHOLE)
      file[at]! ^= 0x41
      const hit = BOUNDS.findLastIndex((bound) => bound <= at)
      const { frames, damaged } = await scanned(file, at % 40 || undefined)
      expect(frames).toEqual(FRAMES.filter((_, i) => i !== hit))
      expect(damaged).toEqual([{ from: BOUNDS[hit], to: BOUNDS[hit + 1] }])
    }
  })

  test('with a changed byte in the header is damaged as a whole', async () => {
    for (let at = 0; at < HEADER.length; at++) {
      const file = Buffer.from(WHOLE)
      file[at]! ^= 0x41
      expect(await scanned(file)).toEqual({ header: null, frames: [], damaged: [{ from: 0, to: WHOLE.length }] })
    }
  })

  test('followed by zeros, as power loss leaves it, keeps its frames', async () => {
    const file = Buffer.concat([WHOLE, Buffer.alloc(5000)])
    expect(await scanned(file)).toMatchObject({ frames: FRAMES, damaged: [{ from: WHOLE.length, to: file.length }] })
  })

  test('whose rows contain what looks like a frame is not misread', async () => {
    const sly = encodeFrame(frame(9, Buffer.concat([ENCODED[0]!, Buffer.from('PLFR')])))
    expect((await scanned(Buffer.concat([HEADER, sly, ENCODED[1]!]))).frames).toHaveLength(2)
  })

  test('whose header claims to be huge is not read into memory', async () => {
    const file = Buffer.concat([HEADER, Buffer.alloc(100)])
    file.writeUInt32LE(0xffff_ffff, 8)
    const asked: number[] = []
    const source = {
      length: 2 ** 32 + 100,
      read: async (from: number, bytes: number) => {
        asked.push(bytes)
        return file.subarray(from)
      },
    }
    expect(await scanSegment(source)).toMatchObject({ header: null, frames: [] })
    expect(Math.max(...asked)).toBeLessThan(100)
  })

  test('of random bytes never throws', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 400 }), async (bytes, window) => {
        await scanned(Buffer.from(bytes), window)
        const { frames } = await scanned(Buffer.concat([HEADER, bytes, ENCODED[0]!]), window)
        expect(frames).toContainEqual(FRAMES[0])
      }),
    ))
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodeHeader,
  encodeFrame as encodeParts,
  type FrameContent,
  scanSegment,
} from '../../collector/segment/format.ts'

const HEADER = encodeHeader({
  segment: 's1',
  openedAt: 1,
  tables: [
    ['a', ['x', 'y']],
    ['b', ['z']],
  ],
})

const frame = (seed: number, bytes = Buffer.from(`rows of ${seed}`)): FrameContent => ({
  digest: Buffer.alloc(32, seed),
  firstNs: BigInt(seed),
  lastNs: BigInt(seed) + 5n,
  tables: [
    { index: 0, rows: seed, bytes },
    { index: 1, rows: 1, bytes: Buffer.alloc(seed) },
  ],
})

/** Rows in two parts, as they come from two blocks. */
const encodeFrame = ({ tables, ...rest }: FrameContent): Buffer =>
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

describe('a segment file', () => {
  test('gives back what was written', () => {
    expect(scanSegment(WHOLE)).toEqual({
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

  test('without frames is whole', () => {
    expect(scanSegment(HEADER)).toMatchObject({ frames: [], damaged: [] })
  })

  test('cut anywhere keeps every frame before the cut, and sets the torn one aside', () => {
    for (let end = HEADER.length; end <= WHOLE.length; end++) {
      const { frames, damaged } = scanSegment(WHOLE.subarray(0, end))
      const kept = BOUNDS.filter((bound) => bound <= end).length - 1
      expect(frames).toEqual(FRAMES.slice(0, kept))
      expect(damaged).toEqual(end === BOUNDS[kept] ? [] : [{ from: BOUNDS[kept], to: end }])
    }
  })

  test('with one changed byte in a frame loses that frame only', () => {
    for (let at = HEADER.length; at < WHOLE.length; at++) {
      const file = Buffer.from(WHOLE)
      file[at]! ^= 0x41
      const hit = BOUNDS.findLastIndex((bound) => bound <= at)
      const { frames, damaged } = scanSegment(file)
      expect(frames).toEqual(FRAMES.filter((_, i) => i !== hit))
      expect(damaged).toEqual([{ from: BOUNDS[hit], to: BOUNDS[hit + 1] }])
    }
  })

  test('with a changed byte in the header is damaged as a whole', () => {
    for (let at = 0; at < HEADER.length; at++) {
      const file = Buffer.from(WHOLE)
      file[at]! ^= 0x41
      expect(scanSegment(file)).toEqual({ header: null, frames: [], damaged: [{ from: 0, to: WHOLE.length }] })
    }
  })

  test('followed by zeros, as power loss leaves it, keeps its frames', () => {
    const file = Buffer.concat([WHOLE, Buffer.alloc(5000)])
    expect(scanSegment(file)).toMatchObject({ frames: FRAMES, damaged: [{ from: WHOLE.length, to: file.length }] })
  })

  test('whose rows contain what looks like a frame is not misread', () => {
    const sly = encodeFrame(frame(9, Buffer.concat([ENCODED[0]!, Buffer.from('PLFR')])))
    expect(scanSegment(Buffer.concat([HEADER, sly, ENCODED[1]!])).frames).toHaveLength(2)
  })

  test('of random bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        scanSegment(Buffer.from(bytes))
        const { frames } = scanSegment(Buffer.concat([HEADER, bytes, ENCODED[0]!]))
        expect(frames).toContainEqual(FRAMES[0])
      }),
    )
  })
})

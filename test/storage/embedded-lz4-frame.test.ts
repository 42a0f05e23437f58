import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBlock } from '../../storage/embedded/lz4-block.ts'
import { decodeLz4 } from '../../storage/embedded/lz4-frame.ts'

// Both frames were made with liblz4 (python-lz4 4.4): the second of 25,000 numbers, in linked blocks of 64 KiB, with
// content size and all checksums.
const SHORT = 'BCJNGGBAghAAAAA/YWJjAwACgCB0aGUgZW5kAAAAAA=='
const LINKED = [
  'BCJNGFxA8EkCAAAAAADpbwIAABAwAQAfOwYA/////58RMbAEDwYA/////5sRMrAEDwYA/////5sRM7AEDwYA/////5sRNLAEDwYA/////5sRNbAE',
  'DwYA/////5sRNrAEDwYA/////5sRN7AEDwYA/////5sROLAEDwYA/////5sRObAEDwYA/////5ovMTAGAP////+gAdouDwYA/////5wB2i4PBgD/',
  '////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+bETLg',
  'Lg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA////',
  '/5wB2i4PBgD/////nAHaLg8GAP////+bETPgLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4P',
  'BgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+bETTgLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////',
  'nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+bETXgLg8G',
  'AP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA///BUDswMDA1T+W/W3ECAAAP3AL/wgHaLg8GAP////+cAdouDwYA',
  '/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5sRNuAuDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB',
  'BCwPBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5sRN+AuDwYA/////5wB2i4PBgD/',
  '////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdou',
  'DwYA/////5sROOAuDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA////',
  '/5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5sROeAuDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4P',
  'BgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5o/MTAwBgD/////oBExsAQPBgD/////',
  'mxEysAQPBgD/////mxEzsAQPBgD/////mxE0sAQPBgD/////mxE1sAQPBgD/////mxE2sAQPBgD/////mxE3sAQPBgD/////mxE4sAQPBgD/////',
  'mxE5sAQPBgDuUDA5OzAwpjvLcrQAAAAPCAH///+TETHgLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA////',
  '/5wB2i4PBgD/////nAHaLg8GAP////+cAdouDwYA/////5wB2i4PBgD/////nAHSLQ8GAP////+bETLgLg8GAP////+cAdouDwYA/////5wB2i4P',
  'BgD/////nAHaLg8GAP////+cAdouDwYA/////5NQMDEyNDtIIfU4AAAAADRYFcg=',
].join('')
const NUMBERS = Array.from({ length: 25_000 }, (_, i) => `${String(Math.floor(i / 200)).padStart(5, '0')};`).join('')

async function decode(frame: Buffer, pieceBytes = frame.length || 1): Promise<string> {
  const pieces = Array.from({ length: Math.ceil(frame.length / pieceBytes) }, (_, i) =>
    frame.subarray(i * pieceBytes, (i + 1) * pieceBytes),
  )
  return Buffer.concat(await Readable.from(decodeLz4(Readable.from(pieces))).toArray()).toString()
}

const short = Buffer.from(SHORT, 'base64')
const linked = Buffer.from(LINKED, 'base64')

describe('frames of another implementation', () => {
  test.each([1, 7, 64, 100_000])('in pieces of %i bytes', async (pieceBytes) => {
    expect(await decode(short, pieceBytes)).toBe('abcabcabcabcabcabcabcabc the end')
    expect(await decode(linked, pieceBytes)).toBe(NUMBERS)
  })

  test('one after another', async () => {
    expect(await decode(Buffer.concat([short, short]))).toBe('abcabcabcabcabcabcabcabc the end'.repeat(2))
  })

  test('of nothing', async () => {
    expect(await decode(Buffer.alloc(0))).toBe('')
  })
})

describe('damaged frames are refused', () => {
  test('cut anywhere', async () => {
    for (let end = 1; end < short.length; end++) {
      await expect(decode(short.subarray(0, end))).rejects.toMatchObject({ code: 271 })
    }
  })

  test('with any content: an error of ours or some bytes, never more than announced', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 50 }), (block, history) => {
        try {
          expect(decodeBlock(Buffer.from(block), Buffer.from(history), 1000).length).toBeLessThanOrEqual(1000)
        } catch (error) {
          expect(error).toMatchObject({ code: 271 })
        }
      }),
      { numRuns: 2000 },
    )
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CACHED_BYTES, cachedText } from '../../collector/protobuf/text-cache.ts'

const decode = (bytes: Buffer) => cachedText(bytes, 0, bytes.length)

test('any bytes give the same text as a decoder without a cache, first and second time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: CACHED_BYTES }), (array) => {
      const bytes = Buffer.from(array)
      expect(decode(bytes)).toBe(bytes.toString('utf8'))
      expect(decode(bytes)).toBe(bytes.toString('utf8'))
    }),
    { numRuns: 1000 },
  )
})

test('more texts than there are slots do not mix', () => {
  const texts = Array.from({ length: 50_000 }, (_, i) => `key.${i}`)
  for (let round = 0; round < 2; round++) {
    expect(texts.filter((text) => decode(Buffer.from(text)) !== text)).toEqual([])
  }
})

test('texts that begin alike or hash alike are told apart', () => {
  // 'Aa' and 'BB' collide in a polynomial hash with factor 31, and so do their repetitions.
  const colliding = ['AaAaAa', 'BBBBBB', 'AaBBAa', 'BBAaBB', 'AaAa', 'BBBB']
  for (const text of [...colliding, ...colliding]) expect(decode(Buffer.from(text))).toBe(text)
})

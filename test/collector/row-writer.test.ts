import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyTooLarge } from '../../collector/bad-body.ts'
import { BLOCK_BYTES } from '../../collector/rows/row-memory.ts'
import { encoded, RowWriter } from '../../collector/rows/row-writer.ts'
import { BEYOND_ASCII, hintAtSecret, mayHoldSecret } from '../../integration/redacted-text.ts'

const MIB = 1024 * 1024

/** RowBinary read back by its definition: LEB128 length, then that many bytes of UTF-8. */
function readStrings(bytes: Uint8Array, start = 0): string[] {
  const texts: string[] = []
  let at = start
  while (at < bytes.length) {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      length |= (byte & 127) << shift
      if (byte < 128) break
    }
    texts.push(Buffer.from(bytes).toString('utf8', at, at + length))
    at += length
  }
  return texts
}

const written = (write: (writer: RowWriter) => void): Buffer => {
  const writer = new RowWriter()
  write(writer)
  return Buffer.from(writer.written())
}

describe('strings', () => {
  test('of any text come back, lone surrogates as U+FFFD', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 300 })), (texts) => {
        const bytes = written((writer) => texts.forEach((text) => void writer.string(text)))
        expect(readStrings(bytes)).toEqual(texts.map((text) => text.toWellFormed()))
      }),
    )
  })

  test.each([0, 1, 39, 40, 41, 42, 43, 63, 64, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
    'of %i characters, in one, two and three bytes each',
    (length) => {
      const texts = ['x', 'é', '日'].map((character) => character.repeat(length))
      expect(readStrings(written((writer) => texts.forEach((text) => void writer.string(text))))).toEqual(texts)
    },
  )
})

describe('numbers are little-endian and fixed', () => {
  test.each<[string, (writer: RowWriter) => void, string]>([
    ['uint8', (writer) => writer.uint8(255), 'ff'],
    ['bool', (writer) => writer.bool(true), '01'],
    ['uint16', (writer) => writer.uint16(0x0102), '0201'],
    ['uint32', (writer) => writer.uint32(0xfffffffe), 'feffffff'],
    ['int32', (writer) => writer.int32(-2), 'feffffff'],
    ['uint64', (writer) => writer.uint64(2n ** 64n - 2n), 'feffffffffffffff'],
    ['float64', (writer) => writer.float64(1), '000000000000f03f'],
    ['count', (writer) => writer.count(300), 'ac02'],
    ['array', (writer) => writer.array([1, 2], (item) => writer.uint8(item)), '020102'],
    ['words', (writer) => writer.words(0xfffffffe, 1), 'feffffff01000000'],
    ['words, the low one below 0', (writer) => writer.words(-1, 0), 'ffffffff00000000'],
    ['zeros', (writer) => writer.zeros(3), '000000'],
    ['hex', (writer) => writer.hex(Buffer.from('00ab9f', 'hex'), 1, 2), `04${Buffer.from('ab9f').toString('hex')}`],
    ['raw', (writer) => writer.raw(Buffer.from([1, 2])), '0102'],
    ['map', (writer) => writer.map(new Map([['a', 'b']])), '0101610162'],
  ])('%s', (_, write, hex) => {
    expect(written(write).toString('hex')).toBe(hex)
  })
})

describe('a text that stands as bytes', () => {
  test('is copied whatever its length, and tells its characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(5), (any, before) => {
        const text = any.toWellFormed()
        const source = Buffer.from(`${'x'.repeat(before)}${text}y`)
        let hints = 0
        const bytes = written((writer) => {
          hints = writer.text(source, before, source.length - 1)
        })
        expect(readStrings(bytes)).toEqual([text])
        expect((hints & BEYOND_ASCII) !== 0).toBe([...text].some((character) => character > '\x7f'))
        if ((hints & BEYOND_ASCII) === 0) expect(hintAtSecret(hints, text.length)).toBe(mayHoldSecret(text))
      }),
    )
  })

  test('taken back leaves what was written before', () => {
    const bytes = written((writer) => {
      writer.string('kept')
      writer.text(Buffer.from('gone'), 0, 4)
      writer.takeBack()
      writer.string('next')
    })
    expect(readStrings(bytes)).toEqual(['kept', 'next'])
  })

  test('taken back where a new block began leaves the full one as it was', () => {
    const long = Buffer.alloc(BLOCK_BYTES - 10, 'a')
    const bytes = written((writer) => {
      writer.string(long.toString())
      writer.text(long, 0, long.length)
      writer.takeBack()
      writer.string('next')
    })
    expect(readStrings(bytes)).toEqual([long.toString(), 'next'])
  })
})

describe('the buffer', () => {
  test('grows without losing what is in it', () => {
    const bytes = written((writer) => {
      for (let i = 0; i < 100_000; i++) writer.uint32(i)
    })
    expect(bytes.length).toBe(400_000)
    for (const i of [0, 1, 16_384, 99_999]) expect(bytes.readUInt32LE(i * 4)).toBe(i)
  })

  test('is bounded: beyond it the body is too large', () => {
    const writer = new RowWriter()
    const block = new Uint8Array(MIB)
    expect(() => {
      for (let i = 0; i < 129; i++) writer.raw(block)
    }).toThrow(BodyTooLarge)
    writer.reset()
    writer.uint8(7)
    expect(writer.written()).toEqual(Buffer.from([7]))
  })

  test('what is encoded once is a copy that later writes leave alone', () => {
    const first = encoded((writer) => writer.string('one'))
    encoded((writer) => writer.string('two'))
    expect(readStrings(first)).toEqual(['one'])
  })
})

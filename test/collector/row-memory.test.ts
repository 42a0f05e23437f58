import { describe, expect, test } from 'vitest'
import { BodyTooLarge } from '../../collector/bad-body.ts'
import { BLOCK_BYTES, MAX_ROW_BYTES, RowMemory } from '../../collector/rows/row-memory.ts'
import { RowWriter } from '../../collector/rows/row-writer.ts'

const NUMBERS = (3 * BLOCK_BYTES) / 4 + 5

function writeNumbers(writer: RowWriter): void {
  for (let i = 0; i < NUMBERS; i++) writer.uint32(i)
}

describe('rows that fill several blocks', () => {
  test('are handed over in parts that hold them in order', () => {
    const writer = new RowWriter()
    writeNumbers(writer)
    const parts = writer.take()
    expect(parts.length).toBe(4)
    const bytes = Buffer.concat(parts)
    expect(bytes.length).toBe(4 * NUMBERS)
    for (let i = 0; i < NUMBERS; i++) if (bytes.readUInt32LE(4 * i) !== i) expect(i).toBe('in order')
  })

  test('in parts are what they are in one piece', () => {
    const writer = new RowWriter()
    writeNumbers(writer)
    const whole = Buffer.from(writer.written())
    expect(Buffer.concat(writer.take()).equals(whole)).toBe(true)
  })

  test('stay as they are while the next rows are written', () => {
    const writer = new RowWriter()
    writer.string('first')
    const [first] = writer.take()
    writer.string('second')
    expect(first!.toString('latin1', 1)).toBe('first')
    expect(writer.written().toString('latin1', 1)).toBe('second')
  })

  test('a text longer than a block is whole', () => {
    const text = 'é'.repeat(BLOCK_BYTES)
    const writer = new RowWriter()
    writer.uint8(7)
    writer.string(text)
    const bytes = Buffer.concat(writer.take())
    expect(bytes[0]).toBe(7)
    expect(bytes.subarray(1 + 3).equals(Buffer.from(text))).toBe(true)
  })
})

describe('memory', () => {
  test('given back is used again, and no longer readable through old parts when it is not kept', () => {
    const memory = new RowMemory()
    const block = memory.block(BLOCK_BYTES)
    memory.give([block.subarray(0, 10)])
    expect(memory.block(1).buffer).toBe(block.buffer)
    const long = memory.block(BLOCK_BYTES + 1)
    memory.give([long])
    expect(long.length).toBe(0)
  })

  test('kept for later is bounded', () => {
    const memory = new RowMemory()
    const blocks = Array.from({ length: 100 }, () => memory.block(BLOCK_BYTES))
    memory.give(blocks)
    expect(blocks.filter(({ length }) => length > 0)).toHaveLength(64)
  })

  test('is charged as blocks fill, and a charge refused leaves a writer that works', () => {
    const memory = new RowMemory()
    const writer = new RowWriter(memory)
    let charged = 0
    memory.begin((bytes) => {
      charged += bytes
      if (charged > BLOCK_BYTES) throw new Error('no more')
    })
    expect(() => writeNumbers(writer)).toThrow('no more')
    memory.begin()
    writer.reset()
    writer.uint8(7)
    expect(Buffer.concat(writer.take())).toEqual(Buffer.from([7]))
  })

  test('of one request is bounded over all its tables', () => {
    const memory = new RowMemory()
    const writers = [new RowWriter(memory), new RowWriter(memory)]
    const part = new Uint8Array(2 ** 20)
    memory.begin()
    const write = (parts: number) => {
      for (let i = 0; i < parts; i++) writers[i % 2]!.raw(part)
    }
    const most = MAX_ROW_BYTES / part.length
    write(most)
    expect(() => {
      write(3)
    }).toThrow(BodyTooLarge)
  })
})

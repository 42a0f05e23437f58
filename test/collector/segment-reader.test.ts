import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DiskFault } from '../../collector/segment/disk-fault.ts'
import { SegmentReader } from '../../collector/segment/segment-reader.ts'

const WINDOW = 2 ** 20

let folder: string
let path: string
const content = randomBytes(3 * WINDOW + 17)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-reader-'))
  path = join(folder, 'whole')
  await writeFile(path, content)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const collect = async (pieces: AsyncIterable<Buffer[]>): Promise<Buffer> => {
  const all: Buffer[] = []
  for await (const some of pieces) all.push(...some)
  return Buffer.concat(all)
}

test.each([
  ['at the beginning', 0, 10],
  ['within the window', 500, 1000],
  ['beyond the window', 2 * WINDOW - 3, 100],
  ['before it', 7, 20],
  ['as much as a window', 5, WINDOW],
  ['past the end', 3 * WINDOW, 5000],
  ['at the end', 3 * WINDOW + 17, 1],
])('reads %s', async (_, from, bytes) => {
  const file = await SegmentReader.open(path)
  await file.read(WINDOW, 1)
  const read = await file.read(from, bytes)
  expect(read.length).toBeGreaterThanOrEqual(Math.min(bytes, content.length - from))
  expect(read.equals(content.subarray(from, from + read.length))).toBe(true)
  await file.close()
})

test('what is not trusted is not there', async () => {
  const file = await SegmentReader.open(path, 1000)
  expect(file.length).toBe(1000)
  expect((await file.read(990, 100)).equals(content.subarray(990, 1000))).toBe(true)
  await file.close()
})

test('gives the bytes of ranges, near and far, each piece in memory of its own', async () => {
  const ranges = [
    { from: 3, to: 10 },
    { from: 10, to: 10 },
    { from: 50, to: WINDOW + 9 },
    { from: 2 * WINDOW + 100, to: 3 * WINDOW + 17 },
  ]
  const file = await SegmentReader.open(path)
  const wanted = Buffer.concat(ranges.map(({ from, to }) => content.subarray(from, to)))
  const [one, other] = await Promise.all([collect(file.pieces(ranges)), collect(file.pieces(ranges))])
  expect(one.equals(wanted)).toBe(true)
  expect(other.equals(wanted)).toBe(true)
  expect(await collect(file.pieces([]))).toHaveLength(0)
  const copies: Buffer[] = []
  for await (const some of file.pieces(ranges, true)) copies.push(Buffer.concat(some))
  expect(Buffer.concat(copies).equals(wanted)).toBe(true)
  await file.close()
})

test('a file that is missing or became shorter is the fault of the disk', async () => {
  await expect(SegmentReader.open(join(folder, 'missing'))).rejects.toBeInstanceOf(DiskFault)
  const shorter = join(folder, 'shorter')
  await writeFile(shorter, content.subarray(0, 1000))
  const file = await SegmentReader.open(shorter)
  await truncate(shorter, 500)
  expect((await file.read(400, 300)).equals(content.subarray(400, 500))).toBe(true)
  await expect(collect(file.pieces([{ from: 0, to: 1000 }]))).rejects.toThrow(
    /cannot read .*shorter: it became shorter/,
  )
  await file.close()
})

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SegmentReader } from '../../collector/segment/segment-reader.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-reader-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(bytes: number): Promise<{ path: string; content: Buffer }> {
  const path = join(folder, String(bytes))
  const content = randomBytes(bytes)
  await writeFile(path, content)
  return { path, content }
}

test.each([0, 1, 100_000])('a file of %i bytes is read whole, after a longer one too', async (bytes) => {
  const reader = new SegmentReader()
  await reader.read((await file(300_000)).path)
  const { path, content } = await file(bytes)
  expect((await reader.read(path)).equals(content)).toBe(true)
})

test('the memory of one file serves the next, until it is abandoned', async () => {
  const reader = new SegmentReader()
  const first = await reader.read((await file(5_000)).path)
  const second = await reader.read((await file(4_000)).path)
  expect(second.buffer).toBe(first.buffer)
  reader.abandon()
  expect((await reader.read((await file(3_000)).path)).buffer).not.toBe(first.buffer)
})

test('a missing file is an error, and the next one is read', async () => {
  const reader = new SegmentReader()
  await expect(reader.read(join(folder, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
  const { path, content } = await file(10)
  expect(await reader.read(path)).toEqual(content)
})

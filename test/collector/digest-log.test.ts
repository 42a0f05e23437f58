import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DigestLog } from '../../collector/segment/digest-log.ts'

const NOW = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const WINDOW = 10 * MINUTE
const digest = (seed: number) => Buffer.alloc(32, seed)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-digests-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const digestLog = () => new DigestLog({ folder, windowMs: WINDOW, sync: false })
const seeds = async (now: number) => (await digestLog().read(now)).map(({ digest: [seed] }) => seed)

test('an empty folder remembers nothing', async () => {
  expect(await seeds(NOW)).toEqual([])
})

test('what was appended is read by the next process, oldest first, until the window is over', async () => {
  const log = digestLog()
  await log.append([digest(1), digest(2)], NOW, NOW)
  await log.append([digest(3)], NOW + MINUTE, NOW + MINUTE)
  expect(await seeds(NOW + 2 * MINUTE)).toEqual([1, 2, 3])
  expect(await seeds(NOW + WINDOW)).toEqual([3])
})

test('a torn last record is ignored, and a new process does not write behind it', async () => {
  await digestLog().append([digest(1)], NOW, NOW)
  const [name] = await readdir(folder)
  await appendFile(join(folder, name!), Buffer.alloc(17, 0xff))
  await digestLog().append([digest(2)], NOW + 1, NOW + 1)
  expect(await seeds(NOW + 2)).toEqual([1, 2])
})

test('files are deleted when nothing in them can matter any more', async () => {
  const log = digestLog()
  for (let minute = 0; minute <= 60; minute++) {
    await log.append([digest(minute)], NOW + minute * MINUTE, NOW + minute * MINUTE)
    expect((await readdir(folder)).length).toBeLessThanOrEqual(4)
  }
  expect(await seeds(NOW + 60 * MINUTE)).toEqual([51, 52, 53, 54, 55, 56, 57, 58, 59, 60])
})

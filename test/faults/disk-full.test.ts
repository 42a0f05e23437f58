import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { DigestLog } from '../../collector/segment/digest-log.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { eventually } from '../collector/under-test.ts'
import { testDatabase } from '../support/database.ts'
import { SEED } from '../support/random.ts'
import { collectorChild } from './collector-child.ts'
import { storedDifferently, wronglyQuarantined } from './ledger.ts'
import { startLoad } from './load.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

vi.setConfig({ testTimeout: 120_000 })

/** A folder on a disk of its own; disposing removes both. */
async function folderOnSmallDisk(mebibytes: number) {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-disk-'))
  const disk = mountSmallDisk(folder, mebibytes)
  return {
    folder,
    disk,
    async [Symbol.asyncDispose]() {
      disk?.[Symbol.dispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const full = async (disk: SmallDisk, refusals: () => number) => {
  const before = refusals()
  disk.fill(0)
  await eventually(
    async () => refusals(),
    (count) => count > before + 20,
  )
  disk.free()
}

test('a disk full to the last byte: 503 with Retry-After, and what was acknowledged is stored once', async (context) => {
  await using store = await testDatabase()
  await using place = await folderOnSmallDisk(24)
  if (place.disk === null) return context.skip('this process may not mount a tmpfs')
  await using collector = await collectorChild(store, { segmentBytes: '256KiB', segmentAge: '100ms' }, place.folder)
  const load = startLoad(collector.url, SEED)
  load.resume()
  for (let times = 0; times < 3; times++) {
    const before = load.acknowledged.size
    await eventually(
      async () => load.acknowledged.size,
      (spans) => spans > before + 500,
    )
    await full(place.disk, load.refusals)
  }
  await load.pause()
  expect(load.wrongAnswers).toEqual([])
  expect(await storedDifferently(store.db, load.acknowledged)).toEqual([])
  expect(wronglyQuarantined(place.folder)).toEqual([])
})

test('on a nearly full disk the embedded engine refuses what it cannot keep, and goes on when there is room', async (context) => {
  await using place = await folderOnSmallDisk(512)
  const { disk, folder } = place
  if (disk === null) return context.skip('this process may not mount a tmpfs')
  const engine = await startEmbedded({ dataDir: folder, port: 0 })
  const run = async (query: string) => {
    const response = await fetch(`${engine.url}/?query=${encodeURIComponent(query)}`, { method: 'POST' })
    return { status: response.status, text: (await response.text()).trim() }
  }
  try {
    expect((await run('CREATE TABLE numbers_kept (n UInt64) ENGINE = MergeTree ORDER BY n')).status).toBe(200)
    expect((await run('INSERT INTO numbers_kept SELECT number FROM numbers(1000)')).status).toBe(200)
    disk.fill(64)
    const refused = await run('INSERT INTO numbers_kept SELECT number FROM numbers(1000)')
    expect(refused).toEqual({ status: 500, text: expect.stringContaining('NOT_ENOUGH_SPACE') })
    expect((await run('SELECT count() FROM numbers_kept')).text).toBe('1000')
    disk.free()
    expect((await run('INSERT INTO numbers_kept SELECT number + 1000 FROM numbers(1000)')).status).toBe(200)
    expect((await run('SELECT count(), uniqExact(n) FROM numbers_kept')).text).toBe('2000\t2000')
  } finally {
    await engine.stop()
  }
})

test('a full disk tears a record of requests seen: those recorded before and after are known after a restart', async (context) => {
  await using place = await folderOnSmallDisk(1)
  const { disk, folder } = place
  if (disk === null) return context.skip('this process may not mount a tmpfs')
  const digests = (count: number) => Array.from({ length: count }, () => randomBytes(32))
  const options = { folder, windowMs: 600_000, sync: true }
  const [before, torn, after] = [digests(10), digests(200), digests(10)]
  const now = Date.now()
  const log = new DigestLog(options)
  await log.append(before, now, now)
  disk.fill(0)
  await expect(log.append(torn, now, now + 1)).rejects.toThrow(/ENOSPC/)
  disk.free()
  await log.append(after, now, now + 2)
  const known = new Set((await new DigestLog(options).read(now + 3)).map(({ digest }) => digest.toString('hex')))
  expect([...before, ...after].filter((digest) => !known.has(digest.toString('hex')))).toEqual([])
})

import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { collectorMetrics } from '../../collector/collector-metrics.ts'
import { Backlog, type SealedSegment } from '../../collector/segment/backlog.ts'
import { encodeFrame } from '../../collector/segment/format.ts'
import { Journal } from '../../collector/segment/journal.ts'
import type { OpenFile } from '../../collector/segment/segment-file.ts'
import { createLog, type Log } from '../../runtime/log.ts'
import { eventually } from './under-test.ts'

const AGE_MS = 50
const SEGMENT_BYTES = 100_000

async function journalUnderTest({ log = createLog('silent', 'collector'), openFile = open as OpenFile } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-journal-'))
  const backlog = new Backlog()
  const journal = new Journal({
    folder,
    backlog,
    sync: false,
    segmentBytes: SEGMENT_BYTES,
    segmentAgeMs: AGE_MS,
    maxDisk: 10 * SEGMENT_BYTES,
    metrics: collectorMetrics(new Registry()),
    log,
    openFile,
  })
  return {
    backlog,
    journal,
    async [Symbol.asyncDispose]() {
      await journal.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const frame = (bytes = 10) =>
  encodeFrame({
    digest: Buffer.alloc(32),
    firstNs: 0n,
    lastNs: 0n,
    tables: [{ index: 0, rows: 1, parts: [Buffer.alloc(bytes)] }],
  })

const waiting = (id: string, failures = 0): SealedSegment => ({
  id,
  path: id,
  bytes: 1,
  openedAt: 0,
  trusted: Number.POSITIVE_INFINITY,
  failures,
  notBefore: 0,
  inWork: false,
  isQuarantined: false,
})

const sealedBy = (backlog: Backlog) => backlog.sealed.filter(({ path }) => path.endsWith('.segment')).length

test('refusals for want of disk are told when they begin and when they are over, not one by one', async () => {
  const lines: string[] = []
  const tell = (fields: { refused?: number }, text: string) => lines.push(`${fields.refused} ${text}`)
  const log = { error: tell, info: tell } as unknown as Log
  const disk = { isFull: true }
  const openFile: OpenFile = async (path, flags) => {
    if (disk.isFull) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    return open(path, flags)
  }
  await using under = await journalUnderTest({ log, openFile })
  for (let i = 0; i < 20; i++)
    await expect(under.journal.append(frame())).rejects.toMatchObject({ reason: 'write_failed' })
  disk.isFull = false
  await under.journal.append(frame())
  under.backlog.seal({ ...waiting('large'), bytes: 10 * SEGMENT_BYTES })
  for (let i = 0; i < 20; i++)
    await expect(under.journal.append(frame())).rejects.toMatchObject({ reason: 'disk_full' })
  under.backlog.remove(under.backlog.sealed.find(({ id }) => id === 'large')!)
  await under.journal.append(frame())
  const full = 'segments waiting for ClickHouse have reached collector.maxDisk (1000000 bytes)'
  expect(lines).toEqual([
    '1 requests are refused: the segment folder cannot be written to',
    '20 requests are taken again, which were refused: the segment folder cannot be written to',
    `1 requests are refused: ${full}`,
    `20 requests are taken again, which were refused: ${full}`,
  ])
})

test('a segment is sealed at its age', async () => {
  await using under = await journalUnderTest()
  await under.journal.append(frame())
  await eventually(
    async () => sealedBy(under.backlog),
    (sealed) => sealed === 1,
  )
})

test('a segment grows on while others are being stored, but not for long', async () => {
  await using under = await journalUnderTest()
  under.backlog.seal(waiting('before'))
  await under.journal.append(frame())
  await sleep(1.5 * AGE_MS)
  expect(sealedBy(under.backlog)).toBe(0)
  await eventually(
    async () => sealedBy(under.backlog),
    (sealed) => sealed === 1,
  )
})

test('a segment grows on while ClickHouse is away, and is sealed when it is back', async () => {
  await using under = await journalUnderTest()
  under.backlog.isAway = true
  await under.journal.append(frame())
  await sleep(10 * AGE_MS)
  await under.journal.append(frame())
  expect(sealedBy(under.backlog)).toBe(0)
  under.backlog.isAway = false
  await eventually(
    async () => sealedBy(under.backlog),
    (sealed) => sealed === 1,
  )
})

test('a segment that is full is sealed whatever waits', async () => {
  await using under = await journalUnderTest()
  under.backlog.seal(waiting('before'))
  await under.journal.append(frame(SEGMENT_BYTES))
  await eventually(
    async () => sealedBy(under.backlog),
    (sealed) => sealed === 1,
  )
})

test('a segment that ClickHouse refuses holds up no other', async () => {
  await using under = await journalUnderTest()
  under.backlog.seal(waiting('refused', 3))
  await under.journal.append(frame())
  await eventually(
    async () => sealedBy(under.backlog),
    (sealed) => sealed === 1,
  )
})

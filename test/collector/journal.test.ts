import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { collectorMetrics } from '../../collector/collector-metrics.ts'
import { Backlog, type SealedSegment } from '../../collector/segment/backlog.ts'
import { encodeFrame } from '../../collector/segment/format.ts'
import { Journal } from '../../collector/segment/journal.ts'
import { createLog } from '../../runtime/log.ts'
import { eventually } from './under-test.ts'

const AGE_MS = 50
const SEGMENT_BYTES = 100_000

async function journalUnderTest() {
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
    log: createLog('silent', 'collector'),
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

import { copyFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { collectorMetrics } from '../../collector/collector-metrics.ts'
import { Backlog } from '../../collector/segment/backlog.ts'
import { DigestLog } from '../../collector/segment/digest-log.ts'
import { findLeftovers } from '../../collector/segment/recover.ts'
import { Shipper } from '../../collector/segment/shipper.ts'
import { createLog } from '../../runtime/log.ts'
import { readDirty, readFreshness } from '../../storage/freshness.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { T0_NS, traceBody } from './builders.ts'
import { switchedEngine } from './switched-engine.ts'
import { collectorUnderTest, eventually, rowsOf, type UnderTest } from './under-test.ts'

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

const SHIPPER = { way: { inbox: null, compress: false }, collector: 'c', sync: true }

let services = 0
const freshService = () => `service-${++services}`
const bodyOf = (service: string, number = 0) =>
  traceBody([{ startNs: T0_NS + BigInt(number), attributes: { 'peer.service': 'x' } }], { 'service.name': service })

const count = async (service: string) => {
  const tables = { otel_traces: 'ServiceName', calls: 'service' }
  const [[spans], [calls], [rolled]] = await Promise.all([
    rowsOf<{ n: string }>(store.db, `SELECT count() AS n FROM otel_traces WHERE ${tables.otel_traces} = '${service}'`),
    rowsOf<{ n: string }>(store.db, `SELECT count() AS n FROM calls WHERE ${tables.calls} = '${service}'`),
    rowsOf<{ n: string }>(store.db, `SELECT sum(samples) AS n FROM calls_1m WHERE service = '${service}'`),
  ])
  return { spans: Number(spans!.n), calls: Number(calls!.n), rolled: Number(rolled!.n) }
}
const stored = (service: string, n: number) =>
  eventually(
    () => count(service),
    (got) => got.rolled >= n && got.spans >= n,
  )
const ONCE = (n: number) => ({ spans: n, calls: n, rolled: n })

const segmentNames = async ({ dataDir }: { dataDir: string }) =>
  (await readdir(join(dataDir, 'segments'))).filter((name) => name.endsWith('.segment')).sort()

/** A data directory with one sealed segment of `n` requests that ClickHouse has not seen. */
async function withLeftover(service: string, n: number): Promise<UnderTest> {
  const away = await collectorUnderTest({ settings: { segmentAge: '1h' } })
  for (let i = 0; i < n; i++) await away.post(bodyOf(service, i))
  await away.stop()
  expect(await segmentNames(away)).toHaveLength(1)
  return away
}

describe('segments of an earlier run', () => {
  test('are stored by the next start, once, and deleted', async () => {
    const service = freshService()
    await using away = await withLeftover(service, 3)
    await using collector = await collectorUnderTest({ db: store.db, dataDir: away.dataDir })
    await stored(service, 3)
    await eventually(
      () => segmentNames(collector),
      (names) => names.length === 0,
    )
    expect(await count(service)).toEqual(ONCE(3))
  })

  test('that were stored but not deleted are stored once', async () => {
    const service = freshService()
    await using away = await withLeftover(service, 3)
    const [name] = await segmentNames(away)
    const path = join(away.dataDir, 'segments', name!)
    await copyFile(path, `${path}.kept`)
    for (let run = 0; run < 3; run++) {
      await copyFile(`${path}.kept`, path)
      await using collector = await collectorUnderTest({ db: store.db, dataDir: away.dataDir })
      await eventually(
        () => segmentNames(collector),
        (names) => names.length === 0,
      )
    }
    expect(await count(service)).toEqual(ONCE(3))
    const log = await rowsOf(
      store.db,
      `SELECT spans, calls FROM ingest_log WHERE segment = '${name!.replace('.segment', '')}'`,
    )
    expect(log).toEqual([{ spans: '3', calls: '3' }])
  })

  test('with a torn tail: whole requests are stored, the rest is set aside', async () => {
    const service = freshService()
    await using away = await withLeftover(service, 3)
    const [name] = await segmentNames(away)
    const path = join(away.dataDir, 'segments', name!)
    const { length } = await readFile(path)
    await truncate(path, length - 7)
    await using collector = await collectorUnderTest({ db: store.db, dataDir: away.dataDir })
    await stored(service, 2)
    await eventually(
      () => segmentNames(collector),
      (names) => names.length === 0,
    )
    expect(await count(service)).toEqual(ONCE(2))
    expect(await readdir(join(away.dataDir, 'segments', 'quarantine'))).toHaveLength(1)
    expect(await collector.registry.metrics()).toMatch(/quarantined_bytes_total [1-9]/)
    // The torn request was never acknowledged; its sender repeats it.
    await collector.post(bodyOf(service, 2))
    await stored(service, 3)
    expect(await count(service)).toEqual(ONCE(3))
  })

  test('whose damage cannot be set aside are kept until it can', async () => {
    const service = freshService()
    await using away = await withLeftover(service, 3)
    const [name] = await segmentNames(away)
    const folder = join(away.dataDir, 'segments')
    await truncate(join(folder, name!), (await readFile(join(folder, name!))).length - 7)
    // No folder can be made where a file is.
    await writeFile(join(folder, 'quarantine'), '')
    await using collector = await collectorUnderTest({ db: store.db, dataDir: away.dataDir })
    await eventually(
      () => collector.registry.metrics(),
      (text) => /insert_failures_total [2-9]/.test(text),
    )
    expect(await segmentNames(collector)).toEqual([name])
    await rm(join(folder, 'quarantine'))
    await eventually(
      () => segmentNames(collector),
      (names) => names.length === 0,
    )
    expect(await count(service)).toEqual(ONCE(2))
    expect(await readdir(join(folder, 'quarantine'))).toHaveLength(1)
  })

  test('with a damaged frame in the middle lose that one only', async () => {
    const service = freshService()
    await using away = await withLeftover(service, 3)
    const [name] = await segmentNames(away)
    const path = join(away.dataDir, 'segments', name!)
    const file = await readFile(path)
    file[file.indexOf('PLFR', file.indexOf('PLFR') + 1) + 60]! ^= 0xff
    await writeFile(path, file)
    await using collector = await collectorUnderTest({ db: store.db, dataDir: away.dataDir })
    await stored(service, 2)
    expect(await count(service)).toEqual(ONCE(2))
    await eventually(
      () => segmentNames(collector),
      (names) => names.length === 0,
    )
  })

  test('that are no segments at all are set aside and do not block', async () => {
    const service = freshService()
    await using away = await withLeftover(service, 1)
    await writeFile(join(away.dataDir, 'segments', '00000000000001-bad.segment'), 'not a segment')
    await writeFile(join(away.dataDir, 'segments', '00000000000002-empty.segment'), '')
    await using collector = await collectorUnderTest({ db: store.db, dataDir: away.dataDir })
    await stored(service, 1)
    await eventually(
      () => segmentNames(collector),
      (names) => names.length === 0,
    )
    expect(await readdir(join(away.dataDir, 'segments', 'quarantine'))).toEqual(['00000000000001-bad-0'])
  })
})

describe('segments that are stored but cannot be deleted', () => {
  /** A full disk, once: nothing can be recorded, and so nothing deleted. */
  class FullOnce extends DigestLog {
    appends = 0
    override async append(...args: Parameters<DigestLog['append']>): Promise<void> {
      if (this.appends++ === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      await super.append(...args)
    }
  }

  test('are deleted as soon as they can be, and count once', async () => {
    const service = freshService()
    await using away = await withLeftover(service, 3)
    const folder = join(away.dataDir, 'segments')
    const digestLog = new FullOnce({ folder, windowMs: 600_000, sync: true })
    const backlog = new Backlog()
    backlog.sealed.push(...(await findLeftovers(folder)))
    const metrics = collectorMetrics(new Registry())
    const log = createLog('silent', 'collector')
    const shipper = new Shipper({ ...SHIPPER, db: store.db, folder, backlog, digestLog, metrics, log })
    shipper.start()
    try {
      await eventually(
        () => segmentNames(away),
        (names) => names.length === 0,
      )
    } finally {
      await shipper.stop(1_000)
    }
    expect(digestLog.appends).toBe(2)
    expect(backlog.sealed).toEqual([])
    expect(await count(service)).toEqual(ONCE(3))
  })
})

describe('repeated requests', () => {
  test('count once after a restart although the segment is stored and deleted', async () => {
    const service = freshService()
    await using first = await collectorUnderTest({ db: store.db })
    await first.post(bodyOf(service))
    await stored(service, 1)
    await first.stop()
    expect(await segmentNames(first)).toEqual([])
    await using second = await collectorUnderTest({ db: store.db, dataDir: first.dataDir })
    expect((await second.post(bodyOf(service))).status).toBe(200)
    await second.post(bodyOf(`${service}-next`))
    await stored(`${service}-next`, 1)
    expect(await count(service)).toEqual(ONCE(1))
  })
})

describe('ClickHouse in trouble', () => {
  test('away: requests are acknowledged, and stored when it is back', async () => {
    const service = freshService()
    await using engine = await switchedEngine(store)
    engine.state.mode = 'down'
    await using collector = await collectorUnderTest({ db: engine.db })
    for (let i = 0; i < 4; i++) {
      expect((await collector.post(bodyOf(service, i))).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    expect(await count(service)).toEqual(ONCE(0))
    engine.state.mode = 'up'
    await stored(service, 4)
    expect(await count(service)).toEqual(ONCE(4))
  })

  test('answering while a segment cannot be read: that one waits, the others and heartbeats do not', async () => {
    const service = freshService()
    await using away = await withLeftover(service, 1)
    const folder = join(away.dataDir, 'segments')
    // Reading a folder fails with EISDIR.
    await mkdir(join(folder, '00000000000001-unreadable.segment'))
    const backlog = new Backlog()
    backlog.sealed.push(...(await findLeftovers(folder)))
    const digestLog = new DigestLog({ folder, windowMs: 600_000, sync: true })
    const metrics = collectorMetrics(new Registry())
    const log = createLog('silent', 'collector')
    const shipper = new Shipper({ ...SHIPPER, db: store.db, folder, backlog, digestLog, metrics, log })
    let wasAway = false
    const watch = setInterval(() => (wasAway ||= backlog.isAway), 1)
    shipper.start()
    try {
      await stored(service, 1)
      await eventually(
        async () => backlog.sealed.map(({ failures }) => failures),
        ([failures, ...others]) => failures! >= 2 && others.length === 0,
      )
    } finally {
      clearInterval(watch)
      await shipper.stop(1_000)
    }
    expect(wasAway).toBe(false)
    expect(await count(service)).toEqual(ONCE(1))
  })

  test('away when the clock is set back by an hour: stored when it is back, not an hour later', async () => {
    const service = freshService()
    await using engine = await switchedEngine(store)
    engine.state.mode = 'down'
    await using collector = await collectorUnderTest({ db: engine.db })
    await collector.post(bodyOf(service))
    await sleep(500)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    try {
      engine.state.mode = 'up'
      await stored(service, 1)
    } finally {
      vi.useRealTimers()
    }
    expect(await count(service)).toEqual(ONCE(1))
  })

  test('answers lost after the work was done: stored once', async () => {
    const service = freshService()
    await using engine = await switchedEngine(store)
    await using collector = await collectorUnderTest({ db: engine.db })
    engine.state.mode = 'lose-answers'
    await collector.post(bodyOf(service))
    await eventually(
      async () => engine.state.lost,
      (lost) => lost >= 2,
    )
    engine.state.mode = 'up'
    await eventually(
      () => segmentNames(collector),
      (names) => names.length === 0,
    )
    expect(await count(service)).toEqual(ONCE(1))
  })

  test('one segment refused: complete_until stops before it, and goes on once it is stored', async () => {
    const service = freshService()
    await using engine = await switchedEngine(store)
    await using collector = await collectorUnderTest({ db: engine.db })
    const collectorId = (await readFile(join(collector.dataDir, 'collector-id'), 'utf8')).trim()
    const completeUntil = async () => {
      const query = `SELECT toUnixTimestamp64Milli(max(complete_until)) AS ms FROM ingest_log WHERE collector = '${collectorId}'`
      return Number((await rowsOf<{ ms: string }>(store.db, query))[0]!.ms)
    }
    engine.state.mode = 'refuse-calls'
    const before = Date.now()
    expect((await collector.post(bodyOf(service))).status).toBe(200)
    const acknowledged = Date.now()
    // A later segment without calls is not blocked by the refused one …
    const metricless = traceBody([{ kind: 1 }], { 'service.name': `${service}-internal` })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await collector.post(metricless)
    await eventually(
      () => rowsOf(store.db, `SELECT 1 FROM otel_traces WHERE ServiceName = '${service}-internal'`),
      (rows) => rows.length === 1,
    )
    await eventually(completeUntil, (ms) => ms >= before)
    // … but completeness waits.
    expect(await completeUntil()).toBeLessThanOrEqual(acknowledged)
    engine.state.mode = 'up'
    await eventually(completeUntil, (ms) => ms > acknowledged)
    expect(await count(service)).toEqual(ONCE(1))
  })
})

describe('ingest_log', () => {
  test('tells the range of calls of a segment and advances while idle', async () => {
    await using own = await testDatabase()
    await using collector = await collectorUnderTest({ db: own.db })
    const last = T0_NS + 90_000_000_000n
    await collector.post(
      traceBody([
        { kind: 3, startNs: last },
        { kind: 3, startNs: T0_NS },
        { kind: 1, startNs: T0_NS - 10n ** 9n },
      ]),
    )
    const dirty = await eventually(
      () => readDirty(own.db, new Date(0)),
      (ranges) => ranges.length > 0,
    )
    expect(dirty).toMatchObject([{ from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-01T00:01:30Z') }])
    const first = await eventually(
      () => readFreshness(own.db),
      ({ watermark }) => watermark !== null,
    )
    await eventually(
      () => readFreshness(own.db),
      ({ watermark }) => watermark! > first.watermark!,
    )
  })
})

test('a folder that someone else put files into is left alone', async () => {
  await using collector = await collectorUnderTest({ db: store.db })
  await collector.stop()
  const folder = join(collector.dataDir, 'segments')
  await mkdir(join(folder, 'notes'), { recursive: true })
  await writeFile(join(folder, 'README'), 'hands off')
  await using again = await collectorUnderTest({ db: store.db, dataDir: collector.dataDir })
  expect(await readFile(join(again.dataDir, 'segments', 'README'), 'utf8')).toBe('hands off')
})

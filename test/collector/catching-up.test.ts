import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { readFreshness } from '../../storage/freshness.ts'
import { testDatabase } from '../support/database.ts'
import { T0_NS, traceBody } from './builders.ts'
import { switchedEngine } from './switched-engine.ts'
import { collectorUnderTest, eventually, rowsOf } from './under-test.ts'

/** An hour of traffic in steps of two minutes, in which every request fills a segment. */
const WAITING = 30
const STEP_NS = 120_000_000_000n
const LATER = 8
/** Larger than one request, so that each is a segment of its own. */
const SETTINGS = { segmentAge: '50ms', segmentBytes: 400 } as const

const bodyOf = (service: string, step: number) =>
  traceBody([{ startNs: T0_NS + BigInt(step) * STEP_NS, attributes: { 'peer.service': 'x' } }], {
    'service.name': service,
  })

const WITHIN_MS = 60_000
vi.setConfig({ testTimeout: 120_000 })

interface LogLine {
  segment: string
  until: string
  calls: string
}

test('after an outage: newest first, the oldest get on beside them, completeness never runs ahead, and all is stored once', async () => {
  await using store = await testDatabase()
  await using engine = await switchedEngine(store)
  engine.state.mode = 'down'
  await using collector = await collectorUnderTest({ db: engine.db, settings: SETTINGS })
  for (let step = 0; step < WAITING; step++) {
    expect((await collector.post(bodyOf('during', step))).status).toBe(200)
    await sleep(2)
  }
  engine.state.mode = 'up'
  for (let step = 0; step < LATER; step++) {
    expect((await collector.post(bodyOf('after', WAITING + step))).status).toBe(200)
    await sleep(20)
  }
  const total = WAITING + LATER
  await eventually(
    () => rowsOf<{ n: string }>(store.db, 'SELECT sum(calls) AS n FROM ingest_log'),
    ([row]) => Number(row!.n) >= total,
    WITHIN_MS,
  )
  const log = await rowsOf<LogLine>(
    store.db,
    `SELECT segment, toUnixTimestamp64Milli(complete_until) AS until, calls FROM ingest_log WHERE segment != '' ORDER BY ingested_at, _part, _part_offset`,
  )
  const opened = log.map(({ segment }) => Number.parseInt(segment, 10))

  // Nothing is missing, nothing is there twice.
  const [[spans], [calls], [rolled]] = await Promise.all([
    rowsOf<{ n: string; distinct: string }>(
      store.db,
      'SELECT count() AS n, uniqExact(Timestamp) AS distinct FROM otel_traces',
    ),
    rowsOf<{ n: string }>(store.db, 'SELECT count() AS n FROM calls'),
    rowsOf<{ n: string }>(store.db, 'SELECT sum(samples) AS n FROM calls_1m'),
  ])
  expect([spans!.n, spans!.distinct, calls!.n, rolled!.n].map(Number)).toEqual([total, total, total, total])

  // Whatever is stored later was opened after every instant that was called complete before.
  const early = log.flatMap(({ until }, i) => opened.slice(i + 1).filter((at) => at < Number(until)))
  expect(early).toEqual([])

  // From both ends: neither the newest nor the oldest waits until the others are through.
  const half = log.slice(0, Math.ceil(log.length / 2)).map(({ segment }) => segment)
  const byAge = log.map(({ segment }) => segment).sort()
  expect(half).toContain(byAge[0])
  const duringNewest = byAge[WAITING - 1]!
  const duringMiddle = byAge[Math.floor(WAITING / 2)]!
  const place = (segment: string) => log.findIndex((line) => line.segment === segment)
  expect(place(duringNewest)).toBeLessThan(place(duringMiddle))

  // Caught up: complete again, up to now.
  const last = Math.max(...opened)
  await eventually(
    () => readFreshness(store.db),
    ({ watermark }) => watermark !== null && watermark.getTime() > last,
  )
})

test('traffic after an outage is in store while the backlog still waits', async () => {
  await using store = await testDatabase()
  await using engine = await switchedEngine(store)
  engine.state.mode = 'down'
  await using collector = await collectorUnderTest({ db: engine.db, settings: SETTINGS })
  for (let step = 0; step < WAITING; step++) await collector.post(bodyOf('during', step))
  engine.state.mode = 'slow'
  await collector.post(bodyOf('after', WAITING))
  await eventually(
    () => rowsOf(store.db, `SELECT 1 FROM calls WHERE service = 'after'`),
    (rows) => rows.length === 1,
  )
  const [during] = await rowsOf<{ n: string }>(store.db, `SELECT count() AS n FROM calls WHERE service = 'during'`)
  expect(Number(during!.n)).toBeLessThan(WAITING)
  engine.state.mode = 'up'
  await eventually(
    () => rowsOf<{ n: string }>(store.db, 'SELECT sum(calls) AS n FROM ingest_log'),
    ([row]) => Number(row!.n) === WAITING + 1,
    WITHIN_MS,
  )
})

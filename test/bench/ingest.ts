/**
 * Spans a second end to end: protobuf requests → durable → queryable, beside the rate at which the engine alone inserts the
 * same rows into the same tables and views, before and after; CPU time of the parts, memory of the collector, bytes at rest.
 * Alone the engine has all cores; end to end it shares them with the collector and with the generator of the load, so what
 * the machine spends on a span is told for each. The collector is warm, as one that runs: its first requests do not count.
 * Run: node test/bench/ingest.ts [requests] [rate, 1 = that of the engine alone] [settings of the collector as JSON]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ALLOCATOR_ENVIRONMENT } from '../../collector/allocator.ts'
import { TableRows } from '../../collector/rows/tables.ts'
import { sendRows } from '../../collector/segment/send-rows.ts'
import { createSpanRows } from '../../collector/span-rows.ts'
import { NO_RULES } from '../../integration/call-rules.ts'
import { AdmittedNames } from '../../integration/cardinality.ts'
import { compileRedaction, NO_REDACTION_RULES } from '../../integration/redaction.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { findInbox } from '../../storage/embedded/inbox.ts'
import { INGEST_COLUMNS } from '../../storage/ingest.ts'
import { prepareStore } from '../../storage/migrate.ts'
import type { Db } from '../../storage/query.ts'
import { LIFETIMES, NOW_MS } from '../collector/read-rows.ts'
import type { LoadResult } from './load-process.ts'
import { spanBodies } from './span-bodies.ts'

const SPANS_PER_REQUEST = 512
const REQUESTS = Number(process.argv[2] ?? 800)
/** Of what the engine alone inserts, how much is sent. */
const OFFERED = Number(process.argv[3] ?? 1)
const SETTINGS = process.argv[4] ?? '{}'
/** Requests whose rows the engine alone inserts, so many an insert. */
const ALONE = 400
/** Requests a collector gets before it is measured. */
const WARM_UP = 150
const PER_INSERT = 100
/** Inserts at a time. */
const IN_FLIGHT = 3

type Rows = Map<'otel_traces' | 'call_rows', Buffer[]>

const bodyOf = spanBodies(SPANS_PER_REQUEST)
const rate = (count: number, ms: number) => `${Math.round((count / ms) * 1000).toLocaleString('en')} spans/s`
const say = (what: string, ...values: string[]) => console.log(`${what.padEnd(26)}${values.join(', ')}`)
console.log(`${REQUESTS} requests of ${SPANS_PER_REQUEST} spans, ${bodyOf(0).length} bytes each`)

function transcodeAlone(): Rows {
  const rows = new TableRows()
  const keeping = { redaction: compileRedaction(NO_REDACTION_RULES), keepAttributes: 1, lifetimes: LIFETIMES }
  const writeSpanRows = createSpanRows({ rules: NO_RULES, names: new AdmittedNames() }, keeping)
  const kept: Rows = new Map([
    ['otel_traces', []],
    ['call_rows', []],
  ])
  const bodies = Array.from({ length: ALONE }, (_, i) => bodyOf(1_000_000 + i))
  const from = cpuMs()
  for (const body of bodies) {
    rows.reset()
    writeSpanRows(body, rows, NOW_MS)
    for (const [table, parts] of kept) parts.push(...rows.writers[table].take())
  }
  const count = ALONE * SPANS_PER_REQUEST
  say('decode + calls + rows', `${rate(count, cpuMs() - from)} of CPU time`)
  return kept
}

/** Spans a second into a database of its own, several inserts at a time: as fast as the engine goes. */
async function engineAlone(kept: Rows, round: string): Promise<number> {
  const alone = { ...server, database: `alone_${round}` }
  await prepareStore(alone)
  const db = connect(alone)
  const start = performance.now()
  const startCpu = engineCpuMs()
  const inserts = [...kept].flatMap(([table, parts]) => {
    const perInsert = Math.ceil((parts.length * PER_INSERT) / ALONE)
    return Array.from({ length: Math.ceil(parts.length / perInsert) }, (_, n) => async () => {
      const batch = { table, columns: INGEST_COLUMNS[table], token: `${round}/${table}/${n}` }
      await sendRows(db, { inbox, compress: false }, batch, [parts.slice(n * perInsert, (n + 1) * perInsert)])
    })
  })
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let next = inserts.shift(); next !== undefined; next = inserts.shift()) await next()
    }),
  )
  const count = ALONE * SPANS_PER_REQUEST
  const ms = performance.now() - start
  await db.command({ query: `DROP DATABASE ${alone.database} SYNC` })
  await db.close()
  const eachUs = ((engineCpuMs() - startCpu) * 1000) / count
  say(`engine alone, ${round}`, rate(count, ms), `${eachUs.toFixed(1)} µs of CPU time a span`)
  return (count / ms) * 1000
}

/** Sends so many requests from number `first` on, and waits until they are stored. */
async function load(url: string, db: Db, first: number, requests: number, offered: number) {
  const perSecond = offered / SPANS_PER_REQUEST
  const sender = fork(
    new URL('./load-process.ts', import.meta.url),
    [url, requests, SPANS_PER_REQUEST, perSecond, first].map(String),
  )
  await once(sender, 'message')
  const before = await storedIn(db)
  const startCpu = { engine: engineCpuMs(), collector: processCpuMs(collector.pid!) }
  const start = performance.now()
  sender.send('go')
  const [result] = (await once(sender, 'message')) as [LoadResult]
  const acknowledged = result.latencies.length * SPANS_PER_REQUEST
  // Not often: each question costs the engine some milliseconds.
  while ((await storedIn(db)) < before + acknowledged) await new Promise((resolve) => setTimeout(resolve, 200))
  return {
    ...result,
    acknowledged,
    ms: performance.now() - start,
    engineMs: engineCpuMs() - startCpu.engine,
    collectorMs: processCpuMs(collector.pid!) - startCpu.collector,
  }
}

/** Queryable spans a second, when `offered` spans a second are sent. */
async function endToEnd(url: string, db: Db, offered: number): Promise<number> {
  const done = await load(url, db, 0, REQUESTS, offered)
  const { answers, latencies, tookMs, acknowledged, ms, engineMs, collectorMs } = done
  say('sent at', rate(offered, 1000), `answers ${JSON.stringify(answers)}`)
  say('acknowledged', rate(acknowledged, tookMs))
  say('queryable', rate(acknowledged, ms))
  const segments = await numberOf(db, `SELECT countIf(segment != '') AS n FROM ingest_log`)
  say('segments', `${segments}, ${Math.round((await spansIn(db)) / segments)} spans each, with those to warm up`)
  const each = (cpu: number) => `${((cpu * 1000) / acknowledged).toFixed(1)} µs`
  const parts = `engine ${each(engineMs)}, collector ${each(collectorMs)}, generator ${each(done.cpuMs)}`
  say('CPU time a span', parts, `all cores had ${each(ms * availableParallelism())}`)
  say('collector', `peak ${peakMib(collector.pid!)} MiB`)
  say('answer p50, p99', `${at(latencies, 0.5)} ms`, `${at(latencies, 0.99)} ms after it was due`)
  return (acknowledged / ms) * 1000
}

/** Of segments stored as a whole: the line in `ingest_log` comes last. */
const storedIn = (db: Db) => numberOf(db, 'SELECT sum(spans) AS n FROM ingest_log')
const spansIn = (db: Db) => numberOf(db, 'SELECT count() AS n FROM otel_traces')

async function numberOf(db: Db, query: string): Promise<number> {
  const result = await db.query({ query, format: 'JSONEachRow' })
  const [row] = await result.json<{ n: string }>()
  return Number(row!.n)
}

/** All tables together, merged as far as they will be. */
async function atRest(db: Db, database: string): Promise<void> {
  const size = `SELECT sum(bytes_on_disk) AS n FROM system.parts WHERE active AND database = '${database}'`
  for (const table of ['otel_traces', 'otel_traces_trace_id_ts', 'call_rows', 'calls_1m']) {
    await db.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
    const bytes = await numberOf(db, `${size} AND table = '${table}'`)
    say(`at rest, ${table}`, `${(bytes / (await spansIn(db))).toFixed(1)} bytes a span`)
  }
  say('at rest, all tables', `${((await numberOf(db, size)) / (await spansIn(db))).toFixed(1)} bytes a span`)
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** CPU time of another process, in ms; Linux counts it in hundredths of a second. */
function processCpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
const engineCpuMs = () => processCpuMs(engine.pid()!)
const peakMib = (pid: number) =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024)

const at = (sorted: number[], share: number) => sorted[Math.floor(sorted.length * share)]!.toFixed(1)

const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-bench-'))
const engine = await startEmbedded({ dataDir, port: 0, memoryBytes: 2 * 2 ** 30 })
const server = embeddedServer(engine.url)
await prepareStore(server)
const inbox = await findInbox(dataDir, engine.url)
const db = connect(server)
const kept = transcodeAlone()
const before = await engineAlone(kept, 'before')
const program = new URL('./collector-process.ts', import.meta.url)
const collector = fork(program, [dataDir, engine.url, server.database, SETTINGS], {
  env: { ...ALLOCATOR_ENVIRONMENT, ...process.env },
})
const [{ otlpHttp }] = (await once(collector, 'message')) as [{ otlpHttp: string }]
await load(otlpHttp, db, REQUESTS, WARM_UP, OFFERED * before)
const queryable = await endToEnd(otlpHttp, db, OFFERED * before)
collector.kill('SIGTERM')
await once(collector, 'exit')
const after = await engineAlone(kept, 'after')
say('queryable / engine alone', `${((200 * queryable) / (before + after)).toFixed(0)} %`)
await atRest(db, server.database)
await db.close()
await engine.stop()
await rm(dataDir, { recursive: true, force: true })

/**
 * Spans a second end to end: protobuf requests → durable → queryable, beside the rate at which the engine alone inserts
 * the same rows, and the CPU time of decoding alone. Run: node test/bench/ingest.ts [requests] [senders]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { decodeTraces } from '../../collector/protobuf/traces.ts'
import { TableRows } from '../../collector/rows/tables.ts'
import { writeTraceRows } from '../../collector/trace-rows.ts'
import { AdmittedNames } from '../../integration/cardinality.ts'
import { compileRedaction, NO_REDACTION_RULES } from '../../integration/redaction.ts'
import { callOf } from '../../integration/span-to-call.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { INGEST_COLUMNS, insertRows } from '../../storage/ingest.ts'
import { prepareStore } from '../../storage/migrate.ts'
import type { Db } from '../../storage/query.ts'
import { spanBodies } from './span-bodies.ts'

const SPANS_PER_REQUEST = 512
const REQUESTS = Number(process.argv[2] ?? 800)
const SENDERS = Number(process.argv[3] ?? 8)

const bodyOf = spanBodies(SPANS_PER_REQUEST)
const spans = REQUESTS * SPANS_PER_REQUEST
const rate = (count: number, ms: number) => `${Math.round((count / ms) * 1000).toLocaleString('en')} spans/s`
console.log(`${REQUESTS} requests of ${SPANS_PER_REQUEST} spans, ${bodyOf(0).length} bytes each, ${SENDERS} senders`)

function transcodeAlone(): Map<'otel_traces' | 'calls', Buffer[]> {
  const rows = new TableRows()
  const calls = { callOf, names: new AdmittedNames() }
  const keeping = { redaction: compileRedaction(NO_REDACTION_RULES), keepAttributes: 1 }
  const kept = new Map<'otel_traces' | 'calls', Buffer[]>([
    ['otel_traces', []],
    ['calls', []],
  ])
  let decodeMs = 0
  const before = cpuMs()
  for (let i = 0; i < 200; i++) {
    const body = bodyOf(1_000_000 + i)
    rows.reset()
    const start = cpuMs()
    const { groups } = decodeTraces(body)
    for (const { scopes } of groups) for (const { items } of scopes) for (const _ of items);
    decodeMs += cpuMs() - start
    writeTraceRows(groups, rows, calls, keeping)
    for (const [table, parts] of kept) parts.push(Buffer.from(rows.writers[table].written()))
  }
  const count = 200 * SPANS_PER_REQUEST
  console.log(`decode alone            ${rate(count, decodeMs)} of CPU time`)
  console.log(`decode + calls + rows   ${rate(count, cpuMs() - before)} of CPU time`)
  return kept
}

async function engineAlone(db: Db, kept: ReturnType<typeof transcodeAlone>): Promise<void> {
  const start = performance.now()
  const startCpu = engineCpuMs()
  for (const [table, parts] of kept) {
    for (let from = 0; from < parts.length; from += 100) {
      const rows = Readable.from(parts.slice(from, from + 100), { objectMode: false })
      await insertRows(db, { table, columns: INGEST_COLUMNS[table], token: `alone/${table}/${from}`, rows })
    }
  }
  const count = 200 * SPANS_PER_REQUEST
  console.log(
    `engine alone            ${rate(count, performance.now() - start)}, ${rate(count, engineCpuMs() - startCpu)} of CPU time`,
  )
}

async function endToEnd(url: string, db: Db, before: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS })
  const headers = { 'content-type': 'application/x-protobuf' }
  const post = (body: Buffer) =>
    new Promise<number>((resolve, reject) => {
      const sending = request(`${url}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0))
      })
      sending.once('error', reject).end(body)
    })
  const start = performance.now()
  const startCpu = engineCpuMs()
  let next = 0
  const latencies: number[] = []
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      while (next < REQUESTS) {
        const body = bodyOf(next++)
        const sentAt = performance.now()
        const status = await post(body)
        if (status !== 200) throw new Error(`answered ${status}`)
        latencies.push(performance.now() - sentAt)
      }
    }),
  )
  const acknowledged = performance.now() - start
  for (;;) {
    const result = await db.query({ query: 'SELECT count() AS n FROM calls', format: 'JSONEachRow' })
    const [row] = await result.json<{ n: string }>()
    if (Number(row!.n) - before >= spans) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  latencies.sort((a, b) => a - b)
  console.log(`acknowledged            ${rate(spans, acknowledged)}`)
  console.log(`queryable               ${rate(spans, performance.now() - start)}`)
  console.log(`engine meanwhile        ${rate(spans, engineCpuMs() - startCpu)} of CPU time`)
  console.log(`answer p50, p99         ${at(latencies, 0.5)} ms, ${at(latencies, 0.99)} ms`)
  agent.destroy()
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

const at = (sorted: number[], share: number) => sorted[Math.floor(sorted.length * share)]!.toFixed(1)

const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-bench-'))
const engine = await startEmbedded({ dataDir, port: 0, memoryBytes: 2 * 2 ** 30 })
const server = embeddedServer(engine.url)
await prepareStore(server)
const db = connect(server)
const kept = transcodeAlone()
await engineAlone(db, kept)
const collector = fork(new URL('./collector-process.ts', import.meta.url), [dataDir, engine.url, server.database])
const [{ otlpHttp }] = (await once(collector, 'message')) as [{ otlpHttp: string }]
await endToEnd(otlpHttp, db, 200 * SPANS_PER_REQUEST)
console.log(`collector               ${rate(spans, processCpuMs(collector.pid!))} of CPU time`)
collector.kill('SIGTERM')
await once(collector, 'exit')
await db.close()
await engine.stop()
await rm(dataDir, { recursive: true, force: true })

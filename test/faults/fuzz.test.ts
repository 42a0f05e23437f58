import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Metric } from '../../collector/telemetry.ts'
import { VALID_BODIES } from '../collector/bodies.ts'
import { asBody, metricsEnvelope, metricsJson, spanJson, T0_NS, traceBody, traceJson } from '../collector/builders.ts'
import { decodeMetrics, decodeMetricsJson, decodeTraces, decodeTracesJson, recordsOf } from '../collector/decoded.ts'
import { readAnswer } from '../collector/otlp-answer.ts'
import { eventually, rowsOf } from '../collector/under-test.ts'
import { double, fixed64, len } from '../collector/wire.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { randomFrom, SEED } from '../support/random.ts'
import { type CollectorChild, collectorChild } from './collector-child.ts'
import { type Form, mutant } from './mutate.ts'
import { startNormalSender } from './normal-sender.ts'
import { duplicatesOf, rowsOnDisk, withDuplicates } from './rows-on-disk.ts'

const WARM_UP = 500
const MUTANTS = 3_000
/** Fewer: every changed time is a day of its own, and so a partition of its own. */
const STORED_MUTANTS = 250
/** Where nothing listens: ClickHouse is away. */
const NOWHERE = { url: 'http://127.0.0.1:9', database: 'plumbline' }
const SENDERS = 8
const ALLOWED = [200, 400, 413]
/** What may stay: caches of the runtime. Measured: less than before the mutants came. */
const MAY_STAY_BYTES = 16 * 2 ** 20

type Signal = 'traces' | 'metrics'
const DECODERS = {
  traces: { protobuf: decodeTraces, json: decodeTracesJson },
  metrics: { protobuf: decodeMetrics, json: decodeMetricsJson },
} as const
const TYPES: Record<Form, string> = { protobuf: 'application/x-protobuf', json: 'application/json' }
const CODINGS = {
  identity: { pack: (body: Buffer) => body, unpack: (body: Buffer) => body },
  gzip: { pack: gzipSync, unpack: gunzipSync },
  zstd: { pack: zstdCompressSync, unpack: zstdDecompressSync },
  deflate: { pack: deflateSync, unpack: inflateAny },
}
type Coding = keyof typeof CODINGS

/** RFC 1950 as HTTP means it, or the bare RFC 1951 some clients send: what the header says. */
function inflateAny(body: Buffer): Buffer {
  const hasHeader = body.length >= 2 && (body[0]! & 15) === 8 && body.readUInt16BE(0) % 31 === 0
  return hasHeader ? inflateSync(body) : inflateRawSync(body)
}

/** One rich request, and small ones of one record each, so that a change also hits the outer messages. */
const validBodies = (signal: Signal, form: Form): Buffer[] => [
  VALID_BODIES[`/v1/${signal}`][form],
  ...SMALL[signal][form],
]

const point = { timeUnixNano: String(T0_NS), asDouble: 1 }
const SMALL: Record<Signal, Record<Form, Buffer[]>> = {
  traces: { protobuf: [traceBody([{}])], json: [asBody(traceJson([spanJson()]))] },
  metrics: {
    protobuf: [metricsEnvelope([Buffer.concat([len(1, 'g'), len(5, len(1, fixed64(3, T0_NS), double(4, 1)))])])],
    json: [asBody(metricsJson([{ name: 's', sum: { aggregationTemporality: 2, dataPoints: [point, point] } }]))],
  },
}

/** Spans, or points of metrics. */
function recordsIn(signal: Signal, form: Form, body: Buffer): number {
  const { groups } = DECODERS[signal][form](body)
  const items = groups.flatMap(({ scopes }) => scopes.flatMap((scope) => scope.items as object[]))
  return signal === 'traces' ? items.length : items.reduce((sum, item) => sum + recordsOf(item as Metric), 0)
}

interface Case {
  signal: Signal
  form: Form
  coding: Coding
  how: string
  sent: Buffer
}

function caseOf(seed: number): Case {
  const random = randomFrom(seed)
  const signal = random.pick(['traces', 'metrics'] as const)
  const form = random.pick(['protobuf', 'json'] as const)
  const coding = random.pick(['identity', 'identity', 'gzip', 'zstd', 'deflate'] as const)
  const made = mutant(random.int(2 ** 32), form, validBodies(signal, form))
  const packed = CODINGS[coding].pack(made.body)
  if (coding === 'identity' || random.int(4) > 0 || packed.length === 0)
    return { signal, form, coding, how: made.how, sent: packed }
  const damaged = mutant(random.int(2 ** 32), 'protobuf', [packed])
  return { signal, form, coding, how: `${made.how}; compressed, then ${damaged.how}`, sent: damaged.body }
}

/** Sends mutants to one collector, round by round, and keeps the books. */
function fuzzing(collector: CollectorChild) {
  const statuses = new Map<number, number>()
  const problems: string[] = []
  /** Records that are stored, or were before: all in requests that were taken, less those the answer said were rejected. */
  const owed = { traces: 0, metrics: 0 }

  async function send({ signal, form, coding, sent }: Case): Promise<void> {
    const headers = { 'content-type': TYPES[form], ...(coding !== 'identity' && { 'content-encoding': coding }) }
    const request = { method: 'POST', headers, body: new Uint8Array(sent) }
    const response = await fetch(`${collector.url}/v1/${signal}`, request)
    const { status } = response
    const bytes = Buffer.from(await response.arrayBuffer())
    const { rejected } = readAnswer(form, status, response.headers.get('content-type'), bytes)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (!ALLOWED.includes(status)) throw new Error(`${status} ${bytes}`)
    if (status !== 200) return
    owed[signal] += recordsIn(signal, form, CODINGS[coding].unpack(sent)) - rejected
  }

  async function run(firstSeed: number, mutants: number): Promise<void> {
    let next = 0
    const normal = startNormalSender(collector.url)
    const senders = Array.from({ length: SENDERS }, async () => {
      while (next < mutants) {
        const seed = firstSeed + next++
        const mutant = caseOf(seed)
        await send(mutant).catch((error: Error) => {
          const { signal, form, coding, how, sent } = mutant
          const body = sent.toString('base64').slice(0, 2_000)
          problems.push(`seed ${seed}: ${signal} ${form} ${coding}, ${how}: ${error.message}; body ${body}`)
        })
      }
    })
    await Promise.all(senders)
    await normal.stop()
    problems.push(...normal.failures.map((failure) => `beside mutants a normal request got ${failure}`))
    if (normal.served() === 0) problems.push('no normal request was served')
    owed.traces += normal.served()
  }

  return { run, problems, statuses, owed }
}

async function rowsInStore(store: TestDatabase) {
  const count = async (sql: string) => Number((await rowsOf<{ n: string }>(store.db, sql))[0]!.n)
  const metrics = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'].map(
    (kind) => `SELECT 1 FROM otel_metrics_${kind}`,
  )
  return {
    traces: await count('SELECT count() AS n FROM otel_traces'),
    metrics: await count(`SELECT count() AS n FROM (${metrics.join(' UNION ALL ')})`),
  }
}

describe(`mutants of valid bodies, PROPERTY_SEED=${SEED}`, () => {
  test('each gets a valid OTLP answer, others are served, memory comes back, and what was accepted is durable', {
    timeout: 300_000,
  }, async () => {
    await using collector = await collectorChild(NOWHERE, { segmentAge: '1h' })
    // What a collector keeps once it has worked at all is no leak.
    const { run, problems, statuses, owed } = fuzzing(collector)
    await run(SEED, WARM_UP)
    const before = await collector.heldBytes()
    await run(SEED + WARM_UP, MUTANTS)
    expect(problems).toEqual([])
    expect(statuses.get(200)).toBeGreaterThan(MUTANTS / 20)
    expect(statuses.get(400)).toBeGreaterThan(MUTANTS / 20)
    expect(collector.isAlive()).toBe(true)
    expect((await collector.heldBytes()) - before).toBeLessThan(MAY_STAY_BYTES)
    expect(withDuplicates(await rowsOnDisk(collector), await duplicatesOf(collector))).toEqual(owed)
  })

  test('as many records reach ClickHouse as were accepted', { timeout: 300_000 }, async () => {
    await using store = await testDatabase()
    await using collector = await collectorChild(store, { segmentAge: '1s' })
    const { run, problems, owed } = fuzzing(collector)
    await run(SEED, STORED_MUTANTS)
    expect(problems).toEqual([])
    const stored = async () => withDuplicates(await rowsInStore(store), await duplicatesOf(collector))
    const hasArrived = (rows: typeof owed) => rows.traces >= owed.traces && rows.metrics >= owed.metrics
    await eventually(stored, hasArrived)
    await eventually(
      async () => (await readdir(join(collector.dataDir, 'segments'))).filter((name) => name.endsWith('.segment')),
      (segments) => segments.length === 0,
    )
    expect(await stored()).toEqual(owed)
  })
})

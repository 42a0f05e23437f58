/**
 * Memory of a collector that is sent far more than it can take while ClickHouse is away: many senders, compressed bombs, huge
 * bodies. Then ClickHouse comes, and everything acknowledged must be in it, once. Run: npm run bench -- overload [seconds]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ALLOCATOR_ENVIRONMENT } from '../../collector/allocator.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { prepareStore } from '../../storage/migrate.ts'
import { openSender } from './sender.ts'
import { spanBodies } from './span-bodies.ts'

const SECONDS = Number(process.argv[2] ?? 8)
const MIB = 2 ** 20
/** Spans of one body that is some 28 MiB long. */
const HUGE = 60_000
const STORED_WITHIN_MS = 300_000

const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-overload-'))
const port = await freePort()
const settings = JSON.stringify({ maxDisk: '6GiB' })
const collector = fork(
  new URL('./collector-process.ts', import.meta.url),
  [dataDir, `http://127.0.0.1:${port}`, 'plumbline', settings],
  { env: { ...ALLOCATOR_ENVIRONMENT, ...process.env } },
)
const [{ otlpHttp }] = (await once(collector, 'message')) as [{ otlpHttp: string }]
const sender = openSender(otlpHttp)
let requests = 0
/** Acknowledged, and sent without an answer. */
const spans = { acknowledged: 0, unknown: 0 }
report('before')
await phase('200 senders of 242 KB bodies', 200, bodiesOf(512), 512)
const bomb = gzipSync(Buffer.alloc(64 * MIB))
await phase('30 senders of 64 MiB bombs', 30, () => bomb, 0, { 'content-encoding': 'gzip' })
const huge = bodiesOf(HUGE)
await phase('20 senders of 28 MiB bodies', 20, huge, HUGE)
await phase('10 senders of those, gzip', 10, (request) => gzipSync(huge(request), { level: 1 }), HUGE, {
  'content-encoding': 'gzip',
})
const json = Buffer.from(`{"resourceSpans":[${'{},'.repeat((8 * MIB) / 3 - 20)}{}]}`)
await phase('10 senders of 8 MiB of JSON', 10, () => json, 0, { 'content-type': 'application/json' })
sender.close()
await store()
report('after all is stored')
collector.kill('SIGTERM')
await once(collector, 'exit')
await rm(dataDir, { recursive: true, force: true })

/** Bodies that all differ, whatever phase they belong to. */
function bodiesOf(count: number): (request: number) => Buffer {
  const bodyOf = spanBodies(count)
  return (request) => bodyOf(count * 10_000 + request)
}

async function phase(
  name: string,
  senders: number,
  bodyOf: (request: number) => Buffer,
  spansEach: number,
  headers: Record<string, string> = {},
): Promise<void> {
  const answers: Record<string, number> = {}
  const end = Date.now() + SECONDS * 1000
  await Promise.all(
    Array.from({ length: senders }, async () => {
      while (Date.now() < end) {
        const status = await sender
          .post(bodyOf(requests++), headers)
          .catch((error: NodeJS.ErrnoException) => error.code!)
        answers[status] = (answers[status] ?? 0) + 1
        if (status === 200) spans.acknowledged += spansEach
        else if (typeof status === 'string') spans.unknown += spansEach
        if (status === 503) await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }),
  )
  report(name, answers)
}

function report(what: string, answers: Record<string, number> = {}): void {
  const status = readFileSync(`/proc/${collector.pid}/status`, 'utf8')
  const mib = (field: string) => Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) / 1024)
  const counts = Object.entries(answers).map(([answer, count]) => `${answer}: ${count}`)
  console.log(`${what.padEnd(30)} peak ${mib('VmHWM')} MiB, now ${mib('VmRSS')} MiB  ${counts.join(', ')}`)
}

async function store(): Promise<void> {
  const engine = await startEmbedded({ dataDir, port, memoryBytes: 2 * 2 ** 30 })
  const server = embeddedServer(engine.url)
  await prepareStore(server)
  const db = connect(server)
  const count = async () => {
    const result = await db.query({ query: 'SELECT count() AS n FROM otel_traces', format: 'JSONEachRow' })
    const [row] = await result.json<{ n: string }>()
    return Number(row!.n)
  }
  const { acknowledged, unknown } = spans
  const deadline = Date.now() + STORED_WITHIN_MS
  let stored = await count()
  let settled = 0
  while (settled < 3 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const now = await count()
    settled = now === stored && now >= acknowledged ? settled + 1 : 0
    stored = now
  }
  const kept = stored >= acknowledged && stored <= acknowledged + unknown
  console.log(`acknowledged ${acknowledged} spans, stored ${stored}, unanswered ${unknown}: ${kept ? 'kept' : 'LOST'}`)
  if (!kept) process.exitCode = 1
  await db.close()
  await engine.stop()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: free } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return free
}

/**
 * What the API takes to answer a client in another thread: many SLOs with all their minutes, 30 days of them unless said.
 * First alone, with the CPU time of API, engine and client for each request, and beside it the list when nothing that was
 * evaluated is stored; then while ticks run every five seconds in the same process, as in `plumbline start`. Lists that are
 * kept for a second are asked for more seldom than that. Last, how long `plumbline start` takes on that store.
 * Run: npm run bench -- api [slos] [days] [requests]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { Registry } from 'prom-client'
import { startApi } from '../../api/main.ts'
import { type Evaluator, tick } from '../../evaluator/tick.ts'
import { loadConfig } from '../../runtime/config.ts'
import type { CallsIndicator, Slo } from '../../slo/model.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { prepareStore } from '../../storage/migrate.ts'
import type { Db } from '../../storage/query.ts'
import { define, evaluatorOn } from '../evaluator/evaluation.ts'
import { QUIET } from '../evaluator/quiet.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { cpuSeconds, descendants } from '../support/processes.ts'

const [SLOS = 1_000, DAYS = 30, REQUESTS = 100] = process.argv.slice(2).map(Number)
const MINUTE_MS = 60_000
const TICK_MS = 5_000
const SERVICES = 20
/** Longer than an answer about SLOs is kept. */
const COLD_MS = 1_100
const ENGINE_BYTES = 2 ** 31

const nameOf = (n: number) => `slo-${n}`

/** One SLI each: calls of one service to one operation of acme-pay. */
function slosOf(count: number): Slo[] {
  return Array.from({ length: count }, (_, n) => {
    const service = `service-${n % SERVICES}`
    const slo = sloWith({ name: nameOf(n), service, generation: `g${n}` })
    const { total, numerator } = slo.indicator as CallsIndicator
    const fields = { ...total.fields, service: { in: [service] }, operation: { in: [`GET /${n}`] } }
    const selection = { ...numerator.selection, fields }
    return {
      ...slo,
      indicator: {
        ...(slo.indicator as CallsIndicator),
        name: `sli-${n}`,
        total: { ...total, fields },
        numerator: { ...numerator, selection },
      },
    }
  })
}

/** Every minute of every SLI up to now, one in twenty with failures, and a collector that reported each second. */
async function fill(db: Db, count: number, days: number): Promise<void> {
  const open = Math.floor(Date.now() / MINUTE_MS)
  const run = (query: string) => db.command({ query, clickhouse_settings: { max_execution_time: 600 } })
  for (let day = days; day > 0; day--)
    await run(`INSERT INTO indicator_minutes (indicator, generation, minute, good, total, measured_at)
      SELECT concat('sli-', toString(number % ${count})), concat('g', toString(number % ${count})),
        toDateTime((${open - day * 1440} + intDiv(number, ${count})) * 60), if(cityHash64(number) % 20 = 0, 597, 600), 600, now64(3)
      FROM numbers(${1440 * count})`)
  await run(`INSERT INTO ingest_log (collector, segment, calls, spans, points, complete_until, ingested_at)
    SELECT 'bench', toString(number), 0, 0, 0, now64(3) - toIntervalMinute(number) AS until, until FROM numbers(${days * 1440})`)
}

/** What arrives between two ticks: a call of every SLI, one in a hundred failing. */
const arrive = (db: Db, count: number, turn: number) =>
  Promise.all([
    db.command({
      query: `INSERT INTO call_rows (ts, env, service, version, direction, dependency, operation, protocol, outcome, status, weight, duration_ns, trace_id, span_id)
        SELECT now64(9), 'prod', concat('service-', toString(number % ${SERVICES})), '1.0.0', 'outbound', 'acme-pay', concat('GET /', toString(number)), 'http',
          if(cityHash64(number, ${turn}) % 100 = 0, 'timeout', 'ok'), '', 50, 50000000, leftPad(hex(cityHash64(number, ${turn})), 32, '0'), leftPad(hex(number), 16, '0')
        FROM numbers(${count})`,
    }),
    db.insert({
      table: 'ingest_log',
      format: 'JSONEachRow',
      values: [
        {
          collector: 'bench',
          segment: `live-${turn}`,
          calls: count,
          spans: 0,
          points: 0,
          complete_until: new Date().toISOString(),
        },
      ],
    }),
  ])

/** Ticks until it is stopped; tells what they took. */
function startTicks(evaluator: Evaluator, count: number): { stop(): Promise<number[]> } {
  const took: number[] = []
  let isStopped = false
  const run = async () => {
    for (let turn = 0; !isStopped; turn++) {
      await arrive(evaluator.db, count, turn)
      const startedMs = performance.now()
      await tick(evaluator, new Date())
      took.push(performance.now() - startedMs)
      await sleep(Math.max(0, TICK_MS - (performance.now() - startedMs)))
    }
  }
  const running = run()
  return {
    async stop() {
      isStopped = true
      await running
      return took
    },
  }
}

/** Of the API, which shares this process with the client, and of the engine. */
const cpuOfBoth = (): number => cpuSeconds(process.pid) + cpuSeconds(client.enginePid)

/** Asks one route again and again and reads the whole answer. */
async function ask(what: string, url: string, { times = REQUESTS, everyMs = 0, gzip = false } = {}): Promise<void> {
  const took: number[] = []
  const cpuBefore = cpuOfBoth()
  let bytes = 0
  for (let n = 0; n < times; n++) {
    const startedMs = performance.now()
    const response = await fetch(url, { headers: { 'accept-encoding': gzip ? 'gzip' : 'identity' } })
    const text = await response.text()
    took.push(performance.now() - startedMs)
    if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 300)}`)
    bytes = text.length
    await sleep(everyMs)
  }
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(times - 1, Math.floor(times * share))]!.toFixed(0).padStart(5)
  const cpu = (((cpuOfBoth() - cpuBefore) / times) * 1_000).toFixed(0).padStart(5)
  const perRequest = client.isAlone ? `  CPU ${cpu} ms` : ''
  console.log(
    `  ${what.padEnd(36)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms${perRequest}  ${Math.round(bytes / 1_000)} kB`,
  )
}

async function askAll(): Promise<void> {
  const v1 = `${client.api}/api/v1`
  const slo = `${v1}/slos/${nameOf(0)}`
  const cold = { everyMs: COLD_MS }
  await ask('list of SLOs, cold', `${v1}/slos?limit=1000`, cold)
  if (client.only === 'list') return
  await ask('list of SLOs, cold and compressed', `${v1}/slos?limit=1000`, { ...cold, gzip: true })
  await ask('list of SLOs, warm', `${v1}/slos?limit=1000`)
  await ask('one SLO, cold', slo, cold)
  await ask('one SLO, warm', slo)
  await ask('its history of 30 days', `${slo}/history?from=now-30d`)
  await ask('its history of 6 hours by minute', `${slo}/history?from=now-6h&step=1m`)
  await ask('its methods', `${slo}/methods`)
  await ask('incidents', `${v1}/incidents?state=open`)
  await ask('dependencies, cold', `${v1}/dependencies?limit=1000`, cold)
  await ask('metrics, cold', `${client.api}/metrics`, cold)
}

/** What the thread that asks is told. */
interface Client {
  api: string
  enginePid: number
  isAlone: boolean
  only?: 'list'
}
const client = workerData as Client

async function askIn(data: Client): Promise<void> {
  const worker = new Worker(import.meta.filename, { workerData: data, argv: process.argv.slice(2) })
  await new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve))
}

/** From the command to its word that it is ready: time on the clock and CPU time, in seconds. */
async function startAgain(dataDir: string): Promise<{ seconds: number; cpu: number }> {
  const ports = Object.fromEntries(
    ['OTLP_HTTP', 'OTLP_GRPC', 'API', 'CLICKHOUSE'].map((port) => [`PLUMBLINE_PORTS_${port}`, '0']),
  )
  await mkdir(join(dataDir, 'slos'), { recursive: true })
  const startedMs = performance.now()
  const plumbline = spawn(process.execPath, [join(import.meta.dirname, '../../cli/plumbline.js'), 'start', '--json'], {
    cwd: dataDir,
    env: { ...process.env, ...ports, PLUMBLINE_DATA_DIR: dataDir, PLUMBLINE_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(plumbline.stdout)) if (line.includes('"ready"')) break
  const took = {
    seconds: (performance.now() - startedMs) / 1_000,
    cpu: [plumbline.pid!, ...descendants(plumbline.pid!).map(({ pid }) => pid)].reduce(
      (sum, pid) => sum + cpuSeconds(pid),
      0,
    ),
  }
  plumbline.kill('SIGTERM')
  await once(plumbline, 'exit')
  return took
}

async function serve(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'plumbline-bench-api-'))
  const engine = await startEmbedded({ dataDir: dir, port: 0, memoryBytes: ENGINE_BYTES })
  const server = embeddedServer(engine.url)
  await prepareStore(server)
  const db = connect(server)
  const config = loadConfig({ path: undefined, env: { PLUMBLINE_PORTS_API: '0' }, overrides: {} })
  const { api, stop } = await startApi({ config, db, log: QUIET, metrics: new Registry(), clickhouseUrl: engine.url })
  try {
    await define(db, slosOf(SLOS), Date.now())
    await fill(db, SLOS, DAYS)
    const evaluator = evaluatorOn(db, {})
    const startedMs = performance.now()
    await tick(evaluator, new Date())
    console.log(
      `${SLOS} SLOs, ${DAYS} days; the first tick, which sums their hours: ${Math.round(performance.now() - startedMs)} ms`,
    )
    const asked = { api, enginePid: engine.pid()! }
    console.log('  alone')
    await askIn({ ...asked, isAlone: true })
    console.log('  alone, with nothing stored')
    await db.command({ query: 'TRUNCATE TABLE slo_readings' })
    await askIn({ ...asked, isAlone: true, only: 'list' })
    console.log('  while ticks run')
    const ticks = startTicks(evaluator, SLOS)
    await sleep(2 * TICK_MS)
    await askIn({ ...asked, isAlone: false })
    const took = (await ticks.stop()).sort((a, b) => a - b)
    console.log(`  ticks meanwhile: median ${Math.round(took[took.length >> 1]!)} ms of ${took.length}`)
    await stop()
    await engine.stop()
    const { seconds, cpu } = await startAgain(dir)
    console.log(`  start to ready on this store: ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU`)
  } finally {
    await stop()
    await db.close()
    await engine.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

await (isMainThread ? serve() : askAll())

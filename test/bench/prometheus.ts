/**
 * CPU seconds of one evaluation of the same SLOs, 30 days of minutes each: Plumbline as it runs, with everything a tick
 * does, beside Prometheus (Debian's package) with all rules that Sloth generates for them. Both have one value a minute.
 *
 * Plumbline: evaluator, API and engine together, once all history is measured and the engine has merged what that wrote;
 * first while nothing arrives, then while calls of every SLO arrive every few seconds, which includes the engine's part of
 * storing them. Prometheus: evaluation alone, it scrapes nothing. Rules do not depend on each other, so it gets at most
 * 50 SLOs and its figure is multiplied. A tick is every 5 s; a group of rules is evaluated once a minute unless told otherwise.
 * Takes minutes. Run: npm run bench -- prometheus [slos]
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { connect, embeddedServer } from '../../storage/client.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { prepareStore } from '../../storage/migrate.ts'
import { eventually, type Running, start, workplace } from '../e2e/plumbline.ts'
import { cpuSeconds, descendants } from '../support/processes.ts'
import { groupsOf, writePast } from './sloth-rules.ts'

const COUNT = Number(process.argv[2] ?? 1_000)
const FEWER = Math.min(COUNT, 50)
const MINUTES = 30 * 1440
const CALLS_A_MINUTE = 600
const BAD_A_MINUTE = 3
const SEND_EVERY_MS = 4_000
const WATCH_MS = 120_000
const MINUTE_MS = 60_000

/** One minute in twenty has failures, the same ones on both sides. */
const badIn = (slo: number, minute: number) => ((minute * 7 + slo) % 20 === 0 ? BAD_A_MINUTE : 0)

const metric = (text: string, name: string): number =>
  text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function untilOk(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (
      await fetch(url)
        .then(({ ok }) => ok)
        .catch(() => false)
    )
      return
    await sleep(200)
  }
  throw new Error(`${url} does not answer`)
}

/** CPU seconds of Prometheus for one evaluation of all rules. */
async function prometheus(dir: string): Promise<number> {
  const history = join(dir, 'history.txt')
  const data = join(dir, 'tsdb')
  const end = Math.floor(Date.now() / MINUTE_MS)
  await writePast(history, { slos: FEWER, minutes: MINUTES, end, callsAMinute: CALLS_A_MINUTE, badIn })
  const load = ['tsdb', 'create-blocks-from', '--max-block-duration=744h', 'openmetrics', history, data]
  const loaded = spawnSync('promtool', load, { encoding: 'utf8' })
  if (loaded.status !== 0) throw new Error(`promtool does not load the history: ${loaded.error ?? loaded.stderr}`)
  await rm(history)
  const groups = Array.from({ length: FEWER }, (_, slo) => groupsOf(slo)).flat()
  await writeFile(join(dir, 'rules.yaml'), stringify({ groups }))
  const global = { evaluation_interval: '15s', scrape_interval: '1h' }
  await writeFile(join(dir, 'prometheus.yaml'), stringify({ global, rule_files: ['rules.yaml'] }))
  const port = await freePort()
  const args = ['--config.file', join(dir, 'prometheus.yaml'), '--storage.tsdb.path', data]
  const options = [`--web.listen-address=127.0.0.1:${port}`, '--storage.tsdb.retention.time=90d']
  const child: ChildProcess = spawn('prometheus', [...args, ...options], { stdio: 'ignore' })
  try {
    const url = `http://127.0.0.1:${port}`
    await untilOk(`${url}/-/ready`)
    const evaluations = async () =>
      metric(await (await fetch(`${url}/metrics`)).text(), 'prometheus_rule_evaluations_total')
    await sleep(30_000)
    const before = { cpu: cpuSeconds(child.pid!), rules: await evaluations() }
    await sleep(WATCH_MS)
    const rules = (await evaluations()) - before.rules
    const all = groups.reduce((sum, group) => sum + group.rules.length, 0)
    return ((cpuSeconds(child.pid!) - before.cpu) * all) / rules
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

const ask = async ({ clickhouse }: Running, query: string): Promise<string> => {
  const answer = await fetch(clickhouse, { method: 'POST', body: query })
  if (!answer.ok) throw new Error(`${query}: ${await answer.text()}`)
  return (await answer.text()).trim()
}

/** Whether the evaluator says of every SLO that its history is complete. */
const isMeasured = async (running: Running): Promise<boolean> =>
  (await ask(running, 'SELECT countIf(history_to = 0) FROM plumbline.indicator_progress FINAL')) === String(COUNT)

const sloText = (slo: number) => {
  const spec = { source: 'calls', service: `service-${slo}`, dependency: 'acme-pay' }
  const metricSource = (more: object) => ({ metricSource: { type: 'plumbline', spec: { ...spec, ...more } } })
  return stringify({
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name: `slo-${slo}` },
    spec: {
      service: 'checkout',
      indicator: {
        metadata: { name: `slo-${slo}` },
        spec: { ratioMetric: { bad: metricSource({ outcome: 'timeout' }), total: metricSource({}) } },
      },
      timeWindow: [{ duration: '30d', isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ displayName: 'answered', target: 0.99 }],
    },
  })
}

/** Two calls of every service, just now, one after another batch of services. */
async function sendCalls({ otlpHttp }: Running): Promise<void> {
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const ended = BigInt(Date.now()) * 1_000_000n
  const span = () => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: 'POST /charge',
    kind: 3,
    startTimeUnixNano: String(ended - 40_000_000n),
    endTimeUnixNano: String(ended),
    attributes: [attribute('http.request.method', 'POST'), attribute('server.address', 'acme-pay')],
  })
  for (let first = 0; first < COUNT; first += 250) {
    const resourceSpans = Array.from({ length: Math.min(250, COUNT - first) }, (_, n) => ({
      resource: {
        attributes: [
          attribute('service.name', `service-${first + n}`),
          attribute('deployment.environment.name', 'prod'),
        ],
      },
      scopeSpans: [{ spans: [span(), span()] }],
    }))
    const sent = await fetch(`${otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans }),
    })
    if (!sent.ok) throw new Error(`spans are refused: ${sent.status} ${await sent.text()}`)
  }
}

/** Sends until it is stopped; `stop` rejects when a batch was refused. */
function sending(running: Running) {
  const stopped = new AbortController()
  const sent = (async () => {
    while (!stopped.signal.aborted) {
      await sendCalls(running)
      await sleep(SEND_EVERY_MS, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  })()
  return {
    stop: async () => {
      stopped.abort()
      await sent
    },
  }
}

const CALM_POLLS = 15

/** Resolves when no large merge ran for half a minute: the history that was just measured is written for good. */
async function merged(running: Running): Promise<void> {
  const query = 'SELECT count() FROM system.merges WHERE total_size_bytes_compressed > 10000000'
  for (let calm = 0, polls = 0; calm < CALM_POLLS; polls++) {
    if (polls > 450) throw new Error('the engine goes on merging')
    await sleep(2_000)
    calm = (await ask(running, query)) === '0' ? calm + 1 : 0
  }
}

/** CPU seconds of Plumbline, engine included, for one tick: while nothing arrives, and while calls do. */
async function plumbline(): Promise<{ quiet: number; busy: number }> {
  const slos = Object.fromEntries(Array.from({ length: COUNT }, (_, slo) => [`slo-${slo}.yaml`, sloText(slo)]))
  using place = workplace({}, slos)
  await fillStore(join(place.dir, 'data'))
  const running = await start(place.configPath)
  try {
    const startedMs = performance.now()
    await eventually('all history is measured', () => isMeasured(running), 900_000)
    console.log(`  all history is measured after ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`)
    await merged(running)
    const processes = [{ pid: running.pid, command: 'plumbline' }, ...descendants(running.pid)]
    const working = processes.filter(({ command }) => !command.includes('--role collector'))
    const cpu = () => working.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
    const ticks = async () => metric(await (await fetch(`${running.api}/metrics`)).text(), 'plumbline_ticks_total')
    const watch = async () => {
      const before = { cpu: cpu(), ticks: await ticks() }
      await sleep(WATCH_MS)
      return (cpu() - before.cpu) / ((await ticks()) - before.ticks)
    }
    const quiet = await watch()
    const sender = sending(running)
    await sleep(MINUTE_MS / 2)
    const busy = await watch()
    await sender.stop()
    return { quiet, busy }
  } finally {
    await running.stop()
  }
}

async function fillStore(dataDir: string): Promise<void> {
  const engine = await startEmbedded({ dataDir, port: 0 })
  const server = embeddedServer(engine.url)
  await prepareStore(server)
  const db = connect(server)
  const end = Math.floor(Date.now() / MINUTE_MS)
  const minute = `(${end - MINUTES} + intDiv(number, ${COUNT}))`
  const slo = `(number % ${COUNT})`
  const insert = (outcome: string, calls: string, where: string) =>
    db.command({
      query: `INSERT INTO calls_1m (minute, env, service, dependency, direction, operation, protocol, outcome, status, version, calls, samples)
        SELECT toDateTime(${minute} * 60), 'prod', concat('service-', toString(${slo})), 'acme-pay', 'outbound', 'POST /charge', 'http', '${outcome}', '', '', ${calls}, 1
        FROM numbers(${MINUTES * COUNT}) WHERE ${where}`,
      clickhouse_settings: { max_execution_time: 300 },
    })
  const isBad = `(${minute} * 7 + ${slo}) % 20 = 0`
  await insert('ok', `${CALLS_A_MINUTE} - if(${isBad}, ${BAD_A_MINUTE}, 0)`, '1')
  await insert('timeout', `${BAD_A_MINUTE}`, isBad)
  await db.close()
  await engine.stop()
}

/** Evaluations a minute, and what they cost a minute. */
function tell(what: string, cpu: number, perMinute: number, theirs?: number): void {
  const each = `${cpu.toFixed(3)} CPU s each, ${(cpu * perMinute).toFixed(2)} a minute`
  const ratio = theirs === undefined ? '' : `; Prometheus takes ${(theirs / cpu).toFixed(1)} times as much for one`
  console.log(`  ${what.padEnd(52)}${each}${ratio}`)
}

const dir = await mkdtemp(join(tmpdir(), 'plumbline-bench-'))
try {
  console.log(`${COUNT} SLOs, 30 days of minutes`)
  const { quiet, busy } = await plumbline()
  const theirs = ((await prometheus(dir)) * COUNT) / FEWER
  tell('Prometheus with the rules of Sloth, every minute', theirs, 1)
  tell('Plumbline while nothing arrives, every 5 s', quiet, 12, theirs)
  tell('Plumbline while calls arrive and are stored, every 5 s', busy, 12, theirs)
} finally {
  await rm(dir, { recursive: true, force: true })
}

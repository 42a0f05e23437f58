/**
 * CPU seconds of one evaluation of the same SLOs, 30 days of minutes each: Plumbline as it runs, with everything a tick
 * does, beside Prometheus (Debian's package) with recording and alert rules in the style of Sloth. Rules do not depend on
 * each other, so Prometheus gets at most 50 SLOs and its figure is multiplied. Takes minutes.
 * Run: npm run bench -- prometheus [slos]
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
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
import { descendants } from '../support/processes.ts'
import { cpuSeconds } from './cpu-seconds.ts'

const COUNT = Number(process.argv[2] ?? 1_000)
const FEWER = Math.min(COUNT, 50)
const MINUTES = 30 * 1440
const CALLS_A_MINUTE = 600
const BAD_A_MINUTE = 3
const WATCH_MS = 60_000

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

const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const

/** One rule for each window, one for the period from the recorded five-minute ratios, and two alerts of two tiers each. */
function rulesOf(slo: number) {
  const name = `slo-${slo}`
  const ratio = (window: string) => `slo:sli_error:ratio_rate${window}{slo="${name}"}`
  const over = (window: string, factor: number) => `(${ratio(window)} > (${factor} * 0.01))`
  const record = WINDOWS.map((window) => ({
    record: `slo:sli_error:ratio_rate${window}`,
    labels: { slo: name },
    expr: `sum(rate(calls_failed_total{slo="${name}"}[${window}])) / sum(rate(calls_total{slo="${name}"}[${window}]))`,
  }))
  const period = {
    record: 'slo:sli_error:ratio_rate30d',
    labels: { slo: name },
    expr: `sum_over_time(${ratio('5m')}[30d]) / count_over_time(${ratio('5m')}[30d])`,
  }
  const alert = (severity: string, [a, b, x]: [string, string, number], [c, d, y]: [string, string, number]) => ({
    alert: `SLO-${severity}`,
    labels: { slo: name, severity },
    expr: `(${over(a, x)} and ${over(b, x)}) or (${over(c, y)} and ${over(d, y)})`,
  })
  return {
    name,
    rules: [
      ...record,
      period,
      alert('page', ['5m', '1h', 14.4], ['30m', '6h', 6]),
      alert('ticket', ['2h', '1d', 3], ['6h', '3d', 1]),
    ],
  }
}

/** Two counters a minute for each SLO, and the five-minute ratio that its rule would have recorded. */
async function writeHistory(file: string, endMinute: number): Promise<void> {
  const out = createWriteStream(file)
  const put = async (text: string) => {
    if (!out.write(text)) await once(out, 'drain')
  }
  const first = endMinute - MINUTES
  const family = async (name: string, type: string, valueIn: (slo: number) => (minute: number) => number | string) => {
    await put(`# TYPE ${name} ${type}\n`)
    const series = type === 'counter' ? `${name}_total` : name
    for (let slo = 0; slo < FEWER; slo++) {
      const value = valueIn(slo)
      let lines = ''
      for (let minute = first; minute < endMinute; minute++) {
        lines += `${series}{slo="slo-${slo}"} ${value(minute)} ${minute * 60}\n`
      }
      await put(lines)
    }
  }
  await family('calls', 'counter', () => (minute) => (minute - first + 1) * CALLS_A_MINUTE)
  await family('calls_failed', 'counter', (slo) => {
    let failed = 0
    return (minute) => (failed += badIn(slo, minute))
  })
  await family('slo:sli_error:ratio_rate5m', 'gauge', (slo) => (minute) => {
    let bad = 0
    for (let back = 0; back < 5; back++) bad += badIn(slo, minute - back)
    return bad / (5 * CALLS_A_MINUTE)
  })
  await put('# EOF\n')
  out.end()
  await once(out, 'finish')
}

/** CPU seconds of Prometheus for one evaluation of all rules. */
async function prometheus(dir: string): Promise<number> {
  const history = join(dir, 'history.txt')
  const data = join(dir, 'tsdb')
  await writeHistory(history, Math.floor(Date.now() / 60_000))
  const loaded = spawnSync(
    'promtool',
    ['tsdb', 'create-blocks-from', '--max-block-duration=744h', 'openmetrics', history, data],
    {
      encoding: 'utf8',
    },
  )
  if (loaded.status !== 0) throw new Error(`promtool does not load the history: ${loaded.error ?? loaded.stderr}`)
  await rm(history)
  const groups = Array.from({ length: FEWER }, (_, slo) => rulesOf(slo))
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
    await sleep(WATCH_MS / 2)
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

/** Whether no history of any SLO is still to be measured; null says that it never was to. */
async function isMeasured(running: Running): Promise<boolean> {
  let cursor: string | null = ''
  let number = 0
  while (cursor !== null) {
    const page: { items: { measuredShare: number | null; counts: { total: number } }[]; nextCursor: string | null } =
      await running.get(`/api/v1/slos?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
    if (page.items.some(({ measuredShare, counts }) => counts.total === 0 || (measuredShare ?? 1) < 1)) return false
    number += page.items.length
    cursor = page.nextCursor
  }
  return number === COUNT
}

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

/** CPU seconds of Plumbline, engine included, for one tick. */
async function plumbline(): Promise<number> {
  const slos = Object.fromEntries(Array.from({ length: COUNT }, (_, slo) => [`slo-${slo}.yaml`, sloText(slo)]))
  using place = workplace({}, slos)
  await fillStore(join(place.dir, 'data'))
  const running = await start(place.configPath)
  try {
    const metrics = async () => (await fetch(`${running.api}/metrics`)).text()
    await eventually('all history is measured', () => isMeasured(running), 900_000)
    await sleep(10_000)
    const processes = [{ pid: running.pid, command: 'plumbline' }, ...descendants(running.pid)]
    const working = processes.filter(({ command }) => !command.includes('--role collector'))
    const cpu = () => working.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
    const ticks = async () => metric(await metrics(), 'plumbline_ticks_total')
    const before = { cpu: cpu(), ticks: await ticks() }
    await sleep(WATCH_MS)
    return (cpu() - before.cpu) / ((await ticks()) - before.ticks)
  } finally {
    await running.stop()
  }
}

async function fillStore(dataDir: string): Promise<void> {
  const engine = await startEmbedded({ dataDir, port: 0 })
  const server = embeddedServer(engine.url)
  await prepareStore(server)
  const db = connect(server)
  const end = Math.floor(Date.now() / 60_000)
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

const dir = await mkdtemp(join(tmpdir(), 'plumbline-bench-'))
try {
  const ours = await plumbline()
  console.log(`${COUNT} SLOs, 30 days of minutes`)
  console.log(`  Plumbline   ${ours.toFixed(3)} CPU seconds a tick, engine included`)
  const theirs = ((await prometheus(dir)) * COUNT) / FEWER
  console.log(`  Prometheus  ${theirs.toFixed(3)} CPU seconds an evaluation: ${(theirs / ours).toFixed(1)} times`)
} finally {
  await rm(dir, { recursive: true, force: true })
}

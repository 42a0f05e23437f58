/**
 * What looking back costs on a store that is full: a backtest of 30 days, the history of a new SLO, a suggestion. 30 days
 * of calls of 120 operations, and of a counter and a histogram from ten instances, by the minute. CPU is this process and the engine.
 * Run: node test/bench/backtest.ts [name of an SLO…]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import type { Slo } from '../../slo/model.ts'
import { planObjects } from '../../slo/openslo/plan.ts'
import { suggestSlos } from '../../slo/replay/suggested-slo.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { prepareStore } from '../../storage/migrate.ts'
import { readObservedCalls } from '../../storage/observed-calls.ts'
import { previewSlo } from '../../storage/preview.ts'
import type { Db } from '../../storage/query.ts'
import { parseSloText } from '../../storage/slo-text.ts'
import { cpuSeconds } from './cpu-seconds.ts'

const DAYS = 30
const MINUTE_MS = 60_000
const MINUTES = DAYS * 1440
const NOW = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS)
const FIRST = NOW.getTime() / MINUTE_MS - MINUTES

const SERVICES = 4
const DEPENDENCIES = 3
const OPERATIONS = 10
const SERIES = SERVICES * DEPENDENCIES * OPERATIONS
const INSTANCES = 10
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Every operation once a minute, one in two hundred calls a timeout; points of every instance once a minute. */
async function fill(db: Db): Promise<void> {
  const run = (query: string) => db.command({ query, clickhouse_settings: { max_execution_time: 600 } })
  for (let day = 0; day < DAYS; day++) {
    await run(`
      INSERT INTO call_rows (ts, env, service, version, direction, dependency, operation, protocol, outcome, status, weight, duration_ns)
      SELECT toDateTime64((${FIRST} + intDiv(number, ${SERIES})) * 60 + cityHash64(number, 2) % 60, 9), 'prod', concat('service-', toString(s % ${SERVICES})), '1.0.0',
        'outbound', concat('dependency-', toString(intDiv(s, ${SERVICES}) % ${DEPENDENCIES})), concat('GET /operation/', toString(intDiv(s, ${SERVICES * DEPENDENCIES}))),
        'http', if(cityHash64(number) % 200 = 0, 'timeout', 'ok'), '200', 1, 1000000 * (1 + cityHash64(number, 1) % 600)
      FROM (SELECT number, number % ${SERIES} AS s FROM numbers(${day * 1440 * SERIES}, ${1440 * SERIES}))`)
  }
  const point = `map('service.name', 'orders', 'service.instance.id', toString(number % ${INSTANCES})), 'orders', toDateTime64(${FIRST * 60}, 9),
      toDateTime64((${FIRST} + intDiv(number, ${INSTANCES})) * 60 + 30, 9)`
  const columns = 'ResourceAttributes, ServiceName, StartTimeUnix, TimeUnix, MetricName'
  for (const [metric, value] of [
    ['orders.sent', 'intDiv(number, 10) * 50'],
    ['orders.stored', 'intDiv(number, 10) * 50 - intDiv(number, 5000)'],
  ]) {
    await run(`INSERT INTO otel_metrics_sum (${columns}, Value, AggregationTemporality, IsMonotonic)
      SELECT ${point}, '${metric}', ${value}, 2, true FROM numbers(${MINUTES * INSTANCES})`)
  }
  await run(`INSERT INTO otel_metrics_histogram (${columns}, Count, BucketCounts, ExplicitBounds, AggregationTemporality)
    SELECT ${point}, 'http.server.request.duration', arraySum(buckets), buckets, [${BOUNDS}], 2
    FROM (SELECT number, arrayMap(k -> intDiv(number, 10) * (k + 1), range(${BOUNDS.length + 1})) AS buckets FROM numbers(${MINUTES * INSTANCES}))`)
  // As if they had arrived when they were taken, instead of all just now.
  await run('TRUNCATE TABLE point_minutes')
  for (const metric of ['orders.sent', 'orders.stored', 'http.server.request.duration']) {
    await run(
      `INSERT INTO point_minutes SELECT '${metric}', toDateTime((${FIRST} + number) * 60) AS minute, minute + 31 FROM numbers(${MINUTES})`,
    )
  }
  await run(`INSERT INTO ingest_log (collector, segment, calls, spans, points, complete_until, ingested_at)
    SELECT 'bench', toString(number), 0, 0, 0, fromUnixTimestamp64Milli(toInt64(${NOW.getTime()} - number * 10000)) AS until, until FROM numbers(${MINUTES * 6})`)
}

const calls = (rest: string) =>
  `{ metricSource: { type: plumbline, spec: { source: calls, service: service-0, ${rest} } } }`
const points = (rest: string) => `{ metricSource: { type: plumbline, spec: { source: metric, ${rest} } } }`
const ratio = (good: string, total: string, counts = 'good') =>
  `{ metadata: { name: sli }, spec: { ratioMetric: { ${counts}: ${good}, total: ${total} } } }`
const bad = 'outcome: [timeout, server_error, connection]'

const SLIS: Record<string, { says: string; indicator: string; objective?: string; method?: string }> = {
  availability: {
    says: 'outcomes of one dependency',
    indicator: ratio(calls(`dependency: dependency-0, ${bad}`), calls('dependency: dependency-0'), 'bad'),
  },
  service: {
    says: 'outcomes of all dependencies',
    indicator: ratio(calls(`direction: outbound, ${bad}`), calls('direction: outbound'), 'bad'),
  },
  latency: {
    says: 'durations of one dependency',
    indicator: ratio(calls('dependency: dependency-0, latency: { lte: 300ms }'), calls('dependency: dependency-0')),
  },
  slices: {
    says: 'outcomes by slices of a minute',
    indicator: ratio(calls(`dependency: dependency-0, ${bad}`), calls('dependency: dependency-0'), 'bad'),
    objective: ', timeSliceTarget: 0.95, timeSliceWindow: 1m',
    method: 'Timeslices',
  },
  counter: {
    says: 'two cumulative counters',
    indicator: ratio(points('name: orders.stored, kind: sum'), points('name: orders.sent, kind: sum')),
  },
  histogram: {
    says: 'a cumulative histogram',
    indicator: ratio(
      points('name: http.server.request.duration, kind: histogram, le: 0.5'),
      points('name: http.server.request.duration, kind: histogram'),
    ),
  },
}

function slosOf(names: readonly string[]): Slo[] {
  const text = names.map((name) => {
    const { indicator, objective = '', method = 'Occurrences' } = SLIS[name]!
    return `apiVersion: openslo/v1
kind: SLO
metadata: { name: ${name} }
spec:
  service: shop
  indicator: ${indicator}
  timeWindow: [{ duration: ${DAYS}d, isRolling: true }]
  budgetingMethod: ${method}
  objectives: [{ target: 0.99${objective} }]`
  })
  return planObjects(parseSloText(text.join('\n---\n'), 'bench').objects).slos.map(({ slo, problems }) => {
    if (slo === null) throw new Error(JSON.stringify(problems))
    return slo
  })
}

async function tell(what: string, task: () => Promise<string>): Promise<void> {
  const cpu = () => cpuSeconds(process.pid) + cpuSeconds(engine.pid()!)
  const [cpuFrom, from] = [cpu(), performance.now()]
  const found = await task()
  const seconds = (performance.now() - from) / 1000
  console.log(
    `  ${what.padEnd(38)}${seconds.toFixed(2).padStart(7)} s${(cpu() - cpuFrom).toFixed(2).padStart(8)} s of CPU  ${found}`,
  )
}

const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-bench-'))
const engine = await startEmbedded({ dataDir, port: 0, memoryBytes: 2 ** 30 })
const server = embeddedServer(engine.url)
await prepareStore(server)
const db = connect(server)
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SLIS)
try {
  await tell(`stored: ${SERIES} operations, ${DAYS} days`, async () => {
    await fill(db)
    return ''
  })
  for (const slo of slosOf(names)) {
    console.log(`${slo.name}: ${SLIS[slo.name]!.says}`)
    await tell(`backtest of ${DAYS} days`, async () => {
      const { counts, alerts } = await previewSlo(db, slo, { days: DAYS, now: NOW, stepMinutes: 1440 })
      return `${counts.total - counts.good} bad of ${counts.total}, ${alerts.length} alerts`
    })
    await tell('history of a new SLO', async () => {
      await createMeasurer(db, pino({ level: 'silent' }), Number.POSITIVE_INFINITY).measure([slo], NOW)
      return ''
    })
  }
  console.log('suggest')
  await tell('28 days', async () => {
    const range = { from: new Date(NOW.getTime() - 28 * 1440 * MINUTE_MS), to: NOW }
    return `${suggestSlos(await readObservedCalls(db, range)).length} SLOs`
  })
} finally {
  await db.close()
  await engine.stop()
  await rm(dataDir, { recursive: true, force: true })
}

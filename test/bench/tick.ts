/**
 * What many SLOs cost: backfill, the steady tick and its parts, on a store with 30 days of minutes. Beside each part
 * stands what one select an indicator, or summing every minute, takes on the same store.
 * Run: node test/bench/tick.ts [slos…]
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { Registry } from 'prom-client'
import { readBoard } from '../../api/slo-board.ts'
import { createExplainer } from '../../evaluator/decide/explain.ts'
import { createSignals } from '../../evaluator/decide/signals.ts'
import { traitsOf } from '../../evaluator/deliver/notifications-for.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import { createEvaluatorMetrics } from '../../evaluator/evaluator-metrics.ts'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import { type Evaluator, tick } from '../../evaluator/tick.ts'
import type { Outcome } from '../../integration/outcome.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { ALERT_NAMES } from '../../slo/alert/incident.ts'
import type { CallSelection, CallsIndicator, Slo } from '../../slo/model.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { decisionsReader } from '../../storage/decisions.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { measureMinutes } from '../../storage/indicator-minutes.ts'
import { compileIndicator } from '../../storage/indicator-sql.ts'
import { readingsRecorder } from '../../storage/latest-readings.ts'
import { prepareStore } from '../../storage/migrate.ts'
import { clickhouseOutbox } from '../../storage/notifications.ts'
import type { Db } from '../../storage/query.ts'
import { createReader, readReadings } from '../../storage/readings.ts'
import { readDefinitions, recordDefinitions } from '../../storage/slo-definitions.ts'
import { cpuSeconds } from '../support/processes.ts'

const COUNTS = process.argv.slice(2).map(Number)
const MINUTE_MS = 60_000
const DAYS = 30
const MINUTES = DAYS * 1440
const RECENT_MINUTES = 120
const ENGINE_BYTES = 2 ** 30
const ROUNDS = 5
const LOG = pino({ level: 'silent' })

const SERVICES = 4
const DEPENDENCIES = 3
const OPERATIONS = 10
const SERIES = SERVICES * DEPENDENCIES * OPERATIONS

/** The watermark of the store: half a minute after this hour's twentieth minute began. */
const NOW = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 40 * MINUTE_MS + 30_000)
const OPEN = Math.floor(NOW.getTime() / MINUTE_MS)

const OF_SERIES = `
  concat('service-', toString(s % ${SERVICES})) AS service,
  concat('dependency-', toString(intDiv(s, ${SERVICES}) % ${DEPENDENCIES})) AS dependency,
  concat('GET /operation/', toString(intDiv(s, ${SERVICES * DEPENDENCIES}))) AS operation`

/** 30 days of every series by minute, one in twenty minutes with failures; single calls for the youngest two hours. */
async function fill(db: Db): Promise<void> {
  const run = (query: string) => db.command({ query, clickhouse_settings: { max_execution_time: 300 } })
  await run(`
    INSERT INTO calls_1m (minute, env, service, dependency, direction, operation, protocol, outcome, status, version, calls, samples)
    SELECT toDateTime((${OPEN - MINUTES} + intDiv(number, ${SERIES * 2})) * 60) AS minute, 'prod', service, dependency, 'outbound', operation, 'http',
      if(number % 2 = 0, 'ok', 'timeout'), if(number % 2 = 0, '200', ''), '1.0.0', if(number % 2 = 0, 600, 3), 600
    FROM (SELECT number, intDiv(number, 2) % ${SERIES} AS s, ${OF_SERIES} FROM numbers(${(MINUTES - RECENT_MINUTES) * SERIES * 2}))
    WHERE number % 2 = 0 OR cityHash64(number) % 20 = 0`)
  await run(`
    INSERT INTO call_rows (ts, env, service, version, direction, dependency, operation, protocol, outcome, status, weight, duration_ns)
    SELECT toDateTime64(${(OPEN - RECENT_MINUTES) * 60} + intDiv(number, ${SERIES}) * 6, 9), 'prod', service, '1.0.0', 'outbound', dependency, operation,
      'http', if(cityHash64(number) % 200 = 0, 'timeout', 'ok'), '200', 60, 1000000 * (1 + cityHash64(number, 1) % 600)
    FROM (SELECT number, number % ${SERIES} AS s, ${OF_SERIES} FROM numbers(${(RECENT_MINUTES * 10 + 5) * SERIES}))`)
  await run(`
    INSERT INTO ingest_log (collector, segment, calls, spans, points, complete_until, ingested_at)
    SELECT 'bench', toString(number), 0, 0, 0, fromUnixTimestamp64Milli(toInt64(${NOW.getTime()} - number * 1000)) AS until, until FROM numbers(${MINUTES * 60})`)
}

/** Nine by outcome, one by latency: some of a whole dependency, most of one operation. */
type BenchSlo = Slo & { indicator: CallsIndicator }

function slosOf(count: number): BenchSlo[] {
  return Array.from({ length: count }, (_, n) => {
    const s = n % SERIES
    const fields = {
      service: { in: [`service-${s % SERVICES}`] },
      dependency: { in: [`dependency-${Math.floor(s / SERVICES) % DEPENDENCIES}`] },
      ...(n % 5 > 0 && { operation: { in: [`GET /operation/${Math.floor(s / (SERVICES * DEPENDENCIES))}`] } }),
    }
    const outcome: Outcome[] = n % 3 === 0 ? ['timeout'] : ['timeout', 'server_error', 'connection']
    const all: CallSelection = {
      source: 'calls',
      attributes: {},
      fields,
      direction: 'outbound',
      synthetic: false,
      outcome: { notIn: ['cancelled'] },
      latency: null,
    }
    const indicator: CallsIndicator = {
      source: 'calls',
      name: `${count}-slos-${n}`,
      numerator:
        n % 10 === 9
          ? { counts: 'good', selection: { ...all, latency: { op: 'lte', ns: 100_000_000 * (1 + (n % 4)) } } }
          : { counts: 'bad', selection: { ...all, outcome: { in: outcome } } },
      total: all,
    }
    return {
      name: indicator.name,
      displayName: '',
      description: '',
      service: fields.service.in[0]!,
      labels: {},
      owner: 'bench',
      runbook: '',
      indicator,
      generation: `${count}-${n}-1f3870be274f6c49`,
      objective: {
        targetPpm: 990_000,
        budgetPpm: 10_000,
        method: 'occurrences',
        window: { kind: 'rolling', minutes: MINUTES, duration: `${DAYS}d` },
        slice: null,
        noData: 'gap',
      },
      tiers: [
        { severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4 },
        { severity: 'page', longMinutes: 360, shortMinutes: 30, factor: 6 },
        { severity: 'ticket', longMinutes: 1440, shortMinutes: 120, factor: 3 },
        { severity: 'ticket', longMinutes: 4320, shortMinutes: 360, factor: 1 },
      ],
      guards: { minEvents: 100, minBadEvents: 5 },
      alerting: 'mwmb',
      policies: null,
      settleMinutes: 0,
    }
  })
}

/** One select for each indicator, 50 a statement, over the open minute and the one before. */
async function measureOneByOne(db: Db, slos: readonly BenchSlo[]): Promise<void> {
  for (let start = 0; start < slos.length; start += 50) {
    const params: Record<string, unknown> = { from: new Date((OPEN - 1) * MINUTE_MS), to: NOW }
    const selects = slos.slice(start, start + 50).map((slo, n) => {
      const { sql, params: own } = compileIndicator(slo.indicator as CallsIndicator, `i${n}_`)
      Object.assign(params, own)
      return `SELECT ${n}, minute, good, total FROM (${sql})`
    })
    await (await db.query({ query: selects.join(' UNION ALL '), query_params: params, format: 'JSONEachRow' })).json()
  }
}

/** Every minute of all windows, once. */
async function sumEveryMinute(db: Db, count: number): Promise<void> {
  const result = await db.query({
    query: `SELECT indicator, arrayMap(w -> 0, [1]) AS none,
        sumForEach(arrayMap(w -> if(minute >= {end:DateTime} - toIntervalMinute(w), good, 0), [5, 30, 60, 120, 360, 1440, 4320, ${MINUTES}])) AS good_in,
        sumForEach(arrayMap(w -> if(minute >= {end:DateTime} - toIntervalMinute(w), total, 0), [5, 30, 60, 120, 360, 1440, 4320, ${MINUTES}])) AS total_in
      FROM indicator_minutes FINAL WHERE startsWith(indicator, {prefix:String}) AND minute < {end:DateTime} GROUP BY indicator`,
    query_params: { end: NOW, prefix: `${count}-slos-` },
    format: 'JSONEachRow',
    clickhouse_settings: { do_not_merge_across_partitions_select_final: 1 },
  })
  await result.json()
}

const evaluatorOn = (db: Db): Evaluator => ({
  db,
  log: LOG,
  metrics: createEvaluatorMetrics(new Registry()),
  measurer: createMeasurer(db, LOG, Number.POSITIVE_INFINITY),
  decisions: decisionsReader(db),
  reader: createReader(db),
  recordReadings: readingsRecorder(db),
  outbox: new Outbox({
    store: clickhouseOutbox(db),
    log: LOG,
    send: () => Promise.reject(new Error('no alert of this store has an endpoint')),
  }),
  explainer: createExplainer(db, LOG),
  signals: createSignals(db, LOG, ALERT_POLICY, new Set(ALERT_NAMES)),
  addressees: new Map(),
  traits: traitsOf(new Map()),
  routes: [],
  policy: ALERT_POLICY,
  kinds: new Set(ALERT_NAMES),
  publicUrl: 'http://127.0.0.1',
  last: new Map(),
  memory: null,
})

/** Above so many SLOs their history is written by a statement instead of measured: what is timed is the tick. */
const MEASURED_SLOS = 1_000

/** Closed hours, and the minutes of the hours in which a window begins or that are open. */
async function fillHistory(db: Db, slos: readonly Slo[]): Promise<void> {
  const run = (query: string) => db.command({ query, clickhouse_settings: { max_execution_time: 300 } })
  const count = slos.length
  const of = `concat('${count}-slos-', toString(number % ${count})), concat('${count}-', toString(number % ${count}), '-1f3870be274f6c49')`
  const hour = Math.floor(OPEN / 60)
  for (let first = 0; first < DAYS * 24; first += 12)
    await run(`INSERT INTO indicator_hours (indicator, generation, hour, good, total, last_event, invalid_minute, complete, filled, slices_filled, slices_lost, slices_imperfect)
      SELECT ${of}, toDateTime(${(hour - DAYS * 24 + first) * 3600} + intDiv(number, ${count}) * 3600) AS hour, 35991, 36000, hour + 3540, 0, true, 60, [60, 12, 6, 4, 2, 1], [0.015, 0.003, 0.0015, 0.001, 0.0005, 0.00025],
        [[(597, 600), (597, 600), (597, 600)], [(2997, 3000), (2997, 3000), (2997, 3000)], [(5997, 6000)], [(8997, 9000)], [(17991, 18000)], [(35991, 36000)]]
      FROM numbers(${12 * count})`)
  for (const ago of [0, 1, 2, 6, 24, 72, 720])
    await run(`INSERT INTO indicator_minutes (indicator, generation, minute, good, total, measured_at)
      SELECT ${of}, toDateTime((${hour - ago} * 60 + intDiv(number, ${count})) * 60), if(cityHash64(number) % 20 = 0, 597, 600), 600, fromUnixTimestamp64Milli(toInt64(${NOW.getTime()}))
      FROM numbers(${(ago === 0 ? OPEN % 60 : 60) * count})`)
}

const asSlices = (slos: readonly Slo[], minutes: number): Slo[] =>
  slos.map((slo) => ({
    ...slo,
    objective: { ...slo.objective, method: 'timeslices', slice: { minutes, targetPpm: 950_000 } },
  }))

async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await task()
  return performance.now() - start
}

async function median(task: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) times.push(await timed(task))
  return times.sort((a, b) => a - b)[ROUNDS >> 1]!
}

function tell(what: string, ms: number, beside?: { what: string; ms: number }): void {
  const ratio = beside ? `  ${beside.what} ${beside.ms.toFixed(0)} ms: ${(beside.ms / ms).toFixed(1)} times` : ''
  console.log(`  ${what.padEnd(34)}${ms.toFixed(0).padStart(8)} ms${ratio}`)
}

/** A segment with calls of every SLO in the open minute: what was measured of it is measured again. */
const arrive = (db: Db, count: number, n: number) =>
  db.command({
    query: `INSERT INTO ingest_log (collector, segment, first_ts, last_ts, calls, spans, points, complete_until, ingested_at)
      SELECT 'bench', '${count}-${n}', at, at, 1, 1, 0, at, at FROM (SELECT fromUnixTimestamp64Milli(toInt64(${NOW.getTime()})) AS at)`,
  })

const measureNew = (db: Db, slo: Slo) =>
  createMeasurer(db, LOG, Number.POSITIVE_INFINITY).measure([{ ...slo, generation: `${slo.generation}-new` }], NOW)

/** Median time of a tick, and the CPU time of engine and evaluator together, what goes on beside it included. */
async function tellTick(what: string, task: () => Promise<unknown>): Promise<void> {
  const cpu = () => cpuSeconds(engine.pid()!) + cpuSeconds(process.pid)
  const before = cpu()
  const ms = await median(task)
  const each = ((cpu() - before) / ROUNDS) * 1_000
  console.log(`  ${what.padEnd(34)}${ms.toFixed(0).padStart(8)} ms  ${each.toFixed(0)} ms of CPU`)
}

async function measureAll(db: Db, count: number): Promise<void> {
  console.log(`${count} SLOs`)
  const slos = slosOf(count)
  const changed = slos.map((slo) => ({ name: slo.name, state: 'active' as const, slo, problems: [], source: 'bench' }))
  await recordDefinitions(db, changed, new Date(NOW.getTime() - MINUTE_MS))
  const evaluator = evaluatorOn(db)
  const isMeasured = count <= MEASURED_SLOS
  if (!isMeasured) await fillHistory(db, slos)
  tell(`first tick${isMeasured ? ', with all history' : ''}`, await timed(() => tick(evaluator, NOW)))
  const open = { from: new Date((OPEN - 1) * MINUTE_MS), to: NOW }
  const measure = await median(() => measureMinutes(db, slos, open, NOW))
  tell(
    'measure two minutes',
    measure,
    isMeasured ? { what: 'one by one', ms: await timed(() => measureOneByOne(db, slos)) } : undefined,
  )
  const read = await median(() => readReadings(db, slos, NOW))
  tell(
    'read all windows',
    read,
    isMeasured ? { what: 'every minute', ms: await timed(() => sumEveryMinute(db, count)) } : undefined,
  )
  await median(() => readReadings(db, asSlices(slos, 1), NOW)).then(
    (ms) => tell('read them as one-minute slices', ms),
    (error: Error) => console.log(`  read them as one-minute slices: ${error.message}`),
  )
  if (isMeasured) tell('read them as five-minute slices', await median(() => readReadings(db, asSlices(slos, 5), NOW)))
  tell('read the definitions', await median(() => readDefinitions(db)))
  let ticks = 0
  const later = () => tick(evaluator, new Date(NOW.getTime() + ++ticks))
  await tellTick('whole tick, nothing arrived', later)
  await tellTick('whole tick, calls arrived', async () => {
    await arrive(db, count, ticks)
    await later()
  })
  await tellTick('whole tick, a minute begins', () => {
    const fresh = { ...evaluator, reader: createReader(db) }
    return tick(fresh, new Date(NOW.getTime() + ++ticks * MINUTE_MS))
  })
  if (isMeasured) tell('history of one new SLO', await timed(() => measureNew(db, slos[0]!)))
  tell('board of the API', await median(() => readBoard(db, NOW)))
  const removed = slos.map((slo) => ({
    name: slo.name,
    state: 'removed' as const,
    slo: null,
    problems: [],
    source: '',
  }))
  await recordDefinitions(db, removed, NOW)
}

const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-bench-'))
const engine = await startEmbedded({ dataDir, port: 0, memoryBytes: ENGINE_BYTES })
const server = embeddedServer(engine.url)
await prepareStore(server)
const db = connect(server)
try {
  console.log(`${SERIES} series, ${DAYS} days; stored in ${Math.round(await timed(() => fill(db)))} ms`)
  for (const count of COUNTS.length > 0 ? COUNTS : [100, 1_000, 10_000]) await measureAll(db, count)
} finally {
  await db.close()
  await engine.stop()
  await rm(dataDir, { recursive: true, force: true })
}

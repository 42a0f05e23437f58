/**
 * What telling takes: 1,000 SLOs that burn because of one dependency (one page, within how many ticks and seconds);
 * thousands of messages to a slow endpoint, and what that does to pages for another one; seconds from the first failing
 * call of a total outage to its page, on a clock of its own that ticks every five seconds.
 * Run: npm run bench -- alerts [slos] [messages] [runs]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSender } from '../../evaluator/deliver/deliver.ts'
import { notificationId } from '../../evaluator/deliver/notification-id.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import { tick } from '../../evaluator/tick.ts'
import type { Slo } from '../../slo/model.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { startEmbedded } from '../../storage/embedded/embedded.ts'
import { prepareStore } from '../../storage/migrate.ts'
import { clickhouseOutbox, type Notification } from '../../storage/notifications.ts'
import type { Db } from '../../storage/query.ts'
import { define, evaluatorOn, MINUTE_MS, tickAt } from '../evaluator/evaluation.ts'
import { notification } from '../evaluator/messages.ts'
import { QUIET } from '../evaluator/quiet.ts'
import { startReceiver } from '../evaluator/receiver.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeat } from '../storage/calls.ts'

const [SLOS = 1_000, MESSAGES = 10_000, RUNS = 30] = process.argv.slice(2).map(Number)
const ENGINE_BYTES = 2 ** 31
/** Healthy minutes before; six hours where the longer page tier must not see a young store. */
const HISTORY_MINUTES = { manySlos: 60, detection: 400 }
const SERVICES = 1_000
const TICK_MS = 5_000
/** A segment waits so long for company before it is stored. */
const INGEST_MS = 1_000
/** What the slow endpoint takes for an answer, and how many messages it gets at a time. */
const SLOW_MS = 100
const IN_FLIGHT = 8
const POLL_MS = 500
const PAGES = 30
const PAGE_EVERY_MS = 500
const START = Date.parse('2026-01-10T12:00:00Z')

const dir = await mkdtemp(join(tmpdir(), 'plumbline-bench-alerts-'))
const engine = await startEmbedded({ dataDir: dir, port: 0, memoryBytes: ENGINE_BYTES })

/** A store of its own for each part. */
async function storeOf(name: string): Promise<Db> {
  const server = { ...embeddedServer(engine.url), database: name }
  await prepareStore(server)
  return connect(server)
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
const summary = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b)
  return `median ${seconds(at(sorted, 0.5))}, p99 ${seconds(at(sorted, 0.99))} of ${sorted.length}`
}

/** SLOs of at most a hundred services, all of which call acme-pay. */
function slosOf(count: number): Slo[] {
  return Array.from({ length: count }, (_, n) => {
    const service = `service-${n % SERVICES}`
    const slo = sloWith({ name: `slo-${n}`, service, generation: `g${n}` })
    if (slo.indicator.source !== 'calls') throw new Error('an SLO over calls is meant')
    const { total, numerator } = slo.indicator
    const fields = { ...total.fields, service: { in: [service] } }
    const selection = { ...numerator.selection, fields: { ...numerator.selection.fields, service: fields.service } }
    const indicator = {
      ...slo.indicator,
      name: `sli-${n}`,
      total: { ...total, fields },
      numerator: { ...numerator, selection },
    }
    return { ...slo, indicator }
  })
}

/** Calls of `services` to acme-pay in [fromMs, toMs): `perMinute` rows each, of weight `weight`, all ending in `outcome`. */
const storeCallsOf = (
  db: Db,
  services: number,
  fromMs: number,
  toMs: number,
  perMinute: number,
  weight: number,
  outcome: string,
) =>
  db.command({
    query: `INSERT INTO call_rows (ts, env, service, version, direction, dependency, operation, protocol, outcome, status, weight, duration_ns, trace_id, span_id)
      SELECT fromUnixTimestamp64Milli(toInt64({from:Int64} + intDiv(number, {services:UInt32}) * {step:Float64})), 'prod',
        concat('service-', toString(number % {services:UInt32})), '1.0.0', 'outbound', 'acme-pay', 'POST /v1/charges', 'http', {outcome:String}, '', {weight:Float64}, 50000000,
        leftPad(hex({from:Int64} * 1000000 + number), 32, '0'), leftPad(hex({from:Int64} + number), 16, '0')
      FROM numbers({rows:UInt64})`,
    query_params: {
      from: fromMs,
      services,
      step: MINUTE_MS / perMinute,
      rows: Math.round((services * perMinute * (toMs - fromMs)) / MINUTE_MS),
      weight,
      outcome,
    },
  })

async function manySlos(): Promise<void> {
  const db = await storeOf('many_slos')
  await using receiver = await startReceiver()
  const evaluator = evaluatorOn(db, { pager: receiver.url, chat: receiver.url, desk: receiver.url })
  await define(db, slosOf(SLOS), START)
  const services = Math.min(SLOS, SERVICES)
  await storeCallsOf(db, services, START - HISTORY_MINUTES.manySlos * MINUTE_MS, START, 1, 1_000, 'ok')
  await storeHeartbeat(db, START)
  await tickAt(evaluator, START)
  await storeCallsOf(db, services, START, START + MINUTE_MS, 25, 40, 'timeout')
  await storeHeartbeat(db, START + MINUTE_MS)
  const began = performance.now()
  await tick(evaluator, new Date(START + MINUTE_MS))
  const ticked = performance.now() - began
  await evaluator.outbox.settled()
  const sent = performance.now() - began
  for (let n = 1; n <= 3; n++) await tickAt(evaluator, START + MINUTE_MS + n * TICK_MS)
  const pages = receiver.received.map(({ body }) => JSON.parse(body)).filter((body) => body.receiver === 'pager')
  const [page] = pages
  console.log(`${SLOS} SLOs burn because of one dependency:`)
  console.log(
    `  pages ${pages.length}, with ${page?.alerts.length} alerts and ${page?.truncatedAlerts} more, ${page?.groupKey}`,
  )
  console.log(
    `  tick ${seconds(ticked)}, sent after ${seconds(sent)}; three more ticks told nothing new: ${pages.length === 1}`,
  )
  await db.close()
}

async function slowEndpoint(): Promise<void> {
  const db = await storeOf('slow_endpoint')
  await using slow = await startReceiver()
  await using fast = await startReceiver()
  slow.behave((response) => void setTimeout(() => response.writeHead(200).end(), SLOW_MS))
  const arrivals = new Map<string, number>()
  fast.behave((response) => {
    arrivals.set(String(fast.received.at(-1)?.headers['webhook-id']), performance.now())
    response.writeHead(200).end()
  })
  const endpoint = (name: string, url: string) => ({ name, url, type: 'webhook' as const, secret: '' })
  const outbox = new Outbox({
    store: clickhouseOutbox(db),
    log: QUIET,
    ...createSender({
      endpoints: [endpoint('slow', slow.url), endpoint('fast', fast.url)],
      egress: { allow: ['127.0.0.0/8'], insecureHttp: true },
    }),
    clock: () => new Date(),
  })
  const poll = setInterval(() => void outbox.deliverDue(new Date()), POLL_MS)
  const page = (incident: string, name: string): Notification =>
    notification(incident, Date.now(), { endpoint: name, body: '{}', id: notificationId(incident, 1, name) })

  /** Time from queueing to arrival of pages for the fast endpoint, one a second. */
  const pagesTake = async (label: string): Promise<number[]> => {
    const took: number[] = []
    for (let n = 0; n < PAGES; n++) {
      const told = page(`inc_${label}_${n}`, 'fast')
      const queued = performance.now()
      await outbox.enqueue([told], new Date())
      void outbox.deliverDue(new Date())
      while (!arrivals.has(told.id)) await sleep(2)
      took.push((arrivals.get(told.id) ?? 0) - queued)
      await sleep(PAGE_EVERY_MS)
    }
    return took
  }
  const alone = await pagesTake('alone')
  const many = Array.from({ length: MESSAGES }, (_, n) => page(`inc_many_${n}`, 'slow'))
  await outbox.enqueue(many, new Date())
  const began = performance.now()
  void outbox.deliverDue(new Date())
  const beside = await pagesTake('beside')
  while (slow.received.length < MESSAGES) await sleep(100)
  const drained = performance.now() - began
  clearInterval(poll)
  await outbox.settled()
  console.log(`${MESSAGES} messages for an endpoint that takes ${SLOW_MS} ms for each:`)
  const ideal = (MESSAGES * SLOW_MS) / IN_FLIGHT
  console.log(`  drained in ${seconds(drained)}; eight at a time and nothing else would take ${seconds(ideal)}`)
  console.log(`  pages for another endpoint meanwhile: ${summary(beside)}; alone: ${summary(alone)}`)
  await db.close()
}
/** A total outage that begins anywhere between two ticks, 600 calls a minute, stored a second after they end. */
async function detection(): Promise<void> {
  const took: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const db = await storeOf(`detection_${run}`)
    await using receiver = await startReceiver()
    const evaluator = evaluatorOn(db, { pager: receiver.url, chat: receiver.url, desk: receiver.url })
    await define(db, slosOf(1), START)
    const outageAt = START + Math.round((run / RUNS) * MINUTE_MS)
    await storeCallsOf(db, 1, START - HISTORY_MINUTES.detection * MINUTE_MS, outageAt, 60, 10, 'ok')
    await storeHeartbeat(db, START)
    await tickAt(evaluator, START)
    for (let now = outageAt - (outageAt % TICK_MS) + TICK_MS; receiver.received.length === 0; now += TICK_MS) {
      const from = Math.max(outageAt, now - INGEST_MS - TICK_MS)
      if (now - INGEST_MS > from) await storeCallsOf(db, 1, from, now - INGEST_MS, 600, 1, 'timeout')
      await storeHeartbeat(db, now - INGEST_MS)
      await tickAt(evaluator, now)
      if (receiver.received.length > 0) took.push(now - outageAt)
      if (now > outageAt + 5 * MINUTE_MS) throw new Error('no page within five minutes')
    }
    await db.close()
  }
  console.log('a total outage at 99.9 % over 30 d, ticks of 5 s; 51.8 s are inherent:')
  console.log(`  from the first failing call to the page: ${summary(took)}`)
}

try {
  await manySlos()
  await slowEndpoint()
  await detection()
} finally {
  await engine.stop()
  await rm(dir, { recursive: true, force: true })
}

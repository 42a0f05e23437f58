import { Registry } from 'prom-client'
import { createExplainer } from '../../evaluator/decide/explain.ts'
import { createSignals } from '../../evaluator/decide/signals.ts'
import { createSender } from '../../evaluator/deliver/deliver.ts'
import { addresseesOf } from '../../evaluator/deliver/notifications-for.ts'
import { Outbox } from '../../evaluator/deliver/outbox.ts'
import { createEvaluatorMetrics } from '../../evaluator/evaluator-metrics.ts'
import { createMeasurer } from '../../evaluator/measure/measure.ts'
import { type Evaluator, tick } from '../../evaluator/tick.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { NO_TRAITS } from '../../slo/alert/alert-stream.ts'
import type { AlertName } from '../../slo/alert/incident.ts'
import type { Slo } from '../../slo/model.ts'
import { decisionsReader } from '../../storage/decisions.ts'
import { readingsRecorder } from '../../storage/latest-readings.ts'
import { clickhouseOutbox } from '../../storage/notifications.ts'
import type { Db } from '../../storage/query.ts'
import { createReader } from '../../storage/readings.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { callRow, storeCalls, storeHeartbeat } from '../storage/calls.ts'
import { QUIET } from './quiet.ts'

export { QUIET }
export const MINUTE_MS = 60_000
export const SECRET = 'whsec_cGx1bWJsaW5lLWV4YW1wbGUtc2lnbmluZy1rZXktMzI='

/** An evaluator as `main.ts` wires it, without its timers: tests say when it ticks. A new one is a restart. */
export function evaluatorOn(
  db: Db,
  endpoints: Record<string, string>,
  { metrics = new Registry(), kinds = ['SLOBurnRate'] }: { metrics?: Registry; kinds?: readonly AlertName[] } = {},
): Evaluator {
  const own = createEvaluatorMetrics(metrics)
  const configured = Object.entries(endpoints).map(([name, url]) => ({
    name,
    url,
    type: 'webhook' as const,
    secret: SECRET,
  }))
  const outbox = new Outbox({
    store: clickhouseOutbox(db),
    log: QUIET,
    random: () => 0.5,
    ...createSender({
      endpoints: configured,
      egress: { allow: ['127.0.0.0/8'], insecureHttp: true },
    }),
    onResult: own.delivered,
  })
  own.watch(outbox)
  return {
    db,
    log: QUIET,
    metrics: own,
    measurer: createMeasurer(db, QUIET, Number.POSITIVE_INFINITY),
    decisions: decisionsReader(db),
    reader: createReader(db),
    recordReadings: readingsRecorder(db),
    explainer: createExplainer(db, QUIET),
    signals: createSignals(db, QUIET, ALERT_POLICY, new Set(kinds)),
    policy: ALERT_POLICY,
    kinds: new Set(kinds),
    traits: NO_TRAITS,
    outbox,
    addressees: addresseesOf(configured),
    routes: [
      { matchers: [{ name: 'severity', op: '=', value: 'page' }], endpoints: ['pager', 'chat'], routes: [] },
      { matchers: [{ name: 'severity', op: '=', value: 'ticket' }], endpoints: ['desk', 'chat'], routes: [] },
    ],
    publicUrl: 'https://plumbline.example',
    last: new Map(),
    memory: null,
  }
}

/** One tick, and everything it sends. */
export async function tickAt(evaluator: Evaluator, ms: number): Promise<void> {
  await tick(evaluator, new Date(ms))
  await evaluator.signals.settled()
  await evaluator.outbox.settled()
}

export const define = (db: Db, slos: Slo[], ms: number) =>
  recordDefinitions(
    db,
    slos.map((slo) => ({ name: slo.name, state: 'active', slo, problems: [], source: 'api' })),
    new Date(ms),
  )

/** One minute of 1,000 calls from checkout to acme-pay, `bad` of them timing out; each row stands for many calls. */
export const storeMinute = (db: Db, startMs: number, bad: number): Promise<void> => storeMinutes(db, startMs, [bad])

/** Minutes on end as `storeMinute` stores one, in one insert. */
export async function storeMinutes(db: Db, startMs: number, bads: readonly number[]): Promise<void> {
  const rows = bads.flatMap((bad, n) => rowsOfMinute(startMs + n * MINUTE_MS, bad))
  await storeCalls(db, rows, `minute-${startMs / MINUTE_MS}`)
}

/** Guards count calls as received: so many must there be for a verdict. */
const MOST_ROWS = 100

function rowsOfMinute(startMs: number, bad: number) {
  const minute = startMs / MINUTE_MS
  const call = { service: 'checkout', dependency: 'acme-pay', env: 'prod' }
  const row = (n: number, outcome: string, weight: number) =>
    callRow({
      ...call,
      ts: startMs + n,
      outcome,
      weight,
      trace_id: (minute * 1000 + n).toString(16).padStart(32, '0'),
      span_id: (minute * 1000 + n).toString(16).padStart(16, '0'),
    })
  const rows = (first: number, outcome: string, calls: number) => {
    const length = Math.min(calls, MOST_ROWS)
    return Array.from({ length }, (_, n) => row(first + n, outcome, calls / length))
  }
  return [...rows(1, 'timeout', bad), ...rows(500, 'ok', 1000 - bad)]
}

/** A segment of calls as the collector logs it: `from` … `to` is event time. */
export async function storeSegment(db: Db, segment: string, from: number, to: number, ingestedAt: number) {
  const iso = (ms: number) => new Date(ms).toISOString()
  await db.insert({
    table: 'ingest_log',
    values: [
      {
        collector: 'test',
        segment,
        first_ts: iso(from),
        last_ts: iso(to),
        calls: 1,
        spans: 1,
        points: 0,
        complete_until: iso(ingestedAt),
        ingested_at: iso(ingestedAt),
      },
    ],
    format: 'JSONEachRow',
  })
}

/** `minutes` minutes without a failure before `untilMs`, and a collector that was alive all the while. */
export async function storeCleanPast(db: Db, untilMs: number, minutes: number): Promise<void> {
  // Two in a minute, so that an hour holds as many calls as the guards want to see.
  const rows = Array.from({ length: 2 * minutes }, (_, n) =>
    callRow({ service: 'checkout', dependency: 'acme-pay', ts: untilMs - (n + 1) * (MINUTE_MS / 2), weight: 500 }),
  )
  await storeCalls(db, rows, `past-${untilMs}`)
  await storeHeartbeat(db, untilMs)
}

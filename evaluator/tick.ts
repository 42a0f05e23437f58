import type { Log } from '../runtime/log.ts'
import type { AlertPolicy } from '../slo/alert/alert-policy.ts'
import type { EndpointTraits } from '../slo/alert/alert-stream.ts'
import type { AlertName } from '../slo/alert/incident.ts'
import { parseAlertRecord, remember } from '../slo/decide/alert-record.ts'
import { decide, judgeAlerts, lastOf } from '../slo/decide/decide.ts'
import type { Evaluation } from '../slo/decide/judge.ts'
import type { RouteNode } from '../slo/overlay/route.ts'
import type { Backfill, Reading } from '../slo/reading.ts'
import {
  type AlertEvent,
  readAlertStates,
  readOpenIncidents,
  readOwingEvents,
  recordAlertEvents,
} from '../storage/alert-events.ts'
import type { Decisions } from '../storage/decisions.ts'
import { readFreshness } from '../storage/freshness.ts'
import { readOpenBeside, recordIncidents } from '../storage/incidents.ts'
import type { RecordReadings } from '../storage/latest-readings.ts'
import type { Db } from '../storage/query.ts'
import type { Reader } from '../storage/readings.ts'
import { readDefinitions } from '../storage/slo-definitions.ts'
import { withAuthors } from './decide/authors.ts'
import { type Change, changesOf, incidentOf, incidentRecordOf, notificationsOf } from './decide/change.ts'
import type { Explainer } from './decide/explain.ts'
import type { EvaluatorMemory } from './decide/known-incident.ts'
import { endOfLeft } from './decide/left-incidents.ts'
import type { Signals } from './decide/signals.ts'
import type { Addressees } from './deliver/notifications-for.ts'
import { OUTBOX_DAYS, type Outbox } from './deliver/outbox.ts'
import type { EvaluatorMetrics } from './evaluator-metrics.ts'
import type { Measurer } from './measure/measure.ts'
import { policiesOf } from './targets.ts'

/** What lives from tick to tick. */
export interface Evaluator {
  db: Db
  log: Log
  metrics: EvaluatorMetrics
  measurer: Measurer
  decisions: (now: Date) => Promise<Decisions>
  reader: Reader
  recordReadings: RecordReadings
  explainer: Explainer
  signals: Signals
  outbox: Outbox
  /** Every endpoint of the configuration, by name. */
  addressees: Addressees
  traits: EndpointTraits
  routes: readonly RouteNode[]
  policy: AlertPolicy
  kinds: ReadonlySet<AlertName>
  publicUrl: string
  /** What was measured last of every alert that fires: see `DecideInput`. */
  last: ReadonlyMap<string, Evaluation>
  /** Null before it is read, and again after a write that may have gone either way. */
  memory: EvaluatorMemory | null
}

const DAY_MS = 86_400_000

/** Readings say themselves how far they are measured. */
const NOTHING_FROZEN: ReadonlySet<string> = new Set()

/**
 * One evaluation: measure → judge → record → deliver. Rejects when the store fails; nothing is lost then,
 * and the next tick decides the same again.
 */
export async function tick(evaluator: Evaluator, now: Date): Promise<void> {
  const { db, measurer, decisions, reader, explainer, signals, routes, policy, kinds, traits, metrics } = evaluator
  const { outbox, addressees } = evaluator
  const memory = evaluator.memory ?? (await recover(evaluator, now))
  const definitions = await readDefinitions(db)
  const slos = present(definitions.map(({ slo }) => slo))

  // First, so that whatever it says is complete is measured before it is judged, however long that takes.
  const { watermark } = await readFreshness(db)
  await measurer.measure(slos, now)
  const backfills = measurer.backfills(slos, now)
  const { resets, overlays } = await decisions(now)
  const written = measurer.written()
  const since = { watermark, written, resets, maintenance: overlays.maintenance }
  const faults = measurer.faults(slos)
  const readings = (await reader.read(slos, now, since)).map((reading) => asMeasured(reading, faults, backfills))
  const policies = policiesOf(slos, addressees)
  const context = { policy, kinds, remeasuring: NOTHING_FROZEN, routes, overlays, traits, policies }
  const input = {
    readings,
    conditions: signals.read(readings, now, written),
    memory,
    context,
    now,
    last: evaluator.last,
  }
  const judged = judgeAlerts(input)
  const rootCauses = await explainer.roots(judged, now)
  const decided = decide({ ...input, judged, rootCauses })
  const decision = { ...decided, evaluations: await withAuthors(db, decided.evaluations, now) }
  const evidence = await explainer.explain(decision.turns, now)
  metrics.decided(decision.evaluations, decision.turns)
  await record(evaluator, memory, changesOf(decision, memory.incidents, evidence, now), now)
  evaluator.last = lastOf(decision)

  void outbox.deliverDue(now)
  await evaluator.recordReadings(readings, definitions, now)
}

/**
 * The journal rows come first and carry everything that follows from them: whatever a crash or a failing store
 * leaves undone after them is derived from them again, see `recover`.
 */
async function record(evaluator: Evaluator, memory: EvaluatorMemory, change: Change, now: Date): Promise<void> {
  const { events } = change
  if (events.length === 0) return
  const { db, log, outbox, addressees, publicUrl } = evaluator
  evaluator.memory = null
  await recordAlertEvents(db, events)
  await recordIncidents(db, present(events.map(incidentOf)), now)
  await outbox.enqueue(
    events.flatMap((event) => notificationsOf(event, addressees, publicUrl)),
    now,
  )
  for (const { kind, slo, reason, incident, sequence, intents } of events) {
    const subject = kind === 'alert' ? { alert: slo } : {}
    log[incident === '' && intents.length === 0 ? 'debug' : 'info'](
      { ...subject, reason, incident, sequence, told: intents.length },
      kind === 'alert' ? 'alert changed' : 'incident changed',
    )
  }
  evaluator.memory = remember(memory, change)
}

/** Takes over what the store knows, and derives what is missing from the journal. */
async function recover(evaluator: Evaluator, now: Date): Promise<EvaluatorMemory> {
  const { db, outbox, addressees, publicUrl, log } = evaluator
  const [states, open] = await Promise.all([readAlertStates(db), readOpenIncidents(db)])
  const events = await readOwingEvents(db, new Date(now.getTime() - OUTBOX_DAYS * DAY_MS))
  const journaled = events.flatMap((event) => notificationsOf(event, addressees, publicUrl))
  const known = await outbox.load(now, journaled)
  await recordIncidents(db, present(events.map(incidentOf)), now)
  const missing = journaled.filter(({ id }) => !known.has(id))
  await outbox.enqueue(missing, now)
  await endLeftIncidents(evaluator, open, now)
  log.info(
    { alerts: states.size, incidents: open.length, notifications: missing.length },
    'alerts taken over from the store',
  )
  const memory: EvaluatorMemory = {
    alerts: new Map([...states].map(([alert, state]) => [alert, parseAlertRecord(state)])),
    incidents: new Map(present(open.map(incidentRecordOf)).map((record) => [record.group.id, record])),
  }
  evaluator.memory = memory
  return memory
}

/** An upgrade leaves nothing open in silence: see `endOfLeft`. */
async function endLeftIncidents(evaluator: Evaluator, open: readonly AlertEvent[], now: Date): Promise<void> {
  const { db, outbox, log } = evaluator
  const known = open.map(({ incident }) => incident)
  for (const left of await readOpenBeside(db, known)) {
    const { id, slo } = left.incident
    const told = outbox.streams(id).map(({ endpoint, last }) => ({ endpoint, sequence: last.sequence }))
    const { ended, notifications } = endOfLeft(left, told, evaluator, now)
    log.warn({ incident: id, slo, told: told.length }, 'incident of an earlier version ended; what fires is told anew')
    await outbox.enqueue(notifications, now)
    await recordIncidents(db, [ended], now)
  }
}

/**
 * An SLO that cannot be measured keeps the numbers it has; none of them is judged. Of one whose history is being measured,
 * windows are judged as soon as they are.
 */
function asMeasured(
  reading: Reading,
  faults: ReadonlyMap<string, string>,
  backfills: ReadonlyMap<string, Backfill>,
): Reading {
  const { generation } = reading.slo
  const fault = reading.fault ?? faults.get(generation)
  const backfill = backfills.get(generation)
  if (fault === undefined && backfill === undefined) return reading
  return { ...reading, ...(fault !== undefined && { fault }), ...(backfill && { backfill }) }
}

const present = <T>(values: readonly (T | null)[]): T[] => values.filter((value): value is T => value !== null)

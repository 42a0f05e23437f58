import type { Log } from '../runtime/log.ts'
import type { AlertPolicy } from '../slo/alert-policy.ts'
import { urgency } from '../slo/alert-verdict.ts'
import type { Slo } from '../slo/model.ts'
import type { RouteNode } from '../slo/route.ts'
import { readAlertStates, readOwingEvents, recordAlertEvents } from '../storage/alert-events.ts'
import { readEvidence } from '../storage/evidence.ts'
import { recordIncidents } from '../storage/incidents.ts'
import type { Db } from '../storage/query.ts'
import { readReadings } from '../storage/readings.ts'
import { readDefinitions } from '../storage/slo-definitions.ts'
import { type AlertRecord, parseRecord } from './alert-record.ts'
import { type Change, changeOf, incidentOf, isChange, lookBack, NO_EVIDENCE, notificationsOf } from './change.ts'
import type { EvaluatorMetrics } from './evaluator-metrics.ts'
import { type Judgement, judge } from './judge.ts'
import type { Measurer } from './measure.ts'
import type { Addressees } from './notifications-for.ts'
import { OUTBOX_DAYS, type Outbox } from './outbox.ts'

/** What lives from tick to tick. */
export interface Evaluator {
  db: Db
  log: Log
  metrics: EvaluatorMetrics
  measurer: Measurer
  outbox: Outbox
  /** Every endpoint of the configuration, by name. */
  addressees: Addressees
  routes: readonly RouteNode[]
  policy: AlertPolicy
  publicUrl: string
  /** By SLO name; null before they are read, and again after a write that may have gone either way. */
  records: Map<string, AlertRecord> | null
}

const DAY_MS = 86_400_000

/** Alerts whose cause is looked up within one tick, the most urgent first: the others are told without. */
const MAX_LOOK_UPS = 20

/**
 * One evaluation: measure → judge → record → deliver. Rejects when the store fails; nothing is lost then,
 * and the next tick decides the same again.
 */
export async function tick(evaluator: Evaluator, now: Date): Promise<void> {
  const { db, measurer, routes, policy, metrics, outbox } = evaluator
  const records = evaluator.records ?? (await recover(evaluator, now))
  const slos = (await readDefinitions(db)).map(({ slo }) => slo).filter((slo): slo is Slo => slo !== null)

  const remeasuring = await measurer.measure(slos, now)
  const readings = await readReadings(db, slos, now)
  const judgements = judge(readings, records, remeasuring, routes, policy, now)
  metrics.decided(judgements)
  const changes = await explain(evaluator, judgements.filter(isChange), now)
  await record(evaluator, records, changes, now)

  void outbox.deliverDue(now)
}

/** Adds to each change what is behind it. An explanation that cannot be had does not keep an alert back. */
async function explain({ db, log }: Evaluator, judgements: readonly Judgement[], now: Date): Promise<Change[]> {
  const urgent = judgements
    .filter((judgement) => lookBack(judgement) !== null)
    .toSorted((a, b) => urgencyOf(b) - urgencyOf(a))
    .slice(0, MAX_LOOK_UPS)
  const evidence = new Map(
    await Promise.all(
      urgent.map(async (judgement) => {
        const range = lookBack(judgement)
        const { reading } = judgement
        const found =
          range && reading
            ? await readEvidence(db, reading.slo.indicator, range).catch((error: unknown) => {
                log.error({ err: error, slo: judgement.slo }, 'cause of an alert cannot be looked up')
                return NO_EVIDENCE
              })
            : NO_EVIDENCE
        return [judgement, found] as const
      }),
    ),
  )
  return judgements.map((judgement) => changeOf(judgement, evidence.get(judgement) ?? NO_EVIDENCE, now))
}

const urgencyOf = ({ decision }: Judgement) => (decision.lead ? urgency(decision.lead) : 0)

/**
 * The journal row comes first and carries everything that follows from it: whatever a crash or a failing store
 * leaves undone after it is derived from it again, see `recover`.
 */
async function record(
  evaluator: Evaluator,
  records: Map<string, AlertRecord>,
  changes: readonly Change[],
  now: Date,
): Promise<void> {
  if (changes.length === 0) return
  const events = changes.map(({ event }) => event)
  evaluator.records = null
  await recordAlertEvents(evaluator.db, events)
  await recordIncidents(evaluator.db, present(events.map(incidentOf)), now)
  const { outbox, addressees, publicUrl } = evaluator
  await outbox.enqueue(
    events.flatMap((event) => notificationsOf(event, addressees, publicUrl)),
    now,
  )
  for (const { event, record } of changes) {
    records.set(event.slo, record)
    const { slo, reason, incident, sequence } = event
    const told = event.intents.length
    evaluator.log[incident === '' && told === 0 ? 'debug' : 'info'](
      { slo, reason, incident, sequence, told },
      'alert changed',
    )
  }
  evaluator.records = records
}

/** Takes over what the store knows, and derives what is missing from the journal. */
async function recover(evaluator: Evaluator, now: Date): Promise<Map<string, AlertRecord>> {
  const { db, outbox, addressees, publicUrl, log } = evaluator
  const states = await readAlertStates(db)
  const known = await outbox.load(now)
  const events = await readOwingEvents(db, new Date(now.getTime() - OUTBOX_DAYS * DAY_MS))
  await recordIncidents(db, present(events.map(incidentOf)), now)
  const missing = events
    .flatMap((event) => notificationsOf(event, addressees, publicUrl))
    .filter(({ id }) => !known.has(id))
  await outbox.enqueue(missing, now)
  log.info({ alerts: states.size, notifications: missing.length }, 'alerts taken over from the store')
  const records = new Map([...states].map(([slo, state]) => [slo, parseRecord(state)]))
  evaluator.records = records
  return records
}

const present = <T>(values: readonly (T | null)[]): T[] => values.filter((value): value is T => value !== null)

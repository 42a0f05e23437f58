import { z } from 'zod'
import type { Reason } from '../slo/alert-reason.ts'
import type { Intent } from '../slo/alert-stream.ts'
import { type Db, query } from './query.ts'

/** One change of one SLO's alert, with everything that follows from it. */
export interface AlertEvent {
  slo: string
  at: Date
  /** Event time the decision was made for. */
  watermark: Date
  reason: Reason
  /** '' before the first incident. */
  incident: string
  sequence: number
  /** The alert's state after this event, as JSON: deciding continues from the latest one. */
  state: string
  /** What the decision was made from and the incident as it was then, as JSON. */
  evidence: string
  intents: Intent[]
}

const intents = z.string().transform((text) => JSON.parse(text) as Intent[])

const readStates = query({
  sql: `SELECT slo, state FROM alert_events ORDER BY slo, at DESC, sequence DESC LIMIT 1 BY slo`,
  params: z.object({}),
  row: z.object({ slo: z.string(), state: z.string() }),
})

/** Events that change their incident, whether anybody is told or not. */
const CHANGING: readonly Reason[] = ['first', 'group_wait', 'escalated', 'deescalated', 'resolved']

const selectEvents = query({
  sql: `SELECT slo, at, watermark, reason, incident, sequence, state, evidence, intents FROM alert_events
    WHERE incident != '' AND ({incident:String} = '' OR incident = {incident:String})
      AND at >= {since:DateTime64(3)} AND (NOT {owing:Bool} OR intents != '[]' OR reason IN {changing:Array(String)})
    ORDER BY at, sequence`,
  params: z.object({
    incident: z.string(),
    since: z.date(),
    owing: z.boolean(),
    changing: z.array(z.string()).prefault([...CHANGING]),
  }),
  row: z.object({
    slo: z.string(),
    at: z.coerce.date(),
    watermark: z.coerce.date(),
    reason: z.string().transform((reason) => reason as Reason),
    incident: z.string(),
    sequence: z.number(),
    state: z.string(),
    evidence: z.string(),
    intents,
  }),
  settings: { date_time_output_format: 'iso' },
})

/** Latest state per SLO, as the JSON that was recorded. */
export const readAlertStates = async (db: Db): Promise<Map<string, string>> =>
  new Map((await readStates(db, {})).map(({ slo, state }) => [slo, state]))

/** Events since an instant from which incidents and notifications follow, oldest first. */
export const readOwingEvents = (db: Db, since: Date): Promise<AlertEvent[]> =>
  selectEvents(db, { incident: '', since, owing: true })

/** Everything that happened to one incident, oldest first. */
export const readJournal = (db: Db, incident: string): Promise<AlertEvent[]> =>
  selectEvents(db, { incident, since: new Date(0), owing: false })

/** Appends events, all of them or none. */
export async function recordAlertEvents(db: Db, events: readonly AlertEvent[]): Promise<void> {
  if (events.length === 0) return
  await db.insert({
    table: 'alert_events',
    format: 'JSONEachRow',
    values: events.map(({ at, watermark, intents, ...event }) => ({
      ...event,
      at: at.toISOString(),
      watermark: watermark.toISOString(),
      intents: JSON.stringify(intents),
    })),
  })
}

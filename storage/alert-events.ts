import { z } from 'zod'
import type { NotifyReason, Reason, WithheldReason } from '../slo/alert/alert-reason.ts'
import type { Intent, Withheld } from '../slo/alert/alert-stream.ts'
import type { TierVerdict } from '../slo/alert/alert-verdict.ts'
import type { Severity } from '../slo/model.ts'
import { type Db, query } from './query.ts'

/** One change of one alert, or of what follows from it for an incident. */
export interface AlertEvent {
  /** `alert`: `slo` is its id. `incident`: `slo` is the incident's id; only these owe messages. */
  kind: 'alert' | 'incident'
  slo: string
  at: Date
  /** Event time the decision was made for. */
  watermark: Date
  reason: Reason
  /** '' before the first incident. */
  incident: string
  sequence: number
  /** The state after this event, as JSON: deciding continues from the latest one; '' when the incident is over. */
  state: string
  /** What the decision was made from, and the incident as it was then, as JSON. */
  evidence: string
  intents: Intent[]
}

/** The journal's evidence of an incident's event, beside the incident itself. */
export interface IncidentEventEvidence {
  revision: number
  /** The tier that leads; null when no SLO burns in it. */
  lead: TierVerdict | null
  withheld: Withheld[]
  /** Ids of silences and maintenance windows that mute members. */
  overlays: string[]
}

const COLUMNS = 'kind, slo, at, watermark, reason, incident, sequence, state, evidence, intents'

const eventRow = z.object({
  kind: z.enum(['alert', 'incident']),
  slo: z.string(),
  at: z.coerce.date(),
  watermark: z.coerce.date(),
  reason: z.string().transform((reason) => reason as Reason),
  incident: z.string(),
  sequence: z.number(),
  state: z.string(),
  evidence: z.string(),
  intents: z.string().transform((text) => JSON.parse(text) as Intent[]),
})

const ISO_TIMES = { date_time_output_format: 'iso' } as const

const selectStates = query({
  sql: `SELECT slo, state FROM alert_events WHERE kind = 'alert' ORDER BY slo, at DESC, sequence DESC LIMIT 1 BY slo`,
  params: z.object({}),
  row: z.object({ slo: z.string(), state: z.string() }),
})

// The evidence of everything that is over is not read.
const selectOpen = query({
  sql: `SELECT ${COLUMNS} FROM alert_events
    WHERE kind = 'incident' AND (slo, at) GLOBAL IN (
      SELECT slo, max(at) FROM alert_events WHERE kind = 'incident' GROUP BY slo HAVING argMax(state != '', at)
    )
    ORDER BY slo, JSONExtractUInt(evidence, 'revision') DESC LIMIT 1 BY slo`,
  params: z.object({}),
  row: eventRow,
  settings: ISO_TIMES,
})

const selectEvents = query({
  sql: `SELECT ${COLUMNS} FROM alert_events
    WHERE incident != '' AND ({incident:String} = '' OR incident = {incident:String})
      AND at >= {since:DateTime64(3)} AND (NOT {owing:Bool} OR kind = 'incident')
    ORDER BY at, kind, JSONExtractUInt(evidence, 'revision'), slo`,
  params: z.object({ incident: z.string(), since: z.date(), owing: z.boolean() }),
  row: eventRow,
  settings: ISO_TIMES,
})

/** Latest state per alert, as the JSON that was recorded. */
export const readAlertStates = async (db: Db): Promise<Map<string, string>> =>
  new Map((await selectStates(db, {})).map(({ slo, state }) => [slo, state]))

/** The latest event of every incident that is open. */
export const readOpenIncidents = (db: Db): Promise<AlertEvent[]> => selectOpen(db, {})

/** Events since an instant from which incidents and notifications follow, oldest first. */
export const readOwingEvents = (db: Db, since: Date): Promise<AlertEvent[]> =>
  selectEvents(db, { incident: '', since, owing: true })

/** Everything that happened to one incident and its alerts, oldest first. */
export const readJournal = (db: Db, incident: string): Promise<AlertEvent[]> =>
  selectEvents(db, { incident, since: new Date(0), owing: false })

/** Why one endpoint was, or was not, told at one change of an incident. */
export interface JournalEntry {
  at: Date
  endpoint: string
  /** Null: nothing was sent. */
  event: Intent['event'] | null
  reason: NotifyReason | WithheldReason
  severity: Severity | null
  sequence: number
  /** The tier that led, with the counts of both its windows; null when no SLO burns. */
  lead: TierVerdict | null
  watermark: Date
  coverage: number
  generation: string
  overlays: string[]
}

/** Answers "why was I (not) paged": one entry per change of an incident and endpoint, oldest first. */
export function journalOf(events: readonly AlertEvent[]): JournalEntry[] {
  return events.flatMap(({ kind, at, watermark, sequence, evidence, intents }) => {
    if (kind !== 'incident') return []
    const stored = JSON.parse(evidence) as IncidentEventEvidence & {
      facts: { data: { coverage: number; generation: string } }
    }
    const { lead, withheld, overlays, facts } = stored
    const { coverage, generation } = facts.data
    const shared = { at, sequence, lead, watermark, coverage, generation, overlays }
    return [
      ...intents.map(({ endpoint, event, reason, severity }) => ({ ...shared, endpoint, event, reason, severity })),
      ...withheld.map(({ endpoint, reason }) => ({ ...shared, endpoint, event: null, reason, severity: null })),
    ]
  })
}

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

import { z } from 'zod'
import {
  type Acknowledgement,
  acknowledgementOf,
  INCIDENT_ACTIONS,
  type IncidentAction,
} from '../slo/alert/incident-action.ts'
import { type Db, query } from './query.ts'

const select = query({
  sql: `SELECT incident, at, action, author, text, until FROM incident_actions
    WHERE ({incident:String} = '' OR incident = {incident:String}) AND at >= {since:DateTime64(3)}
      AND ({action:String} = '' OR action IN ('acknowledge', 'unacknowledge'))
    ORDER BY at`,
  params: z.object({ incident: z.string(), since: z.date(), action: z.enum(['', 'acknowledge']) }),
  row: z.object({
    incident: z.string(),
    at: z.coerce.date(),
    action: z.enum(INCIDENT_ACTIONS),
    author: z.string(),
    text: z.string(),
    until: z.coerce.date().nullable(),
  }),
  settings: { date_time_output_format: 'iso' },
})

/** Everything people did about one incident, oldest first. */
export const readIncidentActions = (db: Db, incident: string): Promise<IncidentAction[]> =>
  select(db, { incident, since: new Date(0), action: '' })

/** Acknowledgements given since an instant and not taken back, one per incident; some may be over. */
export async function readAcknowledgements(db: Db, since: Date): Promise<Acknowledgement[]> {
  const actions = await select(db, { incident: '', since, action: 'acknowledge' })
  return [...Map.groupBy(actions, ({ incident }) => incident).values()]
    .map(acknowledgementOf)
    .filter((found) => found !== null)
}

/** Appends what somebody did. */
export async function recordIncidentAction(db: Db, { at, until, ...action }: IncidentAction): Promise<void> {
  await db.insert({
    table: 'incident_actions',
    format: 'JSONEachRow',
    values: [{ ...action, at: at.toISOString(), until: until?.toISOString() ?? null }],
  })
}

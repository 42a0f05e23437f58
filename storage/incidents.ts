import { z } from 'zod'
import { type Incident, type IncidentDetails, type Member, reviveMember } from '../slo/alert/incident.ts'
import { type Db, query } from './query.ts'

const incidentRow = z
  .object({
    id: z.string(),
    state: z.enum(['open', 'resolved']),
    severity: z.enum(['page', 'ticket']),
    slo: z.string(),
    service: z.string(),
    started_at: z.coerce.date(),
    resolved_at: z.coerce.date().nullable(),
    title: z.string(),
    root_cause: z.string(),
    details: z.string(),
    members: z.string(),
  })
  .transform(
    (row): Incident => ({
      id: row.id,
      state: row.state,
      severity: row.severity,
      slo: row.slo,
      service: row.service,
      startedAt: row.started_at,
      resolvedAt: row.resolved_at,
      title: row.title,
      rootCause: row.root_cause,
      details: JSON.parse(row.details) as IncidentDetails | null,
      members: (JSON.parse(row.members || '[]') as Member[]).map(reviveMember),
    }),
  )

const COLUMNS = 'id, state, severity, slo, service, started_at, resolved_at, title, root_cause, details, members'
const ISO_TIMES = { date_time_output_format: 'iso' } as const

const selectPage = query({
  sql: `SELECT ${COLUMNS} FROM incidents FINAL
    WHERE ({state:String} = '' OR state = {state:String})
      AND ({before:Nullable(DateTime64(3))} IS NULL OR started_at < {before:Nullable(DateTime64(3))}
        OR (started_at = {before:Nullable(DateTime64(3))} AND id < {beforeId:String}))
    ORDER BY started_at DESC, id DESC LIMIT {limit:UInt32}`,
  params: z.object({
    state: z.string(),
    before: z.date().nullable(),
    beforeId: z.string(),
    limit: z.number().int().positive(),
  }),
  row: incidentRow,
  settings: ISO_TIMES,
})

const selectOne = query({
  sql: `SELECT ${COLUMNS} FROM incidents FINAL WHERE id = {id:String}`,
  params: z.object({ id: z.string() }),
  row: incidentRow,
  settings: ISO_TIMES,
})

const selectOpenBeside = query({
  sql: `SELECT ${COLUMNS}, revision FROM incidents FINAL
    WHERE state = 'open' AND id NOT IN {known:Array(String)} ORDER BY started_at, id`,
  params: z.object({ known: z.array(z.string()) }),
  row: z
    .looseObject({ revision: z.number() })
    .transform(({ revision, ...row }): IncidentRevision => ({ incident: incidentRow.parse(row), revision })),
  settings: ISO_TIMES,
})

/** Incidents that are open beside the known ones. */
export const readOpenBeside = (db: Db, known: readonly string[]): Promise<IncidentRevision[]> =>
  selectOpenBeside(db, { known: [...known] })

export interface IncidentPage {
  state?: Incident['state'] | undefined
  limit: number
  /** Only those that started before this; with `beforeId` also those that started then and have a smaller id. */
  before?: Date | undefined
  beforeId?: string | undefined
}

/** Incidents in their latest revision, newest start first, then by id downwards. */
export const listIncidents = (db: Db, { state, limit, before, beforeId }: IncidentPage): Promise<Incident[]> =>
  selectPage(db, { state: state ?? '', limit, before: before ?? null, beforeId: beforeId ?? '' })

/** One incident in its latest revision; null when there is none with this id. */
export async function readIncident(db: Db, { id }: { id: string }): Promise<Incident | null> {
  const [incident] = await selectOne(db, { id })
  return incident ?? null
}

/** An incident as it was after one change; a higher `revision` replaces a lower one. */
export interface IncidentRevision {
  incident: Incident
  revision: number
}

/** Stores revisions of incidents. Storing the same revision again changes nothing. */
export async function recordIncidents(db: Db, revisions: readonly IncidentRevision[], now: Date): Promise<void> {
  if (revisions.length === 0) return
  await db.insert({
    table: 'incidents',
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
    values: revisions.map(({ incident, revision }) => ({
      id: incident.id,
      state: incident.state,
      severity: incident.severity,
      slo: incident.slo,
      service: incident.service,
      started_at: incident.startedAt.toISOString(),
      resolved_at: incident.resolvedAt?.toISOString() ?? null,
      title: incident.title,
      root_cause: incident.rootCause,
      details: JSON.stringify(incident.details),
      members: JSON.stringify(incident.members),
      updated_at: now.toISOString(),
      revision,
    })),
  })
}

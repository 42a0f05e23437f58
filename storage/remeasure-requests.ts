import { z } from 'zod'
import { type Db, query } from './query.ts'

/** Somebody wants the minutes of an SLO in [from, to) measured again. */
export interface RemeasureRequest {
  id: string
  slo: string
  from: Date
  to: Date
  requestedAt: Date
  doneAt: Date | null
}

/** Asks for it, or, with `doneAt`, says that it is done. */
export async function recordRemeasure(db: Db, requests: readonly RemeasureRequest[]): Promise<void> {
  if (requests.length === 0) return
  await db.insert({
    table: 'remeasure_requests',
    values: requests.map(({ id, slo, from, to, requestedAt, doneAt }) => ({
      id,
      slo,
      range_from: from.toISOString(),
      range_to: to.toISOString(),
      requested_at: requestedAt.toISOString(),
      done_at: doneAt?.toISOString() ?? null,
      revision: doneAt === null ? 0 : 1,
    })),
    format: 'JSONEachRow',
    clickhouse_settings: { distributed_foreground_insert: 1 },
  })
}

/** Those that wait, oldest first. */
export const readOpenRemeasures = async (db: Db): Promise<RemeasureRequest[]> => selectOpen(db, {})

const epochMs = z.number().transform((ms) => new Date(ms))

const selectOpen = query({
  sql: `SELECT id, slo, toUnixTimestamp64Milli(range_from) AS from, toUnixTimestamp64Milli(range_to) AS to,
      toUnixTimestamp64Milli(r.requested_at) AS requestedAt
    FROM remeasure_requests AS r FINAL WHERE done_at IS NULL ORDER BY r.requested_at, id`,
  params: z.object({}),
  row: z
    .object({ id: z.string(), slo: z.string(), from: epochMs, to: epochMs, requestedAt: epochMs })
    .transform((row) => ({ ...row, doneAt: null })),
})

export const readRemeasure = async (db: Db, id: string): Promise<{ doneAt: Date | null } | undefined> =>
  (await selectOne(db, { id }))[0]

const selectOne = query({
  sql: `SELECT toUnixTimestamp64Milli(done_at) AS doneAt FROM remeasure_requests FINAL WHERE id = {id:String}`,
  params: z.object({ id: z.string() }),
  row: z.object({ doneAt: epochMs.nullable() }),
})

import { z } from 'zod'
import { type Db, query } from './query.ts'

/** Who changed what, when. */
export interface AuditEntry {
  at: Date
  author: string
  /** Name of the token that was used, '' without. */
  token: string
  /** `silence.create`, `incident.acknowledge`, … */
  action: string
  /** What was changed: an id or a name. */
  target: string
  /** The change itself. */
  detail: unknown
}

const select = query({
  sql: `SELECT at, author, token, action, target, detail FROM audit_log
    WHERE ({target:String} = '' OR target = {target:String}) AND at >= {since:DateTime64(3)}
      AND (empty({actions:Array(String)}) OR action IN {actions:Array(String)})
    ORDER BY at DESC LIMIT 1000`,
  params: z.object({ target: z.string(), since: z.date(), actions: z.array(z.string()) }),
  row: z.object({
    at: z.coerce.date(),
    author: z.string(),
    token: z.string(),
    action: z.string(),
    target: z.string(),
    detail: z.string().transform((text): unknown => JSON.parse(text)),
  }),
  settings: { date_time_output_format: 'iso' },
})

/** The newest thousand entries since an instant, of one target and some actions where they are named, the newest first. */
export const readAudit = (
  db: Db,
  {
    target = '',
    since = new Date(0),
    actions = [],
  }: { target?: string; since?: Date; actions?: readonly string[] } = {},
): Promise<AuditEntry[]> => select(db, { target, since, actions: [...actions] })

/** Appends entries. */
export async function recordAudit(db: Db, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return
  await db.insert({
    table: 'audit_log',
    format: 'JSONEachRow',
    values: entries.map(({ at, detail, ...entry }) => ({
      ...entry,
      at: at.toISOString(),
      detail: JSON.stringify(detail),
    })),
  })
}

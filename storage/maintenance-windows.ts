import { z } from 'zod'
import type { MaintenanceWindow } from '../slo/overlay/maintenance.ts'
import { type Db, query } from './query.ts'

/** A maintenance window as it is kept. */
export interface StoredMaintenance extends MaintenanceWindow {
  /** A higher one replaces a lower one. */
  revision: number
  /** Taken back: as if it had never been. */
  revoked: boolean
  /** `api`, or the file it is kept in. */
  source: string
}

const names = z.array(z.string())
const scope = z.object({ services: names, slos: names, dependencies: names, environments: names })
const durationMinutes = z.number()
const schedule = z.union([
  z.object({ from: z.coerce.date(), to: z.coerce.date() }),
  z.object({ rrule: z.string(), durationMinutes }),
  z.object({ cron: z.string(), timeZone: z.string(), durationMinutes }),
])

const select = query({
  sql: `SELECT id, revision, scope, schedule, suppress, exclude_from_budget, reason, created_by, created_at, ended_at,
      review_at, revoked, source
    FROM maintenance_windows WHERE ({id:String} = '' OR id = {id:String})
    ORDER BY id, revision DESC, changed_at DESC LIMIT 1 BY id`,
  params: z.object({ id: z.string() }),
  row: z
    .object({
      id: z.string(),
      revision: z.number(),
      scope: z.string().transform((text) => scope.parse(JSON.parse(text))),
      schedule: z.string().transform((text) => schedule.parse(JSON.parse(text))),
      suppress: z.boolean(),
      exclude_from_budget: z.boolean(),
      reason: z.string(),
      created_by: z.string(),
      created_at: z.coerce.date(),
      ended_at: z.coerce.date().nullable(),
      review_at: z.coerce.date().nullable(),
      revoked: z.boolean(),
      source: z.string(),
    })
    .transform(
      ({ exclude_from_budget, created_by, created_at, ended_at, review_at, ...row }): StoredMaintenance => ({
        ...row,
        excludeFromBudget: exclude_from_budget,
        createdBy: created_by,
        createdAt: created_at,
        endedAt: ended_at,
        reviewAt: review_at,
      }),
    ),
  settings: { date_time_output_format: 'iso' },
})

/** Every maintenance window that was not taken back, over or not: what took place stays out of the budget. */
export async function readMaintenance(db: Db): Promise<StoredMaintenance[]> {
  const windows = await select(db, { id: '' })
  return windows
    .filter(({ revoked }) => !revoked)
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? -1 : 1))
}

/** One window; null when there is none with this id, or it was taken back. */
export async function readMaintenanceWindow(db: Db, id: string): Promise<StoredMaintenance | null> {
  const [window] = id === '' ? [] : await select(db, { id })
  return window && !window.revoked ? window : null
}

/** Stores windows as they are now. Storing the same revision again changes nothing. */
export async function recordMaintenance(db: Db, windows: readonly StoredMaintenance[], now: Date): Promise<void> {
  if (windows.length === 0) return
  await db.insert({
    table: 'maintenance_windows',
    format: 'JSONEachRow',
    values: windows.map((window) => ({
      id: window.id,
      revision: window.revision,
      scope: JSON.stringify(window.scope),
      schedule: JSON.stringify(window.schedule),
      suppress: window.suppress,
      exclude_from_budget: window.excludeFromBudget,
      reason: window.reason,
      created_by: window.createdBy,
      created_at: window.createdAt.toISOString(),
      ended_at: window.endedAt?.toISOString() ?? null,
      review_at: window.reviewAt?.toISOString() ?? null,
      revoked: window.revoked,
      source: window.source,
      changed_at: now.toISOString(),
    })),
  })
}

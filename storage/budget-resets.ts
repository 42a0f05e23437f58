import { z } from 'zod'
import type { BudgetReset } from '../slo/reading.ts'
import { type Db, query } from './query.ts'

/** Every reset of every budget, oldest first. */
export const readBudgetResets = async (db: Db): Promise<BudgetReset[]> => select(db, {})

const select = query({
  sql: `SELECT slo, toUnixTimestamp64Milli(at) AS reset_at, reason, reset_by FROM budget_resets FINAL ORDER BY at, id`,
  params: z.object({}),
  row: z
    .object({ slo: z.string(), reset_at: z.number(), reason: z.string(), reset_by: z.string() })
    .transform(({ reset_at, reset_by, ...row }): BudgetReset => ({ ...row, at: new Date(reset_at), by: reset_by })),
})

/** Appends a reset; the row says who, when and why, and is never changed. Recording the same `id` again changes nothing. */
export async function recordBudgetReset(db: Db, reset: BudgetReset & { id: string }, now: Date): Promise<void> {
  await db.insert({
    table: 'budget_resets',
    format: 'JSONEachRow',
    values: [
      {
        id: reset.id,
        slo: reset.slo,
        at: reset.at.toISOString(),
        reason: reset.reason,
        reset_by: reset.by,
        recorded_at: now.toISOString(),
      },
    ],
  })
}

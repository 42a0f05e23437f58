import { z } from 'zod'
import { EVENT_SIDES, WARNING_CODES, type Warning } from '../slo/self-check.ts'
import { type Db, query } from './query.ts'

/** What looked wrong about an SLI when it was checked last. */
export interface CheckedIndicator {
  indicator: string
  generation: string
  warnings: readonly Warning[]
}

export async function recordWarnings(db: Db, checked: readonly CheckedIndicator[], at: Date): Promise<void> {
  if (checked.length === 0) return
  await db.insert({
    table: 'indicator_warnings',
    values: checked.map(({ indicator, generation, warnings }) => ({
      indicator,
      generation,
      warnings: JSON.stringify(warnings),
      checked_at: at.toISOString(),
    })),
    format: 'JSONEachRow',
    clickhouse_settings: { distributed_foreground_insert: 1 },
  })
}

/** Of every SLI that something looks wrong about. */
export const readWarnings = async (db: Db): Promise<CheckedIndicator[]> => selectWarnings(db, {})

const warning = z.object({
  code: z.enum(WARNING_CODES),
  message: z.string(),
  hint: z.string(),
  refutedBy: z.enum(EVENT_SIDES).exactOptional(),
})

const selectWarnings = query({
  sql: `SELECT indicator, generation, warnings FROM indicator_warnings FINAL WHERE warnings != '[]'`,
  params: z.object({}),
  row: z.object({
    indicator: z.string(),
    generation: z.string(),
    warnings: z.string().transform((json) => z.array(warning).parse(JSON.parse(json))),
  }),
})

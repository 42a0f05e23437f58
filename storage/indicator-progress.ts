import { z } from 'zod'
import { type Db, query } from './query.ts'

/** How far the history of an SLI's generation is measured, newest first, and why it cannot be. */
export interface Progress {
  indicator: string
  generation: string
  /** The history being measured; null when it is complete. */
  history: { from: Date; to: Date } | null
  /** Everything from here on is measured; the epoch when the history is complete. */
  measuredFrom: Date
  /** In words for the author; '' while it can be measured. */
  error: string
  updatedAt: Date
}

export async function recordProgress(db: Db, progress: readonly Progress[]): Promise<void> {
  if (progress.length === 0) return
  const iso = (date: Date) => date.toISOString()
  const epoch = new Date(0)
  await db.insert({
    table: 'indicator_progress',
    values: progress.map(({ indicator, generation, history, measuredFrom, error, updatedAt }) => ({
      indicator,
      generation,
      history_from: iso(history?.from ?? epoch),
      history_to: iso(history?.to ?? epoch),
      measured_from: iso(measuredFrom),
      error,
      updated_at: iso(updatedAt),
    })),
    format: 'JSONEachRow',
    clickhouse_settings: { distributed_foreground_insert: 1 },
  })
}

/** The newest word on each of these generations; one that was never measured is absent. */
export async function readProgress(db: Db, generations: readonly string[]): Promise<Progress[]> {
  const progress: Progress[] = []
  for (let start = 0; start < generations.length; start += MAX_TOGETHER) {
    progress.push(...(await selectProgress(db, { generations: generations.slice(start, start + MAX_TOGETHER) })))
  }
  return progress
}

/** The newest word on every generation whose history is being measured. */
export const readUnfinished = (db: Db): Promise<Progress[]> => selectUnfinished(db, {})

/** Generations that travel in the address of one request. */
const MAX_TOGETHER = 1_000

const epochMs = z.number().transform((ms) => new Date(ms))

const SELECT_PROGRESS = `SELECT indicator, generation, toUnixTimestamp64Milli(history_from) AS history_from, toUnixTimestamp64Milli(history_to) AS history_to,
      toUnixTimestamp64Milli(measured_from) AS measured_from, error, toUnixTimestamp64Milli(p.updated_at) AS updated_at
    FROM indicator_progress AS p FINAL`

const progressRow = z
  .object({
    indicator: z.string(),
    generation: z.string(),
    history_from: epochMs,
    history_to: epochMs,
    measured_from: epochMs,
    error: z.string(),
    updated_at: epochMs,
  })
  .transform(({ history_from, history_to, measured_from, updated_at, ...row }) => ({
    ...row,
    history: history_to.getTime() > 0 ? { from: history_from, to: history_to } : null,
    measuredFrom: measured_from,
    updatedAt: updated_at,
  }))

const selectProgress = query({
  sql: `${SELECT_PROGRESS} WHERE generation IN {generations:Array(String)}`,
  params: z.object({ generations: z.array(z.string()) }),
  row: progressRow,
})

const selectUnfinished = query({
  sql: `${SELECT_PROGRESS} WHERE p.history_to > toDateTime64(0, 3, 'UTC')`,
  params: z.object({}),
  row: progressRow,
})

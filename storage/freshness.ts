import { z } from 'zod'
import { type Db, query } from './query.ts'

const epochMs = z.number().transform((ms) => new Date(ms))

export interface Freshness {
  /** Event time up to which data is complete: everything acknowledged before it is stored. Null before any telemetry. */
  watermark: Date | null
  /** When the first collector reported. */
  firstDataAt: Date | null
}

/** How far the store is complete, by the collectors' own word in `ingest_log`, kept per collector in `collector_reports`. */
export async function readFreshness(db: Db): Promise<Freshness> {
  const [row] = await readBounds(db, {})
  return row && row.reports > 0
    ? { watermark: row.watermark, firstDataAt: row.first }
    : { watermark: null, firstDataAt: null }
}

// With several collectors the slowest one that still reports decides; one that fell silent a minute ago no longer does.
const readBounds = query({
  sql: `
    SELECT toUnixTimestamp64Milli(minIf(until, until >= latest - toIntervalMinute(1))) AS watermark, toUnixTimestamp64Milli(min(since)) AS first, count() AS reports
    FROM (
      SELECT max(complete_until) AS until, min(first_report) AS since, max(until) OVER () AS latest
      FROM collector_reports GROUP BY collector
    )`,
  params: z.object({}),
  row: z.object({ watermark: epochMs, first: epochMs, reports: z.number() }),
})

/** A stored segment with calls, and the event times it touched. */
export interface DirtyRange {
  segment: string
  from: Date
  to: Date
  ingestedAt: Date
}

/**
 * Segments stored at or after `since`, oldest first. Rows become visible a little out of order:
 * read again from before the last `ingestedAt` seen and skip the segments already known.
 */
export const readDirty = async (db: Db, since: Date): Promise<DirtyRange[]> => readSegments(db, { since })

const readSegments = query({
  sql: `SELECT segment, toUnixTimestamp64Milli(toDateTime64(assumeNotNull(first_ts), 3)) AS from, toUnixTimestamp64Milli(toDateTime64(assumeNotNull(last_ts), 3)) AS to,
      toUnixTimestamp64Milli(ingested_at) AS ingestedAt
    FROM ingest_log WHERE ingested_at >= {since:DateTime64(3)} AND first_ts IS NOT NULL ORDER BY ingested_at`,
  params: z.object({ since: z.date() }),
  row: z.object({ segment: z.string(), from: epochMs, to: epochMs, ingestedAt: epochMs }),
})

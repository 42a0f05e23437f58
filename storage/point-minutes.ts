import { z } from 'zod'
import { type Db, query } from './query.ts'

/** A minute that points of a metric arrived for. */
export interface Arrival {
  metric: string
  minute: Date
  arrivedAt: Date
}

/** What arrived at or after `since`, oldest first. Rows become visible a little out of order: read again from before. */
export async function readArrivals(db: Db, metrics: readonly string[], since: Date): Promise<Arrival[]> {
  return metrics.length === 0 ? [] : selectArrivals(db, { metrics: [...metrics], since })
}

const epochMs = z.number().transform((ms) => new Date(ms))

const selectArrivals = query({
  sql: `SELECT metric, toUnixTimestamp(p.minute) * 1000 AS minute, toUnixTimestamp64Milli(max(p.arrived_at)) AS arrivedAt
    FROM point_minutes AS p
    WHERE metric IN {metrics:Array(String)} AND p.arrived_at >= {since:DateTime64(3)}
    GROUP BY metric, p.minute ORDER BY arrivedAt`,
  params: z.object({ metrics: z.array(z.string()), since: z.date() }),
  row: z.object({ metric: z.string(), minute: epochMs, arrivedAt: epochMs }),
})

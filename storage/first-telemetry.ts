import { z } from 'zod'
import { type Db, query } from './query.ts'

/** The first minute of what is stored; null where nothing is. */
export interface FirstTelemetry {
  calls: Date | null
  /** Of each metric with points. */
  metrics: ReadonlyMap<string, Date>
}

export async function readFirstTelemetry(db: Db, metrics: readonly string[]): Promise<FirstTelemetry> {
  const [[calls], points] = await Promise.all([
    firstCall(db, {}),
    metrics.length === 0 ? [] : firstPoints(db, { metrics: [...metrics] }),
  ])
  return { calls: calls?.at ?? null, metrics: new Map(points.map(({ metric, at }) => [metric, at])) }
}

const epochMs = z.number().transform((ms) => new Date(ms))

const firstCall = query({
  sql: 'SELECT toUnixTimestamp(min(minute)) * 1000 AS at FROM calls_1m HAVING count() > 0',
  params: z.object({}),
  row: z.object({ at: epochMs }),
})

const firstPoints = query({
  sql: `SELECT metric, toUnixTimestamp(min(p.minute)) * 1000 AS at FROM point_minutes AS p
    WHERE metric IN {metrics:Array(String)} GROUP BY metric`,
  params: z.object({ metrics: z.array(z.string()) }),
  row: z.object({ metric: z.string(), at: epochMs }),
})

import { z } from 'zod'
import type { Segments } from '../slo/budget/segments.ts'
import { type Db, query } from './query.ts'

/** Minutes in which a collector was alive, or whose data arrived anyhow. */
export interface CoveredMinutes {
  /** By segment. */
  bySegment: readonly number[]
  /** The first of all; infinite without any. */
  firstMs: number
}

export async function readCovered(db: Db, { cuts }: Segments): Promise<CoveredMinutes> {
  const rows = await countCovered(db, {
    cuts: cuts.map((ms) => ms / 1_000),
    from: new Date(cuts[0]!),
    to: new Date(cuts.at(-1)!),
  })
  const found = new Map(rows.map(({ segment, covered }) => [segment * 1_000, covered]))
  return {
    bySegment: cuts.map((cut) => found.get(cut) ?? 0),
    firstMs: Math.min(...rows.map(({ firstMs }) => firstMs)),
  }
}

const MINUTE_MS = 60_000

/**
 * Minutes by segment of which something should be known. Time before the very first telemetry is not among them: a new
 * installation judges from its first minute.
 */
export const expectedMinutes = ({ cuts }: Segments, { firstMs }: CoveredMinutes): number[] =>
  cuts.map((cut, n) => Math.max(0, ((cuts[n + 1] ?? cut) - Math.max(cut, firstMs)) / MINUTE_MS))

const countCovered = query({
  sql: `
    SELECT roundDown(toUInt32(minute), {cuts:Array(UInt32)}) AS segment, toUnixTimestamp(min(minute)) * 1000 AS firstMs, uniqExact(minute) AS covered
    FROM covered_minutes
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime}
    GROUP BY segment`,
  params: z.object({ cuts: z.array(z.number()), from: z.date(), to: z.date() }),
  row: z.object({ segment: z.number(), firstMs: z.number(), covered: z.number() }),
})

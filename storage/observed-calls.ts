import { z } from 'zod'
import { DIRECTIONS, OUTCOMES, ownerOf } from '../integration/outcome.ts'
import type { ObservedCalls } from '../slo/replay/suggested-slo.ts'
import { type Db, query } from './query.ts'

const range = z.object({ from: z.date(), to: z.date() })

// Bucket k holds durations of [2^(k/32), 2^((k+1)/32)) ns.
const sumByOutcome = query({
  sql: `
    SELECT service, dependency, env, direction, outcome, sum(c.calls) AS calls, sumMap(c.latency) AS buckets
    FROM calls_1m AS c
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND NOT nested AND NOT synthetic AND outcome != 'cancelled'
    GROUP BY service, dependency, env, direction, outcome
    ORDER BY service, direction DESC, dependency, env, outcome`,
  params: range,
  row: z.object({
    service: z.string(),
    dependency: z.string(),
    env: z.string(),
    direction: z.enum(DIRECTIONS),
    outcome: z.enum(OUTCOMES),
    calls: z.number(),
    buckets: z.record(z.string(), z.number()),
  }),
})

type Row = Awaited<ReturnType<typeof sumByOutcome>>[number]

/**
 * Calls in [from, to), on whole minutes, of every service, answered and made, with the outcomes that whoever is responsible could mend as
 * failed: the provider's for calls made, our own for calls answered, where a caller's mistake does not count at all.
 */
export async function readObservedCalls(db: Db, values: { from: Date; to: Date }): Promise<ObservedCalls[]> {
  const rows = await sumByOutcome(db, values)
  const groups = Map.groupBy(rows, ({ service, dependency, env, direction }) =>
    [service, dependency, env, direction].join('\n'),
  )
  return [...groups.values()].map(observedOf)
}

function observedOf(rows: Row[]): ObservedCalls {
  const { service, dependency, env, direction } = rows[0]!
  const responsible = direction === 'inbound' ? 'us' : 'provider'
  const badOutcomes = OUTCOMES.filter((outcome) => ownerOf(outcome, direction) === responsible)
  const counted = rows.filter(({ outcome }) => direction === 'outbound' || outcome !== 'client_error')
  const sum = (these: Row[]) => these.reduce((total, { calls }) => total + calls, 0)
  const buckets = new Map<number, number>()
  for (const row of counted) {
    for (const [bucket, calls] of Object.entries(row.buckets)) {
      buckets.set(Number(bucket), (buckets.get(Number(bucket)) ?? 0) + calls)
    }
  }
  return {
    service,
    dependency,
    env,
    total: sum(counted),
    failed: sum(counted.filter(({ outcome }) => badOutcomes.includes(outcome))),
    badOutcomes,
    durations: [...buckets]
      .sort(([a], [b]) => a - b)
      .map(([bucket, calls]) => ({ atMostNs: 2 ** ((bucket + 1) / 32), calls })),
  }
}

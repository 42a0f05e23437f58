import { z } from 'zod'
import { OUTCOMES } from '../integration/outcome.ts'
import { type Db, query } from './query.ts'

/** Attempts of one service at one dependency that ended alike; weighted by sampling probability. */
export interface RequestCount {
  dependency: string
  service: string
  env: string
  outcome: (typeof OUTCOMES)[number]
  calls: number
}

/** Outbound attempts in [from, to), without calls inside calls to the same dependency and without probes. */
export const readRequestCounts = (db: Db, range: { from: Date; to: Date }): Promise<RequestCount[]> =>
  sumRequests(db, range)

const sumRequests = query({
  sql: `
    SELECT dependency, service, env, outcome, sum(calls) AS calls
    FROM calls_1m
    WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND direction = 'outbound' AND NOT nested AND NOT synthetic
    GROUP BY dependency, service, env, outcome ORDER BY dependency, service, env, outcome`,
  params: z.object({ from: z.date(), to: z.date() }),
  row: z.object({
    dependency: z.string(),
    service: z.string(),
    env: z.string(),
    outcome: z.enum(OUTCOMES),
    calls: z.number(),
  }),
})

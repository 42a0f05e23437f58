import { z } from 'zod'
import type { CallCounts } from '../integration/call-sums.ts'
import { OUTCOMES } from '../integration/outcome.ts'
import { firstOf, minuteCoverage } from '../slo/budget/coverage.ts'
import { readRuns } from './covered-minutes.ts'
import { readFreshness } from './freshness.ts'
import { type Db, query } from './query.ts'

interface Range {
  from: Date
  to: Date
}

const epochMs = z.number().transform((ms) => new Date(ms))
const outcome = z.enum(OUTCOMES)
const range = z.object({ from: z.date(), to: z.date() })

/** What counts for a dependency: outbound, not inside another call to it, not made by a probe. */
const ATTEMPTS = `direction = 'outbound' AND NOT nested AND NOT synthetic`

/** Attempts of one service at one dependency that ended alike; weighted by sampling probability. */
export interface RequestCount {
  dependency: string
  service: string
  env: string
  outcome: (typeof OUTCOMES)[number]
  calls: number
}

/** Attempts in [from, to), by who called whom and how it ended. */
export const readRequestCounts = (db: Db, values: Range): Promise<RequestCount[]> => sumRequests(db, values)

const sumRequests = query({
  sql: `
    SELECT dependency, service, env, outcome, sum(c.calls) AS calls
    FROM calls_1m AS c WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND ${ATTEMPTS}
    GROUP BY dependency, service, env, outcome ORDER BY dependency, service, env, outcome`,
  params: range,
  row: z.object({ dependency: z.string(), service: z.string(), env: z.string(), outcome, calls: z.number() }),
})

/** How long attempts took. */
export interface RequestDurations {
  dependency: string
  service: string
  env: string
  calls: number
  /** All of them together. */
  seconds: number
  /** Calls that took no longer than each of the bounds asked for; a bound may be off by one bucket, 2.2 %. */
  within: number[]
}

/** Durations of attempts in [from, to), counted from the rollup's logarithmic buckets. */
export const readRequestDurations = (
  db: Db,
  { boundsSeconds, ...values }: Range & { boundsSeconds: readonly number[] },
): Promise<RequestDurations[]> =>
  sumDurations(db, { ...values, buckets: boundsSeconds.map((bound) => Math.floor(32 * Math.log2(bound * 1e9))) })

// Bucket k holds durations of [2^(k/32), 2^((k+1)/32)) ns.
const sumDurations = query({
  sql: `
    SELECT dependency, service, env, calls, seconds,
      arrayMap(bound -> arraySum((k, v) -> if(k < bound, v, 0), mapKeys(latency), mapValues(latency)), {buckets:Array(UInt16)}) AS within
    FROM (
      SELECT dependency, service, env, sum(c.calls) AS calls, sum(c.duration_ns) / 1e9 AS seconds, sumMap(c.latency) AS latency
      FROM calls_1m AS c WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND ${ATTEMPTS}
      GROUP BY dependency, service, env
    )
    ORDER BY dependency, service, env`,
  params: range.extend({ buckets: z.array(z.number()) }),
  row: z.object({
    dependency: z.string(),
    service: z.string(),
    env: z.string(),
    calls: z.number(),
    seconds: z.number(),
    within: z.array(z.number()),
  }),
})

/** Counts of calls by operation as well. */
export interface OperationCounts extends CallCounts {
  operation: string
  /** The last minute with such a call. */
  lastAt: Date
}

/** Attempts in [from, to) by dependency, service, protocol, operation and outcome. */
export const readOperationCounts = (db: Db, values: Range): Promise<OperationCounts[]> => sumOperations(db, values)

const sumOperations = query({
  sql: `
    SELECT dependency, service, protocol, operation, outcome, sum(c.calls) AS calls, sum(c.retries) AS retries,
      sum(c.samples) AS samples, toUnixTimestamp(max(minute)) * 1000 AS lastAt
    FROM calls_1m AS c WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND ${ATTEMPTS}
    GROUP BY dependency, service, protocol, operation, outcome`,
  params: range,
  row: z.object({
    dependency: z.string(),
    service: z.string(),
    protocol: z.string(),
    operation: z.string(),
    outcome,
    calls: z.number(),
    retries: z.number(),
    samples: z.number(),
    lastAt: epochMs,
  }),
})

/** Attempts in [from, to) by dependency, service, protocol and outcome: what health is compared with. */
export const readCallCounts = (db: Db, values: Range): Promise<(CallCounts & { lastAt: Date })[]> =>
  sumCalls(db, values)

const sumCalls = query({
  sql: `
    SELECT dependency, service, protocol, outcome, sum(c.calls) AS calls, sum(c.retries) AS retries,
      sum(c.samples) AS samples, toUnixTimestamp(max(minute)) * 1000 AS lastAt
    FROM calls_1m AS c WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND ${ATTEMPTS}
    GROUP BY dependency, service, protocol, outcome`,
  params: range,
  row: z.object({
    dependency: z.string(),
    service: z.string(),
    protocol: z.string(),
    outcome,
    calls: z.number(),
    retries: z.number(),
    samples: z.number(),
    lastAt: epochMs,
  }),
})

/** A service that called a dependency, and when last. */
export interface SeenCaller {
  dependency: string
  service: string
  /** Of its last call. */
  protocol: string
  lastAt: Date
}

/** What a service called in [from, to): the rollup is ordered by service, so this may look back far. */
export const readCalledBy = (db: Db, values: Range & { service: string }): Promise<SeenCaller[]> =>
  selectCalledBy(db, values)

/** Who called a dependency in [from, to). */
export const readCallersOf = (db: Db, values: Range & { dependency: string }): Promise<SeenCaller[]> =>
  selectCallersOf(db, values)

const seen = (where: string) => `
  SELECT dependency, service, argMax(protocol, minute) AS protocol, toUnixTimestamp(max(minute)) * 1000 AS lastAt
  FROM calls_1m
  WHERE ${where} AND minute >= {from:DateTime} AND minute < {to:DateTime} AND ${ATTEMPTS}
  GROUP BY dependency, service ORDER BY lastAt DESC, dependency, service`

const seenCaller = z.object({ dependency: z.string(), service: z.string(), protocol: z.string(), lastAt: epochMs })

const selectCalledBy = query({
  sql: seen('service = {service:String}'),
  params: range.extend({ service: z.string() }),
  row: seenCaller,
})

const selectCallersOf = query({
  sql: seen('dependency = {dependency:String}'),
  params: range.extend({ dependency: z.string() }),
  row: seenCaller,
})

/** Calls of a dependency in one minute that ended alike. */
export interface OutcomeMinute {
  dependency: string
  minute: Date
  outcome: (typeof OUTCOMES)[number]
  calls: number
}

/** Minutes with calls of the named dependencies in [from, to), oldest first. */
export const readOutcomeMinutes = (db: Db, values: Range & { dependencies: string[] }): Promise<OutcomeMinute[]> =>
  values.dependencies.length === 0 ? Promise.resolve([]) : sumOutcomeMinutes(db, values)

const sumOutcomeMinutes = query({
  sql: `
    SELECT dependency, toUnixTimestamp(c.minute) * 1000 AS minute, outcome, sum(c.calls) AS calls
    FROM calls_1m AS c
    WHERE c.minute >= {from:DateTime} AND c.minute < {to:DateTime} AND ${ATTEMPTS} AND dependency IN {dependencies:Array(String)}
    GROUP BY dependency, c.minute, outcome ORDER BY dependency, c.minute`,
  params: range.extend({ dependencies: z.array(z.string()) }),
  row: z.object({ dependency: z.string(), minute: epochMs, outcome, calls: z.number() }),
})

/**
 * Share of the minutes in [from, to) of which something is known, of all environments together; minutes before the first
 * telemetry or report are not expected. Null before any.
 */
export async function readCoverage(db: Db, values: Range): Promise<number | null> {
  const runs = await readRuns(db, values)
  if (runs.length === 0) return null
  const { watermark } = await readFreshness(db)
  const [fromMs, toMs] = [values.from.getTime(), values.to.getTime()]
  const minutes = Math.round((toMs - fromMs) / 60_000)
  const { covered } = minuteCoverage(runs, null, { fromMs, minutes, completeMs: (watermark ?? values.to).getTime() })
  const known = covered.reduce((sum, isCovered) => sum + isCovered, 0)
  return Math.min(1, known / Math.max(1, Math.round((toMs - Math.max(fromMs, firstOf(runs))) / 60_000)))
}

import { z } from 'zod'
import type { OUTCOMES } from '../integration/outcome.ts'
import type { Suspect } from '../slo/incident.ts'
import { directionOf } from '../slo/indicator.ts'
import type { Indicator } from '../slo/model.ts'
import { badCalls } from './indicator-sql.ts'
import { type Db, query } from './query.ts'

/** What the failing calls of an SLO have in common, and where to look. */
export interface Evidence {
  suspect: Suspect | null
  /** Services whose calls to the suspect end in the same way, most affected first. */
  impact: string[]
  /** Trace ids of failing calls, newest first, at most three. */
  exemplars: string[]
}

const EXEMPLARS = 3

/** Traces looked through for an inbound SLO: the newest ones, enough for a share within a percent. */
const TRACES = 10_000

const MOST_AFFECTED = 20

/** Child calls may begin and be stored a little outside the window of the call that failed. */
const TRACE_SLACK_MINUTES = 10

const NOT_FAILED = ['ok', 'cancelled'] as const satisfies readonly (typeof OUTCOMES)[number][]

const window = z.object({ from: z.date(), to: z.date() })

/**
 * Looks at the calls an SLO counts as bad in [from, to). The suspect of an outbound SLO is the dependency its bad calls
 * went to; for an inbound SLO it is the dependency that failed inside the traces of its bad calls, as deep as the
 * traces show: a call whose callee failed as well is passed through.
 */
export async function readEvidence(db: Db, indicator: Indicator, range: { from: Date; to: Date }): Promise<Evidence> {
  const { rows, bad } =
    directionOf(indicator) === 'outbound'
      ? await failingDirectly(db, indicator, range)
      : await failingInside(db, indicator, range)
  const suspect = suspectOf(rows, bad)
  const [exemplars, impact] = await Promise.all([
    newestTraces(db, indicator, range),
    suspect ? affectedServices(db, { ...range, dependency: suspect.dependency, outcome: suspect.outcome }) : [],
  ])
  return { suspect, exemplars, impact: impact.map(({ service }) => service) }
}

interface Failure {
  dependency: string
  outcome: string
  bad: number
}

const failureRow = z.object({ dependency: z.string(), outcome: z.string(), bad: z.number() })

/** The dependency with most bad calls and the outcome it mostly showed. */
function suspectOf(rows: readonly Failure[], bad: number): Suspect | null {
  const byDependency = Map.groupBy(rows, ({ dependency }) => dependency)
  const ranked = [...byDependency.values()]
    .map((failures) => ({ failures, bad: failures.reduce((sum, failure) => sum + failure.bad, 0) }))
    .sort((a, b) => b.bad - a.bad)
  const mostly = ranked[0]?.failures.toSorted((a, b) => b.bad - a.bad)[0]
  return mostly && bad > 0 ? { ...mostly, share: mostly.bad / bad } : null
}

/** The bad calls themselves, by where they went. */
async function failingDirectly(db: Db, indicator: Indicator, range: { from: Date; to: Date }) {
  const { where, params } = badCalls(indicator)
  const rows = await query({
    sql: `SELECT dependency, outcome, sum(weight) AS bad FROM calls
      WHERE ts >= {from:DateTime64(3)} AND ts < {to:DateTime64(3)} AND ${where} GROUP BY dependency, outcome`,
    params: window.loose(),
    row: failureRow,
  })(db, { ...range, ...params })
  return { rows, bad: rows.reduce((sum, row) => sum + row.bad, 0) }
}

/** Failed outbound calls in the traces of the bad calls that no failed callee explains. Counts are traces. */
async function failingInside(db: Db, indicator: Indicator, range: { from: Date; to: Date }) {
  const { where, params } = badCalls(indicator)
  const [row] = await query({
    sql: `
      WITH
        bad_traces AS (
          SELECT trace_id FROM calls
          WHERE ts >= {from:DateTime64(3)} AND ts < {to:DateTime64(3)} AND trace_id != '' AND ${where}
          GROUP BY trace_id ORDER BY max(ts) DESC LIMIT ${TRACES}
        ),
        failed AS (
          SELECT trace_id, span_id, parent_span_id, direction, dependency, outcome FROM calls
          WHERE ts >= {from:DateTime64(3)} - toIntervalMinute(${TRACE_SLACK_MINUTES})
            AND ts < {to:DateTime64(3)} + toIntervalMinute(${TRACE_SLACK_MINUTES})
            AND trace_id GLOBAL IN (SELECT trace_id FROM bad_traces)
            AND outcome NOT IN {not_failed:Array(String)} AND NOT nested
        ),
        origins AS (
          SELECT dependency, outcome, toFloat64(uniqExact(trace_id)) AS bad FROM failed
          WHERE direction = 'outbound' AND dependency != ''
            AND (trace_id, span_id) GLOBAL NOT IN (SELECT trace_id, parent_span_id FROM failed WHERE direction = 'inbound')
          GROUP BY dependency, outcome
        )
      SELECT (SELECT toFloat64(count()) FROM bad_traces) AS traces, groupArray((dependency, outcome, bad)) AS rows FROM origins`,
    params: window.loose(),
    row: z.object({ traces: z.number(), rows: z.array(z.tuple([z.string(), z.string(), z.number()])) }),
  })(db, { ...range, ...params, not_failed: [...NOT_FAILED] })
  const rows = (row?.rows ?? []).map(([dependency, outcome, bad]) => ({ dependency, outcome, bad }))
  return { rows, bad: row?.traces ?? 0 }
}

async function newestTraces(db: Db, indicator: Indicator, range: { from: Date; to: Date }): Promise<string[]> {
  const { where, params } = badCalls(indicator)
  const rows = await query({
    sql: `SELECT trace_id FROM calls
      WHERE ts >= {from:DateTime64(3)} AND ts < {to:DateTime64(3)} AND trace_id != '' AND ${where}
      GROUP BY trace_id ORDER BY max(ts) DESC, trace_id LIMIT {limit:UInt32}`,
    params: window.loose(),
    row: z.object({ trace_id: z.string() }),
  })(db, { ...range, ...params, limit: EXEMPLARS })
  return rows.map(({ trace_id }) => trace_id)
}

const affectedServices = query({
  sql: `SELECT service FROM calls
    WHERE ts >= {from:DateTime64(3)} AND ts < {to:DateTime64(3)} AND direction = 'outbound'
      AND dependency = {dependency:String} AND outcome = {outcome:String}
    GROUP BY service ORDER BY sum(weight) DESC, service LIMIT ${MOST_AFFECTED}`,
  params: window.extend({ dependency: z.string(), outcome: z.string() }),
  row: z.object({ service: z.string() }),
})

import { z } from 'zod'
import type { TracedCall } from '../integration/error-split.ts'
import { DIRECTIONS, OUTCOMES, type Outcome } from '../integration/outcome.ts'
import { type BadCallRule, readTogether } from '../slo/bad-calls.ts'
import type { SelectableCall } from '../slo/call-selection.ts'
import { isBadCall } from './indicator-sql.ts'
import { type Db, query } from './query.ts'
import { Parameters } from './sql-parameters.ts'

interface Range {
  from: Date
  to: Date
}

/** Calls that are alike in everything counted by, with a sample of them. */
export interface BadCalls extends Omit<SelectableCall, 'durationNs' | 'attempt' | 'attributes'> {
  /** All of them, weighted by sampling probability. */
  weight: number
  /** All of them, as received. */
  calls: number
  samples: BadCall[]
}

export interface BadCall {
  traceId: string
  spanId: string
  at: Date
  weight: number
  durationNs: number
  attempt: number
  attributes: Record<string, string>
}

const outcome = z.enum(OUTCOMES)
const direction = z.enum(DIRECTIONS)
const range = z.object({ from: z.date(), to: z.date() })

/** Kinds of bad calls looked at, the largest first, and calls of each: enough for a share within a few per cent. */
const MAX_KINDS = 2_000
const SAMPLES_PER_KIND = 50

/** Calls in [from, to) that the rules name, whichever SLO they belong to: one read, whatever the number of SLOs. */
export function readBadCalls(
  db: Db,
  { rules, ...range }: Range & { rules: readonly BadCallRule[] },
): Promise<BadCalls[]> {
  if (rules.length === 0) return Promise.resolve([])
  const params = new Parameters('p')
  const isBad = isBadCall(readTogether(rules), params)
  const selections = rules.flatMap(({ of, unless }) => (unless ? [of, unless] : [of]))
  const attributes = selections.some((selection) => Object.keys(selection.attributes).length > 0)
  return selectBadCalls(isBad)(db, { ...params.values, ...range, attributes })
}

const selectBadCalls = (isBad: string) =>
  query({
    sql: `
    SELECT env, service, dependency, operation, protocol, version, direction, synthetic, outcome,
      sum(c.weight) AS weight, count() AS calls,
      groupArraySample(${SAMPLES_PER_KIND}, 1)((trace_id, span_id, toUnixTimestamp64Milli(toDateTime64(ts, 3)), c.weight, duration_ns, attempt,
        if({attributes:Bool}, attributes, map()))) AS samples
    FROM calls AS c
    WHERE ts >= {from:DateTime64(3)} AND ts < {to:DateTime64(3)} AND (${isBad})
    GROUP BY env, service, dependency, operation, protocol, version, direction, synthetic, outcome
    ORDER BY weight DESC LIMIT ${MAX_KINDS}`,
    params: z.looseObject({ ...range.shape, attributes: z.boolean() }),
    row: z
      .object({
        env: z.string(),
        service: z.string(),
        dependency: z.string(),
        operation: z.string(),
        protocol: z.string(),
        version: z.string(),
        direction,
        synthetic: z.boolean(),
        outcome,
        weight: z.number(),
        calls: z.number(),
        samples: z.array(
          z
            .tuple([
              z.string(),
              z.string(),
              z.number(),
              z.number(),
              z.number(),
              z.number(),
              z.record(z.string(), z.string()),
            ])
            .transform(
              ([traceId, spanId, atMs, weight, durationNs, attempt, attributes]): BadCall => ({
                traceId,
                spanId,
                at: new Date(atMs),
                weight,
                durationNs,
                attempt,
                attributes,
              }),
            ),
        ),
      })
      .transform((row): BadCalls => row),
  })

/** Calls of a trace may begin and be stored a little outside the time of the call that failed. */
const TRACE_SLACK_MINUTES = 10

const MAX_TRACE_CALLS = 100_000

/** All calls of some traces, by trace; `range` is when the bad ones among them were. */
export async function readTraces(
  db: Db,
  { traces, ...values }: Range & { traces: string[] },
): Promise<Map<string, TracedCall[]>> {
  const known = [...new Set(traces)].filter((trace) => trace !== '')
  if (known.length === 0) return new Map()
  const rows = await selectTraces(db, { ...values, traces: known })
  const byTrace = new Map<string, TracedCall[]>()
  for (const { traceId, ...call } of rows) {
    const calls = byTrace.get(traceId)
    if (calls) calls.push(call)
    else byTrace.set(traceId, [call])
  }
  return byTrace
}

const selectTraces = query({
  sql: `
    SELECT trace_id AS traceId, span_id AS spanId, parent_span_id AS parentSpanId, direction, service, dependency, operation, outcome,
      toUnixTimestamp64Nano(ts) / 1e6 AS startMs, duration_ns / 1e6 AS durationMs
    FROM calls
    WHERE ts >= {from:DateTime64(3)} - toIntervalMinute(${TRACE_SLACK_MINUTES})
      AND ts < {to:DateTime64(3)} + toIntervalMinute(${TRACE_SLACK_MINUTES})
      AND trace_id IN {traces:Array(String)} AND NOT nested
    LIMIT ${MAX_TRACE_CALLS}`,
  params: range.extend({ traces: z.array(z.string()) }),
  row: z.object({
    traceId: z.string(),
    spanId: z.string(),
    parentSpanId: z.string(),
    direction,
    service: z.string(),
    dependency: z.string(),
    operation: z.string(),
    outcome,
    startMs: z.number(),
    durationMs: z.number(),
  }),
})

/** Who called whom, how it ended when it did not end well, and who answers calls: since `from`. */
export interface CallGraph {
  /** Services that send telemetry of calls they answer. */
  instrumented: Set<string>
  /** Dependencies by caller. */
  calls: Map<string, Set<string>>
  /** What most failing calls of a caller to a dependency ended with, by `caller\ndependency`; open circuits left out. */
  failures: Map<string, Outcome>
}

export async function readCallGraph(db: Db, values: { from: Date; to: Date }): Promise<CallGraph> {
  const rows = await selectGraph(db, values)
  const graph: CallGraph = { instrumented: new Set(), calls: new Map(), failures: new Map() }
  for (const { service, callee, failure } of rows) {
    if (callee === '') {
      graph.instrumented.add(service)
      continue
    }
    const callees = graph.calls.get(service)
    if (callees) callees.add(callee)
    else graph.calls.set(service, new Set([callee]))
    if (failure !== null) graph.failures.set(`${service}\n${callee}`, failure)
  }
  return graph
}

const selectGraph = query({
  sql: `
    SELECT service, if(direction = 'inbound', '', dependency) AS callee,
      argMaxIf(outcome, failed, outcome NOT IN ('ok', 'cancelled', 'circuit_open')) AS failure
    FROM (
      SELECT service, direction, dependency, outcome, sum(c.calls) AS failed
      FROM calls_1m AS c WHERE minute >= {from:DateTime} AND minute < {to:DateTime} AND NOT synthetic
      GROUP BY service, direction, dependency, outcome
    )
    GROUP BY service, callee LIMIT 50000`,
  params: range,
  row: z.object({
    service: z.string(),
    callee: z.string(),
    failure: z.string().transform((text) => OUTCOMES.find((known) => known === text) ?? null),
  }),
})

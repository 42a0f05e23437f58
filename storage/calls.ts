import { z } from 'zod'
import { OUTCOMES } from '../integration/outcome.ts'
import { type Db, query } from './query.ts'

/** Epoch nanoseconds as text, since they exceed what a number holds exactly. */
const epochNs = z.string().transform(BigInt)

/** An integration call as a trace shows it; durations and times in nanoseconds. */
export interface TraceCall {
  startNs: bigint
  durationNs: bigint
  env: string
  service: string
  version: string
  direction: 'outbound' | 'inbound'
  dependency: string
  operation: string
  protocol: string
  outcome: (typeof OUTCOMES)[number]
  status: string
  errorType: string
  attempt: number
  synthetic: boolean
  spanId: string
  parentSpanId: string
}

/** A span of a trace in the columns of the OpenTelemetry exporter. */
export interface TraceSpan {
  startNs: bigint
  durationNs: bigint
  spanId: string
  parentSpanId: string
  name: string
  kind: string
  service: string
  statusCode: string
  statusMessage: string
  attributes: Record<string, string>
  resource: Record<string, string>
}

/** How many spans of one trace are read at most. */
export const MAX_TRACE_SPANS = 5_000

/**
 * Calls and spans of a trace, oldest first, at most MAX_TRACE_SPANS each; both empty for an unknown trace.
 * Spans may be gone already while the calls are still kept.
 */
export async function readTrace(db: Db, traceId: string): Promise<{ calls: TraceCall[]; spans: TraceSpan[] }> {
  const [calls, spans] = await Promise.all([
    selectCalls(db, { traceId, limit: MAX_TRACE_SPANS }),
    selectSpans(db, { traceId, limit: MAX_TRACE_SPANS }),
  ])
  return { calls, spans }
}

const traceParams = z.object({ traceId: z.string(), limit: z.number().int().positive() })

const selectCalls = query({
  sql: `
    SELECT toString(toUnixTimestamp64Nano(ts)) AS startNs, toString(duration_ns) AS durationNs, env, service, version,
      direction, dependency, operation, protocol, outcome, status, error_type AS errorType, attempt, synthetic,
      span_id AS spanId, parent_span_id AS parentSpanId
    FROM calls WHERE trace_id = {traceId:String} ORDER BY ts, span_id LIMIT {limit:UInt32}`,
  params: traceParams,
  row: z.object({
    startNs: epochNs,
    durationNs: epochNs,
    env: z.string(),
    service: z.string(),
    version: z.string(),
    direction: z.enum(['outbound', 'inbound']),
    dependency: z.string(),
    operation: z.string(),
    protocol: z.string(),
    outcome: z.enum(OUTCOMES),
    status: z.string(),
    errorType: z.string(),
    attempt: z.number(),
    synthetic: z.boolean(),
    spanId: z.string(),
    parentSpanId: z.string(),
  }),
})

const selectSpans = query({
  sql: `
    WITH (SELECT (min(Start), max(End) + 1) FROM otel_traces_trace_id_ts WHERE TraceId = {traceId:String}) AS range
    SELECT toString(toUnixTimestamp64Nano(Timestamp)) AS startNs, toString(Duration) AS durationNs,
      SpanId AS spanId, ParentSpanId AS parentSpanId, SpanName AS name, SpanKind AS kind, ServiceName AS service,
      StatusCode AS statusCode, StatusMessage AS statusMessage, SpanAttributes AS attributes, ResourceAttributes AS resource
    FROM otel_traces
    WHERE TraceId = {traceId:String} AND Timestamp >= range.1 AND Timestamp <= range.2
    ORDER BY Timestamp, SpanId LIMIT {limit:UInt32}`,
  params: traceParams,
  row: z.object({
    startNs: epochNs,
    durationNs: epochNs,
    spanId: z.string(),
    parentSpanId: z.string(),
    name: z.string(),
    kind: z.string(),
    service: z.string(),
    statusCode: z.string(),
    statusMessage: z.string(),
    attributes: z.record(z.string(), z.string()),
    resource: z.record(z.string(), z.string()),
  }),
})

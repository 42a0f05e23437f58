import type { Call, SpanFacts } from '../integration/call.ts'
import type { AdmittedNames } from '../integration/cardinality.ts'
import { isNestedCall } from '../integration/span-to-call.ts'
import { Rejections } from './rejections.ts'
import { writeCallRow } from './rows/call-row.ts'
import { encodeResource, writeSpanRow } from './rows/span-row.ts'
import type { TableRows } from './rows/tables.ts'
import { factsOf, refusalOf } from './span-facts.ts'
import type { Group, Span } from './telemetry.ts'

/** What became of the records of one request. */
export interface Written {
  accepted: number
  rejections: Rejections
  /** Spans that ended before they began: stored with duration 0. */
  backwards: number
}

/** The span-to-call rules: null when a span is no call. */
export type CallOf = (span: SpanFacts) => Call | null

export interface CallSettings {
  callOf: CallOf
  /** Keeps the number of dependency and operation names bounded. */
  names: AdmittedNames
}

/** Decoded spans → rows of `otel_traces` and `calls`. */
export function writeTraceRows(groups: Group<Span>[], rows: TableRows, { callOf, names }: CallSettings): Written {
  const written: Written = { accepted: 0, rejections: new Rejections(), backwards: 0 }
  const spanRows = rows.writers.otel_traces
  const calls: Call[] = []
  for (const { resource, scopes } of groups) {
    const encoded = encodeResource(resource.attributes)
    for (const { scope, items } of scopes) {
      for (const span of items) {
        const refusal = refusalOf(span) ?? (rows.days.admit(span.startNs) ? null : 'too_many_days')
        if (refusal !== null) {
          written.rejections.add(refusal)
          continue
        }
        const facts = factsOf(span, resource.attributes)
        if (span.endNs < span.startNs) written.backwards++
        writeSpanRow(spanRows, span, facts, encoded, scope)
        const call = callOf(facts)
        if (call !== null) calls.push(call)
        written.accepted++
      }
    }
  }
  writeCalls(calls, rows, names)
  return written
}

/** SDKs export a call and the calls nested in it together as a rule; a parent in another request is not looked for. */
function writeCalls(calls: Call[], rows: TableRows, names: AdmittedNames): void {
  const bySpan = new Map(calls.map((call) => [call.spanId, call]))
  for (const call of calls) {
    const parent = call.parentSpanId === '' ? undefined : bySpan.get(call.parentSpanId)
    if (parent && isNestedCall(call, parent)) call.nested = true
    writeCallRow(rows.writers.calls, names.admit(call))
    rows.sawCall(call.tsNs)
  }
}

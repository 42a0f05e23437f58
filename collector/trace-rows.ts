import type { Call, SpanFacts } from '../integration/call.ts'
import type { AdmittedNames } from '../integration/cardinality.ts'
import { isNestedCall } from '../integration/span-to-call.ts'
import { Rejections } from './rejections.ts'
import { writeCallRow } from './rows/call-row.ts'
import { encodeResource, writeSpanRow } from './rows/span-row.ts'
import type { TableRows } from './rows/tables.ts'
import { factsOf, refusalOf } from './span-facts.ts'
import { type Keeping, redactSpan, storedAttributes, storedScope } from './stored-telemetry.ts'
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

/**
 * Decoded spans → rows of `otel_traces` and `calls`. What a call is, is judged from the span as it was sent; what is stored
 * of both is redacted, the span in place.
 */
export function writeTraceRows(
  groups: Group<Span>[],
  rows: TableRows,
  { callOf, names }: CallSettings,
  keeping: Keeping,
): Written {
  const written: Written = { accepted: 0, rejections: new Rejections(), backwards: 0 }
  const spanRows = rows.writers.otel_traces
  const calls: Call[] = []
  const { redaction } = keeping
  for (const { resource, scopes } of groups) {
    const encoded = encodeResource(storedAttributes(resource.attributes, redaction))
    for (const { scope: sentScope, items } of scopes) {
      const scope = storedScope(sentScope, redaction)
      for (const span of items) {
        const refusal = refusalOf(span) ?? (rows.days.admit(span.startNs) ? null : 'too_many_days')
        if (refusal !== null) {
          written.rejections.add(refusal)
          continue
        }
        if (span.endNs < span.startNs) written.backwards++
        const call = callOf(factsOf(span, resource.attributes))
        if (call !== null) calls.push(redaction.call(call, span.attributes))
        redactSpan(span, keeping)
        writeSpanRow(spanRows, span, factsOf(span, resource.attributes), encoded, scope)
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

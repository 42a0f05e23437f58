import type { SpanFacts } from '../integration/call.ts'
import type { Reason } from './rejections.ts'
import type { Attributes, Span } from './telemetry.ts'

/** Latest instant of DateTime64(9), in 2262: what a store in signed nanoseconds can hold. */
export const MAX_TIME_NS = 2n ** 63n - 1n

const TRACE_ID_HEX = 32
const SPAN_ID_HEX = 16

/** Why a span cannot be stored, or null. Age is no reason. Source: OTLP trace.proto, fields 1, 2 and 7. */
export function refusalOf(span: Span): Reason | null {
  if (!isId(span.traceId, TRACE_ID_HEX) || !isId(span.spanId, SPAN_ID_HEX)) return 'missing_ids'
  if (span.startNs === 0n) return 'no_start_time'
  return span.startNs > MAX_TIME_NS ? 'time_out_of_range' : null
}

/** The span as the span-to-call rules want it: a parent of wrong length is none, and time does not run backwards. */
export function factsOf(span: Span, resource: Attributes): SpanFacts {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: isId(span.parentSpanId, SPAN_ID_HEX) ? span.parentSpanId : '',
    traceState: span.traceState,
    name: span.name,
    kind: span.kind,
    startNs: span.startNs,
    endNs: later(span.startNs, span.endNs),
    statusCode: span.statusCode,
    statusMessage: span.statusMessage,
    attributes: span.attributes,
    resource,
    exception: lastException(span),
  }
}

const later = (a: bigint, b: bigint): bigint => (b < a ? a : b)

function lastException(span: Span): Attributes | null {
  for (let i = span.events.length - 1; i >= 0; i--) {
    const event = span.events[i]!
    if (event.name === 'exception') return event.attributes
  }
  return null
}

/** Right length and not all zeros. */
function isId(hex: string, length: number): boolean {
  if (hex.length !== length) return false
  for (let i = 0; i < length; i++) if (hex.charCodeAt(i) !== 48) return true
  return false
}

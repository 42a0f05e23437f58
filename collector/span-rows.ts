import { CallRows, type CallSettings } from './call-rows.ts'
import { SpanView } from './protobuf/span-view.ts'
import { decodeTraces } from './protobuf/traces.ts'
import type { Reason } from './rejections.ts'
import { dayOfWords } from './rows/days.ts'
import { encodeSpanOrigin, writeSpanRow } from './rows/span-row.ts'
import type { TableRows } from './rows/tables.ts'
import { isStoredBare, type Keeping, storedAttributes, storedScope } from './stored-telemetry.ts'
import type { Notes } from './telemetry.ts'
import { nothingWritten, type Written } from './written.ts'

/** Turns a request into rows; throws `BadBody` and what making rows throws. */
export type WriteSpanRows = (body: Buffer, rows: TableRows) => Written & Notes

/**
 * ExportTraceServiceRequest → rows of `otel_traces` and `calls`, in one pass. What a call is, is judged from the span as it
 * was sent; what is stored of both is redacted.
 */
export function createSpanRows(settings: CallSettings, keeping: Keeping): WriteSpanRows {
  const { redaction } = keeping
  const span = new SpanView(redaction)
  const calls = new CallRows(settings, redaction)

  return (body, rows) => {
    const written = nothingWritten()
    const { groups, notes } = decodeTraces(body, span)
    calls.reset()
    for (const { resource, scopes } of groups) {
      span.sentResource = resource.attributes
      calls.begin(resource.attributes)
      const storedResource = storedAttributes(resource.attributes, redaction)
      for (const { scope, items } of scopes) {
        const origin = encodeSpanOrigin(storedResource, storedScope(scope, redaction))
        for (const _ of items) {
          const refusal = refusalOf(span) ?? (admitDay(span, rows) ? null : 'too_many_days')
          if (refusal !== null) {
            written.rejections.add(refusal)
            continue
          }
          const fault = span.settleEnd()
          if (fault !== null) written.adjusted[fault]++
          calls.write(span, rows)
          writeSpanRow(rows.writers.otel_traces, span, origin, redaction, isStoredBare(span, keeping))
          written.accepted++
        }
      }
    }
    calls.finish(body)
    return { ...written, ...notes }
  }
}

/** From here on an instant is beyond DateTime64(9), in 2262. */
const HIGH_WORD_BEYOND = 2 ** 31

/** Why a span cannot be stored, or null. Age is no reason. Source: OTLP trace.proto, fields 1, 2 and 7. */
function refusalOf(span: SpanView): Reason | null {
  const hasStart = span.startLow !== 0 || span.startHigh !== 0
  if (!span.hasIds()) return hasStart && span.hasShortTraceId() ? 'short_trace_id' : 'missing_ids'
  if (!hasStart) return 'no_start_time'
  return span.startHigh >= HIGH_WORD_BEYOND ? 'time_out_of_range' : null
}

const admitDay = ({ startLow, startHigh }: SpanView, { days }: TableRows): boolean =>
  days.admit(dayOfWords(startLow, startHigh))

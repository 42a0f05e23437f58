import { CallRows, type CallSettings } from './call-rows.ts'
import { timeRefusal } from './kept-times.ts'
import { SEEN } from './memory/recent-spans.ts'
import { type Remembered, SpanMemory } from './memory/span-memory.ts'
import { SpanView } from './protobuf/span-view.ts'
import { decodeTraces } from './protobuf/traces.ts'
import type { Reason } from './rejections.ts'
import { dayOfWords } from './rows/days.ts'
import { encodeSpanOrigin, writeSpanRow } from './rows/span-row.ts'
import type { TableRows } from './rows/tables.ts'
import { isStoredBare, type Keeping, storedAttributes, storedScope } from './stored-telemetry.ts'
import type { Notes } from './telemetry.ts'
import { nothingWritten, type Written } from './written.ts'

/**
 * Turns a request that came at `nowMs` into rows; throws `BadBody` and what making rows throws, with nothing remembered. What is remembered of a
 * request that does not become durable must be taken back.
 */
export type WriteSpanRows = (
  body: Buffer,
  rows: TableRows,
  nowMs: number,
) => Written & Notes & { remembered: Remembered }

/**
 * ExportTraceServiceRequest → rows of `otel_traces` and `calls`, in one pass. What a call is, is judged from the span as it
 * was sent; what is stored of both is redacted. A span that `memory` knows is dropped.
 */
export function createSpanRows(
  settings: CallSettings,
  keeping: Keeping,
  memory: SpanMemory = new SpanMemory(),
): WriteSpanRows {
  const { redaction, lifetimes } = keeping
  const span = new SpanView(redaction)
  const calls = new CallRows(settings, redaction, memory)

  const write = (body: Buffer, rows: TableRows, remembered: Remembered, nowMs: number): Written & Notes => {
    const written = nothingWritten()
    const ids = new DataView(body.buffer, body.byteOffset, body.length)
    const { groups, notes } = decodeTraces(body, span)
    calls.reset(nowMs)
    for (const { resource, scopes } of groups) {
      span.sentResource = resource.attributes
      calls.begin(resource.attributes)
      const storedResource = storedAttributes(resource.attributes, redaction)
      for (const { scope, items } of scopes) {
        span.scope = scope.name
        const origin = encodeSpanOrigin(storedResource, storedScope(scope, redaction))
        for (const _ of items) {
          const refusal = refusalOf(span, nowMs, lifetimes.calls) ?? (admitDay(span, rows) ? null : 'too_many_days')
          if (refusal !== null) {
            written.rejections.add(refusal)
            continue
          }
          const entry = claim(ids, span, remembered, memory)
          if (entry === SEEN) {
            written.duplicates++
            continue
          }
          const fault = span.settleEnd()
          if (fault !== null) written.adjusted[fault]++
          // A call counts in the rollups, which are kept longest; of other spans nothing would be left.
          const tooOld = calls.write(span, rows, entry) ? null : timeRefusal(startNs(span), nowMs, lifetimes.spans)
          if (tooOld !== null) {
            memory.recent.forget(entry, entry + 1)
            written.rejections.add(tooOld)
            continue
          }
          writeSpanRow(rows.writers.otel_traces, span, origin, redaction, isStoredBare(span, keeping))
          written.accepted++
        }
      }
    }
    calls.finish(ids, remembered, rows)
    written.adjusted.weight_capped = calls.capped
    return { ...written, ...notes }
  }

  return (body, rows, nowMs) => {
    const remembered = memory.begin(nowMs)
    try {
      return { ...write(body, rows, remembered, nowMs), remembered }
    } catch (error) {
      memory.forget(remembered)
      throw error
    }
  }
}

/** The span's entry in the memory, or `SEEN`. */
function claim(ids: DataView, span: SpanView, remembered: Remembered, memory: SpanMemory): number {
  const { recent } = memory
  const { request } = remembered
  const entry = recent.claim(ids, span.traceIdAt.start, span.spanIdAt.start, span.kind, request)
  if (entry === SEEN) memory.uses(remembered, recent.seenIn)
  else remembered.to = entry + 1
  return entry
}

/** From here on an instant is beyond DateTime64(9), in 2262. */
const HIGH_WORD_BEYOND = 2 ** 31

/** Why a span cannot be stored, or null. Source: OTLP trace.proto, fields 1, 2 and 7. */
function refusalOf(span: SpanView, nowMs: number, lifetimeMs: number): Reason | null {
  const { startLow, startHigh } = span
  const hasStart = startLow !== 0 || startHigh !== 0
  if (!span.hasIds()) return hasStart && span.hasShortTraceId() ? 'short_trace_id' : 'missing_ids'
  if (!hasStart) return 'no_start_time'
  if (startHigh >= HIGH_WORD_BEYOND) return 'time_out_of_range'
  return timeRefusal(startNs(span), nowMs, lifetimeMs)
}

/** As a double. */
const startNs = ({ startLow, startHigh }: SpanView): number => startHigh * 2 ** 32 + startLow

const admitDay = ({ startLow, startHigh }: SpanView, { days }: TableRows): boolean =>
  days.admit(dayOfWords(startLow, startHigh))

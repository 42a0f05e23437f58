import type { Attributes } from '../../integration/attributes.ts'
import { plainName } from '../../integration/plain-name.ts'
import { BEYOND_ASCII, hintAtSecret } from '../../integration/redacted-text.ts'
import type { Redaction, ValueRule } from '../../integration/redaction.ts'
import { UNKNOWN_SERVICE } from '../../integration/span-to-call.ts'
import { storedPair } from '../protobuf/attribute-pairs.ts'
import type { TextAt } from '../protobuf/places.ts'
import type { SpanView } from '../protobuf/span-view.ts'
import { storedAttributes, storedEventAttributes, storedMessage } from '../stored-telemetry.ts'
import { MAX_TIME_NS, type Scope, type SpanEvent, type SpanLink } from '../telemetry.ts'
import { encoded, type RowWriter } from './row-writer.ts'

// Hot path: `test/bench/span-to-call.ts` measures it.

/** By OTLP number; a span without kind counts as internal. */
const KINDS = ['Internal', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const
const EVENT_COLUMNS = 3
const LINK_COLUMNS = 4
const STATUS_CODES = ['Unset', 'Ok', 'Error'] as const

export const serviceOf = (attributes: Attributes): string =>
  plainName(attributes.get('service.name') ?? '') || UNKNOWN_SERVICE

/** What all spans of one scope share, encoded once: the columns ServiceName … ScopeVersion. */
export const encodeSpanOrigin = (resource: ReadonlyMap<string, string>, scope: Scope): Uint8Array =>
  encoded((writer) => {
    writer.string(serviceOf(resource))
    writer.map(resource)
    writer.string(scope.name)
    writer.string(scope.version)
  })

/** One row of `otel_traces`, in the order of `INGEST_COLUMNS.otel_traces`; `isBare` leaves attributes, events and links out. */
export function writeSpanRow(
  writer: RowWriter,
  span: SpanView,
  origin: Uint8Array,
  redaction: Redaction,
  isBare: boolean,
): void {
  const { bytes } = span
  writer.words(span.startLow, span.startHigh)
  writeIds(writer, span)
  writeText(writer, bytes, span.traceStateAt, redaction.freeText)
  if (span.namePair === undefined) writeText(writer, bytes, span.nameAt, redaction.freeText)
  else writer.raw(storedPair(span.namePair, span.attributes))
  writer.string(KINDS[span.kind] ?? 'Unspecified')
  writer.raw(origin)
  if (isBare) writer.count(0)
  else writeAttributes(writer, span)
  writeDuration(writer, span)
  writer.string(STATUS_CODES[span.statusCode] ?? 'Unset')
  writer.string(span.statusMessageAt.isEmpty() ? '' : storedMessage(span.statusMessage, redaction))
  if (isBare || span.events.length === 0) writer.zeros(EVENT_COLUMNS)
  else writeEvents(writer, span.events, redaction)
  if (isBare || span.links.length === 0) writer.zeros(LINK_COLUMNS)
  else writeLinks(writer, span.links, redaction)
  writer.rows++
}

/** Of the trace, of the span, and of its parent, which is nothing where the parent's id is none. */
export function writeIds(writer: RowWriter, span: SpanView): void {
  const { bytes, traceIdAt, spanIdAt, parentIdAt } = span
  writer.hex(bytes, traceIdAt.start, traceIdAt.length)
  writer.hex(bytes, spanIdAt.start, spanIdAt.length)
  if (span.hasParent()) writer.hex(bytes, parentIdAt.start, parentIdAt.length)
  else writer.count(0)
}

/** In nanoseconds, of a span whose end is settled. */
export function writeDuration(writer: RowWriter, span: SpanView): void {
  const borrow = span.endLow < span.startLow ? 1 : 0
  writer.words(span.endLow - span.startLow, span.endHigh - span.startHigh - borrow)
}

function writeAttributes(writer: RowWriter, { bytes, attributes }: SpanView): void {
  const { size, keys, pairs } = attributes
  writer.count(size)
  for (let place = 0; place < size; place++) {
    const pair = pairs[place]
    if (pair === undefined) {
      const key = keys[place]!
      const start = attributes.start(place)
      writer.raw(key.encoded)
      if (start < 0 || !copyText(writer, bytes, start, attributes.end(place), key.rule)) {
        writer.string(key.rule.stored(attributes.text(place), key.rule.contextOf(attributes)))
      }
    } else writer.raw(storedPair(pair, attributes))
  }
}

function writeText(writer: RowWriter, bytes: Buffer, text: TextAt, rule: ValueRule): void {
  if (text.isEmpty()) writer.count(0)
  else if (!copyText(writer, bytes, text.start, text.end, rule)) writer.string(rule.stored(text.of(bytes), ''))
}

/** Copies what is stored as it was sent; false, and nothing written, for what must be looked at as a text. */
function copyText(writer: RowWriter, bytes: Buffer, start: number, end: number, rule: ValueRule): boolean {
  if (!rule.isPlainText) return false
  const hints = writer.text(bytes, start, end)
  if ((hints & BEYOND_ASCII) === 0 && !hintAtSecret(hints, end - start)) return true
  writer.takeBack()
  return false
}

function writeEvents(writer: RowWriter, events: SpanEvent[], redaction: Redaction): void {
  writer.array(events, ({ timeNs }) => writer.uint64(storable(timeNs)))
  writer.array(events, ({ name }) => writer.string(redaction.text(name)))
  writer.array(events, ({ attributes }) => writer.map(storedEventAttributes(attributes, redaction)))
}

function writeLinks(writer: RowWriter, links: SpanLink[], redaction: Redaction): void {
  writer.array(links, ({ traceId }) => writer.string(traceId))
  writer.array(links, ({ spanId }) => writer.string(spanId))
  writer.array(links, ({ traceState }) => writer.string(redaction.text(traceState)))
  writer.array(links, ({ attributes }) => writer.map(storedAttributes(attributes, redaction)))
}

/** Secondary times do not cost the record: one beyond the store's range becomes the latest it holds. */
export const storable = (timeNs: bigint): bigint => (timeNs > MAX_TIME_NS ? MAX_TIME_NS : timeNs)

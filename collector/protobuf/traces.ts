import { BadBody } from '../bad-body.ts'
import { type Decoded, emptySpan, type Span, type SpanEvent, type SpanLink } from '../telemetry.ts'
import { readAttribute, readGroups } from './common.ts'
import { Reader } from './reader.ts'

/** Decodes an ExportTraceServiceRequest; throws `BadBody`. Source: opentelemetry-proto trace.proto 1.11. */
export function decodeTraces(body: Buffer): Decoded<Span> {
  const reader = new Reader(body)
  return { groups: readGroups(reader, readSpan), notes: reader.notes }
}

function readSpan(reader: Reader): Span {
  const outer = reader.enter()
  const span = emptySpan()
  let fault: BadBody | null = null
  while (reader.more()) {
    const tag = reader.tag()
    switch (tag) {
      case 0x0a: // trace_id
        span.traceId = reader.hex()
        break
      case 0x12: // span_id
        span.spanId = reader.hex()
        break
      case 0x1a: // trace_state
        span.traceState = reader.string()
        break
      case 0x22: // parent_span_id
        span.parentSpanId = reader.hex()
        break
      case 0x2a: // name
        span.name = reader.string()
        break
      case 0x30: // kind
        span.kind = reader.int32()
        break
      case 0x39: // start_time_unix_nano
        span.startNs = reader.fixed64()
        break
      case 0x41: // end_time_unix_nano
        span.endNs = reader.fixed64()
        break
      case 0x4a: // attributes
        if (span.traceId === '') fault = readDoubtful(reader, span) ?? fault
        else readAttribute(reader, span.attributes)
        break
      case 0x5a: // events
        span.events.push(readEvent(reader))
        break
      case 0x6a: // links
        span.links.push(readLink(reader))
        break
      case 0x7a: // status
        readStatus(reader, span)
        break
      default:
        reader.skip(tag)
    }
  }
  if (fault !== null && span.traceId !== '') throw fault
  reader.leave(outer)
  return span
}

const TRACE_ID_BYTES = 16

/**
 * Field 9 of a span is an attribute, of a log record its trace id. Where no trace id came before it, 16 bytes that are no
 * attribute are skipped and the fault handed back: a span that stays without trace id is refused alone, not its whole request.
 */
function readDoubtful(reader: Reader, span: Span): BadBody | null {
  const { position, limit, depth, notes } = reader
  const { stringIndexes } = notes
  const length = reader.length()
  const end = reader.position + length
  reader.position = position
  try {
    readAttribute(reader, span.attributes)
    return null
  } catch (error) {
    if (!(error instanceof BadBody) || length !== TRACE_ID_BYTES) throw error
    Object.assign(reader, { position: end, limit, depth })
    notes.stringIndexes = stringIndexes
    return error
  }
}

function readStatus(reader: Reader, span: Span): void {
  const outer = reader.enter()
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x12 /* message */) span.statusMessage = reader.string()
    else if (tag === 0x18 /* code */) span.statusCode = reader.int32()
    else reader.skip(tag)
  }
  reader.leave(outer)
}

function readEvent(reader: Reader): SpanEvent {
  const outer = reader.enterPart()
  const event: SpanEvent = { timeNs: 0n, name: '', attributes: new Map() }
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x09 /* time_unix_nano */) event.timeNs = reader.fixed64()
    else if (tag === 0x12 /* name */) event.name = reader.string()
    else if (tag === 0x1a /* attributes */) readAttribute(reader, event.attributes)
    else reader.skip(tag)
  }
  reader.leave(outer)
  return event
}

function readLink(reader: Reader): SpanLink {
  const outer = reader.enterPart()
  const link: SpanLink = { traceId: '', spanId: '', traceState: '', attributes: new Map() }
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === 0x0a /* trace_id */) link.traceId = reader.hex()
    else if (tag === 0x12 /* span_id */) link.spanId = reader.hex()
    else if (tag === 0x1a /* trace_state */) link.traceState = reader.string()
    else if (tag === 0x22 /* attributes */) readAttribute(reader, link.attributes)
    else reader.skip(tag)
  }
  reader.leave(outer)
  return link
}

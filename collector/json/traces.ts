import type { Decoded, Notes, Span } from '../telemetry.ts'
import { attributesOf, decodeGroups } from './common.ts'
import { enumeration, hex, message, messages, text, uint32, uint64 } from './fields.ts'
import { type JsonObject, parseBody } from './parse.ts'

const KINDS = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
] as const
const STATUS_CODES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] as const

/** Decodes an OTLP/JSON ExportTraceServiceRequest; throws `BadBody`. */
export const decodeTracesJson = (body: Buffer): Decoded<Span> =>
  decodeGroups(parseBody(body), { groups: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' }, spanOf)

function spanOf(json: JsonObject, notes: Notes): Span {
  const status = message(json, 'status')
  for (const counter of ['droppedAttributesCount', 'droppedEventsCount', 'droppedLinksCount', 'flags']) {
    uint32(json, counter)
  }
  return {
    traceId: hex(json, 'traceId'),
    spanId: hex(json, 'spanId'),
    parentSpanId: hex(json, 'parentSpanId'),
    traceState: text(json, 'traceState'),
    name: text(json, 'name'),
    kind: enumeration(json, 'kind', KINDS),
    startNs: uint64(json, 'startTimeUnixNano'),
    endNs: uint64(json, 'endTimeUnixNano'),
    attributes: attributesOf(json, 'attributes', notes),
    events: messages(json, 'events').map((event) => ({
      timeNs: uint64(event, 'timeUnixNano'),
      name: text(event, 'name'),
      attributes: attributesOf(event, 'attributes', notes),
    })),
    links: messages(json, 'links').map((link) => ({
      traceId: hex(link, 'traceId'),
      spanId: hex(link, 'spanId'),
      traceState: text(link, 'traceState'),
      attributes: attributesOf(link, 'attributes', notes),
    })),
    statusCode: enumeration(status, 'code', STATUS_CODES),
    statusMessage: text(status, 'message'),
  }
}

import type { SpanFacts } from '../../integration/call.ts'
import { MAX_TIME_NS } from '../span-facts.ts'
import type { Attributes, Scope, Span, SpanEvent, SpanLink } from '../telemetry.ts'
import { encodeMap, type RowWriter } from './row-writer.ts'

/** By OTLP number; a span without kind counts as internal. */
const KINDS = ['Internal', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const
const STATUS_CODES = ['Unset', 'Ok', 'Error'] as const

export const UNKNOWN_SERVICE = 'unknown_service'

/** A resource as rows repeat it. */
export interface EncodedResource {
  service: string
  attributes: Uint8Array
}

export const encodeResource = (attributes: Attributes): EncodedResource => ({
  service: attributes.get('service.name') || UNKNOWN_SERVICE,
  attributes: encodeMap(attributes),
})

/** One row of `otel_traces`, in the order of `INGEST_COLUMNS.otel_traces`. */
export function writeSpanRow(
  writer: RowWriter,
  span: Span,
  facts: SpanFacts,
  resource: EncodedResource,
  scope: Scope,
): void {
  writer.uint64(facts.startNs)
  writer.string(facts.traceId)
  writer.string(facts.spanId)
  writer.string(facts.parentSpanId)
  writer.string(facts.traceState)
  writer.string(facts.name)
  writer.string(KINDS[facts.kind] ?? 'Unspecified')
  writer.string(resource.service)
  writer.raw(resource.attributes)
  writer.string(scope.name)
  writer.string(scope.version)
  writer.map(facts.attributes)
  writer.uint64(facts.endNs - facts.startNs)
  writer.string(STATUS_CODES[facts.statusCode] ?? 'Unset')
  writer.string(facts.statusMessage)
  writeEvents(writer, span.events)
  writeLinks(writer, span.links)
  writer.rows++
}

function writeEvents(writer: RowWriter, events: SpanEvent[]): void {
  writer.array(events, ({ timeNs }) => writer.uint64(storable(timeNs)))
  writer.array(events, ({ name }) => writer.string(name))
  writer.array(events, ({ attributes }) => writer.map(attributes))
}

function writeLinks(writer: RowWriter, links: SpanLink[]): void {
  writer.array(links, ({ traceId }) => writer.string(traceId))
  writer.array(links, ({ spanId }) => writer.string(spanId))
  writer.array(links, ({ traceState }) => writer.string(traceState))
  writer.array(links, ({ attributes }) => writer.map(attributes))
}

/** Secondary times do not cost the record: one beyond the store's range becomes the latest it holds. */
export const storable = (timeNs: bigint): bigint => (timeNs > MAX_TIME_NS ? MAX_TIME_NS : timeNs)

import { jsonToProtobuf } from '../../collector/json/to-protobuf.ts'
import { decodeMetrics as metrics } from '../../collector/protobuf/metrics.ts'
import { SpanView } from '../../collector/protobuf/span-view.ts'
import { decodeTraces as traces } from '../../collector/protobuf/traces.ts'
import type { Decoded, Metric, SpanEvent, SpanLink } from '../../collector/telemetry.ts'
import { compileRedaction, NO_REDACTION_RULES } from '../../integration/redaction.ts'

/** A span as it was sent, with everything read at once, so that results can be compared. */
export interface Span {
  traceId: string
  spanId: string
  parentSpanId: string
  traceState: string
  name: string
  kind: number
  startNs: bigint
  endNs: bigint
  attributes: Map<string, string>
  events: SpanEvent[]
  links: SpanLink[]
  statusCode: number
  statusMessage: string
}

const view = new SpanView(compileRedaction(NO_REDACTION_RULES))

function copyOf(span: SpanView): Span {
  const { bytes, traceIdAt, spanIdAt, parentIdAt, attributes } = span
  const { traceState, name, kind, events, links, statusCode, statusMessage } = span
  const attribute = (_: unknown, place: number): [string, string] => [
    attributes.keys[place]!.name,
    attributes.text(place),
  ]
  return {
    traceId: traceIdAt.hex(bytes),
    spanId: spanIdAt.hex(bytes),
    parentSpanId: parentIdAt.hex(bytes),
    ...{ traceState, name, kind, statusCode, statusMessage },
    events: [...events],
    links: [...links],
    startNs: (BigInt(span.startHigh) << 32n) | BigInt(span.startLow),
    endNs: (BigInt(span.endHigh) << 32n) | BigInt(span.endLow),
    attributes: new Map(Array.from({ length: attributes.size }, attribute)),
  }
}

/** All records of a body, each copied before the next is read. */
function readAll<Item, Copy>({ groups, notes }: Decoded<Item>, copy: (item: Item) => Copy) {
  const read = groups.map(({ resource, scopes }) => ({
    resource,
    scopes: scopes.map(({ scope, items }) => ({ scope, items: Array.from(items, copy) })),
  }))
  return { groups: read, stringIndexes: notes.stringIndexes }
}

/** What of a metric is accepted or rejected one by one: its points; what is no metric counts as one. */
export const recordsOf = ({ data, isForeign }: Metric): number => data?.points.length || Number(isForeign)

export const decodeTraces = (body: Buffer) => readAll(traces(body, view), copyOf)
export const decodeMetrics = (body: Buffer) => readAll(metrics(body), (metric: Metric) => metric)
export const decodeTracesJson = (body: Buffer) => decodeTraces(jsonToProtobuf('traces', body).message)
export const decodeMetricsJson = (body: Buffer) => decodeMetrics(jsonToProtobuf('metrics', body).message)

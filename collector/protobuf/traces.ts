import type { Decoded } from '../telemetry.ts'
import { readGroups } from './common.ts'
import { Reader } from './reader.ts'
import type { SpanView } from './span-view.ts'

/**
 * Reads an ExportTraceServiceRequest; throws `BadBody`. Every span of it is read into `view` when its turn comes, in place
 * of the one before. Source: opentelemetry-proto trace.proto 1.11.
 */
export function decodeTraces(body: Buffer, view: SpanView): Decoded<SpanView> {
  const reader = new Reader(body)
  const readSpan = (at: Reader): SpanView => {
    view.read(at)
    return view
  }
  return { groups: readGroups(reader, readSpan), notes: reader.notes }
}

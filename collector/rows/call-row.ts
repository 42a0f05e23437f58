import type { Call } from '../../integration/call.ts'
import type { SpanView } from '../protobuf/span-view.ts'
import type { RowWriter } from './row-writer.ts'
import { writeDuration, writeParentId } from './span-row.ts'

/** Stored numbers of the column's Enum8. */
const DIRECTION_NUMBER = { outbound: 1, inbound: 2 } as const

/** The columns of a row of `calls` up to `nested`, in the order of `INGEST_COLUMNS.calls`: the last byte says that it is not. */
export function writeCallHead(writer: RowWriter, span: SpanView, call: Call): void {
  writer.words(span.startLow, span.startHigh)
  writer.string(call.env)
  writer.string(call.service)
  writer.string(call.version)
  writer.string(call.region)
  writer.uint8(DIRECTION_NUMBER[call.direction])
  writer.string(call.dependency)
  writer.string(call.operation)
  writer.string(call.protocol)
  writer.string(call.outcome)
  writer.string(call.status)
  writer.string(call.errorType)
  writer.uint16(call.attempt)
  writer.bool(false)
}

/** The rest of the row. */
export function writeCallTail(writer: RowWriter, span: SpanView, call: Call): void {
  const { bytes, traceIdAt, spanIdAt } = span
  writer.bool(call.synthetic)
  writer.float64(call.weight)
  writeDuration(writer, span)
  writer.hex(bytes, traceIdAt.start, traceIdAt.length)
  writer.hex(bytes, spanIdAt.start, spanIdAt.length)
  writeParentId(writer, span)
  // Empty where the trace id is the correlation id, which is then not stored twice.
  writer.string(call.correlationId)
  writer.map(call.attributes)
  writer.rows++
}

import type { Call } from '../../integration/call.ts'
import type { RowWriter } from './row-writer.ts'

/** Stored numbers of the column's Enum8. */
const DIRECTION_NUMBER = { outbound: 1, inbound: 2 } as const

/** One row of `calls`, in the order of `INGEST_COLUMNS.calls`. */
export function writeCallRow(writer: RowWriter, call: Call): void {
  writer.uint64(call.tsNs)
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
  writer.uint16(Math.min(call.attempt, 65_535))
  writer.bool(call.nested)
  writer.bool(call.synthetic)
  writer.float64(call.weight)
  writer.uint64(call.durationNs)
  writer.string(call.traceId)
  writer.string(call.spanId)
  writer.string(call.parentSpanId)
  writer.string(call.correlationId)
  writer.map(call.attributes)
  writer.rows++
}

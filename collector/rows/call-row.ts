import type { CallDetails, CallOutline, CallSource } from '../../integration/call.ts'
import type { CallNames } from '../../integration/cardinality.ts'
import type { SpanView } from '../protobuf/span-view.ts'
import { dayOfWords } from './days.ts'
import { encoded, type RowWriter } from './row-writer.ts'
import { writeDuration, writeIds } from './span-row.ts'
import type { TableRows } from './tables.ts'

// A row of `call_rows` is written piece by piece, in the order of `INGEST_COLUMNS.call_rows`: `ts`, source, outline, rest.

/** Stored numbers of the column's Enum8. */
const DIRECTION_NUMBER = { outbound: 1, inbound: 2 } as const

/** The columns `env` … `region`. */
export const encodeCallSource = ({ env, service, version, region }: CallSource): Uint8Array =>
  encoded((writer) => {
    writer.string(env)
    writer.string(service)
    writer.string(version)
    writer.string(region)
  })

/** The columns `direction` … `nested`, in pieces, because the names are stored as they are admitted. */
export interface EncodedOutline {
  direction: number
  dependency: Uint8Array
  /** `protocol` … `nested`; the last byte says that it is not. */
  ending: Uint8Array
}

export const encodeOutline = (outline: CallOutline): EncodedOutline => ({
  direction: DIRECTION_NUMBER[outline.direction],
  dependency: encoded((writer) => writer.string(outline.dependency)),
  ending: encoded((writer) => {
    writer.string(outline.protocol)
    writer.string(outline.outcome)
    writer.string(outline.status)
    writer.string(outline.errorType)
    writer.uint16(outline.attempt)
    writer.bool(false)
  }),
})

export function writeOutline(writer: RowWriter, outline: EncodedOutline, wanted: CallNames, admitted: CallNames): void {
  writer.uint8(outline.direction)
  if (admitted === wanted) writer.raw(outline.dependency)
  else writer.string(admitted.dependency)
  writer.string(admitted.operation)
  writer.raw(outline.ending)
}

/** The columns `synthetic` … `sign`. */
export function writeCallRest(
  writer: RowWriter,
  span: SpanView,
  isSynthetic: boolean,
  weight: number,
  { correlationId, attributes }: CallDetails,
): void {
  writer.bool(isSynthetic)
  writer.float64(weight)
  writeDuration(writer, span)
  writeIds(writer, span)
  // Empty where the trace id is the correlation id, which is then not stored twice.
  writer.string(correlationId)
  writer.map(attributes)
  writer.uint8(COUNTED)
  writer.rows++
}

/** Values of `sign`: the row counts, or takes back one that is the same otherwise. */
const COUNTED = 1
const TAKEN_BACK = 0xff

/**
 * Writes what corrects a row that is stored as not nested: one that takes it back, and the same as nested. Nothing when its
 * day is one too many for this request.
 */
export function writeAsNested(rows: TableRows, row: Uint8Array, nestedAt: number): void {
  const time = new DataView(row.buffer, row.byteOffset, 8)
  const [low, high] = [time.getUint32(0, true), time.getUint32(4, true)]
  if (!rows.days.admit(dayOfWords(low, high))) return
  const writer = rows.writers.call_rows
  writer.raw(row.subarray(0, -1))
  writer.uint8(TAKEN_BACK)
  writer.raw(row.subarray(0, nestedAt))
  writer.bool(true)
  writer.raw(row.subarray(nestedAt + 1))
  writer.rows += 2
  rows.sawCall(low, high)
}

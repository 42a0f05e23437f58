import { crc32 } from 'node:zlib'

/**
 * A segment file: one header, then frames, one per acknowledged request. All numbers little-endian.
 *
 *   header  "PLSEG001" · u32 length · u32 crc32 · JSON {segment, openedAt, tables: [[name, columns], …]}
 *   frame   "PLFR" · u32 length · u32 crc32 · payload of that length
 *   payload 32-byte digest of the request · i64 first and last event time of its calls in ns (first > last: none)
 *           · u8 count · per table u8 index into the header's tables, u32 rows, u32 bytes · the tables' RowBinary rows
 *
 * The header names the columns, so a file written before an upgrade is shipped with the columns it was written for.
 * `scan.ts` reads it.
 */
export const MAGIC = Buffer.from('PLSEG001')
export const FRAME_MAGIC = Buffer.from('PLFR')
export const FRAME_HEAD = 12
export const DIGEST_BYTES = 32
/** Of a payload, before the entries of its tables. */
export const PAYLOAD_HEAD = DIGEST_BYTES + 17
export const TABLE_ENTRY = 9

export interface SegmentHeader {
  segment: string
  /** Before anything in the segment was acknowledged; milliseconds. */
  openedAt: number
  tables: [name: string, columns: readonly string[]][]
}

/** A frame to be written: a table's rows may be in parts. */
export interface NewFrame {
  /** SHA-256 of the request. */
  digest: Buffer
  firstNs: bigint
  lastNs: bigint
  tables: { index: number; rows: number; parts: readonly Buffer[] }[]
}

export function encodeHeader(header: SegmentHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const head = Buffer.alloc(8)
  head.writeUInt32LE(json.length, 0)
  head.writeUInt32LE(crc32(json), 4)
  return Buffer.concat([MAGIC, head, json])
}

/** The frame in parts that are written one after another: rows are not copied. */
export function encodeFrame({ digest, firstNs, lastNs, tables }: NewFrame): Buffer[] {
  const head = Buffer.alloc(FRAME_HEAD + PAYLOAD_HEAD + tables.length * TABLE_ENTRY)
  const rows = tables.flatMap(({ parts }) => parts)
  let at = FRAME_HEAD
  at += digest.copy(head, at, 0, DIGEST_BYTES)
  at = head.writeBigInt64LE(firstNs, at)
  at = head.writeBigInt64LE(lastNs, at)
  at = head.writeUInt8(tables.length, at)
  for (const { index, rows: count, parts } of tables) {
    at = head.writeUInt8(index, at)
    at = head.writeUInt32LE(count, at)
    at = head.writeUInt32LE(bytesOf(parts), at)
  }
  FRAME_MAGIC.copy(head)
  head.writeUInt32LE(head.length - FRAME_HEAD + bytesOf(rows), 4)
  head.writeUInt32LE(
    rows.reduce((sum, part) => crc32(part, sum), crc32(head.subarray(FRAME_HEAD))),
    8,
  )
  return [head, ...rows]
}

export const bytesOf = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0)

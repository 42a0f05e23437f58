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
 */
const MAGIC = Buffer.from('PLSEG001')
const FRAME_MAGIC = Buffer.from('PLFR')
const FRAME_HEAD = 12
const DIGEST_BYTES = 32
const TABLE_ENTRY = 9

export interface SegmentHeader {
  segment: string
  /** Before anything in the segment was acknowledged; milliseconds. */
  openedAt: number
  tables: [name: string, columns: readonly string[]][]
}

export interface FrameContent {
  /** SHA-256 of the request. */
  digest: Buffer
  firstNs: bigint
  lastNs: bigint
  tables: { index: number; rows: number; bytes: Buffer }[]
}

/** A frame to be written: a table's rows may be in parts. */
export interface NewFrame extends Omit<FrameContent, 'tables'> {
  tables: { index: number; rows: number; parts: readonly Buffer[] }[]
}

export interface Scan {
  /** Null when the file's header cannot be trusted: then nothing in it can. */
  header: SegmentHeader | null
  frames: FrameContent[]
  /** Ranges [from, to) that hold no valid frame: a torn tail, or damage in between. */
  damaged: { from: number; to: number }[]
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
  const head = Buffer.alloc(FRAME_HEAD + DIGEST_BYTES + 17 + tables.length * TABLE_ENTRY)
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

/** Reads a segment, however damaged: valid frames after a damaged range are found by their magic and checksum. */
export function scanSegment(file: Buffer): Scan {
  // A process killed between creating the file and writing to it.
  if (file.length === 0) return { header: null, frames: [], damaged: [] }
  const opened = readHeader(file)
  if (opened === null) return { header: null, frames: [], damaged: [{ from: 0, to: file.length }] }
  const { header, end } = opened
  const scan: Scan = { header, frames: [], damaged: [] }
  let at = end
  let damagedFrom = -1
  while (at < file.length) {
    const payload = readPayload(file, at)
    const frame = payload && parsePayload(payload, header.tables.length)
    if (payload && frame) {
      if (damagedFrom >= 0) scan.damaged.push({ from: damagedFrom, to: at })
      damagedFrom = -1
      scan.frames.push(frame)
      at += FRAME_HEAD + payload.length
    } else {
      if (damagedFrom < 0) damagedFrom = at
      const next = file.indexOf(FRAME_MAGIC, at + 1)
      at = next < 0 ? file.length : next
    }
  }
  if (damagedFrom >= 0) scan.damaged.push({ from: damagedFrom, to: file.length })
  return scan
}

function readHeader(file: Buffer): { header: SegmentHeader; end: number } | null {
  const start = MAGIC.length + 8
  if (file.length < start || !file.subarray(0, MAGIC.length).equals(MAGIC)) return null
  const end = start + file.readUInt32LE(MAGIC.length)
  const json = file.subarray(start, end)
  if (end > file.length || crc32(json) !== file.readUInt32LE(MAGIC.length + 4)) return null
  return { header: JSON.parse(json.toString()) as SegmentHeader, end }
}

function readPayload(file: Buffer, at: number): Buffer | null {
  if (at + FRAME_HEAD > file.length || !file.subarray(at, at + 4).equals(FRAME_MAGIC)) return null
  const end = at + FRAME_HEAD + file.readUInt32LE(at + 4)
  if (end > file.length) return null
  const payload = file.subarray(at + FRAME_HEAD, end)
  return crc32(payload) === file.readUInt32LE(at + 8) ? payload : null
}

function parsePayload(payload: Buffer, tableCount: number): FrameContent | null {
  const entries = DIGEST_BYTES + 17
  if (payload.length < entries) return null
  const count = payload.readUInt8(entries - 1)
  const tables: FrameContent['tables'] = []
  let at = entries + count * TABLE_ENTRY
  for (let i = 0; i < count && at <= payload.length; i++) {
    const entry = entries + i * TABLE_ENTRY
    const index = payload.readUInt8(entry)
    const end = at + payload.readUInt32LE(entry + 5)
    if (index >= tableCount) return null
    tables.push({ index, rows: payload.readUInt32LE(entry + 1), bytes: payload.subarray(at, end) })
    at = end
  }
  if (at !== payload.length) return null
  return {
    digest: payload.subarray(0, DIGEST_BYTES),
    firstNs: payload.readBigInt64LE(DIGEST_BYTES),
    lastNs: payload.readBigInt64LE(DIGEST_BYTES + 8),
    tables,
  }
}

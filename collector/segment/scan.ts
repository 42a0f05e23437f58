import { crc32 } from 'node:zlib'
import {
  DIGEST_BYTES,
  FRAME_HEAD,
  FRAME_MAGIC,
  MAGIC,
  PAYLOAD_HEAD,
  type SegmentHeader,
  TABLE_ENTRY,
} from './format.ts'

/** The bytes of a segment, read piece by piece: it need not be in memory as a whole. */
export interface Source {
  length: number
  /** What stands from `from` on: so many bytes or more, fewer only where the source ends. Valid until the next read. */
  read(from: number, bytes: number): Promise<Buffer>
}

/** Bytes [from, to) of a source. */
export interface Range {
  from: number
  to: number
}

export interface Frame {
  /** SHA-256 of the request. */
  digest: Buffer
  firstNs: bigint
  lastNs: bigint
  /** Where each table's rows stand. */
  tables: ({ index: number; rows: number } & Range)[]
}

export interface Scan {
  /** Null when the file's header cannot be trusted: then nothing in it can. */
  header: SegmentHeader | null
  frames: Frame[]
  /** Where no valid frame is: a torn tail, or damage in between. */
  damaged: Range[]
}

const HEADER_HEAD = MAGIC.length + 8
/** No header is longer: a damaged length must not fill memory. */
const MAX_HEADER_BYTES = 2 ** 20
/** All of a frame but its rows. */
const MAX_FRAME_HEAD = FRAME_HEAD + PAYLOAD_HEAD + 255 * TABLE_ENTRY

export const inMemory = (bytes: Buffer): Source => ({
  length: bytes.length,
  read: async (from) => bytes.subarray(from),
})

/** Reads a segment, however damaged: valid frames after a damaged range are found by their magic and checksum. */
export async function scanSegment(source: Source): Promise<Scan> {
  const { length } = source
  // A process killed between creating the file and writing to it.
  if (length === 0) return { header: null, frames: [], damaged: [] }
  const opened = await readHeader(source)
  if (opened === null) return { header: null, frames: [], damaged: [{ from: 0, to: length }] }
  const scan: Scan = { header: opened.header, frames: [], damaged: [] }
  let at = opened.end
  let damagedFrom = -1
  while (at < length) {
    const found = await readFrame(source, at, opened.header.tables.length)
    if (found === null) {
      if (damagedFrom < 0) damagedFrom = at
      at = await findFrame(source, at + 1)
    } else {
      if (damagedFrom >= 0) scan.damaged.push({ from: damagedFrom, to: at })
      damagedFrom = -1
      scan.frames.push(found.frame)
      at = found.end
    }
  }
  if (damagedFrom >= 0) scan.damaged.push({ from: damagedFrom, to: length })
  return scan
}

async function readHeader(source: Source): Promise<{ header: SegmentHeader; end: number } | null> {
  const head = await source.read(0, HEADER_HEAD)
  if (head.length < HEADER_HEAD || !head.subarray(0, MAGIC.length).equals(MAGIC)) return null
  const size = head.readUInt32LE(MAGIC.length)
  const checksum = head.readUInt32LE(MAGIC.length + 4)
  if (size > MAX_HEADER_BYTES) return null
  const json = (await source.read(HEADER_HEAD, size)).subarray(0, size)
  if (json.length < size || crc32(json) !== checksum) return null
  return { header: JSON.parse(json.toString()) as SegmentHeader, end: HEADER_HEAD + size }
}

async function readFrame(
  source: Source,
  at: number,
  tableCount: number,
): Promise<{ frame: Frame; end: number } | null> {
  const head = await source.read(at, MAX_FRAME_HEAD)
  if (head.length < FRAME_HEAD || !head.subarray(0, FRAME_MAGIC.length).equals(FRAME_MAGIC)) return null
  const from = at + FRAME_HEAD
  const end = from + head.readUInt32LE(4)
  const checksum = head.readUInt32LE(8)
  if (end > source.length) return null
  // Taken before the checksum is known: the bytes are not there any more after that.
  const frame = frameOf(head.subarray(FRAME_HEAD, FRAME_HEAD + end - from), from, end, tableCount)
  return frame !== null && (await checksumOf(source, from, end)) === checksum ? { frame, end } : null
}

/** `payload` stands at `from` and ends at `end`; its beginning is enough. */
function frameOf(payload: Buffer, from: number, end: number, tableCount: number): Frame | null {
  if (payload.length < PAYLOAD_HEAD) return null
  const count = payload.readUInt8(PAYLOAD_HEAD - 1)
  const rowsAt = PAYLOAD_HEAD + count * TABLE_ENTRY
  if (payload.length < rowsAt) return null
  const tables: Frame['tables'] = []
  let at = from + rowsAt
  for (let entry = PAYLOAD_HEAD; entry < rowsAt; entry += TABLE_ENTRY) {
    const index = payload.readUInt8(entry)
    if (index >= tableCount) return null
    const to = at + payload.readUInt32LE(entry + 5)
    tables.push({ index, rows: payload.readUInt32LE(entry + 1), from: at, to })
    at = to
  }
  if (at !== end) return null
  return {
    digest: Buffer.from(payload.subarray(0, DIGEST_BYTES)),
    firstNs: payload.readBigInt64LE(DIGEST_BYTES),
    lastNs: payload.readBigInt64LE(DIGEST_BYTES + 8),
    tables,
  }
}

/** Null when the source is shorter than it said. */
async function checksumOf(source: Source, from: number, to: number): Promise<number | null> {
  let sum = 0
  for (let at = from; at < to; ) {
    const piece = (await source.read(at, 1)).subarray(0, to - at)
    if (piece.length === 0) return null
    sum = crc32(piece, sum)
    at += piece.length
  }
  return sum
}

/** Where the next frame may begin, from `from` on; the end when none does. */
async function findFrame(source: Source, from: number): Promise<number> {
  for (let at = from; ; ) {
    const piece = await source.read(at, FRAME_MAGIC.length)
    const index = piece.indexOf(FRAME_MAGIC)
    if (index >= 0) return at + index
    if (piece.length < FRAME_MAGIC.length || at + piece.length >= source.length) return source.length
    // It may begin in this piece and end in the next.
    at += piece.length - FRAME_MAGIC.length + 1
  }
}

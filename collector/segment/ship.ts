import type { Log } from '../../runtime/log.ts'
import { recordIngest } from '../../storage/ingest.ts'
import type { Db } from '../../storage/query.ts'
import type { CollectorMetrics } from '../collector-metrics.ts'
import type { SealedSegment } from './backlog.ts'
import type { SegmentHeader } from './format.ts'
import { quarantine } from './quarantine.ts'
import { type Frame, type Range, scanSegment } from './scan.ts'
import { SegmentReader } from './segment-reader.ts'
import { sendRows, type Way } from './send-rows.ts'

export interface ShipContext {
  db: Db
  way: Way
  collector: string
  folder: string
  metrics: CollectorMetrics
  log: Log
  signal: AbortSignal
}

/**
 * Stores one sealed segment: every table's rows in one insert each, side by side, then its line in `ingest_log`. All inserts carry tokens
 * made from the segment's id, so shipping it again, from whatever point, stores nothing twice.
 * Resolves to the digests of the requests it held. Throws `DiskFault` when the own disk is at fault, else what ClickHouse is.
 */
export async function ship(
  context: ShipContext,
  segment: SealedSegment,
  completeUntil: () => number,
): Promise<Buffer[]> {
  const file = await SegmentReader.open(segment.path, segment.trusted)
  try {
    const { header, frames, damaged } = await scanSegment(file)
    await quarantine(context, segment, damaged)
    if (header === null || frames.length === 0) return []
    await insertTables(context, file, header, frames)
    await record(context, header, frames, completeUntil())
    return frames.map(({ digest }) => digest)
  } finally {
    await file.close()
  }
}

/** Side by side; when it is over nothing reads the file any more. */
async function insertTables(
  { db, way, metrics, signal }: ShipContext,
  file: SegmentReader,
  { segment, tables }: SegmentHeader,
  frames: Frame[],
): Promise<void> {
  const inserts = tables.map(async ([table, columns], index) => {
    const { rows, ranges } = rowsOf(frames, index)
    if (rows === 0) return
    const pieces = file.pieces(ranges, way.inbox !== null)
    const stopTimer = metrics.insertSeconds.startTimer({ table })
    await sendRows(db, way, { table, columns, token: `${segment}/${table}`, signal }, pieces)
    stopTimer()
  })
  const failed = (await Promise.allSettled(inserts)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

function rowsOf(frames: Frame[], index: number): { rows: number; ranges: Range[] } {
  const ranges = frames.flatMap(({ tables }) => tables.filter((part) => part.index === index))
  return { rows: ranges.reduce((sum, part) => sum + part.rows, 0), ranges }
}

const countedAs = (table: string) => (table === 'call_rows' ? 'calls' : table === 'otel_traces' ? 'spans' : 'points')

async function record(
  { db, collector, signal }: ShipContext,
  { segment, tables }: SegmentHeader,
  frames: Frame[],
  completeUntil: number,
): Promise<void> {
  const totals = { calls: 0, spans: 0, points: 0 }
  for (const [index, [table]] of tables.entries()) totals[countedAs(table)] += rowsOf(frames, index).rows
  const withCalls = frames.filter(({ firstNs, lastNs }) => firstNs <= lastNs)
  const range = withCalls.reduce<{ firstNs: bigint | null; lastNs: bigint | null }>(
    ({ firstNs, lastNs }, frame) => ({
      firstNs: firstNs === null || frame.firstNs < firstNs ? frame.firstNs : firstNs,
      lastNs: lastNs === null || frame.lastNs > lastNs ? frame.lastNs : lastNs,
    }),
    { firstNs: null, lastNs: null },
  )
  const line = { collector, segment, ...range, ...totals, completeUntil: new Date(completeUntil) }
  await recordIngest(db, line, `${segment}/ingest_log`, signal)
}

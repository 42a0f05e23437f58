import type { Log } from '../../runtime/log.ts'
import { recordIngest } from '../../storage/ingest.ts'
import type { Db } from '../../storage/query.ts'
import type { CollectorMetrics } from '../collector-metrics.ts'
import type { SealedSegment } from './backlog.ts'
import { type FrameContent, type SegmentHeader, scanSegment } from './format.ts'
import { quarantine } from './quarantine.ts'
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
 * Resolves to the digests of the requests it held.
 */
export async function ship(
  context: ShipContext,
  segment: SealedSegment,
  file: Buffer,
  completeUntil: () => number,
): Promise<Buffer[]> {
  const { header, frames, damaged } = scanSegment(file.subarray(0, Math.min(file.length, segment.trusted)))
  if (damaged.length > 0 && segment.failures === 0) await quarantine(context, segment, file, damaged)
  if (header === null || frames.length === 0) return []
  const totals = { calls: 0, spans: 0, points: 0 }
  const inserts = header.tables.map(async ([table, columns], index) => {
    const { rows, bytes } = partsOf(frames, index)
    if (rows === 0) return
    totals[countedAs(table)] += rows
    const stopTimer = context.metrics.insertSeconds.startTimer({ table })
    const token = `${header.segment}/${table}`
    await sendRows(context.db, context.way, { table, columns, token, signal: context.signal }, bytes)
    stopTimer()
  })
  await allDone(inserts)
  await record(context, header, frames, totals, completeUntil())
  return frames.map(({ digest }) => digest)
}

/** Waits for every one, then fails if one did: nothing reads the file any more when this is over. */
async function allDone(inserts: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(inserts)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

const countedAs = (table: string) => (table === 'calls' ? 'calls' : table === 'otel_traces' ? 'spans' : 'points')

function partsOf(frames: FrameContent[], index: number): { rows: number; bytes: Buffer[] } {
  const parts = frames.flatMap(({ tables }) => tables.filter((part) => part.index === index))
  return { rows: parts.reduce((sum, part) => sum + part.rows, 0), bytes: parts.map((part) => part.bytes) }
}

async function record(
  { db, collector, signal }: ShipContext,
  { segment }: SegmentHeader,
  frames: FrameContent[],
  totals: { calls: number; spans: number; points: number },
  completeUntil: number,
): Promise<void> {
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

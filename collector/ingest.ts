import { createHash } from 'node:crypto'
import { INGEST_TABLES } from '../storage/ingest.ts'
import type { Lease } from './byte-budget.ts'
import type { CollectorMetrics } from './collector-metrics.ts'
import { decodeMetricsJson } from './json/metrics.ts'
import { decodeTracesJson } from './json/traces.ts'
import { writeMetricRows } from './point-rows.ts'
import { decodeMetrics } from './protobuf/metrics.ts'
import { decodeTraces } from './protobuf/traces.ts'
import type { RejectionLog } from './rejection-log.ts'
import { TableRows } from './rows/tables.ts'
import type { Answer, SeenRequests } from './seen-requests.ts'
import { encodeFrame } from './segment/format.ts'
import type { Journal } from './segment/journal.ts'
import { type Encoding, SIGNALS, type Signal } from './signals.ts'
import { type CallSettings, type Written, writeTraceRows } from './trace-rows.ts'

export interface IngestOptions {
  journal: Pick<Journal, 'append'>
  seen: SeenRequests
  calls: CallSettings
  metrics: CollectorMetrics
  rejectionLog: RejectionLog
}

/**
 * Takes one decompressed body: decodes it, makes its rows, and resolves when they are durable. Throws `BadBody`,
 * `BodyTooLarge` or `NotDurable`. The same for every transport.
 */
export type Ingest = (signal: Signal, encoding: Encoding, body: Buffer, lease: Lease) => Promise<Answer>

export function createIngest({ journal, seen, calls, metrics, rejectionLog }: IngestOptions): Ingest {
  const rows = new TableRows()

  const decodeInto = {
    traces: (encoding: Encoding, body: Buffer) => {
      const { groups, notes } = encoding === 'json' ? decodeTracesJson(body) : decodeTraces(body)
      return { ...writeTraceRows(groups, rows, calls), ...notes }
    },
    metrics: (encoding: Encoding, body: Buffer) => {
      const { groups, notes } = encoding === 'json' ? decodeMetricsJson(body) : decodeMetrics(body)
      return { ...writeMetricRows(groups, rows), ...notes }
    },
  }

  // Decoding and making rows happen in one go, so that the table buffers can be shared by all requests.
  const take: Ingest = (signal, encoding, body, lease) => {
    const digest = createHash('sha256').update(signal).update(body).digest()
    const key = digest.toString('latin1')
    const now = Date.now()
    const before = seen.find(key, now)
    if (before) {
      return before.then((answer) => {
        metrics.records.inc({ signal, result: 'duplicate' }, answer.accepted)
        return answer
      })
    }
    rows.reset()
    const written = decodeInto[signal](encoding, body)
    const answer = answerOf(signal, written)
    if (rows.isEmpty()) return Promise.resolve(count(signal, written, answer))
    const frame = frameOf(digest, rows)
    lease.become(frame.length)
    const durable = journal.append(frame, [...rows.days.touched]).then(() => count(signal, written, answer))
    seen.add(key, durable, now)
    return durable
  }

  function count(signal: Signal, { rejections, backwards }: Written, answer: Answer): Answer {
    metrics.records.inc({ signal, result: 'accepted' }, answer.accepted)
    metrics.records.inc({ signal, result: 'rejected' }, answer.rejected)
    for (const [reason, number] of rejections.byReason) metrics.rejected.inc({ signal, reason }, number)
    if (backwards > 0) metrics.adjusted.inc({ signal, reason: 'end_before_start' }, backwards)
    if (answer.message !== '') rejectionLog(signal, answer.rejected, answer.message)
    return answer
  }

  return async (signal, encoding, body, lease) => take(signal, encoding, body, lease)
}

const STRING_INDEX_WARNING =
  'values sent as string-table references were stored empty; only the profiles signal has a string table'

function answerOf(
  signal: Signal,
  { accepted, rejections, stringIndexes }: Written & { stringIndexes: number },
): Answer {
  const warning = stringIndexes > 0 ? `${stringIndexes} ${STRING_INDEX_WARNING}` : ''
  const message = [rejections.message(SIGNALS[signal].noun), warning].filter(Boolean).join(' ')
  return { accepted, rejected: rejections.total, message }
}

function frameOf(digest: Buffer, { writers, callTimes }: TableRows): Buffer {
  const tables = INGEST_TABLES.map((table, index) => ({
    index,
    rows: writers[table].rows,
    bytes: writers[table].written(),
  })).filter((table) => table.rows > 0)
  return encodeFrame({ digest, firstNs: callTimes?.firstNs ?? 0n, lastNs: callTimes?.lastNs ?? -1n, tables })
}

import { createHash } from 'node:crypto'
import { OVERFLOW } from '../integration/cardinality.ts'
import { INGEST_TABLES } from '../storage/ingest.ts'
import { BodyTooLarge } from './bad-body.ts'
import { freeBytes, type Lease } from './byte-budget.ts'
import type { CallSettings } from './call-rows.ts'
import type { CollectorMetrics } from './collector-metrics.ts'
import { type FromJson, jsonToProtobuf } from './json/to-protobuf.ts'
import type { Remembered, SpanMemory } from './memory/span-memory.ts'
import { writeMetricRows } from './point-rows.ts'
import type { RejectionLog } from './rejection-log.ts'
import { MAX_MESSAGE } from './rejections.ts'
import { TableRows } from './rows/tables.ts'
import type { Answer, SeenRequests } from './seen-requests.ts'
import { encodeFrame } from './segment/format.ts'
import type { Journal } from './segment/journal.ts'
import { NotDurable } from './segment/not-durable.ts'
import { type Encoding, SIGNALS, type Signal } from './signals.ts'
import { createSpanRows } from './span-rows.ts'
import type { Keeping } from './stored-telemetry.ts'
import type { Notes } from './telemetry.ts'
import type { Written } from './written.ts'

/** Parsed JSON takes many times the memory of its text, where protobuf is decoded record by record. */
export const MAX_JSON_BYTES = 8 * 1024 * 1024

export interface IngestOptions {
  journal: Pick<Journal, 'append'>
  seen: SeenRequests
  memory: SpanMemory
  calls: CallSettings
  keeping: Keeping
  metrics: CollectorMetrics
  rejectionLog: RejectionLog
}

/**
 * Takes one decompressed body: decodes it, makes its rows, and resolves when they are durable. Throws `BadBody`,
 * `BodyTooLarge` or `NotDurable`. The same for every transport. A large body is empty afterwards: its memory is freed.
 */
export type Ingest = (signal: Signal, encoding: Encoding, body: Buffer, lease: Lease) => Promise<Answer>

interface ToTranscode {
  signal: Signal
  encoding: Encoding
  body: Buffer
  digest: Buffer
  lease: Lease
  /** When the request came. */
  now: number
}

export function createIngest({ journal, seen, memory, calls, keeping, metrics, rejectionLog }: IngestOptions): Ingest {
  const rows = new TableRows()

  const writeSpanRows = createSpanRows(calls, keeping, memory)
  const { sources } = calls
  const admitsMetric = (name: string) => sources?.admit('metric', name) !== OVERFLOW
  const writeRows: Record<Signal, (message: Buffer, nowMs: number) => Written & Notes & { remembered?: Remembered }> = {
    traces: (message, nowMs) => writeSpanRows(message, rows, nowMs),
    metrics: (message, nowMs) => writeMetricRows(message, rows, { ...keeping, admitsMetric }, nowMs),
  }

  // Decoding and making rows happen in one go, so that the table buffers can be shared by all requests.
  const take: Ingest = (signal, encoding, body, lease) => {
    if (encoding === 'json' && body.length > MAX_JSON_BYTES) {
      throw new BodyTooLarge(`as JSON it may have at most ${MAX_JSON_BYTES} bytes; send protobuf, or smaller batches`)
    }
    const digest = createHash('sha256').update(signal).update(body).digest()
    const key = digest.toString('latin1')
    const now = Date.now()
    const before = seen.find(key, now)
    if (before) {
      lease.become(0)
      freeBytes(body)
      return before.then((answer) => {
        metrics.records.inc({ signal, result: 'duplicate' }, answer.accepted + answer.duplicates)
        return answer
      })
    }
    const { written, json, frame, days } = transcode({ signal, encoding, body, digest, lease, now })
    const answer = answerOf(signal, written, json)
    if (json !== null) countAttributes(signal, json)
    const stored = append(frame, days, written.remembered).then(() => count(signal, written, answer))
    if (frame !== null) seen.add(key, stored, now)
    return stored
  }

  /** Resolves when the rows are durable, and whatever they build on. */
  async function append(frame: Buffer[] | null, days: number[], remembered?: Remembered): Promise<void> {
    const write = async () => {
      try {
        if (remembered?.isBuiltOnSand && !(await memory.othersStored())) throw builtOnSand()
        if (frame !== null) await journal.append(frame, days)
      } finally {
        if (frame !== null) rows.memory.give(frame)
      }
    }
    const isRemembered = remembered !== undefined && frame !== null
    return isRemembered ? memory.settle(remembered, write()) : write()
  }

  /** The lease then stands for the frame; a body that made no rows has none. */
  function transcode({ signal, encoding, body, digest, lease, now }: ToTranscode) {
    let remembered: Remembered | undefined
    try {
      lease.become(body.length)
      const charge = (bytes: number) => lease.grow(bytes)
      rows.reset(charge)
      const json = encoding === 'json' ? jsonToProtobuf(signal, body, charge) : null
      const written = writeRows[signal](json?.message ?? body, now)
      remembered = written.remembered
      for (const [reason, records] of json?.others ?? []) written.rejections.add(reason, records)
      const days = [...rows.days.touched]
      const frame = rows.isEmpty() ? null : takeFrame(digest, rows)
      lease.become(frame?.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) ?? 0)
      return { written, json, frame, days }
    } catch (error) {
      if (remembered !== undefined) memory.forget(remembered)
      throw error
    } finally {
      rows.reset()
      freeBytes(body)
    }
  }

  function count(signal: Signal, { rejections, adjusted }: Written, answer: Answer): Answer {
    metrics.records.inc({ signal, result: 'accepted' }, answer.accepted)
    metrics.records.inc({ signal, result: 'rejected' }, answer.rejected)
    metrics.records.inc({ signal, result: 'duplicate' }, answer.duplicates)
    for (const [reason, number] of rejections.byReason) metrics.rejected.inc({ signal, reason }, number)
    for (const [reason, number] of Object.entries(adjusted))
      if (number > 0) metrics.adjusted.inc({ signal, reason }, number)
    if (answer.message !== '') rejectionLog(signal, answer.rejected, answer.message)
    return answer
  }

  function countAttributes(signal: Signal, { notes: { retypedValues, lostAttributes } }: FromJson): void {
    if (retypedValues > 0) metrics.attributes.inc({ signal, result: 'retyped' }, retypedValues)
    if (lostAttributes > 0) metrics.attributes.inc({ signal, result: 'lost' }, lostAttributes)
  }

  return async (signal, encoding, body, lease) => take(signal, encoding, body, lease)
}

function answerOf(signal: Signal, written: Written & Notes, json: FromJson | null): Answer {
  const { accepted, duplicates, rejections } = written
  const message = [rejections.message(SIGNALS[signal].noun), ...warningsOf(signal, written, json)].join(' ').trim()
  return { accepted, duplicates, rejected: rejections.total, message: message.slice(0, MAX_MESSAGE) }
}

/** The sender repeats both requests, and then nothing is missing. */
const builtOnSand = () =>
  new NotDurable('write_failed', 'a request with the same spans, or their parents, could not be written to disk', 1)

const STRING_INDEX_WARNING =
  'values sent as string-table references were stored empty; only the profiles signal has a string table'

/** What the sender should know although nothing was refused for it. */
function* warningsOf(signal: Signal, { accepted, rejections, stringIndexes }: Written & Notes, json: FromJson | null) {
  if (stringIndexes > 0) yield `${stringIndexes} ${STRING_INDEX_WARNING}`
  if (json === null) return
  const { retypedValues, lostAttributes, firstKey, snakeKey, unknownKeys } = json.notes
  if (retypedValues + lostAttributes > 0) {
    const fates = `${retypedValues} kept as text or as a double, ${lostAttributes} not stored`
    yield `values that do not fit their type: ${fates}; the first is ${JSON.stringify(firstKey)}.`
  }
  if (snakeKey !== '') yield `keys in snake_case (${snakeKey}) were read; OTLP/JSON has them in lowerCamelCase.`
  if (accepted + rejections.total === 0 && unknownKeys.size > 0) {
    const keys = [...unknownKeys].map((key) => JSON.stringify(key)).join(', ')
    yield `no ${SIGNALS[signal].noun} was found in the request; keys without meaning here: ${keys}`
  }
}

function takeFrame(digest: Buffer, { writers, callTimes }: TableRows): Buffer[] {
  const tables = INGEST_TABLES.map((table, index) => {
    const { rows } = writers[table]
    return { index, rows, parts: writers[table].take() }
  }).filter((table) => table.rows > 0)
  return encodeFrame({ digest, firstNs: callTimes?.firstNs ?? 0n, lastNs: callTimes?.lastNs ?? -1n, tables })
}

import { SpanMemory } from '../../collector/memory/span-memory.ts'
import { TableRows } from '../../collector/rows/tables.ts'
import { createSpanRows } from '../../collector/span-rows.ts'
import { type CallRules, NO_RULES } from '../../integration/call-rules.ts'
import { AdmittedNames } from '../../integration/cardinality.ts'
import { compileRedaction, NO_REDACTION_RULES, type RedactionRules } from '../../integration/redaction.ts'
import { T0_NS } from './builders.ts'

interface Settings {
  rules?: CallRules
  redaction?: RedactionRules
  keepAttributes?: number
}

const YEAR_MS = 365 * 86_400_000
export const LIFETIMES = { calls: YEAR_MS, spans: YEAR_MS, points: YEAR_MS }
/** A day after the time of the builders' spans. */
export const NOW_MS = Number(T0_NS / 1_000_000n) + 86_400_000

/** What turns requests into rows, and has seen none yet. */
export function spanRows({ rules = NO_RULES, redaction = NO_REDACTION_RULES, keepAttributes = 1 }: Settings = {}) {
  const settings = { rules, names: new AdmittedNames() }
  const memory = new SpanMemory({ spans: 2 ** 14, callBytes: 2 ** 22 })
  const keeping = { redaction: compileRedaction(redaction), keepAttributes, lifetimes: LIFETIMES }
  return { memory, write: createSpanRows(settings, keeping, memory) }
}

export type SpanRows = ReturnType<typeof spanRows>

/** The rows of a request as the tables get them; unless it `isLost`, its spans are known from then on. */
export function rowsOfBody({ write, memory }: SpanRows, body: Buffer, isLost = false) {
  const rows = new TableRows()
  const { accepted, rejections, duplicates, stringIndexes, remembered } = write(Buffer.from(body), rows, NOW_MS)
  if (isLost) memory.forget(remembered)
  const { otel_traces, call_rows } = rows.writers
  return {
    accepted,
    duplicates,
    stringIndexes,
    rejected: Object.fromEntries(rejections.byReason),
    callTimes: rows.callTimes,
    spans: readSpanRows(Buffer.from(otel_traces.written())),
    calls: readCallRows(Buffer.from(call_rows.written())),
  }
}

/** RowBinary read back by its definition. */
class RowReader {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  more = (): boolean => this.at < this.#bytes.length

  count(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }

  number(size: number): number {
    this.at += size
    return this.#bytes.readUIntLE(this.at - size, size)
  }

  uint64(): bigint {
    this.at += 8
    return this.#bytes.readBigUInt64LE(this.at - 8)
  }

  float64(): number {
    this.at += 8
    return this.#bytes.readDoubleLE(this.at - 8)
  }

  string(): string {
    const size = this.count()
    this.at += size
    return this.#bytes.toString('utf8', this.at - size, this.at)
  }

  array = <T>(one: () => T): T[] => Array.from({ length: this.count() }, one)

  map = (): [string, string][] => this.array(() => [this.string(), this.string()])
}

function readSpanRows(bytes: Buffer) {
  const rows = []
  const reader = new RowReader(bytes)
  const text = () => reader.string()
  while (reader.more()) {
    rows.push({
      startNs: reader.uint64(),
      traceId: text(),
      spanId: text(),
      parentSpanId: text(),
      traceState: text(),
      name: text(),
      kind: text(),
      service: text(),
      resource: reader.map(),
      scope: [text(), text()],
      attributes: reader.map(),
      durationNs: reader.uint64(),
      status: text(),
      message: text(),
      eventTimes: reader.array(() => reader.uint64()),
      eventNames: reader.array(text),
      eventAttributes: reader.array(reader.map),
      linkTraceIds: reader.array(text),
      linkSpanIds: reader.array(text),
      linkStates: reader.array(text),
      linkAttributes: reader.array(reader.map),
    })
  }
  return rows
}

function readCallRows(bytes: Buffer) {
  const rows = []
  const reader = new RowReader(bytes)
  const text = () => reader.string()
  while (reader.more()) {
    rows.push({
      startNs: reader.uint64(),
      env: text(),
      service: text(),
      version: text(),
      region: text(),
      direction: reader.number(1) === 1 ? 'outbound' : 'inbound',
      dependency: text(),
      operation: text(),
      protocol: text(),
      outcome: text(),
      status: text(),
      errorType: text(),
      attempt: reader.number(2),
      nested: reader.number(1) === 1,
      synthetic: reader.number(1) === 1,
      weight: reader.float64(),
      durationNs: reader.uint64(),
      traceId: text(),
      spanId: text(),
      parentSpanId: text(),
      correlationId: text(),
      attributes: reader.map(),
      sign: reader.number(1) === 1 ? 1 : -1,
    })
  }
  return rows
}

import { INGEST_TABLES, type IngestTable } from '../../storage/ingest.ts'
import { Days } from './days.ts'
import { RowMemory } from './row-memory.ts'
import { RowWriter } from './row-writer.ts'

/** Event-time range in nanoseconds. */
export interface TimeRange {
  firstNs: bigint
  lastNs: bigint
}

/** The rows of one request, by table, and the event-time range of its calls. Reused: `reset` before each request. */
export class TableRows {
  readonly memory = new RowMemory()
  readonly writers: Record<IngestTable, RowWriter> = Object.fromEntries(
    INGEST_TABLES.map((table) => [table, new RowWriter(this.memory)]),
  ) as Record<IngestTable, RowWriter>
  readonly days = new Days()
  #firstLow = 0
  #firstHigh = Number.POSITIVE_INFINITY
  #lastLow = 0
  #lastHigh = -1

  /** `charge` is told of the bytes as they become many, and may throw. */
  reset(charge?: (bytes: number) => void): void {
    this.memory.begin(charge)
    for (const table of INGEST_TABLES) this.writers[table].reset()
    this.days.reset()
    this.#firstHigh = Number.POSITIVE_INFINITY
    this.#lastHigh = -1
  }

  isEmpty(): boolean {
    return INGEST_TABLES.every((table) => this.writers[table].rows === 0)
  }

  /** The instant of a call, in two words of 32 bits. */
  sawCall(low: number, high: number): void {
    if (high < this.#firstHigh || (high === this.#firstHigh && low < this.#firstLow)) {
      this.#firstLow = low
      this.#firstHigh = high
    }
    if (high > this.#lastHigh || (high === this.#lastHigh && low > this.#lastLow)) {
      this.#lastLow = low
      this.#lastHigh = high
    }
  }

  /** Null without calls. */
  get callTimes(): TimeRange | null {
    if (this.writers.call_rows.rows === 0) return null
    return { firstNs: ns(this.#firstLow, this.#firstHigh), lastNs: ns(this.#lastLow, this.#lastHigh) }
  }
}

const ns = (low: number, high: number): bigint => (BigInt(high) << 32n) | BigInt(low)

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
  callTimes: TimeRange | null = null

  /** `charge` is told of the bytes as they become many, and may throw. */
  reset(charge?: (bytes: number) => void): void {
    this.memory.begin(charge)
    for (const table of INGEST_TABLES) this.writers[table].reset()
    this.days.reset()
    this.callTimes = null
  }

  isEmpty(): boolean {
    return INGEST_TABLES.every((table) => this.writers[table].rows === 0)
  }

  sawCall(tsNs: bigint): void {
    if (this.callTimes === null) this.callTimes = { firstNs: tsNs, lastNs: tsNs }
    else if (tsNs < this.callTimes.firstNs) this.callTimes.firstNs = tsNs
    else if (tsNs > this.callTimes.lastNs) this.callTimes.lastNs = tsNs
  }
}

import { unlink } from 'node:fs/promises'
import { ClickHouseError } from '@clickhouse/client'
import { recordIngest } from '../../storage/ingest.ts'
import type { Backlog, Lane, SealedSegment } from './backlog.ts'
import type { DigestLog } from './digest-log.ts'
import { DiskFault } from './disk-fault.ts'
import { syncFolder } from './segment-file.ts'
import { type ShipContext, ship } from './ship.ts'

export interface ShipperOptions extends Omit<ShipContext, 'signal'> {
  backlog: Backlog
  digestLog: DigestLog
  sync: boolean
  heartbeatMs?: number
}

const HEARTBEAT_MS = 2_000
const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 30_000
const SHORTEST_SLEEP_MS = 50

/**
 * Stores sealed segments until each is stored, in two lanes: the newest first, and the oldest first. A segment that
 * ClickHouse refuses pauses and holds up no other. While nothing is to be stored, heartbeats say so. When ClickHouse does
 * not answer, heartbeats alone ask whether it is back: a segment would be read in vain.
 * Pauses are measured on the monotonic clock: a wall clock set back must not prolong them.
 */
export class Shipper {
  readonly #options: ShipperOptions & { heartbeatMs: number }
  readonly #abort = new AbortController()
  #stopping = false
  readonly #sleepers = new Set<() => void>()
  #lanes: Promise<unknown> | null = null
  #awaySince = 0
  #pauseUntil = 0
  #failures = 0
  #lastRecordAt = 0
  #heartbeats = 0

  constructor(options: ShipperOptions) {
    this.#options = { heartbeatMs: HEARTBEAT_MS, ...options }
    options.backlog.onSealed = () => this.#wake()
  }

  start(): void {
    this.#lanes = Promise.all([this.#run('newest'), this.#run('oldest')])
  }

  /** Ships what is sealed until `deadlineMs` has passed; the rest is shipped by the next start. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    this.#wake()
    const timer = setTimeout(() => this.#abort.abort(), deadlineMs)
    await this.#lanes
    clearTimeout(timer)
  }

  async #run(lane: Lane): Promise<void> {
    const { backlog } = this.#options
    while (!this.#abort.signal.aborted) {
      const now = performance.now()
      const segment = backlog.isAway ? undefined : backlog.next(lane, now)
      if (segment) await this.#ship(segment)
      else if (this.#stopping) return
      else if (lane === 'newest' && this.#heartbeatAt() <= now) await this.#heartbeat()
      else await this.#sleep(lane, now)
    }
  }

  #heartbeatAt(): number {
    return this.#options.backlog.isAway ? this.#pauseUntil : this.#lastRecordAt + this.#options.heartbeatMs
  }

  #wake(): void {
    for (const wake of this.#sleepers) wake()
  }

  async #ship(segment: SealedSegment): Promise<void> {
    segment.inWork = true
    try {
      await this.#store(segment)
    } finally {
      segment.inWork = false
      this.#wake()
    }
  }

  async #store(segment: SealedSegment): Promise<void> {
    const { backlog } = this.#options
    const context = { ...this.#options, signal: this.#abort.signal }
    let digests: Buffer[]
    try {
      digests = await ship(context, segment, () => backlog.completeUntil(Date.now(), segment))
      this.#reached()
    } catch (error) {
      if (this.#abort.signal.aborted) return
      this.#postpone(segment, error)
      this.#failed(error)
      return
    }
    try {
      await this.#discard(segment, digests)
      backlog.remove(segment)
    } catch (error) {
      this.#postpone(segment, error)
    }
  }

  #postpone(segment: SealedSegment, error: unknown): void {
    const { log, metrics } = this.#options
    segment.failures++
    segment.notBefore = performance.now() + delay(segment.failures)
    metrics.insertFailures.inc()
    log.warn({ err: error, segment: segment.id, attempt: segment.failures }, 'cannot store a segment yet')
  }

  /**
   * A file that cannot go yet, on a full disk for instance, is shipped again until it can: its tokens keep it from counting
   * twice, but not for ever, so it must not wait for the next start.
   */
  async #discard({ path, openedAt }: SealedSegment, digests: Buffer[]): Promise<void> {
    const { folder, digestLog, sync, log } = this.#options
    await digestLog.append(digests, openedAt)
    await unlink(path)
    // Without this the file may be back after a power failure, and is then shipped again by the next start.
    if (sync)
      await syncFolder(folder).catch((error: unknown) => log.error({ err: error, path }, 'cannot sync a folder'))
  }

  async #heartbeat(): Promise<void> {
    const { db, backlog, collector, log } = this.#options
    const now = Date.now()
    const completeUntil = new Date(backlog.completeUntil(now))
    const line = { collector, segment: '', firstNs: null, lastNs: null, calls: 0, spans: 0, points: 0, completeUntil }
    try {
      await recordIngest(db, line, `${collector}/heartbeat/${now}-${this.#heartbeats++}`, this.#abort.signal)
      this.#reached()
    } catch (error) {
      if (this.#abort.signal.aborted) return
      log.debug({ err: error }, 'cannot record a heartbeat')
      this.#failed(error)
    }
  }

  #reached(): void {
    const { backlog, log } = this.#options
    const now = performance.now()
    if (backlog.isAway) {
      log.info({ forMs: Math.round(now - this.#awaySince) }, 'ClickHouse answers again')
      backlog.isAway = false
      this.#wake()
    }
    this.#failures = 0
    this.#lastRecordAt = now
  }

  #failed(error: unknown): void {
    // Of a disk of ours ClickHouse knows nothing.
    if (error instanceof DiskFault) return
    // An answer, even a refusal, means that ClickHouse is there and the other segments may be tried.
    if (error instanceof ClickHouseError) this.#reached()
    else this.#lost(error)
  }

  #lost(error: unknown): void {
    const { backlog, log } = this.#options
    const now = performance.now()
    if (!backlog.isAway) {
      log.warn({ err: error }, 'ClickHouse does not answer; segments wait')
      backlog.isAway = true
      this.#awaySince = now
    }
    this.#pauseUntil = now + delay(++this.#failures)
  }

  #sleep(lane: Lane, now: number): Promise<void> {
    const { backlog } = this.#options
    const heartbeat = lane === 'newest' ? this.#heartbeatAt() : Number.POSITIVE_INFINITY
    const segment = backlog.isAway ? Number.POSITIVE_INFINITY : backlog.nextAt(lane)
    const due = Math.min(heartbeat, segment, now + LONGEST_DELAY_MS)
    const waitMs = Math.max(due, now + SHORTEST_SLEEP_MS) - now
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#sleepers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, waitMs)
      this.#sleepers.add(wake)
    })
  }
}

/** Exponential with jitter: 250 ms, 500 ms, … 30 s, each times 0.5…1. */
const delay = (failures: number): number =>
  Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)

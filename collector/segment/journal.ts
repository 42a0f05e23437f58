import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Log } from '../../runtime/log.ts'
import type { CollectorMetrics } from '../collector-metrics.ts'
import { MAX_DAYS } from '../rows/days.ts'
import { type Backlog, UNTRIED } from './backlog.ts'
import { bytesOf } from './format.ts'
import { NotDurable } from './not-durable.ts'
import { Refusing } from './refusing.ts'
import { type OpenFile, SegmentFile } from './segment-file.ts'

export interface JournalOptions {
  folder: string
  backlog: Backlog
  /** Wait for the disk before acknowledging; without, only a killed process is survived. */
  sync: boolean
  segmentBytes: number
  segmentAgeMs: number
  /** Bytes of all segments together. */
  maxDisk: number
  metrics: CollectorMetrics
  log: Log
  openFile?: OpenFile
}

interface Waiting {
  /** Its parts, in order. */
  frame: readonly Buffer[]
  bytes: number
  days: readonly number[]
  resolve: () => void
  reject: (error: NotDurable) => void
}

const RETRY_WHEN_FULL_SECONDS = 5
const RECHECK_MS = 25
/** How many times its age more a segment may grow while others are being stored. */
const GROW_AGES = 2

/**
 * Appends frames to the current segment. Many requests share one write and one sync: whatever arrives while the disk is
 * busy goes into the next round. All file operations happen in one loop, so they never overlap.
 */
export class Journal {
  readonly #options: JournalOptions & { openFile: OpenFile }
  #queue: Waiting[] = []
  #queuedBytes = 0
  #file: SegmentFile | null = null
  #ageTimer: NodeJS.Timeout | undefined
  #sealDue = false
  #closing = false
  #loop: Promise<void> | null = null
  readonly #full: Refusing
  readonly #unwritable: Refusing

  constructor(options: JournalOptions) {
    this.#options = { openFile: open, ...options }
    const { log, maxDisk } = options
    this.#full = new Refusing(log, `segments waiting for ClickHouse have reached collector.maxDisk (${maxDisk} bytes)`)
    this.#unwritable = new Refusing(log, `the segment folder cannot be written to`)
  }

  /** Whether a frame of this size would be taken now; throws `NotDurable` if not. */
  check(bytes: number): void {
    if (this.#closing) throw new NotDurable('draining', 'the collector is shutting down', 1)
    const { backlog, maxDisk } = this.#options
    if (backlog.bytes() + this.#queuedBytes + bytes > maxDisk) {
      this.#full.refused(1)
      throw new NotDurable(
        'disk_full',
        `segments waiting for ClickHouse have reached collector.maxDisk (${maxDisk} bytes)`,
        RETRY_WHEN_FULL_SECONDS,
      )
    }
  }

  /**
   * Resolves when the frame is durable; rejects with `NotDurable` when it is not and will not be.
   * `days` are those its rows touch: no segment gets more than `MAX_DAYS` of them.
   */
  append(frame: readonly Buffer[], days: readonly number[] = []): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = bytesOf(frame)
      this.check(bytes)
      this.#full.taken()
      this.#queue.push({ frame, bytes, days, resolve, reject })
      this.#queuedBytes += bytes
      this.#kick()
    })
  }

  /** Refuses new frames, writes the waiting ones and seals the segment. */
  async close(): Promise<void> {
    this.#closing = true
    this.#sealDue = true
    this.#kick()
    while (this.#loop !== null) await this.#loop
  }

  #kick(): void {
    this.#loop ??= this.#run().finally(() => {
      this.#loop = null
      if (this.#queue.length > 0 || (this.#sealDue && this.#file !== null)) this.#kick()
    })
  }

  async #run(): Promise<void> {
    do {
      const round = this.#takeRound()
      if (round.length > 0) await this.#commit(round)
      else if (this.#queue.length > 0) this.#sealDue = true
      if (this.#file !== null && (this.#sealDue || this.#file.length >= this.#options.segmentBytes)) await this.#seal()
    } while (this.#queue.length > 0)
    this.#sealDue = false
  }

  /** As many waiting frames as the segment has room for; none when the next one's days need a new segment. */
  #takeRound(): Waiting[] {
    const days = new Set(this.#file?.days)
    let room = this.#options.segmentBytes - (this.#file?.length ?? 0)
    let count = 0
    for (const { bytes, days: more } of this.#queue) {
      for (const day of more) days.add(day)
      const isFirst = count === 0 && this.#file === null
      if (!isFirst && (days.size > MAX_DAYS || (count > 0 && room <= 0))) break
      room -= bytes
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #commit(round: Waiting[]): Promise<void> {
    const { backlog, metrics } = this.#options
    const bytes = round.reduce((sum, frame) => sum + frame.bytes, 0)
    const stopTimer = metrics.syncSeconds.startTimer()
    try {
      this.#file ??= await this.#create()
      await this.#file.append(round.flatMap(({ frame }) => frame))
      for (const { days } of round) for (const day of days) this.#file.days.add(day)
      backlog.open = { openedAt: this.#file.openedAt, bytes: this.#file.length }
      for (const { resolve } of round) resolve()
      this.#unwritable.taken()
    } catch (cause) {
      this.#unwritable.refused(round.length, cause)
      const error = new NotDurable(
        'write_failed',
        'the collector cannot write to its disk',
        RETRY_WHEN_FULL_SECONDS,
        cause,
      )
      for (const { reject } of round) reject(error)
      await this.#abandon()
    } finally {
      this.#queuedBytes -= bytes
      stopTimer()
    }
  }

  async #create(): Promise<SegmentFile> {
    const { folder, openFile, sync, segmentAgeMs, backlog } = this.#options
    const openedAt = Date.now()
    // From here on something may be acknowledged into this segment: completeness must not pass this instant.
    backlog.open = { openedAt, bytes: 0 }
    try {
      const file = await SegmentFile.create({ folder, openFile, sync }, segmentId(openedAt), openedAt)
      this.#sealAfter(segmentAgeMs)
      return file
    } catch (error) {
      backlog.open = null
      throw error
    }
  }

  /**
   * Where it would only wait it goes on to grow, and is one insert instead of many: while ClickHouse does not answer, and
   * for some time while others are being stored.
   */
  #sealAfter(ms: number, waitedMs = 0): void {
    const { backlog, segmentAgeMs } = this.#options
    this.#ageTimer = setTimeout(() => {
      const grows = backlog.isAway || (backlog.isBusy() && waitedMs < GROW_AGES * segmentAgeMs)
      if (grows) return this.#sealAfter(RECHECK_MS, waitedMs + RECHECK_MS)
      this.#sealDue = true
      this.#kick()
    }, ms)
  }

  async #seal(): Promise<void> {
    const file = this.#file!
    this.#file = null
    clearTimeout(this.#ageTimer)
    this.#sealDue = false
    await file.close().catch(() => {})
    this.#handOver(file, Number.POSITIVE_INFINITY)
  }

  /** After a failed write nothing more goes into this file: what was durable before is shipped, the rest was refused. */
  async #abandon(): Promise<void> {
    const file = this.#file
    this.#file = null
    clearTimeout(this.#ageTimer)
    if (file === null) return
    await file.trim()
    await file.close().catch(() => {})
    this.#handOver(file, file.length)
  }

  #handOver({ id, path, length, openedAt }: SegmentFile, trusted: number): void {
    this.#options.backlog.seal({ id, path, bytes: length, openedAt, trusted, ...UNTRIED })
  }
}

/** Sorts by time; unique over restarts and collectors. */
const segmentId = (openedAt: number): string =>
  `${String(openedAt).padStart(14, '0')}-${randomBytes(8).toString('hex')}`

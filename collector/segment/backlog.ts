/** A file that takes no more frames and waits for ClickHouse. */
export interface SealedSegment {
  id: string
  path: string
  bytes: number
  /** Before anything in it was acknowledged; milliseconds. */
  openedAt: number
  /** Bytes known to be whole: what a failed write left behind is ignored. Infinity when the file speaks for itself. */
  trusted: number
  failures: number
  /** Not to be tried before this instant; milliseconds of the monotonic clock. */
  notBefore: number
  /** Being stored. */
  inWork: boolean
  /** What is damaged of it was set aside. */
  isQuarantined: boolean
}

/** What a segment is like before anybody tried to store it. */
export const UNTRIED = { failures: 0, notBefore: 0, inWork: false, isQuarantined: false } as const

/**
 * Two ways at a time: the newest of what was never tried, so that after an outage what happens now is seen at once; and the
 * oldest of all, so that what waits longest gets on too. One that failed pauses, and holds up no other.
 */
export type Lane = 'newest' | 'oldest'

/** Which segments exist, how much disk they take, and up to when everything acknowledged is stored. */
export class Backlog {
  /** Oldest first. */
  readonly sealed: SealedSegment[] = []
  /** The segment now written to, once it may hold something acknowledged. */
  open: { openedAt: number; bytes: number } | null = null
  /** ClickHouse does not answer: the open segment may as well grow. */
  isAway = false
  /** Called when a segment is sealed. */
  onSealed: () => void = () => {}

  bytes(): number {
    return this.sealed.reduce((sum, { bytes }) => sum + bytes, this.open?.bytes ?? 0)
  }

  seal(segment: SealedSegment): void {
    this.open = null
    this.sealed.push(segment)
    this.onSealed()
  }

  remove(segment: SealedSegment): void {
    const index = this.sealed.indexOf(segment)
    if (index >= 0) this.sealed.splice(index, 1)
  }

  /** What this lane should store next, now (monotonic). */
  next(lane: Lane, now: number): SealedSegment | undefined {
    const waiting = this.#waiting(lane)
    return lane === 'newest' ? waiting.at(-1) : waiting.find(({ notBefore }) => notBefore <= now)
  }

  /** Something sealed is being stored, or waits, for the first time. */
  isBusy(): boolean {
    return this.sealed.some(({ failures }) => failures === 0)
  }

  /** When `next` may have something for this lane, unless another segment is sealed before; monotonic. */
  nextAt(lane: Lane): number {
    return Math.min(...this.#waiting(lane).map(({ notBefore }) => notBefore))
  }

  /** Oldest first. A single segment never tried is left to the lane of the newest: inserts cost less one after another. */
  #waiting(lane: Lane): SealedSegment[] {
    const idle = this.sealed.filter(({ inWork }) => !inWork)
    const untried = idle.filter(({ failures }) => failures === 0)
    if (lane === 'newest') return untried
    return untried.length > 1 ? idle : idle.filter(({ failures }) => failures > 0)
  }

  /**
   * Everything acknowledged before this instant is stored, given that `storing` is about to be: the moment the oldest of
   * all other segments was opened, or `now` when there is none.
   */
  completeUntil(now: number, storing?: SealedSegment): number {
    let until = Math.min(now, this.open?.openedAt ?? now)
    for (const segment of this.sealed) if (segment !== storing) until = Math.min(until, segment.openedAt)
    return until
  }
}

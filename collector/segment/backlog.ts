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
}

/** Segments that failed are tried beside the fresh ones, so that one that cannot be stored holds up no other. */
export type Lane = 'fresh' | 'retry'

/** Which segments exist, how much disk they take, and up to when everything acknowledged is stored. */
export class Backlog {
  /** Oldest first. */
  readonly sealed: SealedSegment[] = []
  /** The segment now written to, once it may hold something acknowledged. */
  open: { openedAt: number; bytes: number } | null = null
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

  /** The oldest segment that may be tried now (monotonic), among those never tried or those that failed. */
  next(lane: Lane, now: number): SealedSegment | undefined {
    return this.inLane(lane).find(({ notBefore }) => notBefore <= now)
  }

  inLane(lane: Lane): SealedSegment[] {
    return this.sealed.filter(({ failures }) => (lane === 'retry') === failures > 0)
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

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
  /** Not to be tried before this instant; milliseconds. */
  notBefore: number
}

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

  /** The oldest segment that may be tried now. */
  next(now: number): SealedSegment | undefined {
    return this.sealed.find(({ notBefore }) => notBefore <= now)
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

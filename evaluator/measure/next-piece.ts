import { isAuthored, type Standing } from '../decide/standing.ts'
import { DAY_MS, HOUR_MS, type Range } from './ranges.ts'

/** The first piece of a history: with it, the windows that page can be judged. */
const FIRST_MS = 7 * HOUR_MS

/** A piece that takes longer than this is not followed by a longer one. */
const LONG_PIECE_MS = 10_000

/** A stretch of history, and whose it is. */
export interface Piece {
  range: Range
  standings: readonly Standing[]
}

/**
 * The newest stretch that is not measured, for all SLIs that lack some of it; null when no history is open. It begins on a
 * whole hour, so that hours are summed once.
 */
export function nextPiece(standings: Iterable<Standing>, pieceMs: number, now: Date): Piece | null {
  const open = [...standings].filter((one) => one.history !== null && !isAuthored(one))
  if (open.length === 0) return null
  const toMs = Math.max(...open.map(({ history }) => history!.measuredFromMs))
  const isNewest = now.getTime() - toMs < HOUR_MS
  const wantedMs = Math.floor((toMs - (isNewest ? FIRST_MS : pieceMs)) / HOUR_MS) * HOUR_MS
  const these = open.filter(({ history }) => history!.measuredFromMs > wantedMs)
  const fromMs = Math.max(wantedMs, Math.min(...these.map(({ history }) => history!.fromMs)))
  return { range: { from: new Date(fromMs), to: new Date(toMs) }, standings: these }
}

/** A piece is measured: what is left of the histories it was of. */
export function pieceMeasured({ range, standings }: Piece): void {
  for (const standing of standings) {
    const { fromMs, measuredFromMs } = standing.history!
    const reachedMs = Math.min(measuredFromMs, range.from.getTime())
    standing.history = reachedMs <= fromMs ? null : { fromMs, measuredFromMs: reachedMs }
  }
}

/** How long pieces are: a day, then twice as long each time while that makes a day cheaper, because a statement has its price whatever it reads. */
export class PieceLength {
  ms = DAY_MS
  #cheapestDayMs = Number.POSITIVE_INFINITY

  took(tookMs: number, { from, to }: Range): void {
    const dayMs = (tookMs * DAY_MS) / Math.max(1, to.getTime() - from.getTime())
    if (dayMs < this.#cheapestDayMs && tookMs < LONG_PIECE_MS) this.ms *= 2
    this.#cheapestDayMs = Math.min(this.#cheapestDayMs, dayMs)
  }
}

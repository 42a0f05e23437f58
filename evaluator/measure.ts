import type { Log } from '../runtime/log.ts'
import type { Slo } from '../slo/model.ts'
import { readDirty } from '../storage/freshness.ts'
import { lastMeasured, measureMinutes } from '../storage/indicator-minutes.ts'
import type { Db } from '../storage/query.ts'

interface Range {
  from: Date
  to: Date
}

/** History of one indicator that is still to be measured. */
interface Backlog {
  measuredUntilMs: number
  /** Late data that arrived meanwhile: measured again at the end. */
  dirty: Range[]
}

/** Which minutes are measured, across ticks. */
export interface Measurer {
  /**
   * Measures what may have changed since the last call: minutes that late data touched, the open minute and the one
   * before; and a piece of the history of new definitions. Answers with the generations whose history is not complete.
   * A call that rejects has forgotten nothing: the next one measures the same again.
   */
  measure(slos: readonly Slo[], now: Date): Promise<ReadonlySet<string>>
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** Segments become visible a little out of order, and clocks differ a little. */
const OVERLAP_MS = 2 * MINUTE_MS

const BACKFILL_PACE_MS = 3_000

/** A piece of history that takes longer than this is not followed by a longer one. */
const LONG_PIECE_MS = 10_000

/** @param paceMs time a tick spends on history, beside one day at least: the alerts of other SLOs wait no longer */
export function createMeasurer(db: Db, log: Log, paceMs = BACKFILL_PACE_MS): Measurer {
  /** Ingest time up to which segments were looked at, and those seen within the overlap before it. */
  let dirtySince: Date | null = null
  let seen = new Map<string, Date>()
  const complete = new Set<string>()
  const backlogs = new Map<string, Backlog>()

  async function admit(slos: readonly Slo[], now: Date): Promise<void> {
    const unknown = slos.filter(({ generation }) => !complete.has(generation) && !backlogs.has(generation))
    if (unknown.length === 0) return
    const measured = await lastMeasured(db, unknown)
    // Late data that arrived while nobody measured is newer than the last measurement of whatever was kept up to date.
    dirtySince ??= new Date(Math.max(0, ...[...measured.values()].map(Number)) || now.getTime())
    for (const { generation, objective } of unknown) {
      const windowStartMs = now.getTime() - objective.window.minutes * MINUTE_MS
      const untilMs = (measured.get(generation)?.getTime() ?? 0) - OVERLAP_MS
      const earlier = backlogs.get(generation)?.measuredUntilMs ?? Number.POSITIVE_INFINITY
      backlogs.set(generation, { measuredUntilMs: Math.min(earlier, Math.max(windowStartMs, untilMs)), dirty: [] })
    }
  }

  async function readFresh(now: Date) {
    const since = new Date((dirtySince ?? now).getTime() - OVERLAP_MS)
    const segments = (await readDirty(db, since)).filter(({ segment }) => !seen.has(segment))
    const remember = () => {
      for (const { segment, ingestedAt } of segments) {
        seen.set(segment, ingestedAt)
        if (!dirtySince || ingestedAt > dirtySince) dirtySince = ingestedAt
      }
      const forgetBefore = (dirtySince ?? now).getTime() - 2 * OVERLAP_MS
      seen = new Map([...seen].filter(([, ingestedAt]) => ingestedAt.getTime() >= forgetBefore))
    }
    return { ranges: segments.map(({ from, to }) => ({ from, to: new Date(to.getTime() + 1) })), remember }
  }

  /**
   * Piece by piece, oldest first: a day, then twice as long each time while that makes a day cheaper, because a
   * statement has its price whatever it reads. A piece is stamped with its end, so that a backfill cut short goes on
   * where it stopped.
   */
  async function backfill(slos: readonly Slo[], now: Date): Promise<void> {
    const startedMs = performance.now()
    let pieceMs = DAY_MS
    let cheapestDayMs = Number.POSITIVE_INFINITY
    for (let pieces = 0; backlogs.size > 0; pieces++) {
      if (pieces > 0 && performance.now() - startedMs >= paceMs) break
      const fromMs = Math.min(...[...backlogs.values()].map(({ measuredUntilMs }) => measuredUntilMs))
      if (fromMs >= now.getTime()) break
      const toMs = Math.min(fromMs + pieceMs, now.getTime())
      const behind = slos.filter(({ generation }) => (backlogs.get(generation)?.measuredUntilMs ?? toMs) < toMs)
      const range = { from: new Date(fromMs), to: new Date(toMs) }
      const pieceStartedMs = performance.now()
      await measureMinutes(db, behind, range, range.to)
      const tookMs = performance.now() - pieceStartedMs
      const dayMs = (tookMs * DAY_MS) / (toMs - fromMs)
      if (dayMs < cheapestDayMs && tookMs < LONG_PIECE_MS) pieceMs *= 2
      cheapestDayMs = Math.min(cheapestDayMs, dayMs)
      for (const { generation } of behind) backlogs.get(generation)!.measuredUntilMs = toMs
      log.info({ ...range, indicators: behind.length }, 'measuring history')
    }
    for (const [generation, { measuredUntilMs, dirty }] of backlogs) {
      if (measuredUntilMs < now.getTime()) continue
      const these = slos.filter((slo) => slo.generation === generation)
      for (const range of daysOf(merge(clamped(dirty, these, now)))) await measureMinutes(db, these, range, now)
      backlogs.delete(generation)
      complete.add(generation)
    }
  }

  return {
    async measure(slos, now) {
      forgetUnused(slos)
      await admit(slos, now)
      const { ranges, remember } = await readFresh(now)
      const open = { from: new Date(Math.floor(now.getTime() / MINUTE_MS - 1) * MINUTE_MS), to: now }
      const ready = slos.filter(({ generation }) => complete.has(generation))
      for (const range of daysOf(merge(clamped([...ranges, open], slos, now)))) {
        await measureMinutes(db, ready, range, now)
      }
      for (const backlog of backlogs.values()) backlog.dirty.push(...ranges)
      remember()
      await backfill(slos, now)
      return new Set(backlogs.keys())
    },
  }

  function forgetUnused(slos: readonly Slo[]): void {
    const used = new Set(slos.map(({ generation }) => generation))
    for (const generation of complete) if (!used.has(generation)) complete.delete(generation)
    for (const generation of backlogs.keys()) if (!used.has(generation)) backlogs.delete(generation)
  }
}

/** Nothing reads minutes before the longest SLO window, and a sender's clock may be anywhere. */
function clamped(ranges: readonly Range[], slos: readonly Slo[], now: Date): Range[] {
  const longestMs = Math.max(0, ...slos.map(({ objective }) => objective.window.minutes)) * MINUTE_MS
  const [first, last] = [now.getTime() - longestMs, now.getTime() + DAY_MS]
  const within = (at: Date) => new Date(Math.min(Math.max(at.getTime(), first), last))
  return ranges.map(({ from, to }) => ({ from: within(from), to: within(to) }))
}

/** The same time in pieces of a day at most: no statement takes long. */
function daysOf(ranges: readonly Range[]): Range[] {
  return ranges.flatMap(({ from, to }) => {
    const days = Math.ceil((to.getTime() - from.getTime()) / DAY_MS)
    return Array.from({ length: days }, (_, day) => ({
      from: new Date(from.getTime() + day * DAY_MS),
      to: new Date(Math.min(from.getTime() + (day + 1) * DAY_MS, to.getTime())),
    }))
  })
}

/** Ranges widened to whole minutes, with those that touch or overlap made one, oldest first. */
export function merge(ranges: readonly Range[]): Range[] {
  const whole = ranges
    .map(({ from, to }) => ({
      from: Math.floor(from.getTime() / MINUTE_MS) * MINUTE_MS,
      to: Math.ceil(to.getTime() / MINUTE_MS) * MINUTE_MS,
    }))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from)
  const merged: { from: number; to: number }[] = []
  for (const range of whole) {
    const last = merged.at(-1)
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to)
    else merged.push(range)
  }
  return merged.map(({ from, to }) => ({ from: new Date(from), to: new Date(to) }))
}

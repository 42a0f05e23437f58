import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../runtime/log.ts'
import { keyOf, type Measured, measuredOf } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import type { Backfill } from '../../slo/reading.ts'
import { readFirstTelemetry } from '../../storage/first-telemetry.ts'
import { clearUncountable, lastMeasured } from '../../storage/indicator-minutes.ts'
import { readProgress, recordProgress } from '../../storage/indicator-progress.ts'
import type { Db } from '../../storage/query.ts'
import {
  backfillsOf,
  byOwed,
  faultsOf,
  generationsBehind,
  isAuthored,
  isDue,
  owe,
  progressOf,
  type Standing,
  succeeded,
} from '../decide/standing.ts'
import { admitted, keyOfProgress } from './admit.ts'
import { Arrivals, metricsOf } from './arrivals.ts'
import { measureAuthored } from './measure-authored.ts'
import { nextPiece, PieceLength, pieceMeasured } from './next-piece.ts'
import { daysOf, MINUTE_MS, type Range } from './ranges.ts'
import { Remeasures } from './remeasure.ts'
import { createSelfChecker } from './self-check.ts'
import { Storing } from './storing.ts'

/** Which minutes are measured, across ticks. */
export interface Measurer {
  /**
   * Measures what may have changed since the last call: minutes that something arrived for, once a minute the open one and
   * the one before whatever was told, what was asked for; and a piece of the history of new definitions, the newest hours of
   * all of them first. Answers with the generations that are not measured to the end: their history is not complete, or they
   * cannot be measured. A call that rejects has forgotten nothing: the next one measures the same again.
   */
  measure(slos: readonly Slo[], now: Date): Promise<ReadonlySet<string>>
  /** From where on SLOs are measured, by their generation; those whose history is complete are absent. */
  backfills(slos: readonly Slo[], now: Date): ReadonlyMap<string, Backfill>
  /** Why SLOs cannot be measured, in words, by their generation; those that can are absent. */
  faults(slos: readonly Slo[]): ReadonlyMap<string, string>
  /** Event time of all minutes that may have been stored since it was asked last, also beside the calls. */
  written(): Range[]
}

const BACKFILL_PACE_MS = 3_000

/** How long a tick waits for authors' statements; they go on beside it. */
const AUTHORED_WAIT_MS = 1_000

/** What lives from call to call. */
interface State {
  db: Db
  log: Log
  storing: Storing
  arrivals: Arrivals
  standings: Map<string, Standing>
  /** What was written down last about each. */
  reported: Map<string, string>
}

/**
 * @param paceMs time a tick spends on history, beside one piece at least: the alerts of other SLOs wait no longer. Without
 * an end, a call also waits for authors' statements, however often they run, and for the self-check; both otherwise go
 * on beside it
 */
export function createMeasurer(db: Db, log: Log, paceMs = BACKFILL_PACE_MS): Measurer {
  const standings = new Map<string, Standing>()
  const storing = new Storing(db, log, standings)
  const state: State = { db, log, storing, arrivals: new Arrivals(db), standings, reported: new Map() }
  const remeasures = new Remeasures(db, log)
  const checker = createSelfChecker(db, log)
  const waitsForAll = paceMs === Number.POSITIVE_INFINITY
  let authored: Promise<void> | null = null
  let lastMinute = Number.NEGATIVE_INFINITY
  /** Once: nothing is stored any more that must be cleared. */
  let isCleared = false

  return {
    async measure(slos, now) {
      const wanted = measuredOf(slos)
      await admit(state, wanted, now)
      const cleared = isCleared ? new Map<string, Range[]>() : await clearUncountable(db, now)
      isCleared = true
      const metrics = [...new Set(wanted.flatMap(({ indicator }) => metricsOf(indicator)))]
      const [{ arrived, remember }, requested] = await Promise.all([
        state.arrivals.read(metrics, now),
        remeasures.read(slos, now),
      ])
      const minute = Math.floor(now.getTime() / MINUTE_MS)
      const asked = joined(requested, cleared)
      owe(standings.values(), { arrived, requested: asked, isNewMinute: minute !== lastMinute }, now)
      lastMinute = minute
      remember()
      await payOwed(state, now)
      await walkHistories(state, paceMs, now)
      authored ??= measureAuthored(standings.values(), storing, { waitsForAll, now }).finally(() => {
        authored = null
      })
      await (waitsForAll ? authored : Promise.race([authored, sleep(AUTHORED_WAIT_MS, undefined, { ref: false })]))
      await remeasures.finish((key) => isPaid(standings.get(key)), now)
      await report(state, now)
      const open = generationsBehind(slos, (key) => standings.get(key)?.history != null)
      const checked = checker.check(slos, open, now)
      if (waitsForAll) await checked
      return generationsBehind(slos, (key) => isBehind(standings.get(key)))
    },
    backfills: (slos, now) => backfillsOf(slos, (key) => standings.get(key), now),
    faults: (slos) => faultsOf(slos, (key) => standings.get(key)?.error ?? ''),
    written: () => storing.written(),
  }
}

/** Takes up SLIs that are new here, and forgets those that are gone. */
async function admit(state: State, wanted: readonly Measured[], now: Date): Promise<void> {
  const { db, standings, reported, arrivals } = state
  const keys = new Set(wanted.map(keyOf))
  for (const key of standings.keys()) {
    if (keys.has(key)) continue
    standings.delete(key)
    reported.delete(key)
  }
  for (const measured of wanted) {
    const known = standings.get(keyOf(measured))
    if (known) known.measured = measured
  }
  const unknown = wanted.filter((measured) => !standings.has(keyOf(measured)))
  if (unknown.length === 0) return
  const generations = unknown.map(({ generation }) => generation)
  const metrics = [...new Set(unknown.flatMap(({ indicator }) => metricsOf(indicator)))]
  const [last, progress, first] = await Promise.all([
    lastMeasured(db, unknown),
    readProgress(db, generations),
    readFirstTelemetry(db, metrics),
  ])
  // Late data that arrived while nobody measured is newer than the last measurement of whatever was kept up to date.
  arrivals.startAt(new Date(Math.max(0, ...[...last.values()].map(Number)) || now.getTime()))
  for (const measured of unknown) standings.set(keyOf(measured), admitted(measured, { last, progress, first }, now))
  // A history that is cut short goes on where it stopped: so that it does, it is written down before any of it is measured.
  const failedBefore = new Set(progress.filter(({ error }) => error !== '').map(keyOfProgress))
  const isNew = new Set(unknown.map(keyOf).filter((key) => !failedBefore.has(key)))
  await report(state, now, (key) => isNew.has(key) && standings.get(key)?.history != null)
}

/** Measures what the standings owe; whatever rejects stays owed. */
async function payOwed({ standings, storing }: State, now: Date): Promise<void> {
  const due = [...standings.values()].filter((one) => isDue(one, now) && !isAuthored(one))
  for (const together of byOwed(due)) {
    const failed = new Set<Standing>()
    for (const range of daysOf(together[0]?.owed ?? [])) {
      for (const standing of await storing.store(together, range, now)) failed.add(standing)
    }
    for (const standing of together) {
      if (failed.has(standing)) continue
      standing.owed = []
      succeeded(standing)
    }
  }
}

/** Piece by piece, newest first, as long as the pace allows. A piece is written down when it is measured. */
async function walkHistories(state: State, paceMs: number, now: Date): Promise<void> {
  const { standings, storing, log } = state
  const startedMs = performance.now()
  const length = new PieceLength()
  for (let pieces = 0; ; pieces++) {
    const piece = nextPiece(standings.values(), length.ms, now)
    if (piece === null || (pieces > 0 && performance.now() - startedMs >= paceMs)) break
    const pieceStartedMs = performance.now()
    const failed = await storing.store(piece.standings, piece.range, now)
    for (const standing of failed) standing.owed = [...standing.owed, piece.range]
    length.took(performance.now() - pieceStartedMs, piece.range)
    pieceMeasured(piece)
    const open = piece.standings.filter(({ history }) => history !== null).length
    log.info({ ...piece.range, indicators: piece.standings.length, open }, 'measuring history')
  }
}

/** Writes down what changed about histories and errors. */
async function report({ db, standings, reported }: State, now: Date, isTold = (_key: string) => true): Promise<void> {
  const changed = [...standings].filter(([key, { history, error }]) => {
    if (!isTold(key)) return false
    const said = `${history?.measuredFromMs ?? ''} ${error}`
    if (reported.get(key) === said) return false
    reported.set(key, said)
    return true
  })
  await recordProgress(
    db,
    changed.map(([, standing]) => progressOf(standing, now)),
  ).catch((error: unknown) => {
    for (const [key] of changed) reported.delete(key)
    throw error
  })
}

const joined = (a: ReadonlyMap<string, Range[]>, b: ReadonlyMap<string, Range[]>): Map<string, Range[]> =>
  new Map([...a.keys(), ...b.keys()].map((key) => [key, [...(a.get(key) ?? []), ...(b.get(key) ?? [])]]))

const isBehind = (standing: Standing | undefined): boolean =>
  standing !== undefined && (standing.history !== null || standing.failures > 0)

/** Nothing is left to be measured; nobody waits for what is gone. */
const isPaid = (standing: Standing | undefined): boolean =>
  standing === undefined || (standing.history === null && standing.owed.length === 0)

import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../runtime/log.ts'
import { keyOf, type Measured, measuredOf } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import { clearUncountable, type Failure, lastMeasured, measureIndicators } from '../../storage/indicator-minutes.ts'
import { readProgress, recordProgress } from '../../storage/indicator-progress.ts'
import type { Db } from '../../storage/query.ts'
import {
  byOwed,
  failed,
  faultsOf,
  generationsBehind,
  isAuthored,
  isDue,
  owe,
  progressOf,
  type Standing,
  succeeded,
} from '../decide/standing.ts'
import { Arrivals, metricsOf, OVERLAP_MS } from './arrivals.ts'
import { DAY_MS, daysOf, MINUTE_MS, merge, type Range } from './ranges.ts'
import { Remeasures } from './remeasure.ts'
import { createSelfChecker } from './self-check.ts'

/** Which minutes are measured, across ticks. */
export interface Measurer {
  /**
   * Measures what may have changed since the last call: minutes that something arrived for, once a minute the open one and
   * the one before whatever was told, what was asked for; and a piece of the history of new definitions. Answers with the
   * generations that are not measured to the end: their history is not complete, or they cannot be measured. A call that rejects has forgotten nothing: the next one measures the same again.
   */
  measure(slos: readonly Slo[], now: Date): Promise<ReadonlySet<string>>
  /** Why SLOs cannot be measured, in words, by their generation; those that can are absent. */
  faults(slos: readonly Slo[]): ReadonlyMap<string, string>
  /** Event time of all minutes that may have been stored since it was asked last, also beside the calls. */
  written(): Range[]
}

const BACKFILL_PACE_MS = 3_000

/** A piece of history that takes longer than this is not followed by a longer one. */
const LONG_PIECE_MS = 10_000

/** How long a tick waits for authors' statements; they go on beside it. */
const AUTHORED_WAIT_MS = 1_000

/** An author's statement may take this share of the time. */
const AUTHORED_SHARE = 0.1

/**
 * @param paceMs time a tick spends on history, beside one day at least: the alerts of other SLOs wait no longer. Without
 * an end, a call also waits for authors' statements, however often they run, and for the self-check; both otherwise go
 * on beside it
 */
export function createMeasurer(db: Db, log: Log, paceMs = BACKFILL_PACE_MS): Measurer {
  const arrivals = new Arrivals(db)
  const remeasures = new Remeasures(db, log)
  const checker = createSelfChecker(db, log)
  const waitsForAll = paceMs === Number.POSITIVE_INFINITY
  const standings = new Map<string, Standing>()
  const reported = new Map<string, string>()
  let authored: Promise<void> | null = null
  let lastMinute = Number.NEGATIVE_INFINITY
  let written: Range[] = []
  /** Once: nothing is stored any more that must be cleared. */
  let isCleared = false

  /** What fails may have stored a part. */
  async function store(measured: readonly Measured[], range: Range, measuredAt: Date): Promise<Failure[]> {
    try {
      return await measureIndicators(db, measured, range, measuredAt)
    } finally {
      written = merge([...written, range])
    }
  }

  async function admit(wanted: readonly Measured[], now: Date): Promise<void> {
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
    const [last, progress] = await Promise.all([
      lastMeasured(db, unknown),
      readProgress(
        db,
        unknown.map(({ generation }) => generation),
      ),
    ])
    // Late data that arrived while nobody measured is newer than the last measurement of whatever was kept up to date.
    arrivals.startAt(new Date(Math.max(0, ...[...last.values()].map(Number)) || now.getTime()))
    const failedBefore = new Set(progress.filter(({ error }) => error !== '').map(keyOfProgress))
    for (const measured of unknown) {
      const windowStartMs = now.getTime() - measured.windowMinutes * MINUTE_MS
      const lastMs = failedBefore.has(keyOf(measured)) ? 0 : (last.get(measured.generation)?.getTime() ?? 0)
      const untilMs = Math.max(windowStartMs, lastMs - OVERLAP_MS)
      standings.set(keyOf(measured), {
        measured,
        history: { fromMs: untilMs, untilMs },
        owed: [],
        failures: 0,
        retryAtMs: 0,
        error: '',
      })
    }
    // Until a first piece is measured, nothing else says that there is more to come.
    const first = new Set(unknown.filter(({ generation }) => !last.has(generation)).map(keyOf))
    await report(now, (key) => first.has(key) && !failedBefore.has(key))
  }

  /** Measures what the standings owe; whatever rejects stays owed. */
  async function payOwed(due: readonly Standing[], now: Date): Promise<void> {
    for (const together of byOwed(due)) {
      const measured = together.map((standing) => standing.measured)
      const failures: Failure[] = []
      for (const range of daysOf(together[0]?.owed ?? [])) {
        failures.push(...(await store(measured, range, now)))
      }
      const failedNow = noteFailures(failures, now)
      for (const standing of together) {
        if (failedNow.has(standing)) continue
        standing.owed = []
        succeeded(standing)
      }
    }
  }

  function noteFailures(failures: readonly Failure[], now: Date): Set<Standing> {
    const noted = new Set<Standing>()
    for (const { measured, error } of failures) {
      const standing = standings.get(keyOf(measured))
      if (!standing || noted.has(standing)) continue
      noted.add(standing)
      if (standing.error !== error.message) {
        log.warn({ indicator: measured.indicator.name, reason: error.message }, 'an SLI cannot be measured')
      }
      failed(standing, error, now)
    }
    return noted
  }

  /**
   * Piece by piece, oldest first: a day, then twice as long each time while that makes a day cheaper, because a
   * statement has its price whatever it reads. A piece is stamped with its end, so that a backfill cut short goes on
   * where it stopped.
   */
  async function backfill(now: Date): Promise<void> {
    const startedMs = performance.now()
    let pieceMs = DAY_MS
    let cheapestDayMs = Number.POSITIVE_INFINITY
    for (let pieces = 0; ; pieces++) {
      const open = [...standings.values()].filter((one) => one.history !== null && !isAuthored(one))
      const fromMs = Math.min(...open.map(({ history }) => history!.untilMs))
      if (open.length === 0 || fromMs >= now.getTime()) break
      if (pieces > 0 && performance.now() - startedMs >= paceMs) break
      const toMs = Math.min(fromMs + pieceMs, now.getTime())
      const behind = open.filter(({ history }) => history!.untilMs < toMs)
      const range = { from: new Date(fromMs), to: new Date(toMs) }
      const pieceStartedMs = performance.now()
      const failures = await store(
        behind.map(({ measured }) => measured),
        range,
        range.to,
      )
      for (const standing of noteFailures(failures, now)) standing.owed = merge([...standing.owed, range])
      const tookMs = performance.now() - pieceStartedMs
      const dayMs = (tookMs * DAY_MS) / (toMs - fromMs)
      if (dayMs < cheapestDayMs && tookMs < LONG_PIECE_MS) pieceMs *= 2
      cheapestDayMs = Math.min(cheapestDayMs, dayMs)
      for (const { history } of behind) history!.untilMs = toMs
      const oldestMs = Math.min(...behind.map(({ history }) => history!.fromMs))
      const share = (toMs - oldestMs) / Math.max(1, now.getTime() - oldestMs)
      log.info({ ...range, indicators: behind.length, done: `${Math.floor(100 * share)} %` }, 'measuring history')
    }
    const done = [...standings.values()].filter(
      (one) => !isAuthored(one) && (one.history?.untilMs ?? 0) >= now.getTime(),
    )
    for (const standing of done) standing.history = null
    await payOwed(
      done.filter((one) => isDue(one, now)),
      now,
    )
  }

  /** Authors' statements run one after another, beside the ticks: what they cost delays nobody's alerts. */
  async function payAuthored(now: Date): Promise<void> {
    const due = [...standings.values()].filter((one) => isAuthored(one) && one.retryAtMs <= now.getTime())
    for (const standing of due) {
      const startedMs = performance.now()
      const { history } = standing
      const owed = daysOf(merge([...standing.owed, ...(history ? [{ from: new Date(history.untilMs), to: now }] : [])]))
      standing.owed = []
      const left = await measureUntilFailure(standing, owed, now)
      if (left.length > 0) {
        standing.owed = merge([...standing.owed, ...left])
        continue
      }
      standing.history = null
      succeeded(standing)
      const tookMs = performance.now() - startedMs
      if (!waitsForAll) standing.retryAtMs = now.getTime() + tookMs * (1 / AUTHORED_SHARE - 1)
    }
  }

  /** Answers with what is left from the first failure on. */
  async function measureUntilFailure(
    standing: Standing,
    ranges: readonly Range[],
    now: Date,
  ): Promise<readonly Range[]> {
    for (const [n, range] of ranges.entries()) {
      const failures = await store([standing.measured], range, now).catch((error: unknown) => [
        { measured: standing.measured, error: error instanceof Error ? error : new Error(String(error)) },
      ])
      if (noteFailures(failures, now).size > 0) return ranges.slice(n)
      if (standing.history) standing.history.untilMs = Math.max(standing.history.untilMs, range.to.getTime())
    }
    return []
  }

  /** Writes down what changed about histories and errors. */
  async function report(now: Date, isTold = (_key: string) => true): Promise<void> {
    const changed = [...standings].filter(([key, { history, error }]) => {
      if (!isTold(key)) return false
      const said = `${history?.untilMs ?? ''} ${error}`
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

  return {
    async measure(slos, now) {
      const wanted = measuredOf(slos)
      await admit(wanted, now)
      const cleared = isCleared ? new Map<string, Range[]>() : await clearUncountable(db, now)
      isCleared = true
      const metrics = [...new Set(wanted.flatMap(({ indicator }) => metricsOf(indicator)))]
      const [{ arrived, remember }, requested] = await Promise.all([
        arrivals.read(metrics, now),
        remeasures.read(slos, now),
      ])
      const minute = Math.floor(now.getTime() / MINUTE_MS)
      const asked = joined(requested, cleared)
      owe(standings.values(), { arrived, requested: asked, isNewMinute: minute !== lastMinute }, now)
      lastMinute = minute
      remember()
      await payOwed(
        [...standings.values()].filter((one) => isDue(one, now) && !isAuthored(one)),
        now,
      )
      await backfill(now)
      authored ??= payAuthored(now).finally(() => {
        authored = null
      })
      await (waitsForAll ? authored : Promise.race([authored, sleep(AUTHORED_WAIT_MS, undefined, { ref: false })]))
      await remeasures.finish((key) => isPaid(standings.get(key)), now)
      await report(now)
      const checked = checker.check(
        slos,
        generationsBehind(slos, (key) => standings.get(key)?.history != null),
        now,
      )
      if (waitsForAll) await checked
      return generationsBehind(slos, (key) => isBehind(standings.get(key)))
    },
    faults: (slos) => faultsOf(slos, (key) => standings.get(key)?.error ?? ''),
    written() {
      const ranges = written
      written = []
      return ranges
    },
  }
}

const joined = (a: ReadonlyMap<string, Range[]>, b: ReadonlyMap<string, Range[]>): Map<string, Range[]> =>
  new Map([...a.keys(), ...b.keys()].map((key) => [key, [...(a.get(key) ?? []), ...(b.get(key) ?? [])]]))

const keyOfProgress = ({ indicator, generation }: { indicator: string; generation: string }) =>
  keyOf({ indicator: { name: indicator }, generation })

const isBehind = (standing: Standing | undefined): boolean =>
  standing !== undefined && (standing.history !== null || standing.failures > 0)

/** Nothing is left to be measured; nobody waits for what is gone. */
const isPaid = (standing: Standing | undefined): boolean =>
  standing === undefined || (standing.history === null && standing.owed.length === 0)

import { sumsOf } from '../../integration/call-sums.ts'
import { OUTCOME_MODES } from '../../integration/failure-modes.ts'
import { findModes } from '../../integration/find-modes.ts'
import type { Log } from '../../runtime/log.ts'
import type { AlertPolicy } from '../../slo/alert/alert-policy.ts'
import type { AlertName } from '../../slo/alert/incident.ts'
import { type ModeFound, modeSignal, probeSignal } from '../../slo/alert/mode-alerts.ts'
import { SHORT_KEEP_MS, type Signal } from '../../slo/alert/signal.ts'
import { unusualHour } from '../../slo/alert/unusual.ts'
import { windowEnd } from '../../slo/budget/window.ts'
import type { Conditions } from '../../slo/decide/decide.ts'
import { isJudged } from '../../slo/decide/reading-signals.ts'
import type { Slo } from '../../slo/model.ts'
import type { Reading } from '../../slo/reading.ts'
import {
  readBatchCounts,
  readFailureCounts,
  readLikeHours,
  readProbeCounts,
  readSilentServices,
} from '../../storage/failure-counts.ts'
import type { Db } from '../../storage/query.ts'
import type { Range } from '../measure/ranges.ts'

export interface Signals {
  /** What is known by now: reads that take long go on beside the ticks, and count from the next one on. */
  read(readings: readonly Reading[], now: Date, written: readonly Range[]): Conditions
  /** Resolves when no read is under way. */
  settled(): Promise<void>
}

/** How often what is read from calls is read again. */
const CALLS_EVERY_MS = 30_000

const RECENT_MINUTES = 10
const PROBE_MINUTES = 5
const BASELINE_MINUTES = 1_440
const BASELINE_EVERY_MS = 10 * 60_000
const LIKE_WEEKS = 8
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Minutes this much older than the watermark are late. */
const LATE_AFTER_MS = 2 * MINUTE_MS

function lateIn(written: readonly Range[], watermark: Date): Conditions['late'] {
  const late = written.filter(({ to }) => watermark.getTime() - to.getTime() > LATE_AFTER_MS)
  if (late.length === 0) return null
  return {
    from: new Date(Math.min(...late.map(({ from }) => from.getTime()))),
    to: new Date(Math.max(...late.map(({ to }) => to.getTime()))),
  }
}

/** What may alert and does not follow from readings. What cannot be read keeps no burn rate back: its alerts stay as they are. */
export function createSignals(db: Db, log: Log, policy: AlertPolicy, kinds: ReadonlySet<AlertName>): Signals {
  const fails = (error: unknown) =>
    log.error({ err: error }, 'alerts about dependencies cannot be judged; they stay as they are')
  const fromCalls = beside(CALLS_EVERY_MS, fails, async (watermark: Date): Promise<Signal[]> => {
    const [modes, probes] = await Promise.all([
      kinds.has('DependencyFailureMode') ? findAllModes(watermark) : [],
      kinds.has('ProbeFailing') ? readProbeCounts(db, rangeBefore(windowEnd(watermark), PROBE_MINUTES)) : [],
    ])
    return [
      ...modes.map((found) => modeSignal(found, watermark, SHORT_KEEP_MS)),
      ...present(probes.map((probe) => probeSignal(probe, watermark, SHORT_KEEP_MS))),
    ]
  })
  const baseline = kept(BASELINE_EVERY_MS, (watermark: Date) =>
    readFailureCounts(db, rangeBefore(minutesBefore(windowEnd(watermark), RECENT_MINUTES), BASELINE_MINUTES)),
  )
  const unusual = beside(BASELINE_EVERY_MS, fails, async (watermark: Date, slos: readonly Slo[]): Promise<Signal[]> => {
    if (!kinds.has('SLOUnusual')) return []
    const end = new Date(Math.floor(watermark.getTime() / HOUR_MS) * HOUR_MS)
    const hours = await readLikeHours(db, { slos, end, weeks: LIKE_WEEKS })
    return slos.flatMap((slo) => {
      const [hour, ...earlier] = hours.get(`${slo.indicator.name}\n${slo.generation}`) ?? []
      const signal = hour ? unusualHour(slo, { hour, earlier }, end) : null
      return signal ? [signal] : []
    })
  })
  async function findAllModes(watermark: Date): Promise<ModeFound[]> {
    const end = windowEnd(watermark)
    const recent = rangeBefore(end, RECENT_MINUTES)
    const [now, before, batches, silent] = await Promise.all([
      readFailureCounts(db, recent),
      baseline(watermark),
      readBatchCounts(db, recent),
      readSilentServices(db, { to: end, silentMinutes: RECENT_MINUTES }),
    ])
    return [...outcomeModes(now, before), ...partialModes(batches), ...silentModes(silent)]
  }

  return {
    read(readings, now, written) {
      const watermark = readings[0]?.watermark ?? null
      const isStale = !watermark || now.getTime() - watermark.getTime() > policy.staleAfterMs
      if (isStale) return { signals: [], unseen: 'frozen_stale', late: null }
      const slos = readings.filter(isJudged).map(({ slo }) => slo)
      const [calls, hours] = [fromCalls.latest(watermark), unusual.latest(watermark, slos)]
      const unseen = calls === null || hours === null ? 'frozen_coverage' : null
      return { signals: [...(calls ?? []), ...(hours ?? [])], unseen, late: lateIn(written, watermark) }
    },
    async settled() {
      await Promise.all([fromCalls.settled(), unusual.settled()])
    },
  }
}

type EnvCounts = Awaited<ReturnType<typeof readFailureCounts>>

/** F1 to F4, F6 and F7: those that show in outcomes, by environment and dependency. */
function outcomeModes(now: EnvCounts, before: EnvCounts): ModeFound[] {
  const key = ({ env, dependency }: EnvCounts[number]) => `${env}\n${dependency}`
  const earlier = Map.groupBy(before, key)
  return [...Map.groupBy(now, key)].flatMap(([subject, rows]) => {
    const [env = '', dependency = ''] = subject.split('\n')
    return findModes(sumsOf(rows), sumsOf(earlier.get(subject) ?? [])).map((mode): ModeFound => {
      const outcome = OUTCOME_MODES.find(({ id }) => id === mode.id)?.outcome ?? ''
      const callers = rows.filter((row) => outcome === '' || row.outcome === outcome).map(({ service }) => service)
      return { env, dependency, mode, callers: [...new Set(callers)].sort(), outcome }
    })
  })
}

/** Partial batches from which it is no accident. */
const MIN_PARTIAL = 5
const MIN_PARTIAL_SHARE = 0.05

const partialModes = (batches: Awaited<ReturnType<typeof readBatchCounts>>): ModeFound[] =>
  batches
    .filter(({ partial, batches: all }) => partial >= MIN_PARTIAL && partial >= MIN_PARTIAL_SHARE * all)
    .map(({ env, dependency, services, partial, batches: all }) => ({
      env,
      dependency,
      outcome: '',
      callers: services.toSorted(),
      mode: {
        id: 'F5',
        mode: 'partial processing',
        share: partial / all,
        evidence: { n: all, bad: partial, baselineShare: null },
        advice: 'Check idempotency keys and compensation: of these batches some items went through and some did not.',
      },
    }))

const silentModes = (silent: Awaited<ReturnType<typeof readSilentServices>>): ModeFound[] =>
  silent.map(({ env, service, callers, calls }) => ({
    env,
    dependency: service,
    outcome: '',
    callers: callers.toSorted(),
    mode: {
      id: 'F8',
      mode: 'silent data loss',
      share: 1,
      evidence: { n: calls, bad: calls, baselineShare: null },
      advice: 'It reports no calls any more although others call it: its instrumentation or its consumer has stopped.',
    },
  }))

const present = <T>(values: readonly (T | null)[]): T[] => values.filter((value): value is T => value !== null)

/** Remembers an answer for a while, by the time of the data. */
function kept<T>(everyMs: number, read: (watermark: Date) => Promise<T>) {
  let last: { at: number; value: T } | null = null
  return async (watermark: Date): Promise<T> => {
    if (last === null || isOld(last.at, watermark, everyMs))
      last = { at: watermark.getTime(), value: await read(watermark) }
    return last.value
  }
}

/** Reads beside the ticks, one at a time: pages must not wait for it. Nothing is known before the first answer and after a failure. */
function beside<A extends unknown[], T>(
  everyMs: number,
  fails: (error: unknown) => void,
  read: (watermark: Date, ...rest: A) => Promise<T>,
) {
  let last: { at: number; value: T | null } | null = null
  let running: Promise<void> | null = null
  return {
    latest(watermark: Date, ...rest: A): T | null {
      if (running === null && (last === null || isOld(last.at, watermark, everyMs))) {
        const at = watermark.getTime()
        running = read(watermark, ...rest)
          .then(
            (value) => {
              last = { at, value }
            },
            (error: unknown) => {
              last = { at, value: null }
              fails(error)
            },
          )
          .finally(() => {
            running = null
          })
      }
      return last?.value ?? null
    },
    async settled(): Promise<void> {
      await running
    },
  }
}

const isOld = (at: number, watermark: Date, everyMs: number): boolean =>
  watermark.getTime() < at || watermark.getTime() - at >= everyMs

const minutesBefore = (at: Date, minutes: number) => new Date(at.getTime() - minutes * MINUTE_MS)
const rangeBefore = (to: Date, minutes: number) => ({ from: minutesBefore(to, minutes), to })

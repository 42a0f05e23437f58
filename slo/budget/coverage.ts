import { admits } from '../call-selection.ts'
import type { Selector } from '../model.ts'
import { RunningSums } from '../replay/minute-series.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440

/** An environment with telemetry in so many minutes of a day is a steady sender. Source: slo-math, §9: 90 % of them. */
const STEADY_MINUTES = 0.9 * DAY_MINUTES

/** A sender that is silent for longer is no longer expected back. */
const SILENT_MINUTES = 7 * DAY_MINUTES

/** How long before a minute it is decided whether its silence is a steady sender's. */
export const LOOK_BACK_MINUTES = SILENT_MINUTES + DAY_MINUTES

/** Minutes without a gap, of one kind. */
export interface Run {
  /** `telemetry` of an environment, by its event time; a `collector` that was alive; events `measured` by some SLI. */
  kind: 'telemetry' | 'collector' | 'measured'
  env: string
  fromMs: number
  minutes: number
}

/** The minutes a question is about, and those of which something is known. */
export interface Grid {
  fromMs: number
  minutes: number
  /** A minute that is not over by then may still get its telemetry. */
  completeMs: number
}

/** Minute by minute of a grid. */
export interface Coverage {
  /** 1 where telemetry arrived, or where none was to be expected while a collector was alive: measured or quiet, not blind. */
  covered: Uint8Array
  /** 1 where Plumbline could have seen telemetry: also where a steady sender sent nothing. */
  alive: Uint8Array
}

/**
 * What is known of each minute for those who look at some environments, of all for null. A minute without telemetry is blind
 * where the environments sent in nearly all minutes of the day before they fell silent, and where no collector was alive.
 * @param runs from LOOK_BACK_MINUTES before the grid on
 */
export function minuteCoverage(runs: readonly Run[], environments: Selector | null, grid: Grid): Coverage {
  const whole = {
    ...grid,
    fromMs: grid.fromMs - LOOK_BACK_MINUTES * MINUTE_MS,
    minutes: grid.minutes + LOOK_BACK_MINUTES,
  }
  const isLookedAt = ({ kind, env }: Run) =>
    environments === null ? kind !== 'collector' : kind === 'telemetry' && admits(environments, env)
  const sent = marked(
    runs.filter((run) => run.kind === 'telemetry' && isLookedAt(run)),
    whole,
  )
  const covered = marked(runs.filter(isLookedAt), whole)
  const alive = marked(
    runs.filter(({ kind }) => kind === 'collector'),
    whole,
  )
  const sums = new RunningSums(sent)
  const complete = Math.floor((grid.completeMs - whole.fromMs) / MINUTE_MS)
  let missedUntil = 0
  for (let n = 0; n < whole.minutes; n++) {
    if (sent[n]) missedUntil = sums.between(n + 1 - DAY_MINUTES, n + 1) >= STEADY_MINUTES ? n + SILENT_MINUTES : 0
    else if (alive[n] && (n >= missedUntil || n >= complete)) covered[n] = 1
    if (covered[n]) alive[n] = 1
  }
  return { covered: covered.subarray(LOOK_BACK_MINUTES), alive: alive.subarray(LOOK_BACK_MINUTES) }
}

function marked(runs: readonly Run[], { fromMs, minutes }: Grid): Uint8Array {
  const marks = new Uint8Array(minutes)
  for (const run of runs) {
    const first = Math.round((run.fromMs - fromMs) / MINUTE_MS)
    marks.fill(1, Math.max(0, first), Math.max(0, Math.min(minutes, first + run.minutes)))
  }
  return marks
}

/** Equal for those who look at the same environments. */
export const selectionKey = (environments: Selector | null): string => JSON.stringify(environments)

/** When the first of all is; infinite without any. */
export const firstOf = (runs: readonly Run[]): number => Math.min(...runs.map(({ fromMs }) => fromMs))

/** What is read of one kind of environments by segment: minutes covered, and minutes in which a collector was alive. */
export interface CoveredSegments {
  covered: readonly number[]
  alive: readonly number[]
}

/** The marks of a grid summed between cuts, of which the last only ends. @param cuts on whole minutes of the grid */
export function coveredIn({ covered, alive }: Coverage, { fromMs }: Grid, cuts: readonly number[]): CoveredSegments {
  const place = (ms: number) => (ms - fromMs) / MINUTE_MS
  const bySegment = (marks: Uint8Array) => {
    const sums = new RunningSums(marks)
    return cuts.slice(1).map((cut, n) => sums.between(place(cuts[n]!), place(cut)))
  }
  return { covered: bySegment(covered), alive: bySegment(alive) }
}

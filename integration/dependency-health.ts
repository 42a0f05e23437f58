import type { CallCounts, Sums } from './call-sums.ts'
import { callsWhere, isBad, mainOutcome, ratio, sumsOf } from './call-sums.ts'
import type { FailureMode } from './find-modes.ts'
import { findModes } from './find-modes.ts'
import type { Outcome, Owner } from './outcome.ts'
import { OWNERS, ownerOf } from './outcome.ts'

export interface DependencyHealth {
  health: 'healthy' | 'degraded' | 'failing' | 'unknown'
  /** 1 within the error budget, 0 from the burn rate on that pages; null when unknown. */
  score: number | null
  /** Who can mend most of what goes wrong; `none` when nothing does or nobody can tell. */
  owner: Owner
  /** The bad outcome with most calls and its share of all calls that were not cancelled; null without any. */
  trouble: { outcome: Outcome; share: number } | null
  /** Largest share first. */
  modes: FailureMode[]
}

export interface HealthOptions {
  /** What callers may expect, as a target in parts per million. */
  targetPpm?: number
}

/** 99.9 %: the starting target for calls a user waits for. */
const TARGET_PPM = 999_000
/** The burn rate of the fastest page. Source: Google SRE Workbook, ch. 5, table 5-8. */
const PAGE_BURN = 14.4
/** Fewer calls say nothing about a share. */
const MIN_SAMPLES = 5
/** One or two failures are no trend, whatever share of few calls they are. */
const MIN_BAD_SAMPLES = 3

const UNKNOWN: DependencyHealth = { health: 'unknown', score: null, owner: 'none', trouble: null, modes: [] }

/**
 * How one dependency fares, from counts of a recent window (minutes) against a baseline window (hours before it).
 * Both lists may hold several services and protocols of that dependency; the order of rows does not matter.
 * Counts tell shares, not moments: since when a mode holds, P99 and traces are for the caller to add.
 */
export function dependencyHealth(
  recent: readonly CallCounts[],
  baseline: readonly CallCounts[],
  { targetPpm = TARGET_PPM }: HealthOptions = {},
): DependencyHealth {
  const now = sumsOf(recent)
  if (now.counted.samples < MIN_SAMPLES || now.counted.calls <= 0) return UNKNOWN
  const score = scoreOf(now, targetPpm)
  const modes = findModes(now, sumsOf(baseline))
  const isDegraded = score < 1 || modes.length > 0
  return {
    health: score === 0 ? 'failing' : isDegraded ? 'degraded' : 'healthy',
    score,
    owner: mainOwner(now),
    trouble: troubleOf(now),
    modes,
  }
}

/** {@link dependencyHealth} of every dependency that either list names. */
export function healthByDependency(
  recent: readonly CallCounts[],
  baseline: readonly CallCounts[],
  options: HealthOptions = {},
): Map<string, DependencyHealth> {
  const now = Map.groupBy(recent, ({ dependency }) => dependency)
  const before = Map.groupBy(baseline, ({ dependency }) => dependency)
  const names = new Set([...now.keys(), ...before.keys()])
  return new Map(
    [...names].map((name) => [name, dependencyHealth(now.get(name) ?? [], before.get(name) ?? [], options)]),
  )
}

/** Linear in the burn rate, between a budget spent just in time (1) and the page (0). */
function scoreOf({ bad, counted }: Sums, targetPpm: number): number {
  if (bad.samples < MIN_BAD_SAMPLES) return 1
  const burn = (bad.calls * 1_000_000) / (counted.calls * (1_000_000 - targetPpm))
  return Math.min(1, Math.max(0, (PAGE_BURN - burn) / (PAGE_BURN - 1)))
}

function troubleOf(now: Sums): DependencyHealth['trouble'] {
  const outcome = mainOutcome(now, isBad)
  if (outcome === null) return null
  return { outcome, share: ratio(now.byOutcome.get(outcome)?.calls ?? 0, now.ended.calls) ?? 0 }
}

function mainOwner(now: Sums): Owner {
  const badCallsOf = (owner: Owner) =>
    callsWhere(now, (outcome) => isBad(outcome) && ownerOf(outcome, 'outbound') === owner)
  const main = OWNERS.reduce((most, owner) => (badCallsOf(owner) > badCallsOf(most) ? owner : most))
  return badCallsOf(main) > 0 ? main : 'none'
}

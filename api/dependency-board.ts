import type { CallCounts } from '../integration/call-sums.ts'
import { type DependencyHealth, healthByDependency } from '../integration/dependency-health.ts'
import { OUTCOME_MODES } from '../integration/failure-modes.ts'
import { type Outcome, type Owner, ownerOf } from '../integration/outcome.ts'
import { ALERT_POLICY } from '../slo/alert/alert-policy.ts'
import { windowEnd } from '../slo/budget/window.ts'
import { dependenciesInMaintenance } from '../slo/overlay/maintenance.ts'
import {
  type OperationCounts,
  type OutcomeMinute,
  readCallCounts,
  readCoverage,
  readOperationCounts,
  readOutcomeMinutes,
  type SeenCaller,
} from '../storage/dependencies.ts'
import { readFreshness } from '../storage/freshness.ts'
import { readMaintenance } from '../storage/maintenance-windows.ts'
import type { Db } from '../storage/query.ts'
import { runningSince } from './mode-since.ts'
import { compareRanked, type RankedKey } from './page.ts'

/** Health is told from the last ten minutes, against the day before them. */
export const RECENT_MINUTES = 10
export const BASELINE_MINUTES = 1440
const MINUTE_MS = 60_000

/** Calls that ended by themselves, and those of them that failed. Weighted by sampling probability. */
export interface Attempts {
  total: number
  failed: number
}

export interface DependencyEntry {
  name: string
  /** The protocol most calls use. */
  kind: string
  owner: Owner
  health: DependencyHealth['health'] | 'maintenance'
  score: number | null
  modes: (DependencyHealth['modes'][number] & { since: Date | null })[]
  calls: Attempts
  callers: ({ service: string; retries: number; lastCallAt: Date } & Attempts)[]
  operations: ({ operation: string } & Attempts)[]
  outcomes: { outcome: Outcome; owner: Owner; calls: number }[]
  lastEventAt: Date | null
}

/** All dependencies called within window and baseline, failing ones first. */
export interface DependencyBoard {
  window: { from: Date; to: Date }
  baseline: { from: Date; to: Date }
  watermark: Date | null
  /** Null before any telemetry. */
  coverage: number | null
  dependencies: DependencyEntry[]
}

/** Two reads for all dependencies, and one more for those in trouble: since when. */
export async function readDependencyBoard(db: Db, now: Date): Promise<DependencyBoard> {
  const { watermark } = await readFreshness(db)
  const end = windowEnd(watermark ?? now)
  const start = new Date(end.getTime() - RECENT_MINUTES * MINUTE_MS)
  const baseline = { from: new Date(start.getTime() - BASELINE_MINUTES * MINUTE_MS), to: start }
  const window = { from: start, to: end }
  const [recent, before, coverage, planned] = await Promise.all([
    readOperationCounts(db, window),
    readCallCounts(db, baseline),
    readCoverage(db, window),
    readMaintenance(db),
  ])
  const inMaintenance = dependenciesInMaintenance(planned, now)
  const healths = healthByDependency(recent, before)
  const inTrouble = [...healths].filter(([, { modes }]) => modes.length > 0).map(([name]) => name)
  const minutes = await readOutcomeMinutes(db, { from: baseline.from, to: end, dependencies: inTrouble })
  const known = { recent: groupOf(recent), before: groupOf(before), minutes: groupOf(minutes) }
  const blind = watermark !== null && now.getTime() - watermark.getTime() > ALERT_POLICY.staleAfterMs
  const dependencies = [...healths].map(([name, health]): DependencyEntry => {
    const entry = entryOf(name, blind ? { ...health, health: 'unknown', score: null } : health, {
      recent: known.recent.get(name) ?? [],
      before: known.before.get(name) ?? [],
      minutes: known.minutes.get(name) ?? [],
    })
    return inMaintenance.has(name) ? { ...entry, health: 'maintenance' } : entry
  })
  return { window, baseline, watermark, coverage, dependencies: dependencies.sort(byTrouble) }
}

const groupOf = <T extends { dependency: string }>(rows: readonly T[]): Map<string, T[]> =>
  Map.groupBy(rows, ({ dependency }) => dependency)

interface Found {
  recent: readonly OperationCounts[]
  before: readonly (CallCounts & { lastAt: Date })[]
  minutes: readonly OutcomeMinute[]
}

function entryOf(name: string, health: DependencyHealth, { recent, before, minutes }: Found): DependencyEntry {
  const all = [...recent, ...before]
  return {
    name,
    kind: mostCalled(recent.length > 0 ? recent : before),
    owner: health.owner,
    health: health.health,
    score: health.score,
    modes: health.modes.map((mode) => ({ ...mode, since: sinceOf(mode.id, minutes) })),
    calls: attemptsOf(recent),
    callers: [...Map.groupBy(recent, ({ service }) => service)]
      .map(([service, rows]) => ({
        service,
        ...attemptsOf(rows),
        retries: sum(rows, ({ retries }) => retries),
        lastCallAt: lastOf(rows),
      }))
      .sort(byFailures),
    operations: [...Map.groupBy(recent, ({ operation }) => operation)]
      .map(([operation, rows]) => ({ operation, ...attemptsOf(rows) }))
      .sort(byFailures),
    outcomes: [...Map.groupBy(recent, ({ outcome }) => outcome)]
      .map(([outcome, rows]) => ({
        outcome,
        owner: ownerOf(outcome, 'outbound'),
        calls: sum(rows, ({ calls }) => calls),
      }))
      .sort((a, b) => b.calls - a.calls),
    lastEventAt: all.length === 0 ? null : lastOf(all),
  }
}

const lastOf = (rows: readonly { lastAt: Date }[]): Date =>
  new Date(rows.reduce((last, { lastAt }) => Math.max(last, lastAt.getTime()), 0))

/** A dependency as who called it last saw it: it is in the list of the board, or was called before that begins. */
export function seenEntry(
  board: DependencyBoard,
  { dependency, service, protocol, lastAt }: SeenCaller,
): DependencyEntry {
  const entry = board.dependencies.find(({ name }) => name === dependency) ?? silentEntry(dependency, protocol, lastAt)
  if (entry.callers.some((caller) => caller.service === service)) return entry
  const silent = { service, total: 0, failed: 0, retries: 0, lastCallAt: lastAt }
  return { ...entry, callers: [...entry.callers, silent] }
}

const silentEntry = (name: string, kind: string, lastEventAt: Date): DependencyEntry => ({
  ...{ name, kind, lastEventAt, health: 'unknown', score: null, owner: 'none' },
  ...{ modes: [], calls: { total: 0, failed: 0 }, callers: [], operations: [], outcomes: [] },
})

const sum = <T>(rows: readonly T[], value: (row: T) => number): number =>
  rows.reduce((total, row) => total + value(row), 0)

/** The same rule as on the boards: cancelled calls say nothing, everything else but ok has failed. */
function attemptsOf(rows: readonly CallCounts[]): Attempts {
  const ended = rows.filter(({ outcome }) => outcome !== 'cancelled')
  const failed = ended.filter(({ outcome }) => outcome !== 'ok')
  return { total: sum(ended, ({ calls }) => calls), failed: sum(failed, ({ calls }) => calls) }
}

function mostCalled(rows: readonly CallCounts[]): string {
  const byProtocol = [...Map.groupBy(rows, ({ protocol }) => protocol)]
  const [most] = byProtocol.sort((a, b) => sum(b[1], ({ calls }) => calls) - sum(a[1], ({ calls }) => calls))
  return most?.[0] ?? 'other'
}

/** A retry storm shows in no single outcome, so its beginning is not told. */
function sinceOf(id: string, minutes: readonly OutcomeMinute[]): Date | null {
  const mode = OUTCOME_MODES.find((candidate) => candidate.id === id)
  return mode ? runningSince(minutes, mode.outcome, mode.minShare) : null
}

const byFailures = (a: Attempts, b: Attempts): number => b.failed - a.failed || b.total - a.total

const HEALTH_RANK: Record<DependencyEntry['health'], number> = {
  failing: 0,
  degraded: 1,
  maintenance: 2,
  unknown: 3,
  healthy: 4,
}

/** Health, then the share of calls that did not fail. */
export const troubleOf = ({ health, calls, name }: DependencyEntry): RankedKey => [
  HEALTH_RANK[health],
  calls.total === 0 ? 1 : (calls.total - calls.failed) / calls.total,
  name,
]

export const byTrouble = (a: DependencyEntry, b: DependencyEntry): number => compareRanked(troubleOf(a), troubleOf(b))

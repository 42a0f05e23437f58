import { ownerOf } from '../integration/outcome.ts'
import { type RequestCount, readRequestCounts } from '../storage/dependencies.ts'
import type { Db } from '../storage/query.ts'
import type { DependencyBoard, DependencyEntry } from './dependency-board.ts'
import type { Family, Sample } from './exposition.ts'

const STATES = ['healthy', 'degraded', 'failing', 'unknown'] as const satisfies readonly DependencyEntry['health'][]

/** Health of every dependency called within a day. */
export function healthFamilies({ dependencies }: DependencyBoard): Family[] {
  const perDependency = (value: (entry: DependencyEntry) => number | null): Sample[] =>
    dependencies.flatMap((entry) => {
      const found = value(entry)
      return found === null ? [] : [{ labels: { dependency: entry.name }, value: found }]
    })
  return [
    {
      name: 'dependency_health_state',
      type: 'gauge',
      help: '1 for the state the dependency is in, 0 for the others.',
      samples: dependencies.flatMap(({ name, health }) =>
        STATES.map((state) => ({ labels: { dependency: name, state }, value: state === health ? 1 : 0 })),
      ),
    },
    {
      name: 'dependency_health_score_ratio',
      type: 'gauge',
      help: '1 within the error budget, 0 from the burn rate on that pages.',
      samples: perDependency(({ score }) => score),
    },
    {
      name: 'dependency_retry_amplification_ratio',
      type: 'gauge',
      help: 'Attempts divided by logical calls, of the last ten minutes.',
      samples: perDependency(amplificationOf),
    },
  ]
}

function amplificationOf({ callers }: DependencyEntry): number | null {
  const attempts = callers.reduce((sum, { total }) => sum + total, 0)
  const retries = callers.reduce((sum, caller) => sum + caller.retries, 0)
  return attempts === 0 || attempts <= retries ? null : attempts / (attempts - retries)
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** Calls that arrive later than this after they happened are missing from the counter. */
const SETTLED_AFTER_MS = 24 * HOUR_MS

/**
 * `dependency_requests_total`: attempts since this process started, read from the minute rollup.
 * Settled hours are added up once and kept, so that a scrape reads the last day or two only and the counter never falls.
 */
export function requestCounter(db: Db, startedAt: Date): (now: Date) => Promise<Family> {
  let settled = new Map<string, RequestCount>()
  let settledUntil = new Date(Math.floor(startedAt.getTime() / MINUTE_MS) * MINUTE_MS)
  return async (now) => {
    if (now.getTime() - settledUntil.getTime() > 2 * SETTLED_AFTER_MS) {
      const until = new Date(Math.floor((now.getTime() - SETTLED_AFTER_MS) / HOUR_MS) * HOUR_MS)
      settled = addUp(settled, await readRequestCounts(db, { from: settledUntil, to: until }))
      settledUntil = until
    }
    const recent = await readRequestCounts(db, { from: settledUntil, to: new Date(now.getTime() + HOUR_MS) })
    return familyOf([...addUp(settled, recent).values()])
  }
}

function addUp(before: ReadonlyMap<string, RequestCount>, more: readonly RequestCount[]): Map<string, RequestCount> {
  const sums = new Map(before)
  for (const count of more) {
    const key = JSON.stringify([count.dependency, count.service, count.env, count.outcome])
    sums.set(key, { ...count, calls: count.calls + (sums.get(key)?.calls ?? 0) })
  }
  return sums
}

const familyOf = (counts: readonly RequestCount[]): Family => ({
  name: 'dependency_requests_total',
  type: 'counter',
  help: 'Attempts to call a dependency, weighted by sampling probability.',
  samples: counts.map(({ dependency, service, env, outcome, calls }) => ({
    labels: { dependency, service, env, outcome, owner: ownerOf(outcome, 'outbound') },
    value: calls,
  })),
})

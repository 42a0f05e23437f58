import { ownerOf } from '../integration/outcome.ts'
import { type RequestCount, readRequestCounts } from '../storage/dependencies.ts'
import type { Db } from '../storage/query.ts'
import type { Family } from './exposition.ts'

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

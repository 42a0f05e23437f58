import { OVERFLOW } from '../integration/cardinality.ts'
import { ownerOf } from '../integration/outcome.ts'
import {
  type RequestCount,
  type RequestDurations,
  readRequestCounts,
  readRequestDurations,
} from '../storage/dependencies.ts'
import type { Db } from '../storage/query.ts'
import type { DependencyBoard, DependencyEntry } from './dependency-board.ts'
import type { Family, Sample } from './exposition.ts'
import { type Bound, sinceStart } from './since-start.ts'

const STATES = [
  'healthy',
  'degraded',
  'failing',
  'unknown',
  'maintenance',
] as const satisfies readonly DependencyEntry['health'][]

/** Health of every dependency called within a day. */
export function healthFamilies({ dependencies: all }: DependencyBoard): Family[] {
  const dependencies = all.slice(0, MAX_DEPENDENCIES)
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

/** Bounds of the histogram in seconds, those of OpenTelemetry's HTTP durations. */
const BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Combinations of dependency, service and environment with series of their own; a histogram has seventeen of each. */
const LIMITS = { counted: 2_000, timed: 500 }
/** Dependencies whose health is on /metrics. */
const MAX_DEPENDENCIES = 1_000

interface Place {
  dependency: string
  service: string
  env: string
}

/** So many are counted that were left out. */
const MOST_LEFT_OUT = 100_000

const placeOf = ({ dependency, service, env }: Place): string => JSON.stringify([dependency, service, env])

/** Later combinations are counted together. */
const boundedBy = <T extends Place>(limit: number, leftOut: Set<string>): Bound<T> => ({
  limit,
  groupOf: placeOf,
  overflow: (row) => {
    if (leftOut.size < MOST_LEFT_OUT) leftOut.add(placeOf(row))
    return { ...row, dependency: OVERFLOW, service: OVERFLOW, env: OVERFLOW }
  },
})

/** Attempts and their durations since this process started, by dependency. */
export function requestFamilies(db: Db, startedAt: Date, limits = LIMITS): (now: Date) => Promise<Family[]> {
  const leftOut = { counted: new Set<string>(), timed: new Set<string>() }
  const readCounts = sinceStart<RequestCount>({
    startedAt,
    read: (range) => readRequestCounts(db, range),
    keyOf: ({ dependency, service, env, outcome }) => JSON.stringify([dependency, service, env, outcome]),
    add: (a, b) => ({ ...a, calls: a.calls + b.calls }),
    bound: boundedBy(limits.counted, leftOut.counted),
  })
  const readTimes = sinceStart<RequestDurations>({
    startedAt,
    read: (range) => readRequestDurations(db, { ...range, boundsSeconds: BOUNDS_SECONDS }),
    keyOf: ({ dependency, service, env }) => JSON.stringify([dependency, service, env]),
    add: (a, b) => ({
      ...a,
      calls: a.calls + b.calls,
      seconds: a.seconds + b.seconds,
      within: a.within.map((calls, k) => calls + (b.within[k] ?? 0)),
    }),
    bound: boundedBy(limits.timed, leftOut.timed),
  })
  return async (now) => {
    const [counts, times] = await Promise.all([readCounts(now), readTimes(now)])
    return [countFamily(counts), durationFamily(times), leftOutFamily(leftOut)]
  }
}

const leftOutFamily = ({ counted, timed }: Record<'counted' | 'timed', ReadonlySet<string>>): Family => ({
  name: 'plumbline_metrics_left_out_series',
  type: 'gauge',
  help: 'Combinations of dependency, service and environment without series of their own: they are added up under _overflow.',
  samples: [
    { labels: { family: 'dependency_requests_total' }, value: counted.size },
    { labels: { family: 'dependency_request_duration_seconds' }, value: timed.size },
  ],
})

const countFamily = (counts: readonly RequestCount[]): Family => ({
  name: 'dependency_requests_total',
  type: 'counter',
  help: 'Attempts to call a dependency, weighted by sampling probability.',
  samples: counts.map(({ dependency, service, env, outcome, calls }) => ({
    labels: { dependency, service, env, outcome, owner: ownerOf(outcome, 'outbound') },
    value: calls,
  })),
})

const durationFamily = (times: readonly RequestDurations[]): Family => ({
  name: 'dependency_request_duration_seconds',
  type: 'histogram',
  help: 'Duration of attempts to call a dependency; bounds are exact to 2.2 %.',
  samples: times.flatMap(({ dependency, service, env, calls, seconds, within }) => {
    const labels = { dependency, service, env }
    return [
      ...within.map((value, k) => ({ labels: { ...labels, le: BOUNDS_SECONDS[k] ?? 0 }, value, suffix: '_bucket' })),
      { labels: { ...labels, le: '+Inf' }, value: calls, suffix: '_bucket' },
      { labels, value: seconds, suffix: '_sum' },
      { labels, value: calls, suffix: '_count' },
    ]
  }),
})

import { times } from '../budget/exact.ts'

/** Calls of one service in one direction, seen over a stretch of time; weighted by sampling. */
export interface ObservedCalls {
  service: string
  /** '' for calls the service answers. */
  dependency: string
  /** '' where telemetry names none. */
  env: string
  /** Calls that count: all but cancelled ones. */
  total: number
  /** Those of them that would be bad events. */
  failed: number
  /** Outcomes counted as failed. */
  badOutcomes: readonly string[]
  /** Calls by upper bound of their duration in ns, ascending. */
  durations: readonly { atMostNs: number; calls: number }[]
}

/** An SLO that would have been kept, and why it is proposed like that. */
export interface SuggestedSlo {
  name: string
  service: string
  dependency: string
  env: string
  kind: 'availability' | 'latency'
  targetPpm: number
  /** Of latency: what counts as fast enough. */
  thresholdMs: number | null
  badOutcomes: readonly string[]
  /** Sentences for whoever decides about it. */
  reasons: string[]
}

/** Targets people state; an SLO with others raises questions instead of answering them. */
const TARGETS_PPM = [999_900, 999_500, 999_000, 995_000, 990_000, 980_000, 950_000, 900_000] as const

const THRESHOLDS_MS = [
  5, 10, 20, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000, 60_000,
] as const

/** A target is called achievable when it would have left this part of its budget. */
const SPARE_PPM = 200_000

/** Fewer calls say nothing about a target. */
export const MIN_CALLS = 1_000

/** What is commonly started with: reference for the reader, never part of the arithmetic. */
const STARTING_PPM = { outbound: 999_500, inbound: 999_000 } as const

const LATENCIES = [
  { targetPpm: 950_000, percentile: 'p95', start: '300 ms for synchronous APIs' },
  { targetPpm: 990_000, percentile: 'p99', start: '1 s for APIs that users wait for' },
] as const

/**
 * SLOs from observed traffic: for each service and each of its dependencies the highest common target that the stretch
 * would have kept with a fifth of the budget to spare, capped for a service by what its dependencies allow.
 * Calls too few to tell are left out.
 */
export function suggestSlos(observed: readonly ObservedCalls[]): SuggestedSlo[] {
  const enough = observed.filter(({ total }) => total >= MIN_CALLS)
  return withOwnNames(
    enough.flatMap((calls) => {
      const cap = calls.dependency === '' ? capBy(calls, observed) : null
      return [availabilityOf(calls, cap), ...latenciesOf(calls)].filter((slo): slo is SuggestedSlo => slo !== null)
    }),
  )
}

/** `a.b` and `a-b` come to one name, and long ones are cut: the second of a name is numbered. */
function withOwnNames(slos: readonly SuggestedSlo[]): SuggestedSlo[] {
  const taken = new Set<string>()
  return slos.map((slo) => {
    let name = slo.name
    for (let n = 2; taken.has(name); n++) {
      const suffix = `-${n}`
      name = `${slo.name.slice(0, MAX_NAME - suffix.length)}${suffix}`
    }
    taken.add(name)
    return { ...slo, name }
  })
}

interface Cap {
  ppm: number
  reason: string
}

function availabilityOf(calls: ObservedCalls, cap: Cap | null): SuggestedSlo | null {
  const achievable = TARGETS_PPM.find((ppm) => keeps(calls.failed, calls.total, ppm))
  if (achievable === undefined) return null
  const targetPpm = TARGETS_PPM.find((ppm) => ppm <= achievable && (cap === null || ppm <= cap.ppm))
  if (targetPpm === undefined) return null
  const reference = calls.dependency === '' ? STARTING_PPM.inbound : STARTING_PPM.outbound
  return {
    ...placeOf(calls),
    name: nameOf(calls, 'availability'),
    kind: 'availability',
    targetPpm,
    thresholdMs: null,
    reasons: [
      `Observed: ${whole(calls.failed)} bad of ${whole(calls.total)}; ${percent(achievable)} would have been kept with a fifth of the budget to spare.`,
      ...(cap ? [cap.reason] : []),
      `For reference: many teams start at ${percent(reference)}.`,
    ],
  }
}

/** Highest target whose budget would have had the spare part left. */
const keeps = (failed: number, total: number, targetPpm: number): boolean =>
  Number(times(failed, 1_000_000)) * 1_000_000 <= total * (1_000_000 - targetPpm) * (1_000_000 - SPARE_PPM)

/**
 * No service is better than what it cannot do without: the product over its dependencies of the share of its requests that
 * each one lets through, when every failure of a dependency fails the request.
 */
function capBy(service: ObservedCalls, observed: readonly ObservedCalls[]): Cap | null {
  const dependencies = observed.filter(
    (calls) =>
      calls.dependency !== '' && calls.service === service.service && calls.env === service.env && calls.total > 0,
  )
  if (dependencies.length === 0) return null
  const passing = dependencies.map(({ dependency, failed, total }) => {
    const callsPerRequest = Math.min(1, total / service.total)
    return { dependency, share: 1 - (callsPerRequest * failed) / total }
  })
  const product = passing.reduce((all, { share }) => all * share, 1)
  const worst = passing.reduce((a, b) => (b.share < a.share ? b : a))
  return {
    ppm: Math.floor(product * 1_000_000),
    reason: `Its dependencies allow at most ${percent(Math.floor(product * 1_000_000))}, ${worst.dependency} the least, unless their failures are absorbed.`,
  }
}

/** For each latency target the lowest common threshold that the stretch would have kept. */
function latenciesOf(calls: ObservedCalls): (SuggestedSlo | null)[] {
  const timed = calls.durations.reduce((sum, duration) => sum + duration.calls, 0)
  if (timed === 0) return []
  return LATENCIES.map(({ targetPpm, percentile, start }) => {
    const thresholdMs = THRESHOLDS_MS.find((ms) => keeps(timed - within(calls, ms), timed, targetPpm))
    if (thresholdMs === undefined) return null
    const slow = timed - within(calls, thresholdMs)
    return {
      ...placeOf(calls),
      name: nameOf(calls, `latency-${percentile}`),
      kind: 'latency' as const,
      targetPpm,
      thresholdMs,
      reasons: [
        `Observed: at most ${whole(slow)} of ${whole(timed)} took longer than ${thresholdMs} ms (${percentile.toUpperCase()}).`,
        `For reference: many teams start at ${start}.`,
      ],
    }
  })
}

/** Calls known to have taken no longer: a bucket counts once its upper bound is within. */
const within = ({ durations }: ObservedCalls, ms: number): number =>
  durations.reduce((sum, { atMostNs, calls }) => (atMostNs <= ms * 1_000_000 ? sum + calls : sum), 0)

const placeOf = ({ service, dependency, env, badOutcomes }: ObservedCalls) => ({
  service,
  dependency,
  env,
  badOutcomes,
})

const MAX_NAME = 63

/** A name OpenSLO accepts: lower-case letters, digits and dashes. */
function nameOf({ service, dependency, env }: ObservedCalls, suffix: string): string {
  const slug = [service, dependency, env]
    .filter((part) => part !== '')
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
  return `${slug.slice(0, MAX_NAME - suffix.length - 1).replace(/-+$/, '') || 'slo'}-${suffix}`
}

const percent = (ppm: number) => `${ppm / 10_000} %`
const whole = (n: number) => Math.round(n).toLocaleString('en-US')

import { type Origin, originsOf, type TracedCall } from '../../integration/error-split.ts'
import { ROOT_MIN_BAD } from '../../slo/alert/alert-confidence.ts'
import type { Exemplar, RootEvidence, Suspect } from '../../slo/alert/incident.ts'
import { rootOf } from '../../slo/alert/root-cause.ts'
import { badCallsOf, countsAsBad, servicesOf } from '../../slo/bad-calls.ts'
import type { Slo } from '../../slo/model.ts'
import type { BadCall, BadCalls, CallGraph } from '../../storage/evidence.ts'

/** What is behind one alert, as far as traces show it. */
export interface Cause {
  root: RootEvidence
  /** Dependencies behind its bad calls, each with the outcome and its own share, the largest first. */
  suspects: Suspect[]
  impact: string[]
  exemplars: Exemplar[]
}

/** Traces that are read to split the errors of all alerts; more only where many kinds of calls fail at once. */
const MAX_TRACES = 3_000
const MOST_TRACES = 10_000

/** So many traces of a kind tell where it begins. */
const ENOUGH = ROOT_MIN_BAD + 5

const MOST_AFFECTED = 20

/** What fails alike whoever calls: calls to one dependency with one outcome. Calls a service answers are its own. */
const failureOf = ({ env, service, dependency, direction, outcome }: BadCalls): string =>
  [direction, env, direction === 'outbound' ? dependency : service, outcome].join('\n')

/** The calls whose traces are read: of every failure alike, and of each some from every kind, so that each SLO has some. */
export function chosenSamples(kinds: readonly BadCalls[]): { kind: BadCalls; samples: BadCall[] }[] {
  const alike = Map.groupBy(kinds, failureOf)
  const share = Math.max(MAX_TRACES / alike.size, Math.min(ENOUGH, MOST_TRACES / alike.size))
  return kinds.map((kind) => {
    const quota = Math.max(1, Math.floor(share / alike.get(failureOf(kind))!.length))
    return { kind, samples: kind.samples.slice(0, quota) }
  })
}

/** A sampled bad call, with how many it stands for and where it began. */
interface Seen {
  kind: BadCalls
  sample: BadCall
  weight: number
  origins: Origin[]
  /** A call of another service that failed alike: too few of its own traces were read. */
  isBorrowed: boolean
}

/**
 * For each SLO where its bad calls begin: each trace weighs its sampling weight, several origins of a trace share it.
 * SLOs that are not measured from calls have no cause.
 */
export function causesOf(
  slos: readonly Slo[],
  chosen: ReturnType<typeof chosenSamples>,
  traces: ReadonlyMap<string, readonly TracedCall[]>,
  graph: CallGraph,
): Map<string, Cause> {
  const seen = chosen.flatMap(({ kind, samples }) =>
    samples.map((sample): Seen => {
      const weight = (sample.weight * kind.calls) / samples.length
      return { kind, sample, weight, origins: originsIn(sample, traces, graph), isBorrowed: false }
    }),
  )
  const byService = Map.groupBy(withBorrowed(seen), ({ kind }) => kind.service)
  const affected = affectedBy(seen, graph)
  return new Map(slos.map((slo) => [slo.name, causeOf(badOf(slo, seen, byService), affected)]))
}

/** Where hundreds of services fail alike, a few traces of each are read: together they tell of all of them. */
function withBorrowed(seen: readonly Seen[]): Seen[] {
  const alike = Map.groupBy(seen, ({ kind }) => failureOf(kind))
  return [...Map.groupBy(seen, ({ kind }) => kind).values()].flatMap((own) => {
    const [{ kind }] = own as [Seen]
    const wanted = Math.min(ENOUGH, kind.calls) - own.length
    if (wanted <= 0 || kind.direction !== 'outbound') return own
    const others = alike.get(failureOf(kind))!.filter((each) => each.kind !== kind)
    const borrowed = others.slice(0, wanted)
    const part = own.length / (own.length + borrowed.length)
    return [...own, ...borrowed.map((each) => ({ ...each, kind, isBorrowed: true, weight: own[0]!.weight }))].map(
      (each) => ({
        ...each,
        weight: each.weight * part,
      }),
    )
  })
}

function originsIn(
  { traceId, spanId }: BadCall,
  traces: ReadonlyMap<string, readonly TracedCall[]>,
  { instrumented, failures }: CallGraph,
): Origin[] {
  const calls = traces.get(traceId) ?? []
  const bad = calls.find((call) => call.spanId === spanId)
  const before = (service: string, dependency: string) => failures.get(`${service}\n${dependency}`) ?? null
  return bad ? originsOf(bad, { calls, instrumented, before }) : []
}

/** The calls an SLO counts as bad. One over every caller has enough of its own, and borrows none. */
function badOf({ indicator }: Slo, all: readonly Seen[], byService: ReadonlyMap<string, readonly Seen[]>): Seen[] {
  const candidates =
    servicesOf(badCallsOf(indicator))?.flatMap((name) => byService.get(name) ?? []) ??
    all.filter(({ isBorrowed }) => !isBorrowed)
  return candidates.filter(({ kind, sample }) => countsAsBad(indicator, { ...kind, ...sample }))
}

function causeOf(bad: readonly Seen[], affected: ReadonlyMap<string, string[]>): Cause {
  const traced = bad.filter(({ origins }) => origins.length > 0)
  const badWeight = sum(bad.map(({ weight }) => weight))
  const tracedWeight = sum(traced.map(({ weight }) => weight))
  const weights: Record<string, number> = {}
  const missing = new Set<string>()
  for (const { weight, origins } of traced) {
    for (const each of origins) {
      weights[each.origin] = (weights[each.origin] ?? 0) + weight * each.weight
      if (each.missingSpan) missing.add(each.origin)
    }
  }
  const all = sum(Object.values(weights))
  const shares = Object.fromEntries(Object.entries(weights).map(([origin, weight]) => [origin, weight / all]))
  const distinct = new Set(traced.map(({ sample }) => sample.traceId)).size
  const tracedShare = badWeight === 0 ? 0 : tracedWeight / badWeight
  const root = rootOf({ shares, traced: distinct, tracedShare, missingSpans: [...missing] })
  const [top] = root.top
  return {
    root,
    suspects: suspectsIn(shares, badWeight),
    impact: (top && affected.get(top.origin)) ?? [],
    exemplars: exemplarsOf(traced.filter(({ isBorrowed }) => !isBorrowed)),
  }
}

const suspectsIn = (shares: Readonly<Record<string, number>>, bad: number): Suspect[] =>
  Object.entries(shares)
    .flatMap(([origin, share]): Suspect[] => {
      const [, dependency, outcome] = /^dependency:(.+)\/([^/]+)$/.exec(origin) ?? []
      if (dependency === undefined || outcome === undefined) return []
      return [{ dependency, outcome: outcome === 'slow' ? 'ok' : outcome, bad: bad * share, share }]
    })
    .toSorted((a, b) => b.share - a.share || (a.dependency < b.dependency ? -1 : 1))

/** Services whose calls fail for each origin, most affected first, then others whose calls to it end in the same way. */
function affectedBy(seen: readonly Seen[], { failures }: CallGraph): Map<string, string[]> {
  const weights = new Map<string, Map<string, number>>()
  for (const { kind, weight, origins } of seen) {
    for (const { origin, weight: part } of origins) {
      const services = weights.get(origin) ?? new Map<string, number>()
      services.set(kind.service, (services.get(kind.service) ?? 0) + weight * part)
      weights.set(origin, services)
    }
  }
  const others = new Map<string, string[]>()
  for (const [edge, outcome] of failures) {
    const [service = '', dependency = ''] = edge.split('\n')
    const origin = `dependency:${dependency}/${outcome}`
    others.set(origin, [...(others.get(origin) ?? []), service])
  }
  const ranked = (origin: string, services: ReadonlyMap<string, number>) => {
    const seenOnes = [...services].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([service]) => service)
    return [...new Set([...seenOnes, ...(others.get(origin) ?? []).toSorted()])].slice(0, MOST_AFFECTED)
  }
  return new Map([...weights].map(([origin, services]) => [origin, ranked(origin, services)]))
}

/** The first one seen, one of median duration and the slowest, of different services where there are some. */
function exemplarsOf(traced: readonly Seen[]): Exemplar[] {
  const byDuration = traced.toSorted((a, b) => a.sample.durationNs - b.sample.durationNs)
  const byTime = traced.toSorted((a, b) => a.sample.at.getTime() - b.sample.at.getTime())
  const fromMedian = byDuration
    .map((each, n) => ({ each, off: Math.abs(n - (byDuration.length - 1) / 2) }))
    .sort((a, b) => a.off - b.off)
    .map(({ each }) => each)
  const chosen: { shows: Exemplar['shows']; seen: Seen }[] = []
  const take = (shows: Exemplar['shows'], ranked: readonly Seen[]) => {
    const left = ranked.filter(({ sample }) => chosen.every(({ seen }) => seen.sample.traceId !== sample.traceId))
    const fresh = left.find(({ kind }) => chosen.every(({ seen }) => seen.kind.service !== kind.service))
    const seen = shows === 'slowest' ? left[0] : (fresh ?? left[0])
    if (seen) chosen.push({ shows, seen })
  }
  take('first', byTime)
  take('slowest', byDuration.toReversed())
  take('median', fromMedian)
  return chosen.map(({ shows, seen: { kind, sample } }) => ({
    traceId: sample.traceId,
    shows,
    service: kind.service,
    at: sample.at,
    durationMs: sample.durationNs / 1e6,
  }))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

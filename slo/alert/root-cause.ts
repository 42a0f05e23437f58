import { type Confidence, confidenceOf, ROOT_MIN_BAD, ROOT_SHARE } from './alert-confidence.ts'
import { isSameEnvironment } from './environment.ts'
import type { RootEvidence } from './incident.ts'

/** Where the bad events of one alert begin, each trace weighted. */
export interface OriginShares {
  /** Share of the weighted traced bad events by origin; they add up to 1. */
  shares: Readonly<Record<string, number>>
  /** Bad traces looked at. */
  traced: number
  /** Share of all bad events that could be traced, 0…1. */
  tracedShare: number
  /** Origins whose callee should have been seen and was not: one step less sure. */
  missingSpans?: readonly string[]
}

export interface RootRule {
  /** Share from which the top origin is the root. */
  share: number
  /** Bad traces below which none is named. */
  minTraced: number
}

export const ROOT_RULE: RootRule = { share: ROOT_SHARE, minTraced: ROOT_MIN_BAD }

/** Share of the bad events that must be traced before a root is sure. */
const SURE_FROM_TRACED = 0.3

const SHOWN = 3

/** The top origin when it is behind most bad events and enough of them were seen; else no root, with the largest shares. */
export function rootOf(
  { shares, traced, tracedShare, missingSpans = [] }: OriginShares,
  { share: needed, minTraced }: RootRule = ROOT_RULE,
): RootEvidence {
  const top = Object.entries(shares)
    .map(([origin, share]) => ({ origin, share }))
    .sort((a, b) => b.share - a.share || (a.origin < b.origin ? -1 : 1))
    .slice(0, SHOWN)
  const [first] = top
  if (!first || first.share < needed || traced < minTraced) {
    return { origin: '', share: 0, traced, tracedShare, confidence: null, top }
  }
  const measured = confidenceOf(first.share, traced)
  const sure = measured === 'high' && tracedShare < SURE_FROM_TRACED ? 'medium' : measured
  const confidence = missingSpans.includes(first.origin) ? LESS_SURE[sure] : sure
  return { origin: first.origin, share: first.share, traced, tracedShare, confidence, top }
}

const LESS_SURE: Record<Confidence, Confidence> = { high: 'medium', medium: 'low', low: 'low' }

/** The root where nothing was measured and a service is taken for the cause: no call ends like this. */
export const guessedRoot = (service: string): string => `service:${service}/failing`

export const isGuessed = (root: string): boolean => root.endsWith('/failing')

/** An SLO that fires, as a node of the call graph. */
export interface FiringService {
  alert: string
  env: string
  service: string
  /** The only dependencies its SLI looks at: what else the service calls is not behind it. Null for whatever it calls. */
  toward: ReadonlySet<string> | null
  startedAtMs: number
}

const TOGETHER_MS = 10 * 60_000

/**
 * Where nothing could be measured: of alerts that began within ten minutes of each other along call edges, the one of the
 * deepest service is taken for the cause; of several the one that began first. A guess, and said to be one.
 * @param calls who calls whom, by service
 * @returns for each alert the one below it, or it itself; alerts that stand alone are absent
 */
export function deepestBelow(
  firing: readonly FiringService[],
  calls: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, FiringService> {
  const deepest = new Map<string, FiringService>()
  for (const alert of firing) {
    const [below] = reach(alert, firing, calls).toSorted(
      (a, b) =>
        b.depth - a.depth || a.alert.startedAtMs - b.alert.startedAtMs || (a.alert.service < b.alert.service ? -1 : 1),
    )
    const isAlone = !below || (below.depth === 0 && !isReached(alert, firing, calls))
    if (!isAlone) deepest.set(alert.alert, below.alert)
  }
  return deepest
}

/** What fires below an alert, each with how many calls away it is at most. */
function reach(
  from: FiringService,
  firing: readonly FiringService[],
  calls: ReadonlyMap<string, ReadonlySet<string>>,
): { alert: FiringService; depth: number }[] {
  const depths = new Map<string, { alert: FiringService; depth: number }>([[from.service, { alert: from, depth: 0 }]])
  const queue = [from]
  for (let caller = queue.shift(); caller !== undefined; caller = queue.shift()) {
    const depth = (depths.get(caller.service)?.depth ?? 0) + 1
    for (const alert of firing) {
      if (depths.has(alert.service) || !leadsTo(caller, alert, calls) || !isTogether(from, alert)) continue
      depths.set(alert.service, { alert, depth })
      queue.push(alert)
    }
  }
  return [...depths.values()]
}

const leadsTo = (from: FiringService, to: FiringService, calls: ReadonlyMap<string, ReadonlySet<string>>): boolean =>
  (calls.get(from.service)?.has(to.service) ?? false) && (from.toward?.has(to.service) ?? true)

const isReached = (
  to: FiringService,
  firing: readonly FiringService[],
  calls: ReadonlyMap<string, ReadonlySet<string>>,
): boolean => firing.some((from) => isTogether(from, to) && leadsTo(from, to, calls))

const isTogether = (a: FiringService, b: FiringService) =>
  isSameEnvironment(a.env, b.env) && a.service !== b.service && Math.abs(a.startedAtMs - b.startedAtMs) <= TOGETHER_MS

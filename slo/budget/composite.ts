import type { CompositeMethod, Counts, Method } from '../model.ts'
import type { WindowReading } from '../reading.ts'
import { burnRate } from './burn-rate.ts'
import { seenEvents } from './sampling.ts'

/** One SLI of a composite over one window. */
export interface MemberWindow extends WindowReading {
  weight: number
  budgetPpm: number
}

/**
 * One window of a composite from the same window of its members. `counts` are the events of all members; `units` are what the
 * named method makes of them, so that burn rate and budget come out of `units` as everywhere. Members without data add nothing.
 *
 * - `openslo`: burn = Σ weight · burn of the member, weights as they are. With RatioTimeslices 1 − SLI = min(1, Σ weight · (1 − SLI)).
 *   With Timeslices a slice is bad that is bad in any member: slices of members are joined before they are counted, not from members' sums.
 * - `weighted-mean`: SLI = Σ weight · SLI / Σ weight.
 * - `pooled`: Σ good / Σ total.
 *
 * Source: OpenSLO v1, composite SLOs (first); the others are Plumbline's (docs/slo.md).
 * @param budgetPpm of the composite
 */
export function compositeWindow(
  members: readonly MemberWindow[],
  { composite, method, budgetPpm }: { composite: CompositeMethod; method: Method; budgetPpm: number },
): WindowReading {
  return {
    counts: sum(members.map(({ counts }) => counts)),
    units: unitsOf(members, composite, method, budgetPpm),
    coverage: members.length === 0 ? 0 : Math.min(...members.map(({ coverage }) => coverage)),
    ...(members.some(({ watched }) => watched !== undefined) && {
      watched: Math.min(...members.map(({ coverage, watched = coverage }) => watched)),
    }),
    ...sampled(members),
  }
}

/** Of all members together; nothing where every event was counted. */
function sampled(members: readonly MemberWindow[]): Pick<WindowReading, 'variance' | 'seen'> {
  if (members.every(({ variance }) => variance === undefined)) return {}
  const both = (sides: readonly { good: number; bad: number }[]) =>
    sides.reduce((a, b) => ({ good: a.good + b.good, bad: a.bad + b.bad }), { good: 0, bad: 0 })
  return { variance: both(members.map(({ variance = NO_SIDES }) => variance)), seen: both(members.map(seenEvents)) }
}

const NO_SIDES = { good: 0, bad: 0 }

const NOTHING: Counts = { good: 0, total: 0 }

const sum = (all: readonly Counts[]): Counts =>
  all.reduce((a, b) => ({ good: a.good + b.good, total: a.total + b.total }), NOTHING)

function unitsOf(
  members: readonly MemberWindow[],
  composite: CompositeMethod,
  method: Method,
  budgetPpm: number,
): Counts {
  if (composite === 'pooled') return sum(members.map(({ units }) => units))
  const known = members.filter(({ units }) => units.total > 0)
  if (known.length === 0) return NOTHING
  if (composite === 'weighted-mean') {
    const weights = known.reduce((all, { weight }) => all + weight, 0)
    return { good: known.reduce((all, { weight, units }) => all + weight * ratio(units), 0), total: weights }
  }
  if (method === 'occurrences') {
    const burn = known.reduce((all, member) => all + member.weight * (burnRate(member.units, member.budgetPpm) ?? 0), 0)
    return { good: 1 - (burn * budgetPpm) / 1_000_000, total: 1 }
  }
  const lost = known.reduce((all, { weight, units }) => all + weight * (1 - ratio(units)), 0)
  return { good: 1 - Math.min(1, lost), total: 1 }
}

const ratio = ({ good, total }: Counts): number => good / total

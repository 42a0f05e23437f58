import type { Direction, Outcome } from './outcome.ts'
import { ownerOf } from './outcome.ts'

/** A call as a trace shows it, as far as it matters for where a failure began. */
export interface TracedCall {
  spanId: string
  parentSpanId: string
  direction: Direction
  service: string
  /** '' when inbound. */
  dependency: string
  operation: string
  outcome: Outcome
  startMs: number
  durationMs: number
}

/** A trace with what is needed to look into it. */
export interface SplitContext {
  /** All calls of the trace. */
  calls: readonly TracedCall[]
  /** Services that send telemetry themselves: a call to one of them should show both sides. */
  instrumented: ReadonlySet<string>
  /** The outcome that preceded an open circuit of a caller to a dependency; null when none was seen. */
  before: (service: string, dependency: string) => Outcome | null
}

/** Where a failure began: `dependency:acme-pay/timeout`, `service:cart/server_error`, `link:shop→cart/connection`. */
export interface Origin {
  origin: string
  /** Of the trace, 0…1: several origins share it. */
  weight: number
  /** The other side sends telemetry, and this call of it is missing. */
  missingSpan: boolean
}

/**
 * The error split of one trace, seen from a call that an SLO counts as bad: a failing call whose callee fails as well passes
 * the blame on, one whose callee is fine keeps it. Outcomes decide, not status codes: a caller's 404 does not blame the callee.
 * Source: CRISP (USENIX ATC 2022), error propagation from child to parent, with outcomes in the place of status codes.
 */
export function originsOf(bad: TracedCall, context: SplitContext): Origin[] {
  const found = isFailing(bad) ? descend(bad, context, new Set()) : [slowest(bad, context)]
  const distinct = new Map(found.map((each) => [each.origin, each]))
  return [...distinct.values()].map((each) => ({ ...each, weight: 1 / distinct.size }))
}

const isFailing = ({ outcome }: TracedCall) => outcome !== 'ok' && outcome !== 'cancelled'

type Found = Omit<Origin, 'weight'>
const at = (origin: string, missingSpan = false): Found => ({ origin, missingSpan })

/** @param seen spans that were passed: a trace may hold a circle by mistake */
function descend(call: TracedCall, context: SplitContext, seen: Set<string>): Found[] {
  if (seen.has(call.spanId)) return []
  seen.add(call.spanId)
  if (call.direction === 'outbound') return descendCallee(call, context, seen)
  const failing = lastAttempts(callsWithin(call, context.calls)).filter(isFailing)
  const below = failing.flatMap((child) => descend(child, context, seen))
  return below.length > 0 ? below : [at(`service:${call.service}/${call.outcome}`)]
}

function descendCallee(call: TracedCall, context: SplitContext, seen: Set<string>): Found[] {
  const { service, dependency, outcome, durationMs } = call
  const callee = calleeOf(call, context.calls)
  if (!callee) {
    const preceding = outcome === 'circuit_open' ? context.before(service, dependency) : null
    return [at(`dependency:${dependency}/${preceding ?? outcome}`, context.instrumented.has(dependency))]
  }
  if (isFailing(callee)) return descend(callee, context, seen)
  if (outcome === 'timeout' && callee.durationMs >= durationMs) return [at(`service:${callee.service}/timeout`)]
  return ownerOf(outcome, 'outbound') === 'us'
    ? [at(`service:${service}/${outcome}`)]
    : [at(`link:${service}→${callee.service}/${outcome}`)]
}

/** Nothing failed, so it was slow: the place below it that took most of the time by itself. */
function slowest(call: TracedCall, context: SplitContext): Found {
  let current = call
  const seen = new Set<string>()
  for (;;) {
    seen.add(current.spanId)
    const children = childrenOf(current, context.calls).filter(({ spanId }) => !seen.has(spanId))
    const longest = children.toSorted((a, b) => b.durationMs - a.durationMs)[0]
    if (!longest || longest.durationMs * 2 < current.durationMs) break
    current = longest
  }
  const isAway = current.direction === 'outbound' && !calleeOf(current, context.calls)
  return isAway
    ? at(`dependency:${current.dependency}/slow`, context.instrumented.has(current.dependency))
    : at(
        `service:${current.direction === 'outbound' ? (calleeOf(current, context.calls)?.service ?? '') : current.service}/slow`,
      )
}

function childrenOf(call: TracedCall, calls: readonly TracedCall[]): TracedCall[] {
  if (call.direction === 'inbound') return callsWithin(call, calls)
  const callee = calleeOf(call, calls)
  return callee ? [callee] : []
}

const calleeOf = ({ spanId }: TracedCall, calls: readonly TracedCall[]): TracedCall | undefined =>
  calls.find(({ direction, parentSpanId }) => direction === 'inbound' && parentSpanId === spanId)

/**
 * Calls a service made while it answered one. Spans between the two, which are no calls, are not stored here: a call
 * without a known parent belongs to the youngest answer of its service that was under way.
 */
function callsWithin(answer: TracedCall, calls: readonly TracedCall[]): TracedCall[] {
  const known = new Set(calls.map(({ spanId }) => spanId))
  return calls.filter((call) => {
    if (call.direction !== 'outbound' || call.service !== answer.service) return false
    if (call.parentSpanId === answer.spanId) return true
    return !known.has(call.parentSpanId) && enclosing(call, calls)?.spanId === answer.spanId
  })
}

function enclosing(call: TracedCall, calls: readonly TracedCall[]): TracedCall | undefined {
  return calls
    .filter(
      (answer) =>
        answer.direction === 'inbound' &&
        answer.service === call.service &&
        answer.startMs <= call.startMs &&
        call.startMs <= answer.startMs + answer.durationMs,
    )
    .sort((a, b) => b.startMs - a.startMs)[0]
}

/** Of attempts at the same thing the last one decides; earlier ones are how it came to that. */
function lastAttempts(calls: readonly TracedCall[]): TracedCall[] {
  const same = Map.groupBy(calls, ({ dependency, operation }) => `${dependency}\n${operation}`)
  return [...same.values()].flatMap((attempts) => {
    const inOrder = attempts.toSorted((a, b) => a.startMs - b.startMs)
    const last = inOrder.at(-1)
    if (!last) return []
    // Beside each other they are no attempts at one thing, but several things.
    const isBesideEachOther = inOrder.some((call, n) => {
      const next = inOrder[n + 1]
      return next !== undefined && call.startMs + call.durationMs > next.startMs
    })
    return isBesideEachOther ? attempts : [last]
  })
}

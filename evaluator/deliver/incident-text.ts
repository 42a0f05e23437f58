import { type Outcome, type Owner, ownerOf } from '../../integration/outcome.ts'
import { confidenceOf } from '../../slo/alert/alert-confidence.ts'
import type { AlertName, IncidentDetails, Member, RootEvidence, Suspect } from '../../slo/alert/incident.ts'
import { estimatedExhaustionMinutes } from '../../slo/budget/exhaustion.ts'
import type { IncidentFacts } from '../decide/incident-facts.ts'
import { knownOutcome, type Origin, originOf } from '../decide/origin.ts'
import { durationText, minuteText, percent, spaced, times, whole } from './number-text.ts'

/** What a dependency does when calls to it end like this. */
const PHRASES: Record<Outcome, string> = {
  ok: 'is slow',
  cancelled: 'is given up on',
  client_error: 'refuses our requests',
  auth: 'refuses our credentials',
  throttled: 'throttles us',
  timeout: 'times out',
  connection: 'cannot be reached',
  server_error: 'answers with server errors',
  schema: 'answers in an unexpected form',
  circuit_open: 'is cut off by our circuit breaker',
  unknown_error: 'fails',
}

const FIRST_STEPS: Record<Outcome, (dependency: string) => string> = {
  ok: (dependency) => `compare ${dependency}'s latency with its status page, consider the fallback provider`,
  cancelled: (dependency) => `find out who gives up on ${dependency}: look at an example trace`,
  client_error: (dependency) => `look at what changed in our requests to ${dependency}: an example trace shows one`,
  auth: (dependency) => `check our credentials for ${dependency}: expired, rotated or revoked`,
  throttled: (dependency) => `reduce the calls to ${dependency}, or ask for a higher quota`,
  timeout: (dependency) => `check ${dependency} status, consider the fallback provider`,
  connection: (dependency) => `check ${dependency} status, DNS and the network path, consider the fallback provider`,
  server_error: (dependency) => `check ${dependency} status, consider the fallback provider`,
  schema: (dependency) => `compare ${dependency}'s answer with the expected form: an example trace shows one`,
  circuit_open: (dependency) => `find what opened the circuit breaker to ${dependency}: look at the calls before it`,
  unknown_error: (dependency) => `look at an example trace of a failing call to ${dependency}`,
}

/** First steps of alerts that are not about calls that fail. */
const FIRST_STEPS_OF: Partial<Record<AlertName, (member: Member) => string>> = {
  TelemetryAbsent: ({ service }) => `check whether ${service} runs and still sends telemetry`,
  ProbeFailing: ({ dependency }) => `check ${dependency} status, then what the probe asks for`,
  PlumblineBlind: () => 'check that a collector runs, that services reach it, and that it reaches the store',
  PlumblineSelf: () => 'look at the log of the evaluator',
}

/** What is broken, in one line: `checkout-availability burns 16.7x: acme-pay times out`. */
export const summaryOf = (slo: string, { burn, suspect }: IncidentDetails): string =>
  `${slo} burns ${times(burn)}${suspect ? `: ${suspect.dependency} ${PHRASES[knownOutcome(suspect.outcome)]}` : ''}`

/** `acme-pay times out`; '' while nothing stands out. */
export function whyOf(facts: Pick<IncidentFacts, 'incident' | 'root'>): string {
  const origin = originOf(facts)
  return origin ? `${origin.name} ${PHRASES[origin.outcome]}` : ''
}

/** How bad one SLO is: counts and burn of the governing window, and what is left of the budget. */
export function howBad(details: IncidentDetails, sloWindowMinutes: number): string {
  const failed = `${whole(details.counts.total - details.counts.good)} of ${whole(details.counts.total)} calls failed`
  const other = details.tier.split('/').find((window) => window !== details.governingWindow)
  const otherBurn = other === undefined ? null : (details.burnRates[other] ?? null)
  const beside = other === undefined || otherBurn === null ? '' : `, ${times(otherBurn)} in ${spaced(other)}`
  const numbers = `${failed} in ${spaced(details.governingWindow)} (governing window)${beside}`
  return [numbers, budgetText(details, sloWindowMinutes)].filter((part) => part !== '').join('; ')
}

/** `41 %, empty in 17 h`; '' while unknown. */
export function budgetLeft(details: IncidentDetails, sloWindowMinutes: number): string {
  const { budgetRemaining, burn } = details
  if (budgetRemaining === null) return ''
  const minutesLeft =
    budgetRemaining > 0 && sloWindowMinutes > 0
      ? estimatedExhaustionMinutes(budgetRemaining, burn, sloWindowMinutes)
      : null
  return `${percent(budgetRemaining)}${minutesLeft === null ? '' : `, empty in ${durationText(minutesLeft)}`}`
}

function budgetText(details: IncidentDetails, sloWindowMinutes: number): string {
  const { budgetRemaining } = details
  if (budgetRemaining === null) return ''
  const budget = sloWindowMinutes > 0 ? `the ${durationText(sloWindowMinutes)} budget` : 'the budget'
  if (budgetRemaining <= 0) return `${budget} is overspent by ${Math.ceil(-budgetRemaining * 100)} %`
  const [left, ...rest] = budgetLeft(details, sloWindowMinutes).split(', ')
  return [`${left} of ${budget} left`, ...rest].join(', ')
}

/** Since when, and until when. */
export const sinceText = (startedAt: Date, endedAt: Date | null): string =>
  endedAt
    ? `over at ${minuteText(endedAt)} after ${durationText((+endedAt - +startedAt) / 60_000)}`
    : `since ${minuteText(startedAt)}`

/** Who can end it: the provider, us, whoever grants the quota, or unknown. */
export function whoCanFix(facts: Pick<IncidentFacts, 'incident' | 'root' | 'direction'>) {
  const origin = originOf(facts)
  if (!origin) return facts.direction === 'inbound' ? 'us' : 'unknown'
  if (origin.kind !== 'dependency') return 'us'
  if (origin.outcome === 'ok') return 'provider'
  const owner: Owner = ownerOf(origin.outcome, 'outbound')
  return owner === 'none' ? 'unknown' : owner
}

export function firstStep(facts: Pick<IncidentFacts, 'incident' | 'root' | 'direction'>): string {
  const { incident, direction } = facts
  const [lead] = incident.members
  const special = lead && FIRST_STEPS_OF[lead.alertname]
  if (special) return special(lead)
  const origin = originOf(facts)
  if (origin) return stepFor(origin)
  return direction === 'inbound'
    ? `look at what changed in ${incident.service}: no call it makes fails with it`
    : 'look at an example trace: no dependency stands out'
}

function stepFor({ kind, name, outcome }: Origin): string {
  if (kind === 'service') return `look at what changed in ${name}: its own work fails, not what it calls`
  if (kind === 'link') return `look at the network between ${name.split('→').join(' and ')}`
  return FIRST_STEPS[outcome](name)
}

/** How much speaks for the cause; '' without one. */
export function causeOf({ incident, root }: Pick<IncidentFacts, 'incident' | 'root'>): string {
  if (root && root.traced > 0) return measuredCause(root, incident.rootCause)
  if (root?.confidence) return `${root.origin}: the deepest of what fails, confidence ${root.confidence}`
  const suspect = incident.details?.suspect
  return suspect ? suspectedCause(suspect) : ''
}

function measuredCause({ origin, share, traced, confidence, top }: RootEvidence, pinned: string): string {
  const shares = (from: RootEvidence['top']) => from.map((each) => `${each.origin} ${each.share.toFixed(2)}`).join(', ')
  const n = `of ${whole(traced)} bad traces`
  if (!confidence) return `no single root cause${top.length > 0 ? `: ${shares(top)} ${n}` : ''}`
  const others = top.filter((each) => each.origin !== origin).slice(0, 1)
  const name = origin === pinned ? '' : `${origin}: `
  const next = others.length > 0 ? `; next ${shares(others)}` : ''
  return `${name}share ${share.toFixed(2)} ${n}, confidence ${confidence}${next}`
}

function suspectedCause({ dependency, outcome, share, bad }: Suspect): string {
  const n = Math.round(bad / share)
  const confidence = confidenceOf(share, n)
  return `${dependency} ${outcome}: share ${share.toFixed(2)} of ${whole(n)} bad calls, confidence ${confidence}`
}

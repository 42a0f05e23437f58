import { type Outcome, type Owner, ownerOf } from '../../integration/outcome.ts'
import { confidenceOf, ROOT_MIN_BAD, ROOT_SHARE } from '../../slo/alert/alert-confidence.ts'
import type { Incident, IncidentDetails, RootEvidence, Suspect } from '../../slo/alert/incident.ts'
import type { IncidentFacts } from '../decide/incident-facts.ts'
import { knownOutcome, type Origin, originOf, suspectFor } from '../decide/origin.ts'
import { durationText, minuteText, times, whole } from './number-text.ts'

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

/** What is broken, in one line: `checkout-availability burns 16.7x: acme-pay times out`. */
export const summaryOf = (slo: string, { burn, suspect }: IncidentDetails): string =>
  `${slo} burns ${times(burn)}${suspect ? `: ${suspect.dependency} ${PHRASES[knownOutcome(suspect.outcome)]}` : ''}`

/** `acme-pay times out`; '' while nothing stands out. */
export function whyOf(facts: Pick<IncidentFacts, 'incident' | 'root'>): string {
  const origin = originOf(facts)
  return origin ? `${origin.name} ${PHRASES[origin.outcome]}` : ''
}

/** Since when, and until when. */
export const sinceText = (startedAt: Date, endedAt: Date | null): string =>
  endedAt
    ? `over at ${minuteText(endedAt)} after ${durationText((+endedAt - +startedAt) / 60_000)}`
    : `since ${minuteText(startedAt)}`

/** Who can end what begins there: the provider, us, or whoever grants the quota; null where nobody can be named. */
export function ownerOfOrigin({ kind, outcome }: Origin): Owner | null {
  if (kind !== 'dependency') return 'us'
  if (outcome === 'ok') return 'provider'
  const owner = ownerOf(outcome, 'outbound')
  return owner === 'none' ? null : owner
}

/** Whether the cause was measured, and is behind most of what fails. */
export function isSure({ incident, root }: Pick<IncidentFacts, 'incident' | 'root'>): boolean {
  if (root?.confidence) return root.confidence !== 'low'
  if (root && root.traced > 0) return false
  if (incident.rootCause !== '') return true
  const suspect = incident.details?.suspect
  return suspect != null && suspect.share >= ROOT_SHARE && suspect.bad / suspect.share >= ROOT_MIN_BAD
}

/** What to do first about what begins there. */
export function stepFor({ kind, name, outcome }: Origin): string {
  if (kind === 'service') return `look at what changed in ${name}: its own work fails, not what it calls`
  if (kind === 'link') return `look at the network between ${name.split('→').join(' and ')}`
  return FIRST_STEPS[outcome](name)
}

/** How much speaks for the cause; '' without one. */
export function causeOf({ incident, root }: Pick<IncidentFacts, 'incident' | 'root'>): string {
  if (root && root.traced > 0) return measuredCause(root, incident.rootCause)
  if (root?.confidence) return `${root.origin}: the deepest of what fails, confidence ${root.confidence}`
  const suspect = suspectFor(suspectsOf(incident), root, incident.rootCause)
  return suspect ? suspectedCause(suspect) : ''
}

const suspectsOf = ({ details }: Pick<Incident, 'details'>): Suspect[] => (details?.suspect ? [details.suspect] : [])

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

import { type Outcome, type Owner, ownerOf } from '../integration/outcome.ts'
import { confidenceOf } from '../slo/alert-confidence.ts'
import { estimatedExhaustionMinutes } from '../slo/exhaustion.ts'
import type { Incident, IncidentDetails, Suspect } from '../slo/incident.ts'
import type { IncidentFacts } from './incident-facts.ts'

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

const MINUTES_PER_HOUR = 60
const MINUTES_PER_DAY = 1_440

const NO_BURN: IncidentDetails = {
  tier: '',
  governingWindow: '',
  burn: 0,
  factor: 0,
  counts: { good: 0, total: 0 },
  burnRates: {},
  budgetRemaining: null,
  suspect: null,
  exemplars: [],
  runbook: '',
  owner: '',
}

/** Numbers of the leading SLO; empty ones where no SLO burns. */
export const numbersOf = ({ details }: Incident): IncidentDetails => details ?? NO_BURN

/** What is broken, in one line: `checkout-availability burns 16.7x: acme-pay times out`. */
export const summaryOf = (slo: string, { burn, suspect }: IncidentDetails): string =>
  `${slo} burns ${times(burn)}${suspect ? `: ${suspect.dependency} ${PHRASES[outcomeOf(suspect)]}` : ''}`

/** How bad, since when and for how long still. */
export function descriptionOf({ incident, sloWindowMinutes }: IncidentFacts): string {
  const details = numbersOf(incident)
  const failed = `${whole(details.counts.total - details.counts.good)} of ${whole(details.counts.total)} calls failed`
  const other = details.tier.split('/').find((window) => window !== details.governingWindow)
  const otherBurn = other === undefined ? null : (details.burnRates[other] ?? null)
  const beside = other === undefined || otherBurn === null ? '' : `, ${times(otherBurn)} in ${spaced(other)}`
  const numbers = `${failed} in ${spaced(details.governingWindow)} (governing window)${beside}`
  return [endOf(incident), numbers, budgetText(details, sloWindowMinutes), `since ${minuteOf(incident.startedAt)}`]
    .filter((part) => part !== '')
    .join('; ')
}

/** Who can end it: the provider, us, whoever grants the quota, or unknown. */
export function whoCanFix({ incident, direction }: IncidentFacts): Exclude<Owner, 'none'> | 'unknown' {
  const { suspect } = numbersOf(incident)
  if (!suspect) return direction === 'inbound' ? 'us' : 'unknown'
  const outcome = outcomeOf(suspect)
  if (outcome === 'ok') return 'provider'
  const owner = ownerOf(outcome, 'outbound')
  return owner === 'none' ? 'unknown' : owner
}

export function firstStep({ incident, direction }: IncidentFacts): string {
  const { suspect } = numbersOf(incident)
  if (suspect) return FIRST_STEPS[outcomeOf(suspect)](suspect.dependency)
  return direction === 'inbound'
    ? `look at what changed in ${incident.service}: no call it makes fails with it`
    : 'look at an example trace: no dependency stands out'
}

/** How much speaks for the suspect; '' without one. */
export function causeOf({ suspect }: IncidentDetails): string {
  if (!suspect) return ''
  const bad = Math.round(suspect.bad / suspect.share)
  const confidence = confidenceOf(suspect.share, bad)
  const share = suspect.share.toFixed(2)
  return `${suspect.dependency} ${suspect.outcome}: share ${share} of ${whole(bad)} bad calls, confidence ${confidence}`
}

/** `41 %`, `-40 %`; '' while unknown. Rounded towards nothing left. */
export const budgetLeft = ({ budgetRemaining }: IncidentDetails): string =>
  budgetRemaining === null ? '' : `${Math.floor(budgetRemaining * 100)} %`

function budgetText(details: IncidentDetails, sloWindowMinutes: number): string {
  const { budgetRemaining, burn } = details
  if (budgetRemaining === null) return ''
  const budget = `the ${durationText(sloWindowMinutes)} budget`
  if (budgetRemaining <= 0) return `${budget} is overspent by ${Math.ceil(-budgetRemaining * 100)} %`
  const minutesLeft = estimatedExhaustionMinutes(budgetRemaining, burn, sloWindowMinutes)
  const empty = minutesLeft === null ? '' : `, empty in ${durationText(minutesLeft)}`
  return `${budgetLeft(details)} of ${budget} left${empty}`
}

const endOf = ({ resolvedAt, startedAt }: { resolvedAt: Date | null; startedAt: Date }): string =>
  resolvedAt ? `over at ${minuteOf(resolvedAt)} after ${durationText((+resolvedAt - +startedAt) / 60_000)}` : ''

/** 12.9 → `12 min`, 1020 → `17 h`, 43200 → `30 d`: cut, not rounded up. */
function durationText(minutes: number): string {
  if (minutes >= 2 * MINUTES_PER_DAY) return `${Math.floor(minutes / MINUTES_PER_DAY)} d`
  return minutes >= 2 * MINUTES_PER_HOUR ? `${Math.floor(minutes / MINUTES_PER_HOUR)} h` : `${Math.floor(minutes)} min`
}

/** Outcomes come from the store as text. */
const outcomeOf = ({ outcome }: Suspect): Outcome => (outcome in PHRASES ? (outcome as Outcome) : 'unknown_error')

const minuteOf = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
const times = (burn: number) => `${Number(burn.toFixed(1))}x`
const whole = (n: number) => Math.round(n).toLocaleString('en-US')
/** `1h` → `1 h` */
const spaced = (window: string) => window.replace(/(\d)([mhd])$/, '$1 $2')

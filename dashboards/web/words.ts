import type { Incident, SloStatus } from './api-shapes.ts'
import { burn, listWords, plural } from './format.ts'

/** What a dependency does to its callers when its calls end so, in the words that messages use: "acme-pay times out". */
const OUTCOME_VERB: Record<string, string> = {
  ok: 'is slow',
  slow: 'is slow',
  timeout: 'times out',
  connection: 'cannot be reached',
  server_error: 'answers with server errors',
  throttled: 'throttles us',
  auth: 'refuses our credentials',
  client_error: 'refuses our requests',
  schema: 'answers in an unexpected form',
  circuit_open: 'is cut off by our circuit breaker',
  cancelled: 'is given up on',
  unknown_error: 'fails',
}

/** Where failures begin: at a dependency, in a service of ours, or on the way between two (`shop→cart`). */
export interface Cause {
  kind: 'dependency' | 'service' | 'link'
  name: string
  outcome: string
}

/** What is to blame: the pinned root cause (`dependency:acme-pay/timeout`), else the present suspect. */
export function causeOf(incident: Pick<Incident, 'rootCause' | 'details'>): Cause | null {
  const [, kind, name, outcome] = /^(dependency|service|link):(.+)\/([^/]+)$/.exec(incident.rootCause) ?? []
  if (kind && name && outcome) return { kind: kind as Cause['kind'], name, outcome }
  return suspectOf(incident)
}

/** The dependency that was measured as the cause last, with its own share of the bad calls. */
export function suspectOf({ details }: Pick<Incident, 'details'>): (Cause & { share: number }) | null {
  const suspect = details?.suspect ?? null
  return suspect && { kind: 'dependency', name: suspect.dependency, outcome: suspect.outcome, share: suspect.share }
}

/** What was slow ended well: both names are of one outcome. */
export const sameCause = (a: Cause, b: Cause): boolean =>
  a.kind === b.kind && a.name === b.name && verbOf(a.outcome) === verbOf(b.outcome)

/** What follows the name of a cause: `times out`, `itself answers with server errors`. */
export const causeVerb = ({ kind, outcome }: Cause): string =>
  kind === 'service' ? `itself ${verbOf(outcome)}` : verbOf(outcome)

/** `times out`. */
export const verbOf = (outcome: string): string => OUTCOME_VERB[outcome] ?? 'fails'

/** `acme-pay times out`, or which SLO burns when nobody is to blame yet. */
export function causeWords(incident: Incident): string {
  const cause = causeOf(incident)
  if (cause) return `${cause.name} ${causeVerb(cause)}`
  return incident.details ? `${incident.slo} burns its budget at ${burn(incident.details.burn)}` : incident.title
}

/** One sentence for the whole screen: what is open and for whom, else how many promises hold. */
export function overviewSentence(slos: readonly SloStatus[], incidents: readonly Incident[]): string {
  const pages = incidents.filter((incident) => incident.severity === 'page')
  const tickets = incidents.filter((incident) => incident.severity === 'ticket')
  if (incidents.length === 0) return promisesSentence(slos)
  const counted = [
    ...(pages.length > 0 ? [plural(pages.length, 'page')] : []),
    ...(tickets.length > 0 ? [plural(tickets.length, 'ticket')] : []),
  ]
  return `${listWords(counted)} open: ${clauses(pages.length > 0 ? pages : tickets)}`
}

/** `acme-pay times out for checkout and cart; ledger answers with server errors for billing`. */
function clauses(incidents: readonly Incident[]): string {
  const services = new Map<string, Set<string>>()
  for (const incident of incidents) {
    const words = causeWords(incident)
    services.set(words, (services.get(words) ?? new Set()).add(incident.service))
  }
  const shown = [...services].slice(0, 2).map(([words, whom]) => `${words} for ${listWords([...whom].sort())}`)
  const more = services.size - shown.length
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

/** A promise holds while its budget is not overspent; without a ratio nobody knows. */
function promisesSentence(slos: readonly SloStatus[]): string {
  const all = slos.length
  const broken = slos.filter((slo) => (slo.budget.remaining ?? 0) < 0)
  const unknown = slos.filter((slo) => slo.budget.remaining === null)
  const hold = all - broken.length - unknown.length
  if (hold === all) return all === 1 ? 'The one promise made here holds' : `All ${all} promises hold`
  if (unknown.length === all) return 'No promise can be judged yet: nothing they count has arrived'
  const reasons = [
    ...(broken.length > 0 ? [`${nameSome(broken)} ${broken.length === 1 ? 'has' : 'have'} overspent`] : []),
    ...(unknown.length > 0 ? [`${nameSome(unknown)} cannot be judged`] : []),
  ]
  return `${hold} of ${all} promises hold: ${reasons.join(', ')}`
}

const nameSome = (slos: readonly SloStatus[]): string =>
  slos.length <= 2 ? listWords(slos.map((slo) => slo.name)) : `${slos[0]?.name} and ${slos.length - 1} more`

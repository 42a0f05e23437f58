import { OUTCOMES, type Outcome } from '../../integration/outcome.ts'
import type { RootEvidence, Suspect } from '../../slo/alert/incident.ts'
import type { IncidentFacts } from './incident-facts.ts'

/** Where failures begin: `dependency:acme-pay/timeout`, `service:cart/server_error`, `link:shop→cart/connection`. */
export interface Origin {
  kind: 'dependency' | 'service' | 'link'
  name: string
  outcome: Outcome
}

/** Null for a text of another form. An outcome this version does not know is `unknown_error`. */
export function parseOrigin(text: string): Origin | null {
  const match = /^(dependency|service|link):(.+)\/([^/]+)$/.exec(text)
  if (!match) return null
  const [, kind = '', name = '', outcome = ''] = match
  return { kind: kind as Origin['kind'], name, outcome: knownOutcome(outcome) }
}

/**
 * What an incident is put down to, surely or not: what was measured of its leading alert, the root it was told with, or the
 * dependency that fails most.
 */
export function originOf({ incident, root }: Pick<IncidentFacts, 'incident' | 'root'>): Origin | null {
  const suspect = incident.details?.suspect
  return namedOrigin(root, incident.rootCause) ?? (suspect ? originOfSuspect(suspect) : null)
}

/** What is named as the cause: the root that was measured, else the one that is pinned; null without either. */
const namedOrigin = (root: RootEvidence | null, pinned: string): Origin | null =>
  parseOrigin(root?.origin ?? '') ?? parseOrigin(pinned)

const originOfSuspect = ({ dependency, outcome }: Suspect): Origin => ({
  kind: 'dependency',
  name: dependency,
  outcome: knownOutcome(outcome),
})

/**
 * The suspect whose share belongs to what is named as the cause: never the share of another one. Where nothing is named it
 * is the largest, unless something else than a dependency has a larger share.
 */
export function suspectFor(suspects: readonly Suspect[], root: RootEvidence | null, pinned: string): Suspect | null {
  const named = namedOrigin(root, pinned)
  const [largest] = suspects
  if (named) return suspects.find((suspect) => isSame(originOfSuspect(suspect), named)) ?? null
  const top = root?.top[0]
  return largest && (top === undefined || top.share <= largest.share) ? largest : null
}

const isSame = (a: Origin, b: Origin): boolean => a.kind === b.kind && a.name === b.name && a.outcome === b.outcome

/** Outcomes come from the store as text; what was slow ended well. */
export const knownOutcome = (text: string): Outcome =>
  text === 'slow' ? 'ok' : (OUTCOMES.find((outcome) => outcome === text) ?? 'unknown_error')

import { OUTCOMES, type Outcome } from '../../integration/outcome.ts'
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
  return (
    parseOrigin(root?.origin ?? '') ??
    parseOrigin(incident.rootCause) ??
    (suspect ? { kind: 'dependency', name: suspect.dependency, outcome: knownOutcome(suspect.outcome) } : null)
  )
}

/** Outcomes come from the store as text; what was slow ended well. */
export const knownOutcome = (text: string): Outcome =>
  text === 'slow' ? 'ok' : (OUTCOMES.find((outcome) => outcome === text) ?? 'unknown_error')

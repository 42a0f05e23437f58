import type { IncidentEvidence } from '../../evaluator/decide/incident-facts.ts'
import type { NearbyDeployment, RootEvidence } from '../../slo/alert/incident.ts'
import { ROOT_RULE, rootOf } from '../../slo/alert/root-cause.ts'
import type { IncidentTurn } from '../../slo/decide/incident-turn.ts'
import type { Evaluation } from '../../slo/decide/judge.ts'
import type { Scenario, ScenarioPolicy } from './scenario.ts'

const MINUTE_S = 60
const HOUR_S = 3600

/** What the error split would have measured at a second, for each alert that burns. */
export function rootsAt(
  second: number,
  evaluations: readonly Evaluation[],
  { origins }: Pick<Scenario, 'origins'>,
  given: ScenarioPolicy,
): Map<string, RootEvidence> {
  const minute = second / MINUTE_S
  const rule = {
    share: given.root_share ?? ROOT_RULE.share,
    minTraced: given.root_min_traced ?? ROOT_RULE.minTraced,
  }
  const roots = new Map<string, RootEvidence>()
  for (const { subject, outcome, burn } of evaluations) {
    if (!burn || outcome.next.phase === 'inactive') continue
    const row = origins.findLast(
      ({ slo, from_min, to_min }) => slo === subject.slo && from_min <= minute && minute < to_min,
    )
    if (row) roots.set(subject.alert, rootOf({ shares: row.shares, traced: row.bad_traced, tracedShare: 1 }, rule))
  }
  return roots
}

/** What else a message about an incident would know: its root cause, the services, what was deployed within an hour. */
export function evidenceOf(
  { group }: IncidentTurn,
  roots: ReadonlyMap<string, RootEvidence>,
  { actions }: Pick<Scenario, 'actions'>,
  second: number,
  instantOf: (second: number) => Date,
): IncidentEvidence {
  const root = Object.keys(group.members)
    .map((alert) => roots.get(alert))
    .find((found) => found !== undefined)
  const services = new Set(Object.values(group.members).map(({ subject }) => subject.service))
  const deployments = actions.flatMap((action): NearbyDeployment[] => {
    if (action.do !== 'deploy' || action.at_s > second || action.at_s < second - HOUR_S) return []
    const { service, version, at_s } = action
    return services.has(service) ? [{ service, version, previousVersion: '', at: instantOf(at_s) }] : []
  })
  return { suspect: null, root: root ?? null, impact: [...services], exemplars: [], deployments }
}

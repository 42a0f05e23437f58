import { type BudgetOutlook, outlookOf } from '../../slo/alert/alert-facts.ts'
import { isCleared } from '../../slo/alert/alert-state.ts'
import { governingWindow, type TierVerdict, urgency } from '../../slo/alert/alert-verdict.ts'
import type { IncidentDetails, Member, Suspect } from '../../slo/alert/incident.ts'
import type { Group, MemberState } from '../../slo/alert/incident-group.ts'
import { budgetOf } from '../../slo/budget/budget.ts'
import { windowLabel } from '../../slo/budget/window.ts'
import type { IncidentTurn } from '../../slo/decide/incident-turn.ts'
import type { Evaluation } from '../../slo/decide/judge.ts'
import type { Reading } from '../../slo/reading.ts'
import { burnRatesOf } from '../../slo/status.ts'
import { summaryOf } from '../deliver/incident-text.ts'

/** Members whose numbers are kept, the most urgent ones: what messages show. */
const DETAILED_MEMBERS = 20

type Evaluations = ReadonlyMap<string, Evaluation>

/**
 * Every alert an incident has or had, as its messages need it. The most urgent first: what fires before what is over, pages
 * before tickets, burn rates before what follows from them, then by how much faster than allowed it burns.
 * @param earlier as they were at the incident's last change: what is not known any more stays as it was
 */
export function membersOf(
  group: Group,
  muted: IncidentTurn['muted'],
  evaluations: Evaluations,
  earlier: readonly Member[],
  suspect: Suspect | null,
): Member[] {
  const known = new Map(earlier.map((member) => [member.alert, member]))
  return ranked(group, evaluations).map(({ subject, severity, startedAtMs, endedAtMs }, n): Member => {
    const { alert, alertname, slo, service, dependency, owner, runbook, labels } = subject
    const evaluation = evaluations.get(alert)
    const last = known.get(alert)
    const isDetailed = n < DETAILED_MEMBERS
    // What it was stays said of what is over, or about to be.
    const ending = endedAtMs === null ? null : (evaluation?.ending ?? last?.ending ?? null)
    const isCut = ending !== null && evaluation?.ending != null
    const said = (endedAtMs === null && holds(evaluation)) || isCut || !last ? evaluation : null
    const burn = endedAtMs === null || isCut ? said?.burn : null
    const details = burn?.decision.lead ? detailsOf(burn.decision.lead, burn.reading, suspect) : (last?.details ?? null)
    const own = alertname === 'SLOBurnRate' && burn && details
    const summary = own ? summaryOf(slo, details) : said?.summary || last?.summary || `${alert} fires`
    return {
      alert,
      alertname,
      slo,
      service,
      dependency,
      severity,
      startedAt: new Date(startedAtMs),
      endedAt: endedAtMs === null ? null : new Date(endedAtMs),
      ending,
      mutedBy: muted[alert] ?? null,
      labels,
      owner,
      runbook,
      summary,
      details: isDetailed ? details : null,
      budget: isDetailed ? (budgetNow(evaluation, evaluations) ?? last?.budget ?? null) : null,
      evidence: isDetailed ? (said?.evidence ?? last?.evidence ?? null) : null,
    }
  })
}

const holds = (evaluation: Evaluation | undefined): boolean =>
  evaluation?.outcome.next.phase === 'firing' && !isCleared(evaluation.outcome.next)

function ranked({ members }: Group, evaluations: Evaluations): MemberState[] {
  const orderOf = ({ endedAtMs, severity, subject }: MemberState) =>
    (endedAtMs === null ? 4 : 0) + (severity === 'page' ? 2 : 0) + (subject.under === undefined ? 1 : 0)
  const urgencyOf = ({ subject }: MemberState) => {
    const lead = evaluations.get(subject.alert)?.burn?.decision.lead
    return lead ? urgency(lead) : 0
  }
  return Object.values(members).toSorted(
    (a, b) => orderOf(b) - orderOf(a) || urgencyOf(b) - urgencyOf(a) || (a.subject.alert < b.subject.alert ? -1 : 1),
  )
}

/** Null when the SLO is gone, or there is none. */
function budgetNow(evaluation: Evaluation | undefined, evaluations: Evaluations): BudgetOutlook | null {
  const reading = evaluation?.reading
  if (!reading) return null
  const burning = evaluations.get(reading.slo.name)?.outcome.next
  return outlookOf(reading, burning?.phase === 'firing' ? burning.severity : null)
}

function detailsOf(lead: TierVerdict, reading: Reading, suspect: Suspect | null): IncidentDetails {
  const { slo, period } = reading
  const governing = governingWindow(lead)
  return {
    tier: lead.tier,
    governingWindow: windowLabel(governing.minutes),
    burn: governing.burn ?? 0,
    factor: lead.factor,
    counts: governing.counts,
    ...(governing.seen && { seen: governing.seen }),
    burnRates: burnRatesOf(reading),
    budgetRemaining: budgetOf(period.units, slo.objective.budgetPpm).remaining,
    suspect,
    exemplars: [],
    runbook: slo.runbook,
    owner: slo.owner,
  }
}

import type { IncidentFacts } from '../../evaluator/decide/incident-facts.ts'
import { summaryOf } from '../../evaluator/deliver/incident-text.ts'
import type { BudgetOutlook } from '../../slo/alert/alert-facts.ts'
import type { Incident, IncidentDetails, Member } from '../../slo/alert/incident.ts'

export const STARTED = new Date('2026-01-01T00:00:00Z')
export const WATERMARK = new Date('2026-01-01T00:01:00Z')
export const TRACES = [
  '4bf92f3577b34da6a3ce929d0e0e4736',
  'a3ce929d0e0e47364bf92f3577b34da6',
  '0e0e47364bf92f3577b34da6a3ce929d',
]

export const details = (changes: Partial<IncidentDetails> = {}): IncidentDetails => ({
  tier: '1h/5m',
  governingWindow: '1h',
  burn: 16.666666666666668,
  factor: 14.4,
  counts: { good: 59_000, total: 60_000 },
  burnRates: { '5m': 200, '1h': 16.666666666666668 },
  budgetRemaining: 0.41,
  suspect: { dependency: 'acme-pay', outcome: 'timeout', bad: 328, share: 0.82 },
  exemplars: TRACES,
  runbook: 'https://runbooks.example/acme-pay',
  owner: 'payments',
  ...changes,
})

export const budget = (changes: Partial<BudgetOutlook> = {}): BudgetOutlook => ({
  windowMinutes: 43_200,
  counts: { good: 43_174_500, total: 43_200_000 },
  remaining: 0.41,
  minutesLeft: 1_062,
  recent: { minutes: 360, counts: { good: 359_000, total: 360_000 }, burn: 2.7777777777777777 },
  bad: 'calls failed',
  ...changes,
})

export function member(slo = 'checkout-availability', changes: Partial<Member> = {}): Member {
  const { service = 'checkout', alertname = 'SLOBurnRate' } = changes
  const numbers = details()
  return {
    alert: slo,
    alertname,
    slo,
    service,
    dependency: '',
    severity: 'page',
    startedAt: STARTED,
    endedAt: null,
    ending: null,
    labels: { alertname, env: 'prod', owner: 'payments', service, slo },
    mutedBy: null,
    owner: 'payments',
    runbook: 'https://runbooks.example/acme-pay',
    summary: summaryOf(slo, numbers),
    details: numbers,
    budget: budget(),
    evidence: null,
    ...changes,
  }
}

/** An incident with one burning SLO, put down to acme-pay; its numbers are those of the member that leads. */
export function facts(changes: Partial<IncidentFacts> = {}, members: Member[] = [member()]): IncidentFacts {
  const lead = members[0] ?? member()
  const incident: Incident = {
    id: 'inc_01JZ8Q2W7RN4V9T3M6D5XH1C0B',
    state: 'open',
    severity: 'page',
    slo: lead.slo,
    service: lead.service,
    startedAt: STARTED,
    resolvedAt: null,
    title: lead.summary,
    rootCause: 'dependency:acme-pay/timeout',
    details: lead.details,
    members,
  }
  return {
    incident,
    env: 'prod',
    groupLabels: { env: 'prod', root_cause: 'dependency:acme-pay/timeout' },
    answers: null,
    impact: ['checkout', 'cart'],
    root: {
      origin: 'dependency:acme-pay/timeout',
      share: 0.82,
      traced: 400,
      tracedShare: 0.9,
      confidence: 'high',
      top: [{ origin: 'dependency:acme-pay/timeout', share: 0.82 }],
    },
    exemplars: TRACES.map((traceId) => ({ traceId, shows: 'first', service: 'checkout', at: STARTED, durationMs: 5 })),
    deployments: [],
    timeline: [],
    previousIncident: null,
    acknowledgedBy: '',
    mergedInto: '',
    data: { watermark: WATERMARK, coverage: 1, generation: '3', frozen: false },
    ...changes,
  }
}

/** The same with other facts about the incident itself. */
export const factsOfIncident = (changes: Partial<Incident>, others: Partial<IncidentFacts> = {}): IncidentFacts => {
  const base = facts(others, changes.members ?? [member()])
  return { ...base, incident: { ...base.incident, ...changes } }
}

import type { IncidentFacts } from '../../evaluator/decide/incident-facts.ts'
import type { WithheldReason } from '../../slo/alert/alert-reason.ts'
import type { TierVerdict } from '../../slo/alert/alert-verdict.ts'
import { listedMembers } from '../../slo/alert/incident.ts'
import type { AlertRecord } from '../../slo/decide/alert-record.ts'
import type { Evaluation } from '../../slo/decide/judge.ts'
import type { Notification } from '../../storage/notifications.ts'
import type { Rehearsal, Send, SendEvidence, Unsent } from './rehearsal.ts'
import type { Scenario } from './scenario.ts'
import { tierIdOf } from './scenario-slo.ts'

/** What one message of an incident says, and what was read when it was decided. */
interface Said {
  facts: IncidentFacts
  evidence: SendEvidence[]
}

/** Writes down what a rehearsal decides, tells and does not tell. Instants are seconds from minute 0. */
export class Journal {
  readonly #scenario: Scenario
  readonly #rehearsal: Rehearsal = { sends: [], failed: [], unsent: [], decided: [] }
  /** By incident and sequence. */
  readonly #said = new Map<string, Said>()
  readonly #lastUnsent = new Map<string, string>()

  constructor(scenario: Scenario) {
    this.#scenario = scenario
  }

  /** A retry that ends after the next evaluation began is written down late. */
  conclude(): Rehearsal {
    const byTime = (a: { at_s: number }, b: { at_s: number }) => a.at_s - b.at_s
    for (const lines of Object.values(this.#rehearsal)) lines.sort(byTime)
    return this.#rehearsal
  }

  decided(second: number, evaluations: readonly Evaluation[], changed: ReadonlyMap<string, AlertRecord>): void {
    for (const { subject, outcome, burn } of evaluations) {
      const late = burn?.decision.verdicts.filter(({ reason }) => reason === 'late_only') ?? []
      if (!changed.has(subject.alert) && late.length === 0) continue
      this.#rehearsal.decided.push({
        at_s: second,
        alert: subject.alert,
        reason: outcome.reason,
        late: late.map((verdict) => tierIdOf(this.#scenario, subject.alert, verdict)),
      })
    }
  }

  /** What the messages of an incident will say under a sequence. */
  says(facts: IncidentFacts, sequence: number, alerts: ReadonlyMap<string, AlertRecord>): void {
    this.#said.set(`${facts.incident.id} ${sequence}`, { facts, evidence: this.#evidenceOf(facts, alerts) })
  }

  delivered(second: number, { endpoint, event, reason, severity, incident, sequence }: Notification): void {
    const said = this.#said.get(`${incident} ${sequence}`)
    if (!said) throw new Error(`nothing was said about ${incident} at ${sequence}`)
    const { facts, evidence } = said
    const showsEvidence = event === 'firing' && (reason === 'first' || reason === 'escalated') && evidence.length > 0
    this.#rehearsal.sends.push({
      scenario: this.#scenario.id,
      endpoint,
      event,
      reason,
      severity,
      slos: event === 'firing' ? listed(facts) : everyMember(facts),
      root_cause: facts.incident.rootCause || null,
      incident,
      at_s: second,
      evidence: showsEvidence ? evidence : null,
      summary: facts.incident.title,
    } satisfies Send)
  }

  failed(second: number, notification: Notification, error: string): void {
    this.#rehearsal.failed.push({ ...this.#about(second, notification), error })
  }

  /** A message that is tried no more: a newer one took its place, its beginning never arrived, or it failed for good. */
  dropped(second: number, notification: Notification, reason: Unsent['reason']): void {
    const { endpoint, attempts } = notification
    const isStandby = this.#scenario.endpoints.some(({ name, fallback_only }) => name === endpoint && fallback_only)
    if (!isStandby || attempts > 0) this.#rehearsal.unsent.push({ ...this.#about(second, notification), reason })
  }

  /** Only what changed is worth a line. */
  withheld(second: number, facts: IncidentFacts, endpoint: string, reason: WithheldReason): void {
    const incident = facts.incident.id
    const key = `${incident} ${endpoint}`
    if (this.#lastUnsent.get(key) === reason) return
    this.#lastUnsent.set(key, reason)
    this.#rehearsal.unsent.push({ at_s: second, endpoint, incident, slos: concerned(facts), reason })
  }

  #about(second: number, { endpoint, incident, sequence }: Notification) {
    const facts = this.#said.get(`${incident} ${sequence}`)?.facts
    return { at_s: second, endpoint, incident, slos: facts ? concerned(facts) : [] }
  }

  /** What was read of each burning member when it rose. */
  #evidenceOf(facts: IncidentFacts, alerts: ReadonlyMap<string, AlertRecord>): SendEvidence[] {
    return listed(facts).flatMap((alert) =>
      (alerts.get(alert)?.risen ?? []).map((verdict: TierVerdict): SendEvidence => {
        const { long, short } = verdict
        return {
          slo: alert,
          tier: tierIdOf(this.#scenario, alert, verdict),
          long: long.counts,
          short: short.counts,
          burn_long: long.burn ?? 0,
          burn_short: short.burn ?? 0,
        }
      }),
    )
  }
}

/** Members that fire, without muted ones unless all of them are. */
const listed = ({ incident }: IncidentFacts): string[] =>
  listedMembers(incident)
    .map(({ alert }) => alert)
    .sort()

const everyMember = ({ incident: { members } }: IncidentFacts): string[] => members.map(({ alert }) => alert).sort()

/** Once none fires any more, all there were. */
const concerned = (facts: IncidentFacts): string[] => {
  const firing = listed(facts)
  return firing.length > 0 ? firing : everyMember(facts)
}

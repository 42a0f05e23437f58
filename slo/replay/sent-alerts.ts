import { governingWindow } from '../alert/alert-verdict.ts'
import type { AlertName } from '../alert/incident.ts'
import type { AlertSubject } from '../alert/incident-group.ts'
import { windowLabel } from '../budget/window.ts'
import type { Decision } from '../decide/decide.ts'
import type { IncidentTurn } from '../decide/incident-turn.ts'
import type { Evaluation } from '../decide/judge.ts'
import type { Counts, Severity } from '../model.ts'

/** One page or ticket that would have been sent, from when it was due to when it was over. */
export interface PastAlert {
  /** `NAME` is the burn-rate alert, `NAME#budget50`, `NAME#exhaustion`, `NAME#absent` the others. */
  alert: string
  alertname: AlertName
  severity: Severity
  from: Date
  /** When its first message would have left, after the group wait. */
  sentAt: Date
  /** Null: it would still be open. */
  to: Date | null
  minutes: number
  /** What made a burn rate rise: tier, governing window, its burn and counts; empty for other alerts. */
  tier: string
  governingWindow: string
  burn: number
  counts: Counts
  /** What is wrong, in one line; '' for burn rates, which say it in numbers. */
  summary: string
}

type Noted = Omit<PastAlert, 'sentAt'> & { sentAt: Date | null }

/**
 * Follows decisions, one after another, and notes every alert that a message would have been about. An alert that
 * another one says as well is due when that one is over.
 */
export class SentAlerts {
  readonly #alerts: Noted[] = []
  readonly #open = new Map<string, Noted>()

  note({ evaluations, turns }: Decision, at: Date): void {
    const byAlert = new Map(evaluations.map((evaluation) => [evaluation.subject.alert, evaluation]))
    const due = new Set<string>()
    for (const turn of turns) {
      const keys = listedIn(turn).map(({ alert }) => this.#dueAt(byAlert.get(alert), at))
      for (const key of keys) due.add(key)
      if (!turn.projection.intents.some(({ event }) => event === 'firing')) continue
      for (const key of keys) {
        const noted = this.#open.get(key)
        if (noted) noted.sentAt ??= at
      }
    }
    for (const [key, noted] of this.#open) {
      const isOver = !fires(byAlert.get(noted.alert), noted.severity)
      if (isOver) noted.to = at
      if (isOver || (noted.sentAt === null && !due.has(key))) this.#open.delete(key)
    }
  }

  /** Every alert that was sent, in the order in which they were due. */
  sent(): PastAlert[] {
    return this.#alerts
      .filter((noted): noted is PastAlert => noted.sentAt !== null)
      .sort((a, b) => a.from.getTime() - b.from.getTime())
  }

  #dueAt(evaluation: Evaluation | undefined, at: Date): string {
    if (evaluation?.outcome.next.phase !== 'firing') return ''
    const { severity } = evaluation.outcome.next
    const key = `${severity} ${evaluation.subject.alert}`
    if (!this.#open.has(key)) {
      const noted = notedOf(evaluation, severity, at)
      this.#open.set(key, noted)
      this.#alerts.push(noted)
    }
    return key
  }
}

/** Members that messages are about: neither muted nor said by the alert above them. */
function listedIn({ group: { members }, muted }: IncidentTurn): AlertSubject[] {
  const listed = Object.values(members).filter(
    ({ subject, endedAtMs, adoptedFrom }) => endedAtMs === null && adoptedFrom === '' && !(subject.alert in muted),
  )
  const names = new Set(listed.map(({ subject }) => subject.alert))
  return listed.map(({ subject }) => subject).filter(({ under }) => under === undefined || !names.has(under))
}

const fires = (evaluation: Evaluation | undefined, severity: Severity): boolean =>
  evaluation?.outcome.next.phase === 'firing' && evaluation.outcome.next.severity === severity

function notedOf({ subject, burn, summary }: Evaluation, severity: Severity, from: Date): Noted {
  const lead = burn?.decision.lead ?? null
  const governing = lead && governingWindow(lead)
  return {
    alert: subject.alert,
    alertname: subject.alertname,
    severity,
    from,
    sentAt: null,
    to: null,
    minutes: 0,
    tier: lead?.tier ?? '',
    governingWindow: governing ? windowLabel(governing.minutes) : '',
    burn: governing?.burn ?? 0,
    counts: governing?.counts ?? { good: 0, total: 0 },
    summary,
  }
}

import { type Decision, decide } from '../alert/alert.ts'
import type { AlertEvidence } from '../alert/alert-facts.ts'
import type { AlertPolicy } from '../alert/alert-policy.ts'
import { type ClosingReason, type FrozenReason, isClosing } from '../alert/alert-reason.ts'
import {
  advance,
  type Condition,
  type FiringAlert,
  isCleared,
  type Outcome,
  switchedOff,
} from '../alert/alert-state.ts'
import { budgetEnding, definitionOf, type Ending, excludedEnding } from '../alert/ending.ts'
import { isSameEnvironment } from '../alert/environment.ts'
import type { AlertName } from '../alert/incident.ts'
import type { AlertSubject } from '../alert/incident-group.ts'
import { type Signal, sloSubject } from '../alert/signal.ts'
import { fenced } from '../invalid.ts'
import type { Severity } from '../model.ts'
import type { Reading } from '../reading.ts'
import { type AlertRecord, NEW_RECORD } from './alert-record.ts'
import { wants } from './reading-signals.ts'

/** What one tick means for one alert. */
export interface Evaluation {
  subject: AlertSubject
  before: AlertRecord
  outcome: Outcome
  /** Why it ended with this evaluation although nothing says that it recovered; null otherwise. */
  ending: Ending | null
  /** Of the SLO it is about; null when that is gone, or it is about none. */
  reading: Reading | null
  /** The numbers of an alert that is no burn rate, beyond those of the SLO's budget. */
  evidence: AlertEvidence | null
  /** What a burn-rate alert was judged from; null for other kinds, and when its SLO is gone. */
  burn: { reading: Reading; decision: Decision } | null
  conditions: readonly Condition[]
  keepFiringMs: Readonly<Record<Severity, number>>
  waits: boolean
  /** The root cause the alert names by itself, '' without one. */
  root: string
  summary: string
}

export interface JudgeContext {
  now: Date
  policy: AlertPolicy
  /** Kinds of alert that are wanted; others end. */
  kinds: ReadonlySet<AlertName>
  /** Generations that are not measured to the end. */
  remeasuring: ReadonlySet<string>
  /** Environments by root cause that SLO alerts are told for already: nothing else rises for them. */
  explained: ReadonlyMap<string, readonly string[]>
  /** Event time of minutes that arrived late and were measured since the last tick. */
  late: { from: Date; to: Date } | null
  /** The last evaluation of each alert that fires, as far as it is known: the last measurement of SLOs that are gone. */
  last: ReadonlyMap<string, Evaluation>
}

/**
 * Decides for every SLO and every signal, and ends the alerts of SLOs that are gone.
 * @param signals of all kinds that are evaluated; one that fired and is not among them any more is clear
 * @param unseen why signals that are not among them cannot be called clear; null when they can
 */
export function judge(
  readings: readonly Reading[],
  signals: readonly Signal[],
  records: ReadonlyMap<string, AlertRecord>,
  context: JudgeContext,
  unseen: FrozenReason | null = null,
): Evaluation[] {
  const burns = context.kinds.has('SLOBurnRate')
    ? readings.map((reading) => fenced(reading, (sound) => judgeBurn(sound, records, context)))
    : []
  const wanted = signals.filter(({ subject }) => context.kinds.has(subject.alertname))
  const bySlo = new Map(readings.map((reading) => [reading.slo.name, reading]))
  const readingOf = ({ slo }: AlertSubject) => bySlo.get(slo) ?? null
  const evaluations = [
    ...burns,
    ...wanted.map((signal) => judgeSignal(signal, readingOf(signal.subject), records, context)),
  ]
  const seen = new Set(evaluations.map(({ subject }) => subject.alert))
  for (const [alert, before] of records) {
    if (seen.has(alert) || before.state.phase === 'inactive' || !before.fired) continue
    const { subject, keepFiringMs, summary, root } = before.fired
    const reading = readingOf(subject)
    const known = { subject, before, reading, evidence: null, burn: null, ending: null }
    const base = { ...known, conditions: [], keepFiringMs, waits: true, root, summary }
    const gone = goneBecause(subject, reading, context.kinds)
    if (gone) evaluations.push({ ...base, outcome: switchedOff(before.state, gone) })
    else evaluations.push({ ...base, ...noLonger(before, keepFiringMs, context.now, unseen) })
  }
  return evaluations.map((evaluation) => withEnding(evaluation, context))
}

/** Why an alert is not judged any more; null while it is. */
function goneBecause(
  { slo, alertname }: AlertSubject,
  reading: Reading | null,
  kinds: ReadonlySet<AlertName>,
): ClosingReason | null {
  if (slo !== '' && !reading) return 'slo_removed'
  if (!kinds.has(alertname) || (reading && !wants(reading.slo, alertname))) return 'alerting_off'
  return null
}

/** An end that does not mean recovery says so, and keeps what was measured last. */
function withEnding(evaluation: Evaluation, { last }: JudgeContext): Evaluation {
  const { before, outcome, subject, reading, burn } = evaluation
  if (outcome.transition !== 'resolved' || before.state.phase !== 'firing') return evaluation
  const ending = endingOf(before.state)
  if (!ending) return evaluation
  const measured = ending.reason === 'slo_removed' || ending.reason === 'alerting_off' ? last.get(subject.alert) : null
  return {
    ...evaluation,
    ending,
    outcome: { ...outcome, reason: ending.reason },
    ...(measured && { reading: reading ?? measured.reading, burn: measured.burn, evidence: measured.evidence }),
  }

  function endingOf(state: FiringAlert): Ending | null {
    if (isClosing(outcome.reason)) return { reason: outcome.reason, by: '', why: '' }
    if (!reading) return null
    const isRedefined = isCleared(state)
      ? before.fired?.isRedefined
      : before.fired?.definition !== definitionOf(reading.slo)
    if (isRedefined) return { reason: 'target_changed', by: '', why: '' }
    if (burn) return excludedEnding(state, burn.decision.verdicts, reading)
    return subject.under === undefined ? null : budgetEnding(state, reading)
  }
}

function judgeBurn(
  reading: Reading,
  records: ReadonlyMap<string, AlertRecord>,
  { now, policy, remeasuring, late }: JudgeContext,
): Evaluation {
  const { slo } = reading
  const before = records.get(slo.name) ?? NEW_RECORD
  const decision = decide(before.state, reading, now, policy, { remeasuring: remeasuring.has(slo.generation), late })
  const { next, transition, reason } = decision
  return {
    subject: before.fired?.subject ?? sloSubject(slo, 'SLOBurnRate'),
    before,
    reading,
    evidence: null,
    outcome: { next, transition, reason },
    ending: null,
    burn: { reading, decision },
    conditions: decision.verdicts,
    keepFiringMs: policy.keepFiringMs,
    waits: true,
    root: '',
    summary: '',
  }
}

function judgeSignal(
  signal: Signal,
  reading: Reading | null,
  records: ReadonlyMap<string, AlertRecord>,
  { explained }: JudgeContext,
): Evaluation {
  const { subject, at, keepFiringMs, waits, root = '', summary, evidence = null } = signal
  const before = records.get(subject.alert) ?? NEW_RECORD
  const isExplained = (explained.get(root) ?? []).some((env) => isSameEnvironment(env, subject.env))
  const isInhibited = isExplained && before.state.phase === 'inactive'
  const conditions = isInhibited ? signal.conditions.map(inhibited) : signal.conditions
  const outcome = advance(before.state, conditions, at, keepFiringMs)
  const judged = { subject, before, reading, evidence, outcome, ending: null, burn: null }
  return { ...judged, conditions, keepFiringMs, waits, root, summary }
}

const inhibited = (condition: Condition): Condition =>
  condition.verdict === 'matched' ? { ...condition, verdict: 'clear', reason: 'inhibited' } : condition

/** A signal that is not given any more says that its condition does not hold, unless nobody could see. */
function noLonger(
  before: AlertRecord,
  keepFiringMs: Readonly<Record<Severity, number>>,
  now: Date,
  unseen: FrozenReason | null,
) {
  const { state } = before
  const episode = state.phase === 'firing' ? state.episode : []
  const conditions = episode.map((key): Condition => {
    const [severity = '', ...tier] = key.split(' ')
    return {
      severity: severity as Severity,
      tier: tier.join(' '),
      verdict: unseen ? 'frozen' : 'clear',
      reason: unseen,
    }
  })
  return { conditions, outcome: advance(state, conditions, now.getTime(), keepFiringMs) }
}

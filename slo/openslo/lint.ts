import { durationMinutes } from '../budget/window.ts'
import type { AlertConditionSpec, AlertPolicySpec } from './alert-schema.ts'
import type { OpenSloDocument, SloDocument } from './document.ts'
import type { SliSpec } from './sli-schema.ts'
import type { PropertyPath, Reporter } from './source.ts'

/** Advice on a valid document; never refuses. */
export function lintDocument(document: OpenSloDocument): void {
  const { report } = document
  if (document.kind === 'SLO') lintSlo(document)
  if (document.kind === 'AlertPolicy') lintPolicy(document.spec, ['spec'], report)
  if (document.kind === 'AlertCondition') lintCondition(document.spec, ['spec'], report)
}

function lintSlo({ spec, report }: SloDocument): void {
  const window = spec.timeWindow?.[0]
  if (window && (durationMinutes(window.duration) ?? 60) < 60) {
    const message = `${window.duration} is less than an hour`
    const hint = 'm means minutes, M months'
    report.warning('lint', ['spec', 'timeWindow', 0, 'duration'], 'window_below_one_hour', message, hint)
  }
  if (spec.indicator?.spec.thresholdMetric) lintThresholds(spec.objectives, report)
  for (const [index, policy] of (spec.alertPolicies ?? []).entries()) {
    if (policy.spec) lintPolicy(policy.spec, ['spec', 'alertPolicies', index, 'spec'], report)
  }
}

/** Once it is known which SLI an SLO refers to: what its objectives say and that SLI does not need. */
export function lintReferenced(
  objectives: SloDocument['spec']['objectives'],
  { ratioMetric, thresholdMetric }: SliSpec,
  report: Reporter,
): void {
  for (const [index, objective] of objectives.entries()) {
    for (const key of ['op', 'value'] as const) {
      if (!ratioMetric || objective[key] === undefined || objective[key] === null) continue
      const message = 'belongs to a thresholdMetric: ignored with a ratioMetric'
      report.warning('plan', ['spec', 'objectives', index, key], 'ignored_on_ratio', message)
    }
  }
  if (thresholdMetric) lintThresholds(objectives, report)
}

function lintThresholds(objectives: SloDocument['spec']['objectives'], report: Reporter): void {
  if (objectives.length < 2) return
  const message = 'OpenSLO has one objective on a thresholdMetric: each is judged on its own'
  report.warning('lint', ['spec', 'objectives'], 'several_threshold_objectives', message)
}

function lintPolicy({ conditions }: AlertPolicySpec, at: PropertyPath, report: Reporter): void {
  for (const [index, { spec }] of conditions.entries()) {
    if (spec) lintCondition(spec, [...at, 'conditions', index, 'spec'], report)
  }
}

function lintCondition({ condition }: AlertConditionSpec, at: PropertyPath, report: Reporter): void {
  if (condition.op !== 'lt' && condition.op !== 'lte') return
  const message = `op: ${condition.op} is true while the budget burns slowly: it fires when healthy`
  report.warning('lint', [...at, 'condition', 'op'], 'fires_when_healthy', message, 'Say gt, unless that is meant')
}

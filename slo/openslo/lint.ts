import { durationMinutes } from '../window.ts'
import type { OpenSloDocument, SloDocument } from './document.ts'
import type { Metadata } from './rules.ts'
import type { SliSpec } from './sli-schema.ts'
import type { PropertyPath, Reporter } from './source.ts'

/** Advice on a valid document. Where OpenSLO's text and its validator disagree, says what is assumed. */
export function lintDocument(document: OpenSloDocument): void {
  lintName(document.metadata, ['metadata'], document.report)
  if (document.kind === 'SLO') lintSlo(document)
}

function lintName({ name }: Metadata, at: PropertyPath, report: Reporter): void {
  if (name === name.toLowerCase()) return
  report.warning('lint', [...at, 'name'], 'string_dns_label', `'${name}' should be in lower case, as OpenSLO demands`)
}

function lintSlo({ spec, source, report }: SloDocument): void {
  if (spec.indicator) lintName(spec.indicator.metadata, ['spec', 'indicator', 'metadata'], report)
  if (!spec.budgetingMethod) {
    report.warning('lint', ['spec', 'budgetingMethod'], 'required', 'is missing: Occurrences is assumed')
  }
  const window = spec.timeWindow?.[0]
  if (!window) {
    report.warning('lint', ['spec', 'timeWindow'], 'required', 'is missing: a rolling window of 28d is assumed')
  } else if ((durationMinutes(window.duration) ?? 60) < 60) {
    const message = `${window.duration} is less than an hour`
    const hint = 'm means minutes, M months'
    report.warning('lint', ['spec', 'timeWindow', 0, 'duration'], 'window_below_one_hour', message, hint)
  }
  if (spec.indicator) lintObjectives(spec.objectives, spec.indicator.spec, report)
  for (const index of spec.objectives.keys()) {
    const path = ['spec', 'objectives', index, 'timeSliceWindow']
    if (typeof valueAt(source.value, path) !== 'number') continue
    report.warning('lint', path, 'number_is_minutes', 'a bare number is read as minutes', 'Write 5m')
  }
}

/** Once it is known which SLI an SLO uses: what its objectives say and that SLI does not need. */
export function lintObjectives(
  objectives: SloDocument['spec']['objectives'],
  { ratioMetric, thresholdMetric }: SliSpec,
  report: Reporter,
): void {
  const at = ['spec', 'objectives']
  for (const [index, objective] of objectives.entries()) {
    for (const key of ['op', 'value'] as const) {
      if (!ratioMetric || objective[key] === undefined || objective[key] === null) continue
      const message = 'belongs to a thresholdMetric: ignored with a ratioMetric'
      report.warning('lint', [...at, index, key], 'ignored_on_ratio', message)
    }
  }
  if (thresholdMetric && objectives.length > 1) {
    const message = 'OpenSLO has one objective on a thresholdMetric: each would be judged on its own'
    report.warning('lint', at, 'several_threshold_objectives', message)
  }
}

/** The value as it was written, before a schema read it. */
const valueAt = (value: unknown, path: PropertyPath): unknown =>
  path.reduce<unknown>((found, key) => (found as Record<string | number, unknown> | null | undefined)?.[key], value)

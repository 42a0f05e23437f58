import type { Objective } from '../model.ts'
import { durationMinutes } from '../window.ts'
import { isComposite, type ObjectiveSpec, type SloSpec } from './slo-schema.ts'
import type { PropertyPath, Reporter } from './source.ts'

/** What the specification's text calls optional and its validator requires; said in a warning whenever it is used. */
const DEFAULT_WINDOW = '28d'

/** Longer than any history that is kept; beyond it dates leave the range of the store. */
const LONGEST_WINDOW = '10Y'

/** Target and window of an SLO with one objective over a rolling window, or null when Plumbline cannot judge it. */
export function readObjective(spec: SloSpec, report: Reporter): Objective | null {
  const [objective] = spec.objectives
  const targetPpm = objective ? readTarget(objective, ['spec', 'objectives', 0], report) : null
  if (spec.objectives.length === 0) {
    report.error('plan', ['spec', 'objectives'], 'slice_min_length', 'must have an objective')
  }
  if (spec.objectives.length > 1 && !isComposite(spec)) {
    const hint = 'Write one SLO per objective'
    report.error('plan', ['spec', 'objectives', 1], 'not_supported_yet', 'not supported yet: several objectives', hint)
  }
  const isOccurrences = spec.budgetingMethod === 'Occurrences' || !spec.budgetingMethod
  if (!isOccurrences) {
    const message = `not supported yet: budgetingMethod ${spec.budgetingMethod}`
    report.error('plan', ['spec', 'budgetingMethod'], 'not_supported_yet', message, 'Use Occurrences')
  }
  const window = readWindow(spec, report)
  if (targetPpm === null || !window || !isOccurrences || spec.objectives.length !== 1) return null
  return { targetPpm, budgetPpm: 1_000_000 - targetPpm, method: 'occurrences', window, slice: null, noData: 'gap' }
}

function readWindow({ timeWindow }: SloSpec, report: Reporter): Objective['window'] | null {
  const stated = timeWindow?.[0]
  const at = ['spec', 'timeWindow', 0]
  if (stated?.calendar) {
    const message = 'not supported yet: calendar windows'
    return report.error('plan', [...at, 'calendar'], 'not_supported_yet', message, 'Use isRolling: true')
  }
  const duration = stated?.duration ?? DEFAULT_WINDOW
  const minutes = durationMinutes(duration)
  if (minutes === null) {
    return report.error('plan', [...at, 'duration'], 'greater_than', 'must be longer than nothing')
  }
  if (minutes > (durationMinutes(LONGEST_WINDOW) ?? 0)) {
    return report.error('plan', [...at, 'duration'], 'less_than_or_equal_to', `must be at most ${LONGEST_WINDOW}`)
  }
  return { kind: 'rolling', minutes, duration }
}

function readTarget({ target, targetPercent }: ObjectiveSpec, at: PropertyPath, report: Reporter): number | null {
  const [key, value, digits] =
    target === undefined || target === null ? ['targetPercent', targetPercent ?? 0, 4] : ['target', target, 6]
  const ppm = shiftDecimal(Number(value), Number(digits))
  if (ppm !== null) return ppm
  const message = `${value} is finer than one in a million`
  const hint = `At most ${digits} digits after the point; no service is measured that finely`
  return report.error('plan', [...at, String(key)], 'target_too_fine', message, hint)
}

/**
 * value · 10^digits by its decimal digits, so that 0.9995 is 999500 and not 999500.0000000001;
 * null when more digits follow.
 */
function shiftDecimal(value: number, digits: number): number | null {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(String(value))
  const fraction = match?.[2] ?? ''
  return match && fraction.length <= digits ? Number(`${match[1]}${fraction.padEnd(digits, '0')}`) : null
}

import type { Method, NoDataPolicy, Objective } from '../model.ts'
import { defaultTiers } from '../tiers.ts'
import type { ObjectiveSpec, SloSpec } from './slo-schema.ts'
import type { PropertyPath, Reporter } from './source.ts'
import { readSliceMinutes } from './window.ts'

const METHODS: Record<NonNullable<SloSpec['budgetingMethod']>, Method> = {
  Occurrences: 'occurrences',
  Timeslices: 'timeslices',
  RatioTimeslices: 'ratio_timeslices',
}

/** Occurrences where nothing is said; the deviation from the official validator was reported as such. */
export const methodOf = ({ budgetingMethod }: SloSpec): Method => METHODS[budgetingMethod ?? 'Occurrences']

/** One objective over the window of its SLO, or null when Plumbline cannot judge it. */
export function readObjective(
  objective: ObjectiveSpec,
  {
    method,
    window,
    noData,
    byDefault,
  }: { method: Method; window: Objective['window']; noData: NoDataPolicy; byDefault: boolean },
  at: PropertyPath,
  report: Reporter,
): Objective | null {
  const targetPpm = readTarget(objective, at, report)
  // A length of slices in which no default tier fits is no advice to an SLO that alerts by them.
  const alerts = (minutes: number) =>
    !byDefault ||
    targetPpm === null ||
    defaultTiers(window.minutes, 1_000_000 - targetPpm, { sliceMinutes: minutes }).tiers.length > 0
  const slice = method === 'occurrences' ? null : readSlice(objective, { method, window, alerts }, at, report)
  if (targetPpm === null || (method !== 'occurrences' && slice === null)) return null
  return { targetPpm, budgetPpm: 1_000_000 - targetPpm, method, window, slice, noData }
}

function readSlice(
  { timeSliceTarget, timeSliceWindow }: ObjectiveSpec,
  { method, window, alerts }: { method: Method; window: Objective['window']; alerts: (minutes: number) => boolean },
  at: PropertyPath,
  report: Reporter,
): Objective['slice'] {
  const minutes = readSliceMinutes(timeSliceWindow, { window, alerts }, at, report)
  const isRatio = method === 'ratio_timeslices'
  const whole = { digits: 6, most: 1_000_000 }
  const targetPpm = isRatio ? null : partsPerMillion(timeSliceTarget ?? 0, whole, [...at, 'timeSliceTarget'], report)
  return minutes === null || (targetPpm === null && !isRatio) ? null : { minutes, targetPpm }
}

function readTarget({ target, targetPercent }: ObjectiveSpec, at: PropertyPath, report: Reporter): number | null {
  return target === undefined || target === null
    ? partsPerMillion(targetPercent ?? 0, { digits: 4, most: 999_999 }, [...at, 'targetPercent'], report)
    : partsPerMillion(target, { digits: 6, most: 999_999 }, [...at, 'target'], report)
}

/**
 * @param digits after the point that a part per million takes: 6 of a ratio, 4 of a percentage
 * @param most parts per million that are accepted here: what is proposed instead must be accepted itself
 */
function partsPerMillion(
  value: number,
  { digits, most }: { digits: number; most: number },
  path: PropertyPath,
  report: Reporter,
): number | null {
  const ppm = shiftDecimal(value, digits)
  if (ppm !== null) return ppm
  const message = `${value} is finer than one in a million`
  const scale = 10 ** digits
  const nearest = Math.min(most, Math.max(1, Math.round(value * scale)))
  const hint = `At most ${digits} digits after the point: ${(nearest / scale).toFixed(digits).replace(/\.?0+$/, '')} would do`
  return report.error('plan', path, 'target_too_fine', message, hint)
}

/**
 * value · 10^digits by its decimal digits, so that 0.9995 is 999500 and not 999500.0000000001;
 * null when more digits follow.
 */
export function shiftDecimal(value: number, digits: number): number | null {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(String(value))
  const fraction = match?.[2] ?? ''
  return match && fraction.length <= digits ? Number(`${match[1]}${fraction.padEnd(digits, '0')}`) : null
}

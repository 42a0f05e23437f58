import type { SloDetail, SloStatus, Tier } from './api-shapes.ts'
import { count, duration, few, listWords, plural, target, windowName } from './format.ts'

/** What an SLO's numbers count, allow and need, in words. */

const MINUTE_MS = 60_000

/** Of several objectives of a document the second and later are named `document:objective`; the objective is null else. */
export function documentOf(name: string): { document: string; objective: string | null } {
  const colon = name.indexOf(':')
  return colon < 0
    ? { document: name, objective: null }
    : { document: name.slice(0, colon), objective: name.slice(colon + 1) }
}

type Objective = NonNullable<SloStatus['objective']>

/** `rolling 30d, timeslices of 5m at 99%`. */
export function objectiveWords({ window, method, slice }: Objective): string {
  const kind = `${window.rolling ? 'rolling' : 'calendar'} ${window.duration}`
  if (slice === null) return `${kind}, ${method}`
  const bar = slice.target === null ? '' : ` at ${target(slice.target * 1_000_000)}`
  return `${kind}, ${method.replace('_', ' ')} of ${windowName(slice.minutes)}${bar}`
}

/**
 * Whether `units` are things that can be counted. Composites that average have shares of 1 there, and nothing to count.
 * Source: slo.md, composites.
 */
export function isCounted({ members, objective, definition }: SloDetail): boolean {
  if (members === null) return true
  const method = definition?.indicator.method
  return method === 'pooled' || (method === 'openslo' && objective?.method === 'timeslices')
}

/** `40 bad of 10 allowed`; of slices with the time they are: `12 bad slices of 43.2 allowed, 12 min of 43 min`. */
export function spentWords(slo: SloDetail): string | null {
  const { objective, units } = slo
  if (objective === null || units.total === 0 || !isCounted(slo)) return null
  const bad = units.total - units.good
  const allowed = (units.total * (1_000_000 - objective.targetPpm)) / 1_000_000
  if (objective.slice === null) return `${few(bad)} bad of ${few(allowed)} allowed`
  const time = (slices: number) => duration(slices * (objective.slice?.minutes ?? 1) * MINUTE_MS)
  return `${few(bad)} bad slices of ${few(allowed)} allowed: ${time(bad)} of ${time(allowed)}`
}

/** What the SLI is a ratio of: `998 good of 1,000`, `42,988 good of 43,000 slices of 1m`. */
export function sliWords(slo: SloDetail): string | null {
  const { objective, counts, units, members } = slo
  if (objective === null) return null
  if (!isCounted(slo)) return `of ${plural(members?.length ?? 0, 'part')} with ${count(counts.total)} events`
  if (objective.slice === null) return `${count(units.good)} good of ${count(units.total)}`
  const slices = `${count(units.total)} slices of ${windowName(objective.slice.minutes)}`
  return objective.method === 'ratio_timeslices' ? `mean of ${slices}` : `${count(units.good)} good of ${slices}`
}

/** The shortest total outage that makes a tier of each severity true, at steady traffic after quiet time. */
export function detectionWords(tiers: readonly Tier[]): string | null {
  const told = (['page', 'ticket'] as const).flatMap((severity) => {
    const seconds = tiers
      .filter((tier) => tier.severity === severity && (tier.op ?? 'gt').startsWith('g'))
      .map((tier) => tier.detectableOutageSeconds + (tier.forMinutes ?? 0) * 60)
    return seconds.length === 0 ? [] : [`${atLeast(Math.min(...seconds))} as a ${severity}`]
  })
  return told.length === 0 ? null : `The shortest total outage that is told: ${listWords(told)}`
}

/** Rounded up: a shorter outage is not told. */
const atLeast = (seconds: number): string =>
  duration(seconds < 60 ? Math.ceil(seconds) * 1000 : Math.ceil(seconds / 60) * MINUTE_MS)

/**
 * Which tiers cannot be judged for want of events, at the traffic of the SLO window so far. Null when all can.
 * @param since when data begins, in ms since 1970, where that is later than the window's begin
 */
export function lowTrafficWords(
  { period, counts, definition, tiers }: SloDetail,
  now: number,
  since = -Infinity,
): string | null {
  if (period === null || definition === null) return null
  const minutes = (Math.min(now, Date.parse(period.to)) - Math.max(since, Date.parse(period.from))) / MINUTE_MS
  const perMinute = counts.total / minutes
  const { minEvents } = definition.guards
  const thin = tiers.filter(({ longMinutes }) => perMinute * longMinutes < minEvents)
  if (counts.total === 0 || thin.length === 0) return null
  const windows = [...new Set(thin.map(({ longMinutes }) => windowName(longMinutes)))]
  const hold = windows.length === 1 ? 'window holds' : 'windows hold'
  return `Low traffic: at ${few(perMinute * 60)} events an hour, the ${listWords(windows)} ${hold} fewer than the ${count(minEvents)} events a verdict needs, so tiers over ${windows.length === 1 ? 'it' : 'them'} stay frozen`
}

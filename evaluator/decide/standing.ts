import { keyOf, type Measured } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import { type Backfill, measuredShare } from '../../slo/reading.ts'
import type { Progress } from '../../storage/indicator-progress.ts'
import { type Arrived, metricsOf, readsCalls } from '../measure/arrivals.ts'
import { clamped, DAY_MS, MINUTE_MS, merge, type Range } from '../measure/ranges.ts'

/** What is known and still to be done about one generation of an SLI. */
export interface Standing {
  measured: Measured
  /** History that is being measured, newest first, and from where on it is; null when it is complete. */
  history: { fromMs: number; measuredFromMs: number } | null
  /** Of what is measured, what must be measured again; merged. */
  owed: readonly Range[]
  failures: number
  /** Nothing is tried before. */
  retryAtMs: number
  /** Why it cannot be measured, in words for its author; '' while it can. */
  error: string
}

/** An author's SELECT may read tables that nobody logs: its youngest minutes are asked for again, at least so long. */
const AUTHORED_SETTLE_MINUTES = 5

const FIRST_RETRY_MS = 30_000
const LAST_RETRY_MS = 600_000

export const isAuthored = ({ measured }: Pick<Standing, 'measured'>): boolean => measured.indicator.source === 'sql'

/** What makes minutes worth measuring again. */
interface Owed {
  arrived: Arrived
  requested: ReadonlyMap<string, readonly Range[]>
  isNewMinute: boolean
}

/** Ready for its owed ranges at `now`. */
export const isDue = ({ owed, retryAtMs }: Standing, now: Date): boolean =>
  owed.length > 0 && retryAtMs <= now.getTime()

/**
 * Adds to every standing what arrived, what is open, and what was asked for. Equal ranges are one array.
 * @param isNewMinute the open minute and the one before are owed once a minute, whatever was told to have arrived
 */
export function owe(standings: Iterable<Standing>, { arrived, requested, isNewMinute }: Owed, now: Date): void {
  const all = [...standings]
  const longestMs = Math.max(0, ...all.map(({ measured }) => measured.windowMinutes)) * MINUTE_MS
  const known = new Map<string, readonly Range[]>()
  for (const standing of all) {
    const { indicator, settleMinutes } = standing.measured
    // Nothing reads minutes before the longest SLO window, a sender's clock may be anywhere, and what is not measured yet will be.
    const { history } = standing
    const within = (ranges: readonly Range[]) =>
      measuredOnly(clamped(ranges, now.getTime() - longestMs, now.getTime() + DAY_MS), history)
    const metrics = [...new Set(metricsOf(indicator))].filter((metric) => arrived.metrics.has(metric)).sort()
    const openMinutes = isAuthored(standing) ? Math.max(AUTHORED_SETTLE_MINUTES, settleMinutes) : 1
    const source = JSON.stringify([readsCalls(indicator), isAuthored(standing), openMinutes, metrics, history])
    const fresh =
      known.get(source) ??
      merge(
        within([
          ...(isNewMinute || isAuthored(standing)
            ? [{ from: new Date(Math.floor(now.getTime() / MINUTE_MS - openMinutes) * MINUTE_MS), to: now }]
            : []),
          ...(readsCalls(indicator) ? arrived.calls : []),
          ...metrics.flatMap((metric) => arrived.metrics.get(metric) ?? []),
        ]),
      )
    known.set(source, fresh)
    const asked = requested.get(keyOf(standing.measured)) ?? []
    standing.owed =
      standing.owed.length + asked.length === 0 ? fresh : merge([...standing.owed, ...fresh, ...within(asked)])
  }
}

/** Without what is measured with the history anyway. */
function measuredOnly(ranges: readonly Range[], history: Standing['history']): Range[] {
  if (history === null) return [...ranges]
  const { fromMs, measuredFromMs } = history
  return ranges.flatMap(({ from, to }) => [
    { from, to: new Date(Math.min(to.getTime(), fromMs)) },
    { from: new Date(Math.max(from.getTime(), measuredFromMs)), to },
  ])
}

/** Standings that owe the same time are measured together. */
export const byOwed = (standings: readonly Standing[]): Standing[][] => [
  ...Map.groupBy(standings, ({ owed }) =>
    owed.map(({ from, to }) => `${from.getTime()}-${to.getTime()}`).join(),
  ).values(),
]

export function succeeded(standing: Standing): void {
  standing.failures = 0
  standing.error = ''
}

/** What failed is tried again later and later: it may be its author who must act. */
export function failed(standing: Standing, error: Error, now: Date): void {
  standing.error = error.message
  standing.retryAtMs = now.getTime() + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** standing.failures)
  standing.failures += 1
}

/** Generations of SLOs that are behind: their own, or a composite's when a member's is not. */
export function generationsBehind(
  slos: readonly Pick<Slo, 'indicator' | 'generation'>[],
  isBehind: (key: string) => boolean,
): Set<string> {
  const behind = slos.filter(({ indicator, generation }) =>
    (indicator.source === 'composite' ? indicator.members : [{ indicator, generation }]).some((part) =>
      isBehind(keyOf(part)),
    ),
  )
  return new Set(behind.map(({ generation }) => generation))
}

/** How far the histories of SLOs are measured, by their generation; of a composite, as far as that of every member. */
export function backfillsOf(
  slos: readonly Pick<Slo, 'indicator' | 'generation'>[],
  standingOf: (key: string) => Standing | undefined,
  now: Date,
): Map<string, Backfill> {
  const backfills = new Map<string, Backfill>()
  for (const { indicator, generation } of slos) {
    const parts = indicator.source === 'composite' ? indicator.members : [{ indicator, generation }]
    const open = parts.flatMap((part) => standingOf(keyOf(part))?.history ?? [])
    if (open.length === 0) continue
    const measuredFrom = new Date(Math.max(...open.map(({ measuredFromMs }) => measuredFromMs)))
    backfills.set(generation, { measuredFrom, progress: Math.min(...open.map((one) => shareOf(one, now))) })
  }
  return backfills
}

const shareOf = ({ fromMs, measuredFromMs }: NonNullable<Standing['history']>, now: Date): number =>
  measuredShare({ from: new Date(fromMs), to: now, measuredFrom: new Date(measuredFromMs) })

/** Why SLOs cannot be measured, by their generation: the first SLI of each that cannot. */
export function faultsOf(
  slos: readonly Pick<Slo, 'indicator' | 'generation'>[],
  errorOf: (key: string) => string,
): Map<string, string> {
  const faults = new Map<string, string>()
  for (const { indicator, generation } of slos) {
    const parts = indicator.source === 'composite' ? indicator.members : [{ indicator, generation }]
    const failing = parts.find((part) => errorOf(keyOf(part)) !== '')
    if (failing)
      faults.set(generation, `its SLI ${failing.indicator.name} cannot be measured: ${errorOf(keyOf(failing))}`)
  }
  return faults
}

export function progressOf({ measured, history, error }: Standing, now: Date): Progress {
  return {
    indicator: measured.indicator.name,
    generation: measured.generation,
    history: history && { from: new Date(history.fromMs), to: now },
    measuredFrom: new Date(history?.measuredFromMs ?? 0),
    error,
    updatedAt: now,
  }
}

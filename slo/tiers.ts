import { divide, times } from './budget/exact.ts'
import { windowLabel } from './budget/window.ts'
import type { Severity, Tier } from './model.ts'

/** Something about an SLO's alert tiers that its author should know; `code` as in problems of SLO documents. */
export interface TierFinding {
  code:
    | 'unreachable_threshold'
    | 'tier_outside_window'
    | 'fires_while_on_track'
    | 'duplicate_tier'
    | 'one_failure_pages'
  message: string
}

/** Part of the error budget as a fraction of whole numbers, so that factors come out of one division. */
export type Share = readonly [part: number, of: number]

interface TierShare {
  severity: Severity
  longMinutes: number
  share: Share
}

const HOUR = 60
const DAY = 1440

const rows = (page1h: Share, page6h: Share, ticket1d: Share, ticket3d: Share): readonly TierShare[] => [
  { severity: 'page', longMinutes: HOUR, share: page1h },
  { severity: 'page', longMinutes: 6 * HOUR, share: page6h },
  { severity: 'ticket', longMinutes: DAY, share: ticket1d },
  { severity: 'ticket', longMinutes: 3 * DAY, share: ticket3d },
]

/**
 * Share of the error budget that may be spent within a tier's long window before it is true, by length of the SLO window.
 * Sources: Google SRE Workbook ch. 5, table 5-8 and the PromQL beside it (30 days); Datadog, burn rate alerts (7 and 90 days).
 * The last share of the short windows is the one whose factor is 1 at 7 days.
 */
const DEFAULT_SHARES = [
  { belowMinutes: 14 * DAY, tiers: rows([10, 100], [20, 100], [40, 100], [3, 7]) },
  { belowMinutes: 45 * DAY + 1, tiers: rows([2, 100], [5, 100], [10, 100], [10, 100]) },
  { belowMinutes: Number.POSITIVE_INFINITY, tiers: rows([1, 100], [3, 100], [5, 100], [10, 100]) },
] as const

/** Short window = long / 12. Source: Google SRE Workbook ch. 5. */
const SHORT_OF_LONG = 12

/** A default tier that fires well below a sustainable burn is noise and left out. */
const LOWEST_DEFAULT_FACTOR = 0.9

/**
 * Burn rate at which `share` of the budget is gone after `longMinutes`: share · SLO window / long window.
 * Source: Google SRE Workbook ch. 5. Example: 2 % in 1 h of 30 d → 14.4.
 */
export function tierFactor([part, of]: Share, longMinutes: number, sloWindowMinutes: number): number {
  return divide(times(part, sloWindowMinutes), times(of, longMinutes))
}

/** Share of the whole budget a tier allows in its long window, the inverse of `tierFactor`: 14.4 for 1 h of 7 d → 0.0857. */
export function tierShare(tier: Pick<Tier, 'factor' | 'longMinutes'>, sloWindowMinutes: number): number {
  return (tier.factor * tier.longMinutes) / sloWindowMinutes
}

/**
 * Seconds of a steady error ratio until a quiet SLO's tier is true: error budget / error ratio · long · factor.
 * Source: Google SRE Workbook ch. 5. Example: total outage at 99.9 %, tier 14.4 over 1 h → 51.84 s.
 */
export function detectionSeconds(
  tier: Pick<Tier, 'factor' | 'longMinutes'>,
  { budgetPpm, errorPpm }: { budgetPpm: number; errorPpm: number },
): number {
  return (budgetPpm * tier.longMinutes * 60 * tier.factor) / errorPpm
}

/** `1h/5m` */
export const tierLabel = (tier: Pick<Tier, 'longMinutes' | 'shortMinutes'>): string =>
  `${windowLabel(tier.longMinutes)}/${windowLabel(tier.shortMinutes)}`

/** What an SLO is like, as far as its tiers depend on it. */
export interface TierContext {
  sloWindowMinutes: number
  budgetPpm: number
  /** Length of a slice under Timeslices and RatioTimeslices; 1 under Occurrences. */
  sliceMinutes?: number
  /** The highest burn rate there can be; 1 / (1 − target) unless members with targets of their own add up. */
  ceiling?: number
}

/**
 * The multi-window, multi-burn-rate tiers an SLO gets when its author states none, with factors for its real window.
 * A tier that cannot be true, does not fit into the window or would fire far below a sustainable burn is left out
 * with a warning. No tier at all means that this SLO cannot alert: the caller refuses it.
 */
export function defaultTiers(
  sloWindowMinutes: number,
  budgetPpm: number,
  { sliceMinutes = 1, ...rest }: Pick<TierContext, 'sliceMinutes' | 'ceiling'> = {},
): { tiers: Tier[]; warnings: TierFinding[] } {
  const context = { sloWindowMinutes, budgetPpm, sliceMinutes, ...rest }
  const shares = DEFAULT_SHARES.find((row) => sloWindowMinutes < row.belowMinutes)?.tiers ?? []
  const tiers: Tier[] = []
  const warnings: TierFinding[] = []
  for (const { severity, longMinutes, share } of shares) {
    const tier: Tier = {
      severity,
      longMinutes,
      // A window shorter than a slice would hold none.
      shortMinutes: Math.ceil(longMinutes / SHORT_OF_LONG / sliceMinutes) * sliceMinutes,
      factor: tierFactor(share, longMinutes, sloWindowMinutes),
    }
    const reason = outsideWindow(tier, context, false) ?? beyondCeiling(tier, context) ?? farBelowSustainable(tier)
    if (reason) {
      warnings.push({ ...reason, message: `default tier ${tierLabel(tier)} left out: ${reason.message}` })
      continue
    }
    tiers.push(tier)
    warnings.push(...onTrackWarning(tier))
  }
  return { tiers, warnings }
}

/**
 * Can these tiers, stated by an author, be true at all and mean what they say? A short window equal to the long one is
 * a condition with one window. Each error names the number that would make it valid; warnings do not refuse.
 */
export function checkTiers(
  tiers: readonly Tier[],
  context: TierContext,
): { errors: TierFinding[]; warnings: TierFinding[] } {
  const errors: TierFinding[] = []
  const warnings: TierFinding[] = []
  for (const [index, tier] of tiers.entries()) {
    const found = outsideWindow(tier, context, true) ?? unreachable(tier, context)
    if (found) errors.push({ ...found, message: `tier ${tierLabel(tier)}: ${found.message}` })
    warnings.push(...onTrackWarning(tier))
    if (tiers.findIndex((other) => sameSeverityAndLong(other, tier)) < index) {
      errors.push({
        code: 'duplicate_tier',
        message: `two ${tier.severity} tiers share the long window ${windowLabel(tier.longMinutes)}: keep one`,
      })
    }
  }
  return { errors, warnings }
}

/**
 * Would one failure alone spend more than a paging tier allows? `events` is what the SLO window holds: expected slices,
 * or events of a usual window. Share of one failure = 1 / (events · (1 − target)).
 * Source: Google SRE Workbook ch. 5, low-traffic services. Example: 7,200 events at 99.9 % → 13.9 %.
 */
export function oneFailurePages(
  tiers: readonly Tier[],
  { sloWindowMinutes, budgetPpm, events }: { sloWindowMinutes: number; budgetPpm: number; events: number },
): TierFinding[] {
  if (events <= 0) return []
  const share = divide(1_000_000, times(events, budgetPpm))
  const first = tiers.find((tier) => tier.severity === 'page' && share > tierShare(tier, sloWindowMinutes))
  if (!first) return []
  const allowed = percent(tierShare(first, sloWindowMinutes))
  const message = `one failure alone is ${percent(share)} of the budget, more than the ${allowed} that page in ${windowLabel(first.longMinutes)}: a lower target, a longer window or plumbline.dev/min-bad-events keeps it from paging`
  return [{ code: 'one_failure_pages', message }]
}

/** At most four digits that count. */
const percent = (share: number): string => `${Number((share * 100).toPrecision(4))} %`

const sameSeverityAndLong = (a: Tier, b: Tier): boolean => a.severity === b.severity && a.longMinutes === b.longMinutes

function outsideWindow(
  { longMinutes, shortMinutes }: Tier,
  { sloWindowMinutes, sliceMinutes = 1 }: TierContext,
  allowOneWindow: boolean,
): TierFinding | null {
  const isWhole = (minutes: number) => Number.isInteger(minutes) && minutes % sliceMinutes === 0
  const fits =
    isWhole(shortMinutes) &&
    isWhole(longMinutes) &&
    shortMinutes >= sliceMinutes &&
    (shortMinutes < longMinutes || (allowOneWindow && shortMinutes === longMinutes)) &&
    longMinutes < sloWindowMinutes
  if (fits) return null
  const units = sliceMinutes === 1 ? 'whole minutes' : `whole slices of ${windowLabel(sliceMinutes)}`
  const message = `its windows must be ${units}, the short one below the long one, the long one below the SLO window of ${windowLabel(sloWindowMinutes)}`
  return { code: 'tier_outside_window', message }
}

function unreachable(tier: Tier, context: TierContext): TierFinding | null {
  if (tier.op === 'lt' || tier.op === 'lte') return belowNothing(tier)
  return beyondCeiling(tier, context) ?? notAShare(tier, context)
}

/** A burn rate is never below 0. */
function belowNothing({ factor, op }: Tier): TierFinding | null {
  if (factor > 0 || (factor === 0 && op === 'lte')) return null
  const message = `no burn rate is below ${factor}, so the threshold must be above 0`
  return { code: 'unreachable_threshold', message }
}

/** Burn cannot exceed 1 / (1 − target), and a tier needs more than its factor (or that much, with `gte`). */
function beyondCeiling({ factor, op, longMinutes }: Tier, { budgetPpm, ...context }: TierContext): TierFinding | null {
  const ceiling = context.ceiling ?? divide(1_000_000, budgetPpm)
  if (factor < ceiling || (op === 'gte' && factor === ceiling)) return null
  // What is proposed must be possible itself: no tier stands for more than the whole budget.
  const whole = context.sloWindowMinutes / longMinutes
  const possible = whole < ceiling ? `at most ${whole}, which is the whole budget` : 'below that'
  const message = `its factor ${factor} can never be exceeded: even a total outage burns at ${ceiling}, so the factor must be ${possible}`
  return { code: 'unreachable_threshold', message }
}

function notAShare(
  tier: Tier,
  { sloWindowMinutes, budgetPpm, ceiling = divide(1_000_000, budgetPpm) }: TierContext,
): TierFinding | null {
  const share = tierShare(tier, sloWindowMinutes)
  const whole = sloWindowMinutes / tier.longMinutes
  if (tier.factor > 0 && tier.factor <= whole) return null
  const most = whole < ceiling ? `up to ${whole}` : `below ${ceiling}`
  const message = `its factor ${tier.factor} stands for ${share * 100} % of the budget: more than 0 % and at most 100 % is possible, which is a factor ${most}`
  return { code: 'unreachable_threshold', message }
}

function onTrackWarning(tier: Tier): TierFinding[] {
  if (tier.factor >= 1 || tier.op === 'lt' || tier.op === 'lte') return []
  const message = `tier ${tierLabel(tier)} fires while on track: its factor ${tier.factor} is below 1, the burn that just uses up the budget`
  return [{ code: 'fires_while_on_track', message }]
}

function farBelowSustainable({ factor }: Tier): TierFinding | null {
  if (factor >= LOWEST_DEFAULT_FACTOR) return null
  const message = `its factor ${factor} is below ${LOWEST_DEFAULT_FACTOR}, so it would fire although the budget lasts`
  return { code: 'fires_while_on_track', message }
}

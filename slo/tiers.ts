import { divide, times } from './exact.ts'
import type { Severity, Tier } from './model.ts'
import { windowLabel } from './window.ts'

/** Something about an SLO's alert tiers that its author should know; `code` as in problems of SLO documents. */
export interface TierFinding {
  code: 'unreachable_threshold' | 'tier_outside_window' | 'fires_while_on_track' | 'duplicate_tier'
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

/**
 * The multi-window, multi-burn-rate tiers an SLO gets when its author states none, with factors for its real window.
 * A tier that cannot be true, does not fit into the window or would fire far below a sustainable burn is left out
 * with a warning. No tier at all means that this SLO cannot alert: the caller refuses it.
 */
export function defaultTiers(sloWindowMinutes: number, budgetPpm: number): { tiers: Tier[]; warnings: TierFinding[] } {
  const shares = DEFAULT_SHARES.find((row) => sloWindowMinutes < row.belowMinutes)?.tiers ?? []
  const tiers: Tier[] = []
  const warnings: TierFinding[] = []
  for (const { severity, longMinutes, share } of shares) {
    const tier: Tier = {
      severity,
      longMinutes,
      shortMinutes: longMinutes / SHORT_OF_LONG,
      factor: tierFactor(share, longMinutes, sloWindowMinutes),
    }
    const reason = outsideWindow(tier, sloWindowMinutes) ?? beyondCeiling(tier, budgetPpm) ?? farBelowSustainable(tier)
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
 * Can these tiers, stated by an author, be true at all and mean what they say?
 * Each error names the number that would make it valid; warnings do not refuse.
 */
export function checkTiers(
  tiers: readonly Tier[],
  { sloWindowMinutes, budgetPpm }: { sloWindowMinutes: number; budgetPpm: number },
): { errors: TierFinding[]; warnings: TierFinding[] } {
  const errors: TierFinding[] = []
  const warnings: TierFinding[] = []
  for (const [index, tier] of tiers.entries()) {
    const found =
      outsideWindow(tier, sloWindowMinutes) ?? beyondCeiling(tier, budgetPpm) ?? notAShare(tier, sloWindowMinutes)
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

const sameSeverityAndLong = (a: Tier, b: Tier): boolean => a.severity === b.severity && a.longMinutes === b.longMinutes

function outsideWindow({ longMinutes, shortMinutes }: Tier, sloWindowMinutes: number): TierFinding | null {
  const fits =
    Number.isInteger(shortMinutes) &&
    Number.isInteger(longMinutes) &&
    shortMinutes >= 1 &&
    shortMinutes < longMinutes &&
    longMinutes < sloWindowMinutes
  if (fits) return null
  const message = `its windows must be whole minutes, the short one below the long one, the long one below the SLO window of ${windowLabel(sloWindowMinutes)}`
  return { code: 'tier_outside_window', message }
}

/** Burn cannot exceed 1 / (1 − target), and a tier needs more than its factor. */
function beyondCeiling({ factor }: Tier, budgetPpm: number): TierFinding | null {
  const ceiling = divide(1_000_000, budgetPpm)
  if (factor < ceiling) return null
  const message = `its factor ${factor} can never be exceeded: even a total outage burns at ${ceiling}, so the factor must be below that`
  return { code: 'unreachable_threshold', message }
}

function notAShare(tier: Tier, sloWindowMinutes: number): TierFinding | null {
  const share = tierShare(tier, sloWindowMinutes)
  if (share > 0 && share <= 1) return null
  const message = `its factor ${tier.factor} stands for ${share * 100} % of the budget: more than 0 % and at most 100 % is possible, which is a factor up to ${sloWindowMinutes / tier.longMinutes}`
  return { code: 'unreachable_threshold', message }
}

function onTrackWarning(tier: Tier): TierFinding[] {
  if (tier.factor >= 1) return []
  const message = `tier ${tierLabel(tier)} fires while on track: its factor ${tier.factor} is below 1, the burn that just uses up the budget`
  return [{ code: 'fires_while_on_track', message }]
}

function farBelowSustainable({ factor }: Tier): TierFinding | null {
  if (factor >= LOWEST_DEFAULT_FACTOR) return null
  const message = `its factor ${factor} is below ${LOWEST_DEFAULT_FACTOR}, so it would fire although the budget lasts`
  return { code: 'fires_while_on_track', message }
}

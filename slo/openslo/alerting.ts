import { ALERT_MODES, type Indicator, type Objective, type Slo, type Tier } from '../model.ts'
import { checkTiers, defaultTiers, oneFailurePages, type TierFinding } from '../tiers.ts'
import type { Annotations } from './annotations.ts'
import { ceilingOf } from './composite.ts'
import type { ReadPolicies } from './policies.ts'
import type { SloSpec } from './slo-schema.ts'
import type { PropertyPath, Reporter } from './source.ts'

/** Alerts need this many events, and bad ones, in their long window unless an SLO says otherwise; see docs/slo.md. */
const DEFAULT_GUARDS = { minEvents: 100, minBadEvents: 5 }

/** Shares of the budget are exact however little traffic there is. */
const SHARE_GUARDS = { minEvents: 1, minBadEvents: 1 }

/** Minutes are judged: an hour has sixty at most, and one in which nothing was counted is a bad slice without an event. */
const RATE_GUARDS = { minEvents: 0, minBadEvents: 0 }

const MODE_PATH: PropertyPath = ['metadata', 'annotations', 'plumbline.dev/alert-mode']

export function guardsOf(own: Annotations, mode: Slo['alerting'], indicators: readonly Indicator[]): Slo['guards'] {
  const areRates = indicators.length > 0 && indicators.every(({ source }) => source === 'rate')
  const byDefault = areRates ? RATE_GUARDS : mode === 'budget-share' ? SHARE_GUARDS : DEFAULT_GUARDS
  return {
    minEvents: Number(own.get('min-events') ?? byDefault.minEvents),
    minBadEvents: Number(own.get('min-bad-events') ?? byDefault.minBadEvents),
  }
}

/** How an SLO alerts: as stated, else by its own conditions where it has alert policies, else by the default tiers. */
export function alertModeOf({ alertPolicies }: SloSpec, own: Annotations, report: Reporter): Slo['alerting'] {
  const hasPolicies = (alertPolicies?.length ?? 0) > 0
  const stated = ALERT_MODES.find((mode) => mode === own.get('alert-mode'))
  if (stated === 'openslo' && !hasPolicies) {
    const hint = 'Add alertPolicies, or say mwmb'
    report.error(
      'plan',
      MODE_PATH,
      'required',
      'openslo takes the conditions of alertPolicies, and there are none',
      hint,
    )
  }
  if (hasPolicies && (stated === 'mwmb' || stated === 'budget-share')) {
    const message = `${stated} replaces the conditions of alertPolicies; their targets are still told`
    report.warning('plan', ['spec', 'alertPolicies'], 'conditions_replaced', message)
  }
  return stated ?? (hasPolicies ? 'openslo' : 'mwmb')
}

/** The tiers of one objective; reports those that can never be true, and refuses an SLO that cannot alert at all. */
export function planTiers(
  mode: Slo['alerting'],
  { indicator, objective, read }: { indicator: Indicator; objective: Objective; read: ReadPolicies | null },
  at: PropertyPath,
  report: Reporter,
): Tier[] {
  if (mode === 'off') return []
  const { window, budgetPpm, slice } = objective
  const ceiling = indicator.source === 'composite' ? ceilingOf(indicator, objective) : undefined
  const context = {
    sloWindowMinutes: window.minutes,
    budgetPpm,
    sliceMinutes: slice?.minutes ?? 1,
    ...(ceiling === undefined ? {} : { ceiling }),
  }
  if (mode === 'budget-share' && indicator.source === 'composite' && indicator.method !== 'pooled') {
    const message = `budget-share needs counts, and ${indicator.method} has none to add up`
    report.error('plan', MODE_PATH, 'composite_without_counts', message, 'Say plumbline.dev/composite: pooled')
  }
  const tiers = mode === 'openslo' ? statedTiers(read, context, report) : byDefault(context, at, report)
  if (slice) tell(oneFailurePages(tiers, { ...context, events: window.minutes / slice.minutes }), at, report)
  return tiers
}

function byDefault(context: Parameters<typeof checkTiers>[1], at: PropertyPath, report: Reporter): Tier[] {
  const { sloWindowMinutes, budgetPpm, ...rest } = context
  const { tiers, warnings } = defaultTiers(sloWindowMinutes, budgetPpm, rest)
  tell(warnings, at, report)
  if (tiers.length === 0) {
    const message = `no burn-rate tier can fire with this target over ${sloWindowMinutes} minutes`
    const hint = 'Choose a higher target or a longer window, or say plumbline.dev/alert-mode: "off"'
    report.error('plan', at, 'unreachable_threshold', message, hint)
  }
  return tiers
}

function statedTiers(read: ReadPolicies | null, context: Parameters<typeof checkTiers>[1], report: Reporter): Tier[] {
  const stated = read?.tiers ?? []
  const tiers = stated.map(({ tier }) => tier)
  for (const [index, { at }] of stated.entries()) {
    // Up to its own place: a second one like it is the one that is too many.
    const before = checkTiers(tiers.slice(0, index), context)
    const { errors, warnings } = checkTiers(tiers.slice(0, index + 1), context)
    for (const { code, message } of errors.slice(before.errors.length)) report.error('plan', at, code, message)
    tell(warnings.slice(before.warnings.length), at, report)
  }
  return tiers
}

function tell(findings: readonly TierFinding[], at: PropertyPath, report: Reporter): void {
  for (const { code, message } of findings) report.warning('plan', at, code, message)
}

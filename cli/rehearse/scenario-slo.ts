import type { TierVerdict } from '../../slo/alert/alert-verdict.ts'
import type { CallSelection, Slo } from '../../slo/model.ts'
import { tierLabel } from '../../slo/tiers.ts'
import type { Scenario, ScenarioPolicy, ScenarioSlo } from './scenario.ts'

const DAY_MINUTES = 1440
const DEFAULT_GUARDS = {
  'burn-rate': { minEvents: 100, minBadEvents: 5 },
  'budget-share': { minEvents: 1, minBadEvents: 1 },
} as const

/** An SLO over all calls of its service. */
export function sloOf(given: ScenarioSlo, policy: ScenarioPolicy): Slo {
  const minutes = given.window_days * DAY_MINUTES
  const total: CallSelection = {
    source: 'calls',
    fields: { service: { in: [given.service] } },
    attributes: {},
    direction: 'inbound',
    synthetic: false,
    outcome: { notIn: [] },
    latency: null,
  }
  const guards = DEFAULT_GUARDS[given.mode]
  const byMode = given.mode === 'burn-rate' ? policy : {}
  return {
    name: given.name,
    displayName: given.name,
    description: '',
    service: given.service,
    labels: {},
    owner: '',
    runbook: '',
    indicator: {
      source: 'calls',
      name: given.name,
      numerator: { counts: 'good', selection: { ...total, outcome: { in: ['ok'] } } },
      total,
    },
    generation: 'rehearsal',
    objective: {
      targetPpm: given.target_ppm,
      budgetPpm: 1_000_000 - given.target_ppm,
      method: 'occurrences',
      window: { kind: 'rolling', minutes, duration: `${given.window_days}d` },
      slice: null,
      noData: 'gap',
    },
    tiers: given.tiers.map(({ severity, long_min, short_min, factor, share }) => ({
      severity,
      longMinutes: long_min,
      shortMinutes: short_min,
      factor: given.mode === 'budget-share' ? factorOf(Number(share), minutes, long_min) : Number(factor),
    })),
    guards: {
      minEvents: given.min_events ?? byMode.min_events ?? guards.minEvents,
      minBadEvents: given.min_bad_events ?? byMode.min_bad_events ?? guards.minBadEvents,
    },
    alerting: given.mode === 'budget-share' ? 'budget-share' : 'mwmb',
    policies: null,
    settleMinutes: 0,
  }
}

/** A share of the budget as the burn that spends it within a window: 2 % of 30 days in an hour is 14.4. */
const factorOf = (share: number, sloMinutes: number, longMinutes: number): number =>
  Number(((share * sloMinutes) / longMinutes).toPrecision(15))

/** What the scenario calls a tier. */
export function tierIdOf(
  { slos }: Scenario,
  slo: string,
  { tier, severity }: Pick<TierVerdict, 'tier' | 'severity'>,
): string {
  const found = slos
    .find(({ name }) => name === slo)
    ?.tiers.find(
      (each) =>
        each.severity === severity && tierLabel({ longMinutes: each.long_min, shortMinutes: each.short_min }) === tier,
    )
  return found?.id ?? `${severity} ${tier}`
}

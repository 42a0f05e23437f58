import type { Slo, Tier } from '../../slo/model.ts'

const HOUR = 60
const DAY = 24 * HOUR

/** The tiers of a 30-day SLO. Source: Google SRE Workbook, ch. 5. */
export const TIERS_30D: Tier[] = [
  { severity: 'page', longMinutes: HOUR, shortMinutes: 5, factor: 14.4 },
  { severity: 'page', longMinutes: 6 * HOUR, shortMinutes: 30, factor: 6 },
  { severity: 'ticket', longMinutes: DAY, shortMinutes: 2 * HOUR, factor: 3 },
  { severity: 'ticket', longMinutes: 3 * DAY, shortMinutes: 6 * HOUR, factor: 1 },
]

export function sloWith(changes: Partial<Slo> & { targetPpm?: number } = {}): Slo {
  const { targetPpm = 999_000, ...rest } = changes
  const everything = {
    source: 'calls' as const,
    attributes: {},
    fields: { service: { in: ['checkout'] }, dependency: { in: ['acme-pay'] }, env: { in: ['prod'] } },
    direction: 'outbound' as const,
    synthetic: false,
    outcome: { notIn: [] },
    latency: null,
  }
  return {
    name: 'A',
    displayName: 'A',
    description: '',
    service: 'checkout',
    labels: {},
    owner: 'payments',
    runbook: '',
    indicator: {
      source: 'calls',
      name: 'A',
      numerator: { counts: 'good', selection: { ...everything, outcome: { in: ['ok'] } } },
      total: everything,
    },
    generation: 'g1',
    objective: {
      targetPpm,
      budgetPpm: 1_000_000 - targetPpm,
      method: 'occurrences',
      window: { kind: 'rolling', minutes: 30 * DAY, duration: '30d' },
      slice: null,
      noData: 'gap',
    },
    tiers: TIERS_30D,
    guards: { minEvents: 100, minBadEvents: 5 },
    alerting: 'mwmb',
    policies: null,
    settleMinutes: 0,
    ...rest,
  }
}

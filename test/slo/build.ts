import type { CallSelection, Slo } from '../../slo/model.ts'
import type { Reading } from '../../slo/reading.ts'
import { defaultTiers } from '../../slo/tiers.ts'

export const DAY = 1440
export const THIRTY_DAYS = 30 * DAY
export const NOW = new Date('2026-01-31T12:00:00Z')

const selection = (outcome: CallSelection['outcome']): CallSelection => ({
  source: 'calls',
  attributes: {},
  fields: { service: { in: ['checkout'] }, dependency: { in: ['stripe'] } },
  direction: 'outbound',
  synthetic: false,
  outcome,
  latency: null,
})

/** An SLO of 99.9 % over 30 days with the default tiers; `targetPpm` and `windowMinutes` change what follows from them. */
export function slo({
  targetPpm = 999_000,
  windowMinutes = THIRTY_DAYS,
  ...rest
}: Partial<Slo> & { targetPpm?: number; windowMinutes?: number } = {}): Slo {
  const budgetPpm = 1_000_000 - targetPpm
  return {
    name: 'checkout-stripe',
    displayName: 'Stripe answers',
    description: '',
    service: 'checkout',
    labels: {},
    owner: '',
    runbook: '',
    indicator: {
      source: 'calls',
      name: 'stripe-availability',
      numerator: { counts: 'good', selection: selection({ in: ['ok'] }) },
      total: selection({ notIn: ['cancelled'] }),
    },
    generation: '00000000deadbeef',
    objective: {
      targetPpm,
      budgetPpm,
      method: 'occurrences',
      window: { kind: 'rolling', minutes: windowMinutes, duration: `${windowMinutes / DAY}d` },
      slice: null,
      noData: 'gap',
    },
    tiers: defaultTiers(windowMinutes, budgetPpm).tiers,
    guards: { minEvents: 100, minBadEvents: 5 },
    alerting: 'mwmb',
    policies: null,
    settleMinutes: 0,
    ...rest,
  }
}

/** Bad and total events of a window, as tests think of them. */
export const counts = (bad: number, total: number) => ({ good: total - bad, total })

/**
 * A fresh, fully covered reading; `bad` and `coverage` are by window in minutes.
 * Every window not named holds the events of `elsewhere`.
 */
export function reading({
  of = slo(),
  bad = {},
  coverage = {},
  elsewhere = counts(0, 1_000_000),
  ...rest
}: Partial<Reading> & {
  of?: Slo
  bad?: Record<number, readonly [bad: number, total: number]>
  coverage?: Record<number, number>
  elsewhere?: { good: number; total: number }
} = {}): Reading {
  const lengths = [5, 10, 30, 60, 70, 120, 360, 1440, 4320, of.objective.window.minutes]
  const windowOf = (minutes: number) => {
    const stated = bad[minutes]
    const events = stated ? counts(...stated) : elsewhere
    return { counts: events, units: events, coverage: coverage[minutes] ?? 1 }
  }
  const sloMinutes = of.objective.window.minutes
  return {
    slo: of,
    watermark: NOW,
    lastEventAt: NOW,
    invalidMinute: null,
    windows: new Map(lengths.map((minutes) => [minutes, windowOf(minutes)])),
    period: {
      ...windowOf(sloMinutes),
      from: new Date(NOW.getTime() - sloMinutes * 60_000),
      to: NOW,
      raw: null,
      exclusions: [],
    },
    ...rest,
  }
}

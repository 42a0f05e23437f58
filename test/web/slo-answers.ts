import type { History, ListedSlo, Methods, SloDetail, SloStatus } from '../../dashboards/web/api-shapes.ts'
import { detailOf, history, minutesAgo, NOW, slo } from './answers.ts'

/** SLOs of every kind the pages tell about: each shows something the usual one does not. */

const DAY_MINUTES = 1440
const PERIOD_DAYS = 30
const ELAPSED_DAYS = 21
const PERIOD = {
  from: minutesAgo(ELAPSED_DAYS * DAY_MINUTES),
  to: minutesAgo((ELAPSED_DAYS - PERIOD_DAYS) * DAY_MINUTES),
}
const EVENTS = { target: 0.999, targetPpm: 999_000, method: 'occurrences', slice: null, noData: 'gap' } as const
const MONTH = { duration: '1M', rolling: false, timeZone: 'Europe/Berlin' }

const calendar = slo('cart-month', {
  remaining: 0.3,
  objective: { ...EVENTS, window: MONTH },
  period: PERIOD,
  budget: {
    remaining: 0.3,
    consumed: 0.7,
    exhaustsAt: null,
    remainingOfPeriod: { remaining: 0.51, expectedTotal: 1_209_600, exhaustsAt: null, estimated: true },
    resets: [],
  },
})

const slices = slo('search-slices', {
  remaining: 0.4,
  objective: {
    ...EVENTS,
    target: 0.99,
    targetPpm: 990_000,
    window: { duration: '30d', rolling: true },
    method: 'timeslices',
    slice: { minutes: 5, target: 0.95 },
  },
  counts: { good: 1_190_000, total: 1_209_600 },
  units: { good: 8_588.16, total: 8_640 },
  sli: 8_588.16 / 8_640,
})

const adjusted = slo('billing-adjusted', {
  remaining: 0.405,
  budget: {
    remaining: 0.405,
    consumed: 0.595,
    exhaustsAt: minutesAgo(-6 * DAY_MINUTES),
    remainingOfPeriod: null,
    resets: [{ at: minutesAgo(9 * DAY_MINUTES), reason: 'moved to the new ledger', by: 'ada' }],
  },
  exclusions: [
    ...Array.from({ length: 9 }, (_, n) => ({
      from: minutesAgo((9 - n / 2) * DAY_MINUTES - 60),
      to: minutesAgo((9 - n / 2) * DAY_MINUTES - 180),
      reason: `nightly backup ${n + 1}`,
      by: 'sam',
    })),
    { from: minutesAgo(DAY_MINUTES), to: minutesAgo(DAY_MINUTES - 90), reason: 'provider upgrade', by: 'ada' },
  ],
  raw: {
    counts: { good: 998_000, total: 1_209_600 },
    units: { good: 1_206_000, total: 1_209_600 },
    sli: 0.997,
    remaining: -2.98,
    consumed: 3.98,
  },
})

const sampled = slo('mail-sampled', {
  remaining: 0.2,
  sampling: {
    standardError: 0.0002,
    sli: { low: 0.99883, high: 0.99957 },
    burn: { low: 0.43, high: 1.17 },
    weak: true,
    seen: { good: 480, total: 486 },
  },
})

const member = (displayName: string, change: Partial<NonNullable<SloStatus['members']>[number]> = {}) => ({
  displayName,
  weight: 1,
  target: 0.999,
  counts: { good: 403_000, total: 403_200 },
  sli: 403_000 / 403_200,
  consumed: 0.496,
  coverage: 1,
  hasData: true,
  ...change,
})

const composite = slo('shop-journey', {
  remaining: 0.49,
  units: { good: 0.9995, total: 1 },
  members: [
    member('login', { weight: 0.5 }),
    member('pay', { weight: 2, consumed: 1.2, sli: 0.9988, coverage: 0.973 }),
    member('stock feed', { hasData: false, counts: { good: 0, total: 0 }, sli: null, consumed: null }),
  ],
})

export const WARNING = {
  code: 'matches_nothing' as const,
  message: "nothing that arrived in the last days has the dependency of calls 'acme-pya'",
  hint: "Did you mean 'acme-pay'?",
}

const young = slo('pay-young', {
  remaining: 0.95,
  warningCount: 2,
  measuredShare: 0.4299,
  freshness: { watermark: new Date(NOW - 8_000).toISOString(), lastEventAt: minutesAgo(0), coverage: 0.43 },
})

const MEASURING = {
  indicator: 'pay-young-answered',
  generation: '5f0c1a9e',
  history: {
    from: minutesAgo(30 * DAY_MINUTES),
    to: minutesAgo(0),
    measuredFrom: minutesAgo(12.9 * DAY_MINUTES),
  },
  error: '',
}

const first = slo('checkout-pay', { displayName: 'Answers' })
const second = slo('checkout-pay:fast', { displayName: 'Fast', ppm: 990_000, remaining: 0.8 })

export const KINDS = {
  slos: [adjusted, sampled, calendar, slices, composite, first, second, young] as ListedSlo[],
  incidents: [],
  dependencies: [],
}

const compositeIndicator = { source: 'composite', name: 'shop-journey', method: 'openslo', members: [] }

/** What their own pages tell beyond the status. */
export const KIND_DETAILS = new Map<string, SloDetail>(
  [
    detailOf(young, {
      warnings: [
        WARNING,
        { code: 'flat', message: 'all of 30 hours have the same ratio 0', hint: 'No event is ever good' },
      ],
      measuring: [MEASURING],
    }),
    detailOf(composite, { definition: { ...detailOf(composite).definition!, indicator: compositeIndicator } }),
    detailOf(sampled, {
      definition: { ...detailOf(sampled).definition!, guards: { minEvents: 2_000, minBadEvents: 5 } },
    }),
  ].map((detail) => [detail.name, detail]),
)

/** The open calendar period to its end: what is left falls, steps to come know only the even line. */
export function periodHistory(status: SloStatus, stepMinutes: number): History {
  const from = Date.parse(status.period?.from ?? PERIOD.from)
  const to = Date.parse(status.period?.to ?? PERIOD.to)
  const spent = status.budget.consumed ?? 0
  const items = history(status, from, to, stepMinutes).map((step, n, all) => {
    const at = Date.parse(step.at)
    const ideal = 1 - (n + 1) / all.length
    if (at > NOW) return { ...step, good: 0, total: 0, sli: null, burn: null, budgetRemaining: null, ideal }
    return { ...step, budgetRemaining: 1 - spent * Math.min(1, (at - from) / (NOW - from)), ideal }
  })
  return {
    slo: status.name,
    generation: status.generation,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    stepMinutes,
    window: { duration: status.objective?.window.duration ?? '', rolling: false },
    counts: status.counts,
    freshness: status.freshness,
    items,
    nextCursor: null,
  }
}

/** The example of slo.md: twelve busy hours without a failure, twelve quiet ones with every second call failing. */
export function methodsOf(status: SloStatus): Methods {
  const targetPpm = status.objective?.targetPpm ?? 999_000
  const minutes = status.objective?.slice?.minutes ?? 1
  const period = status.period ?? PERIOD
  const common = { period, counts: status.counts, coverage: 1 }
  const own = status.objective?.method
  const judged = (sli: number, remaining: number) => ({ sli, remaining, consumed: 1 - remaining, units: status.units })
  return {
    slo: status.name,
    generation: status.generation,
    targetPpm,
    freshness: { watermark: status.freshness.watermark },
    items: [
      { ...common, method: 'occurrences', slice: null, isOwn: own === 'occurrences', ...judged(0.999002, 0.002) },
      {
        ...common,
        method: 'timeslices',
        slice: { minutes, target: status.objective?.slice?.target ?? targetPpm / 1_000_000 },
        isOwn: own === 'timeslices',
        ...judged(0.5, -499),
      },
      {
        ...common,
        method: 'ratio_timeslices',
        slice: { minutes, target: null },
        isOwn: own === 'ratio_timeslices',
        ...judged(0.75, -249),
      },
    ],
    nextCursor: null,
  }
}

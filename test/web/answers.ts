import type { Dependency, HistoryStep, Incident, SloDetail, SloStatus } from '../../dashboards/web/api-shapes.ts'

/** Answers of the API as the pages get them, built around one moment; every builder takes what a test cares about. */
export const NOW = Date.now()
export const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString()

const FRESH = { watermark: new Date(NOW - 8_000).toISOString(), lastEventAt: minutesAgo(0), coverage: 1 }

export function slo(name: string, change: Partial<SloStatus> & { remaining?: number | null } = {}): SloStatus {
  const { remaining = 0.62, ...rest } = change
  const total = 1_204_800
  const targetPpm = rest.objective?.targetPpm ?? 999_000
  const budgetPpm = 1_000_000 - targetPpm
  const bad = remaining === null ? 0 : ((1 - remaining) * total * budgetPpm) / 1_000_000
  return {
    name,
    service: name.split('-')[0] ?? name,
    displayName: name,
    status: 'ok',
    objective: {
      target: targetPpm / 1_000_000,
      targetPpm,
      window: { duration: '30d', rolling: true },
      method: 'occurrences',
    },
    counts: remaining === null ? { good: 0, total: 0 } : { good: total - bad, total },
    sli: remaining === null ? null : 1 - bad / total,
    budget: { remaining, consumed: remaining === null ? null : 1 - remaining, exhaustsAt: null },
    burnRates: { '5m': 0.4, '30m': 0.5, '1h': 0.52, '2h': 0.5, '6h': 0.61, '1d': 0.5, '3d': 0.44 },
    alert: null,
    freshness: FRESH,
    generation: '5f0c1a9e',
    ...rest,
  }
}

export function incident(
  id: string,
  change: Partial<Omit<Incident, 'details'>> & { details?: Partial<Incident['details']> } = {},
): Incident {
  const { details, ...rest } = change
  return {
    id,
    state: 'open',
    severity: 'page',
    slo: 'checkout-payments',
    service: 'checkout',
    startedAt: minutesAgo(23),
    resolvedAt: null,
    title: 'checkout-payments burns 61.4x: acme-pay times out',
    rootCause: 'dependency:acme-pay/timeout',
    ...rest,
    details: {
      tier: '1h/5m',
      governingWindow: '1h',
      burn: 61.4,
      factor: 14.4,
      counts: { good: 56_316, total: 60_000 },
      burnRates: { '5m': 200, '30m': 118.2, '1h': 61.4, '2h': 30.9, '6h': 10.6, '1d': 2.9, '3d': 1.2 },
      budgetRemaining: -0.342,
      suspect: { dependency: 'acme-pay', outcome: 'timeout', bad: 3_021, share: 0.82 },
      exemplars: [
        '4bf92f3577b34da6a3ce929d0e0e4736',
        '0af7651916cd43dd8448eb211c80319c',
        'd4cda95b652f4a1592b449d5929fda1b',
      ],
      runbook: 'https://runbooks.example/acme-pay',
      owner: 'payments',
      ...details,
    },
  }
}

export function dependency(name: string, change: Partial<Dependency> = {}): Dependency {
  return {
    name,
    kind: 'http',
    owner: 'provider',
    health: 'healthy',
    score: 1,
    modes: [],
    calls: { total: 18_210, failed: 4 },
    callers: [{ service: 'checkout', total: 18_210, failed: 4 }],
    operations: [{ operation: 'GET /v1/items', total: 18_210, failed: 4 }],
    freshness: FRESH,
    ...change,
  }
}

/** Budget that falls evenly, then faster in the last tenth, down to `end`. */
export function history(from: number, to: number, stepMs: number, end: number): HistoryStep[] {
  const steps = Math.max(1, Math.round((to - from) / stepMs))
  return Array.from({ length: steps }, (_, n) => {
    const at = n / steps
    const remaining = at < 0.9 ? 0.93 - at * 0.25 : 0.705 + ((end - 0.705) * (at - 0.9 + 1 / steps)) / 0.1
    const total = 20_000 + Math.round(6_000 * Math.sin(n / 3))
    const burn = at < 0.9 ? 0.4 + 0.2 * Math.sin(n) : (0.705 - end) * 10
    const bad = (burn * total) / 1_000
    const at_ = new Date(from + n * stepMs).toISOString()
    return { at: at_, good: total - bad, total, sli: 1 - bad / total, budgetRemaining: remaining, burn }
  })
}

export const detailOf = (status: SloStatus, change: Partial<SloDetail> = {}): SloDetail => ({
  ...status,
  definition: { indicator: { source: 'calls', name: status.name } },
  tiers: [
    { severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4 },
    { severity: 'page', longMinutes: 360, shortMinutes: 30, factor: 6 },
    { severity: 'ticket', longMinutes: 1440, shortMinutes: 120, factor: 3 },
    { severity: 'ticket', longMinutes: 4320, shortMinutes: 360, factor: 1 },
  ],
  problems: [],
  ...change,
})

/** A working day with one page, one ticket, and something of every other state. */
export const BUSY = {
  slos: [
    slo('cart-stock', { remaining: 0.97 }),
    slo('checkout-payments', {
      remaining: -0.342,
      status: 'critical',
      burnRates: { '5m': 200, '30m': 118.2, '1h': 61.4, '2h': 30.9, '6h': 10.6, '1d': 2.9, '3d': 1.2 },
      alert: { severity: 'page', since: minutesAgo(23), incident: 'inc-1' },
    }),
    slo('checkout-tax', { remaining: 0.41, status: 'ok' }),
    slo('billing-ledger-latency', {
      remaining: 0.18,
      status: 'warning',
      objective: { target: 0.95, targetPpm: 950_000, window: { duration: '7d', rolling: true }, method: 'occurrences' },
      burnRates: { '5m': 3.9, '30m': 4.1, '1h': 3.6, '2h': 3.4, '6h': 3.1, '1d': 3.2, '3d': 1.6 },
      alert: { severity: 'ticket', since: minutesAgo(410), incident: 'inc-2' },
    }),
    slo('search-suggest', { remaining: -3.218, status: 'exhausted', burnRates: { '1h': 0.31, '6h': 0.4 } }),
    slo('mail-delivery', { remaining: null, status: 'no_data', burnRates: { '1h': null, '6h': null } }),
  ],
  incidents: [
    incident('inc-1'),
    incident('inc-2', {
      severity: 'ticket',
      slo: 'billing-ledger-latency',
      service: 'billing',
      startedAt: minutesAgo(410),
      title: 'billing-ledger-latency burns 3.2x',
      rootCause: '',
      details: {
        tier: '1d/2h',
        governingWindow: '1d',
        burn: 3.2,
        factor: 2.8,
        budgetRemaining: 0.18,
        suspect: null,
        runbook: '',
        exemplars: ['7b1cf1d1d4b94c1bb2d5c2c8a2a9b0aa'],
      },
    }),
  ],
  dependencies: [
    dependency('stock-db', { kind: 'db' }),
    dependency('acme-pay', {
      health: 'failing',
      score: 0,
      calls: { total: 21_402, failed: 1_311 },
      modes: [{ id: 'F3', mode: 'timeout', since: minutesAgo(24), share: 0.0612, evidence: {} }],
      callers: [
        { service: 'checkout', total: 19_000, failed: 1_240 },
        { service: 'cart', total: 2_402, failed: 71 },
      ],
    }),
    dependency('tax.example.com', {
      health: 'degraded',
      score: 0.6,
      calls: { total: 9_100, failed: 91 },
      modes: [{ id: 'F2', mode: 'rate limiting', since: minutesAgo(55), share: 0.01, evidence: {} }],
    }),
    dependency('mail-queue', { kind: 'messaging', health: 'unknown', score: null, calls: { total: 0, failed: 0 } }),
  ],
}

/** Nothing open, everything held. */
export const CALM = {
  slos: [1, 2, 3, 4, 5, 6].map((n) => slo(`checkout-promise-${n}`, { remaining: 0.9 - n / 20 })),
  incidents: [] as Incident[],
  dependencies: [dependency('acme-pay'), dependency('stock-db', { kind: 'db' })],
}

export const EMPTY = { slos: [] as SloStatus[], incidents: [] as Incident[], dependencies: [] as Dependency[] }

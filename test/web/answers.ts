import type {
  Dependency,
  HistoryStep,
  Incident,
  ListedSlo,
  SloDetail,
  SloStatus,
  Trace,
} from '../../dashboards/web/api-shapes.ts'

/** Answers of the API as the pages get them, around one moment; every builder takes what a test cares about. */
export const NOW = Date.now()
export const minutesAgo = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString()

const FRESH = { watermark: new Date(NOW - 8_000).toISOString(), lastEventAt: minutesAgo(0), coverage: 1 }
const EVENTS_PER_MINUTE = 28
const OUTAGE_MINUTES = 40
const OUTAGE_SHARE = 0.95
const DAY_MINUTES = 1440

const BURNING = { '5m': 950, '30m': 950, '1h': 633.5, '2h': 317, '6h': 106, '1d': 26.8, '3d': 9.2 }
const SMOULDERING = { '5m': 3.9, '30m': 4.1, '1h': 3.6, '2h': 3.4, '6h': 3.1, '1d': 3.2, '3d': 1.6 }

type SloChange = Partial<ListedSlo> & { remaining?: number | null; ppm?: number; days?: number }

export function slo(
  name: string,
  { remaining = 0.62, ppm = 999_000, days = 30, ...change }: SloChange = {},
): ListedSlo {
  const total = remaining === null ? 0 : days * DAY_MINUTES * EVENTS_PER_MINUTE
  const bad = remaining === null ? 0 : ((1 - remaining) * total * (1_000_000 - ppm)) / 1_000_000
  return {
    name,
    service: name.split('-')[0] ?? name,
    displayName: name,
    status: 'ok',
    objective: {
      target: ppm / 1_000_000,
      targetPpm: ppm,
      window: { duration: `${days}d`, rolling: true },
      method: 'occurrences',
      slice: null,
      noData: 'gap',
    },
    period: { from: minutesAgo(days * DAY_MINUTES), to: minutesAgo(0) },
    counts: { good: total - bad, total },
    units: { good: total - bad, total },
    sli: total === 0 ? null : (total - bad) / total,
    budget: {
      remaining,
      consumed: remaining === null ? null : 1 - remaining,
      exhaustsAt: null,
      remainingOfPeriod: null,
      resets: [],
    },
    exclusions: [],
    raw: null,
    sampling: null,
    members: null,
    burnRates: { '5m': 0.4, '30m': 0.5, '1h': 0.52, '2h': 0.5, '6h': 0.61, '1d': 0.5, '3d': 0.44 },
    alert: null,
    freshness: FRESH,
    generation: '5f0c1a9e',
    warningCount: 0,
    measuredShare: null,
    ...change,
  }
}

type IncidentChange = Partial<Omit<Incident, 'details'>> & { details?: Partial<Incident['details']> }

export function incident(id: string, { details, ...change }: IncidentChange = {}): Incident {
  return {
    id,
    state: 'open',
    severity: 'page',
    slo: 'checkout-payments',
    service: 'checkout',
    startedAt: minutesAgo(OUTAGE_MINUTES - 1),
    resolvedAt: null,
    title: 'checkout-payments burns 633x: acme-pay times out',
    rootCause: 'dependency:acme-pay/timeout',
    acknowledgement: null,
    freshness: { watermark: FRESH.watermark },
    generation: '5f0c1a9e',
    ...change,
    details: {
      tier: '1h/5m',
      governingWindow: '1h',
      burn: 633.5,
      factor: 14.4,
      counts: { good: 616, total: 1_680 },
      burnRates: BURNING,
      budgetRemaining: -0.342,
      suspect: { dependency: 'acme-pay', outcome: 'timeout', bad: 872, share: 0.82 },
      exemplars: [TRACE_ID, '0af7651916cd43dd8448eb211c80319c', 'd4cda95b652f4a1592b449d5929fda1b'],
      runbook: 'https://runbooks.example/acme-pay',
      owner: 'payments',
      ...details,
    },
  }
}

export function dependency(name: string, change: Partial<Dependency> = {}): Dependency {
  return {
    name,
    note: null,
    kind: 'http',
    owner: 'none',
    health: 'healthy',
    score: 1,
    modes: [],
    calls: { total: 18_210, failed: 4 },
    callers: [{ service: 'checkout', total: 18_210, failed: 4, retries: 0, lastCallAt: minutesAgo(0) }],
    operations: [{ operation: 'GET /v1/items', total: 18_210, failed: 4 }],
    outcomes: [
      { outcome: 'ok', owner: 'none', calls: 18_206 },
      { outcome: 'timeout', owner: 'provider', calls: 4 },
    ],
    window: { from: minutesAgo(10), to: minutesAgo(0) },
    baseline: { from: minutesAgo(DAY_MINUTES + 10), to: minutesAgo(10) },
    freshness: FRESH,
    ...change,
  }
}

export const detailOf = (status: SloStatus, change: Partial<SloDetail> = {}): SloDetail => ({
  ...status,
  definition: {
    description: 'Attempts to charge that acme-pay answered as agreed, out of all attempts.',
    owner: 'payments',
    runbook: 'https://runbooks.example/acme-pay',
    labels: { team: 'payments' },
    indicator: { source: 'calls', name: `${status.name}-answered` },
    guards: { minEvents: 0, minBadEvents: 5 },
    alerting: 'mwmb',
  },
  tiers: [
    {
      severity: 'page',
      longMinutes: 60,
      shortMinutes: 5,
      factor: 14.4,
      budgetShare: 0.02,
      detectableOutageSeconds: 51.84,
    },
    {
      severity: 'page',
      longMinutes: 360,
      shortMinutes: 30,
      factor: 6,
      budgetShare: 0.05,
      detectableOutageSeconds: 129.6,
    },
    {
      severity: 'ticket',
      longMinutes: 1440,
      shortMinutes: 120,
      factor: 3,
      budgetShare: 0.1,
      detectableOutageSeconds: 259.2,
    },
    {
      severity: 'ticket',
      longMinutes: 4320,
      shortMinutes: 360,
      factor: 1,
      budgetShare: 0.1,
      detectableOutageSeconds: 259.2,
    },
  ],
  problems: [],
  refused: false,
  source: 'file:slos/checkout.yaml',
  warnings: [],
  measuring: [],
  ...change,
})

/** Even traffic; an SLO that pages loses nearly all calls since its outage began, the rest of what is gone went evenly. */
export function history(status: SloStatus, from: number, to: number, stepMinutes: number): HistoryStep[] {
  const budgetPpm = 1_000_000 - (status.objective?.targetPpm ?? 0)
  const bad = status.counts.total - status.counts.good
  const outage = status.alert?.severity === 'page' ? OUTAGE_SHARE * EVENTS_PER_MINUTE : 0
  const windowMinutes = status.counts.total / EVENTS_PER_MINUTE
  const evenly = windowMinutes === 0 ? 0 : (bad - outage * OUTAGE_MINUTES) / windowMinutes
  const badBetween = (a: number, b: number) => {
    const overlap = Math.max(0, Math.min(b, NOW) - Math.max(a, NOW - OUTAGE_MINUTES * 60_000)) / 60_000
    return (evenly * (b - a)) / 60_000 + outage * overlap
  }
  const stepMs = stepMinutes * 60_000
  return Array.from({ length: Math.round((to - from) / stepMs) }, (_, n) => {
    const at = from + n * stepMs
    const total = status.counts.total === 0 ? 0 : EVENTS_PER_MINUTE * stepMinutes
    const lost = total === 0 ? 0 : badBetween(at, at + stepMs)
    return {
      at: new Date(at).toISOString(),
      good: total - lost,
      total,
      sli: total === 0 ? null : (total - lost) / total,
      budgetRemaining: status.budget.remaining,
      burn: total === 0 ? null : (lost * 1_000_000) / (total * budgetPpm),
      ideal: null,
    }
  })
}

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'

const span = (
  spanId: string,
  parentSpanId: string,
  name: string,
  startMs: number,
  durationMs: number,
  error = false,
) => ({
  at: new Date(NOW - 60_000 + startMs).toISOString(),
  durationMs,
  spanId,
  parentSpanId,
  name,
  kind: 'CLIENT',
  service: parentSpanId === '' ? 'web' : 'checkout',
  statusCode: error ? 'STATUS_CODE_ERROR' : 'STATUS_CODE_UNSET',
  statusMessage: '',
  attributes: {},
  resource: {},
})

export const TRACE: Trace = {
  id: TRACE_ID,
  calls: [
    {
      at: minutesAgo(1),
      durationMs: 2_000,
      env: 'prod',
      service: 'checkout',
      version: '1.4.0',
      direction: 'outbound',
      dependency: 'acme-pay',
      operation: 'POST /charges',
      protocol: 'http',
      outcome: 'timeout',
      owner: 'provider',
      status: '',
      errorType: 'timeout',
      attempt: 0,
      synthetic: false,
      spanId: 'c3',
      parentSpanId: 'b2',
    },
  ],
  spans: [
    span('a1', '', 'POST /buy', 0, 2_090, true),
    span('b2', 'a1', 'charge', 30, 2_041.4, true),
    span('c3', 'b2', 'POST', 34, 2_000, true),
    span('d4', 'a1', 'SELECT stock', 8, 4.21),
  ],
  truncated: false,
}

/** A working day with one page, one ticket, and something of every other state, most urgent first as the API sorts. */
export const BUSY = {
  slos: [
    slo('checkout-payments', {
      remaining: -0.342,
      status: 'critical',
      burnRates: BURNING,
      alert: { severity: 'page', since: minutesAgo(OUTAGE_MINUTES - 1), incident: 'inc-1' },
    }),
    slo('search-suggest', { remaining: -3.218, status: 'exhausted' }),
    slo('billing-ledger-latency', {
      displayName: 'Ledger answers within 300 ms',
      remaining: 0.18,
      ppm: 950_000,
      days: 7,
      status: 'warning',
      burnRates: SMOULDERING,
      alert: { severity: 'ticket', since: minutesAgo(410), incident: 'inc-2' },
    }),
    slo('mail-delivery', { remaining: null, status: 'no_data', burnRates: { '1h': null, '6h': null } }),
    slo('checkout-tax', { remaining: 0.41 }),
    slo('cart-stock', { remaining: 0.97, ppm: 999_950 }),
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
        burnRates: SMOULDERING,
        budgetRemaining: 0.18,
        suspect: null,
        runbook: '',
        exemplars: ['7b1cf1d1d4b94c1bb2d5c2c8a2a9b0aa'],
      },
    }),
  ],
  dependencies: [
    dependency('acme-pay', {
      health: 'failing',
      owner: 'provider',
      score: 0,
      calls: { total: 21_402, failed: 12_311 },
      modes: [
        {
          id: 'F3',
          mode: 'timeout',
          since: minutesAgo(OUTAGE_MINUTES),
          share: 0.57,
          evidence: { n: 21_402, bad: 12_199, baselineShare: 0.0004 },
          likelyCause: 'The dependency is overloaded, or the network on the way to it is.',
          advice: 'Shorten timeouts and retry with jitter, or open the breaker.',
        },
      ],
      callers: [
        { service: 'checkout', total: 19_000, failed: 12_240, retries: 3_120, lastCallAt: minutesAgo(0) },
        { service: 'cart', total: 2_402, failed: 71, retries: 4, lastCallAt: minutesAgo(0) },
      ],
      operations: [
        { operation: 'POST /charges', total: 20_402, failed: 12_300 },
        { operation: 'GET /charges/{id}', total: 1_000, failed: 11 },
      ],
      outcomes: [
        { outcome: 'timeout', owner: 'provider', calls: 12_199 },
        { outcome: 'ok', owner: 'none', calls: 9_091 },
        { outcome: 'server_error', owner: 'provider', calls: 112 },
      ],
    }),
    dependency('tax.example.com', {
      health: 'degraded',
      owner: 'quota',
      score: 0.6,
      calls: { total: 9_100, failed: 91 },
      modes: [
        {
          id: 'F2',
          mode: 'rate limiting',
          since: minutesAgo(55),
          share: 0.01,
          evidence: { n: 9_100, bad: 91, baselineShare: 0 },
          likelyCause: 'The quota is used up or was lowered, or retries multiply the load.',
          advice: 'Back off with jitter, and see which caller sends most of the attempts.',
        },
      ],
    }),
    dependency('mail-queue', { kind: 'messaging', health: 'unknown', score: null, calls: { total: 0, failed: 0 } }),
    dependency('stock-db', { kind: 'db' }),
  ],
}

/** Nothing open, every promise kept. */
export const CALM = {
  slos: [1, 2, 3, 4, 5, 6].map((n) => slo(`checkout-promise-${n}`, { remaining: 0.9 - n / 20 })),
  incidents: [] as Incident[],
  dependencies: [dependency('acme-pay'), dependency('stock-db', { kind: 'db' })],
}

export const EMPTY = { slos: [] as ListedSlo[], incidents: [] as Incident[], dependencies: [] as Dependency[] }

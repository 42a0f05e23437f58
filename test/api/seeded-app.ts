import { pino } from 'pino'
import { Registry } from 'prom-client'
import { type AppDeps, createApp } from '../../api/app.ts'
import type { Outcome } from '../../integration/outcome.ts'
import type { Incident } from '../../slo/alert/incident.ts'
import { generationOf } from '../../slo/generation.ts'
import type { CallsIndicator, Slo } from '../../slo/model.ts'
import { defaultTiers } from '../../slo/tiers.ts'
import type { Db } from '../../storage/query.ts'
import { testDatabase } from '../support/database.ts'

export const MINUTE_MS = 60_000
/** The instant every seeded row is placed around, in the first minute of yesterday's afternoon: `ingest_log` forgets old rows. */
export const NOW = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 - 43_200_000 + 30_250)
export const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE_MS)

/** An app on a database of its own, with a clock that stands still; nothing is cached unless said. */
export async function seededApp(over: Partial<AppDeps> = {}) {
  const store = await testDatabase()
  const app = createApp({
    config: { bind: '127.0.0.1', publicUrl: undefined, tokens: [] },
    db: store.db,
    log: pino({ level: 'silent' }),
    metrics: new Registry(),
    clock: () => NOW,
    version: '1.2.3',
    webRoot: '/nowhere',
    clickhouseUrl: store.url,
    maxAgeMs: 0,
    ackTtlMs: 8 * 60 * MINUTE_MS,
    ...over,
  })
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await app.request(path, init)
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null }
  }
  return { ...store, app, get }
}

/** An SLO over all outbound calls of a service; 99.9 % over 30 days unless said. */
export function slo(name: string, over: Partial<Slo> = {}): Slo {
  const selection = {
    source: 'calls' as const,
    attributes: {},
    fields: { service: { in: [over.service ?? 'checkout'] } },
    direction: 'outbound',
    synthetic: false,
    outcome: { notIn: [] },
    latency: null,
  } as const
  const indicator: CallsIndicator = {
    source: 'calls',
    name: `${name}-sli`,
    numerator: { counts: 'good', selection: { ...selection, outcome: { in: ['ok'] } } },
    total: selection,
  }
  return {
    name,
    displayName: `${name} as people say`,
    description: 'Calls end well',
    service: 'checkout',
    labels: { team: 'payments' },
    owner: 'payments',
    runbook: 'https://runbooks.example/checkout',
    indicator,
    generation: generationOf(indicator),
    objective: {
      targetPpm: 999_000,
      budgetPpm: 1_000,
      method: 'occurrences',
      window: { kind: 'rolling', minutes: 43_200, duration: '30d' },
      slice: null,
      noData: 'gap',
    },
    tiers: defaultTiers(43_200, 1_000).tiers,
    guards: { minEvents: 1, minBadEvents: 1 },
    alerting: 'mwmb',
    policies: null,
    settleMinutes: 0,
    ...over,
  }
}

/** A collector that reported every minute of the last `minutes`, up to NOW less `lagMs`. */
export async function seedTelemetry(db: Db, { minutes = 120, lagMs = 0 } = {}): Promise<void> {
  await insert(
    db,
    'ingest_log',
    Array.from({ length: minutes }, (_, k) => ({
      collector: 'c1',
      segment: `s${k}`,
      calls: 0,
      spans: 0,
      points: 0,
      complete_until: seconds(new Date(minutesAgo(k).getTime() - lagMs)),
      ingested_at: seconds(new Date(minutesAgo(k).getTime() - lagMs)),
    })),
  )
}

export async function seedMinutes(
  db: Db,
  of: Slo,
  rows: { ago: number; good: number; total: number }[],
): Promise<void> {
  const minutes = rows.map(({ ago, good, total }) => ({
    indicator: of.indicator.name,
    generation: of.generation,
    minute: Math.floor(minutesAgo(ago).getTime() / MINUTE_MS) * 60,
    good,
    total,
    measured_at: seconds(NOW),
  }))
  await insert(db, 'indicator_minutes', minutes)
}

export interface CallSeed {
  ago: number
  dependency?: string
  service?: string
  operation?: string
  outcome?: Outcome
  count?: number
  env?: string
  traceId?: string
  weight?: number
  durationMs?: number
}

export async function seedCalls(db: Db, seeds: CallSeed[]): Promise<void> {
  const rows = seeds.flatMap((seed) =>
    Array.from({ length: seed.count ?? 1 }, (_, k) => ({
      ts: seconds(minutesAgo(seed.ago)),
      env: seed.env ?? 'prod',
      service: seed.service ?? 'checkout',
      version: '1.0.0',
      region: '',
      direction: 'outbound',
      dependency: seed.dependency ?? 'acme-pay',
      operation: seed.operation ?? 'POST /charges',
      protocol: 'http',
      outcome: seed.outcome ?? 'ok',
      status: '200',
      error_type: '',
      attempt: 0,
      nested: false,
      synthetic: false,
      weight: seed.weight ?? 1,
      duration_ns: Math.round((seed.durationMs ?? 5) * 1e6) + k,
      trace_id: seed.traceId ?? '',
      span_id: String(k).padStart(16, '0'),
      parent_span_id: '',
      correlation_id: '',
      attributes: {},
    })),
  )
  await insert(db, 'call_rows', rows)
}

export function incident(id: string, over: Partial<Incident> = {}): Incident {
  return {
    id,
    state: 'open',
    severity: 'page',
    slo: 'checkout-availability',
    service: 'checkout',
    startedAt: minutesAgo(7),
    resolvedAt: null,
    title: 'acme-pay times out for checkout',
    rootCause: 'dependency:acme-pay/timeout',
    members: [],
    details: {
      tier: '1h/5m',
      governingWindow: '1h',
      burn: 20,
      factor: 14.4,
      counts: { good: 980, total: 1000 },
      burnRates: { '5m': 30, '1h': 20 },
      budgetRemaining: 0.4,
      suspect: { dependency: 'acme-pay', outcome: 'timeout', bad: 18, share: 0.9 },
      exemplars: ['4bf92f3577b34da6a3ce929d0e0e4736'],
      runbook: 'https://runbooks.example/checkout',
      owner: 'payments',
    },
    ...over,
  }
}

export const seconds = (at: Date): string => (at.getTime() / 1000).toFixed(3)

export const insert = (db: Db, table: string, values: object[]): Promise<unknown> =>
  db.insert({ table, format: 'JSONEachRow', values })

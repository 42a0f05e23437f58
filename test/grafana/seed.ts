import type { CallSelection, CallsIndicator, Counts, Slo } from '../../slo/model.ts'
import { readingsRecorder } from '../../storage/latest-readings.ts'
import type { Db } from '../../storage/query.ts'
import { readReadings } from '../../storage/readings.ts'
import { readDefinitions } from '../../storage/slo-definitions.ts'

export const MINUTE = 60_000

const OUTBOUND: CallSelection = {
  source: 'calls',
  attributes: {},
  fields: { service: { in: ['checkout'] }, dependency: { in: ['acme-pay'] } },
  direction: 'outbound',
  synthetic: false,
  outcome: { notIn: ['cancelled'] },
  latency: null,
}

/** An SLO at 99.9 % over 30 days with two tiers; tests name what they are about. */
export function slo(
  name: string,
  over: Partial<Slo & { indicator: CallsIndicator }> = {},
): Slo & { indicator: CallsIndicator } {
  return {
    name,
    displayName: `The promise of ${name}`,
    description: '',
    service: 'checkout',
    labels: {},
    owner: 'payments-oncall',
    runbook: 'https://runbooks.example.com/pay',
    indicator: {
      source: 'calls',
      name: `${name}-sli`,
      numerator: { counts: 'bad', selection: { ...OUTBOUND, outcome: { in: ['timeout'] } } },
      total: OUTBOUND,
    },
    generation: `${name}-1`,
    objective: {
      targetPpm: 999_000,
      budgetPpm: 1_000,
      method: 'occurrences',
      window: { kind: 'rolling', minutes: 43_200, duration: '30d' },
      slice: null,
      noData: 'gap',
    },
    tiers: [
      { severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4 },
      { severity: 'ticket', longMinutes: 4_320, shortMinutes: 360, factor: 1 },
    ],
    guards: { minEvents: 100, minBadEvents: 5 },
    alerting: 'mwmb',
    policies: null,
    settleMinutes: 0,
    ...over,
  }
}

const text = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
const seconds = (ms: number) => text(ms).slice(0, 19)

/** A version of a definition, as the SLO loader records it. */
export async function storeDefinition(
  db: Db,
  definition: Slo,
  { state = 'active', at }: { state?: 'active' | 'invalid' | 'removed'; at: number },
): Promise<void> {
  await db.insert({
    table: 'slo_definitions',
    values: [
      {
        name: definition.name,
        state,
        generation: state === 'active' ? definition.generation : '',
        definition: state === 'active' ? JSON.stringify(definition) : '',
        problems: '[]',
        source: 'test',
        changed_at: text(at),
      },
    ],
    format: 'JSONEachRow',
  })
}

/** Measured minutes of an SLO's indicator: [minutes before `end`, good, total]. */
export async function storeMinutes(
  db: Db,
  { indicator, generation }: Slo,
  end: number,
  minutes: readonly (readonly [minutesAgo: number, good: number, total: number])[],
  measuredAt = end,
): Promise<void> {
  if (minutes.length === 0) return
  await db.insert({
    table: 'indicator_minutes',
    values: minutes.map(([minutesAgo, good, total]) => ({
      indicator: indicator.name,
      generation,
      minute: seconds(end - minutesAgo * MINUTE),
      good,
      total,
      measured_at: text(measuredAt),
    })),
    format: 'JSONEachRow',
  })
}

/** The collector reported once a minute over the last `minutes` before `end`. */
export async function storeHeartbeats(db: Db, end: number, minutes: number): Promise<void> {
  await db.insert({
    table: 'ingest_log',
    values: Array.from({ length: minutes + 1 }, (_, n) => ({
      collector: 'test',
      segment: '',
      calls: 0,
      spans: 0,
      points: 0,
      complete_until: text(end - n * MINUTE),
    })),
    format: 'JSONEachRow',
    clickhouse_settings: { insert_deduplication_token: `heartbeats-${end}-${minutes}` },
  })
}

/** What a tick leaves behind for boards, once minutes are measured. */
export async function evaluate(db: Db, now: Date): Promise<void> {
  const definitions = await readDefinitions(db)
  const readings = await readReadings(
    db,
    definitions.flatMap(({ slo }) => slo ?? []),
    now,
  )
  await readingsRecorder(db)(readings, definitions, now)
}

export interface IncidentRow {
  id: string
  slo: string
  severity: 'page' | 'ticket'
  state: 'open' | 'resolved'
  startedAt: number
  resolvedAt?: number
}

export async function storeIncident(db: Db, row: IncidentRow): Promise<void> {
  const { startedAt, resolvedAt, ...rest } = row
  const counts: Counts = { good: 9_000, total: 10_000 }
  await db.insert({
    table: 'incidents',
    values: [
      {
        ...rest,
        service: 'checkout',
        started_at: text(startedAt),
        resolved_at: resolvedAt === undefined ? null : text(resolvedAt),
        title: `${row.slo} burns 100x: acme-pay timeout`,
        root_cause: 'dependency:acme-pay/timeout',
        details: JSON.stringify({
          tier: '1h/5m',
          governingWindow: '1h',
          burn: 100,
          factor: 14.4,
          counts,
          burnRates: { '5m': 100, '1h': 100 },
          budgetRemaining: 0.25,
          suspect: { dependency: 'acme-pay', outcome: 'timeout', bad: 1_000, share: 1 },
          exemplars: ['4bf92f3577b34da6a3ce929d0e0e4736'],
          runbook: 'https://runbooks.example.com/pay',
          owner: 'payments-oncall',
        }),
        updated_at: text(startedAt),
        revision: row.state === 'open' ? 1 : 2,
      },
    ],
    format: 'JSONEachRow',
  })
}

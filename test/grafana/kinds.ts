import { measuredOf } from '../../slo/indicator.ts'
import type { CompositeMethod, Indicator, MeasuredIndicator, Objective, Slo } from '../../slo/model.ts'
import { recordBudgetReset } from '../../storage/budget-resets.ts'
import { recordMaintenance } from '../../storage/maintenance-windows.ts'
import type { Db } from '../../storage/query.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { MINUTE, slo, storeHeartbeats } from './seed.ts'

interface Kind {
  slo: Slo
  /** Nothing was measured. */
  isEmpty?: boolean
  /** It has a burn and a budget, and no SLI: OpenSLO gives the sum of weighted burns no meaning as one. */
  hasNoSli?: boolean
}

const OCCURRENCES: Objective = {
  targetPpm: 999_000,
  budgetPpm: 1_000,
  method: 'occurrences',
  window: { kind: 'rolling', minutes: 10_080, duration: '7d' },
  slice: null,
  noData: 'gap',
}
const SLICES: Objective = { ...OCCURRENCES, method: 'timeslices', slice: { minutes: 5, targetPpm: 995_000 } }
const MONTH: Objective['window'] = {
  kind: 'calendar',
  minutes: 43_200,
  duration: '1M',
  start: '2026-01-01 00:00:00',
  timeZone: 'America/New_York',
}

const kind = (name: string, objective: Partial<Objective> = {}, rest: Partial<Slo> = {}): Kind => ({
  slo: { ...slo(name), objective: { ...OCCURRENCES, ...objective }, ...rest } as Slo,
})

const selection = (metric: string, type: 'sum' | 'gauge') =>
  ({ source: 'metric', metric, kind: type, attributes: {}, le: null }) as const

const measuredFrom = (name: string, indicator: Record<string, unknown>): Kind =>
  kind(name, {}, { indicator: { name: `${name}-sli`, ...indicator } as Indicator })

function composite(name: string, method: CompositeMethod, objective: Partial<Objective> = {}): Kind {
  const members = ['one', 'two'].map((member, n) => ({
    displayName: member,
    indicator: { ...slo(`${name}-${member}`).indicator } as MeasuredIndicator,
    generation: `${name}-${member}-1`,
    weight: n + 0.5,
    targetPpm: 990_000,
  }))
  return kind(name, objective, { indicator: { source: 'composite', name: `${name}-sli`, method, members } })
}

/** One SLO of every kind there is. */
export const KINDS: readonly Kind[] = [
  kind('occurrences'),
  kind('sampled'),
  kind('timeslices', SLICES),
  kind('timeslices-of-seven', { ...SLICES, slice: { minutes: 7, targetPpm: 995_000 } }),
  kind('timeslices-silence-is-bad', { ...SLICES, noData: 'bad' }),
  kind('ratio-timeslices', { method: 'ratio_timeslices', slice: { minutes: 1, targetPpm: null } }),
  kind('calendar-month', { window: MONTH }),
  kind('calendar-month-timeslices', { ...SLICES, window: MONTH }),
  kind('excluded'),
  kind('excluded-timeslices', SLICES),
  kind('reset'),
  kind('reset-timeslices', SLICES),
  { ...composite('openslo', 'openslo'), hasNoSli: true },
  composite('openslo-timeslices', 'openslo', SLICES),
  composite('weighted-mean', 'weighted-mean'),
  composite('pooled', 'pooled'),
  measuredFrom('counter', {
    source: 'metric',
    numerator: { counts: 'bad', selection: selection('errors', 'sum') },
    total: selection('requests', 'sum'),
  }),
  measuredFrom('gauge', { source: 'gauge', selection: selection('queue', 'gauge'), op: 'lte', value: 10 }),
  measuredFrom('sql', { source: 'sql', query: 'SELECT 1' }),
  kind('settles-late', {}, { settleMinutes: 3 }),
  kind('alerting-off', {}, { tiers: [], alerting: 'off' }),
  { ...kind('silent'), isEmpty: true },
]

const HOURS = 30

/** Minutes of each: mostly good, some bad, some silent, none alike in two SLIs. */
export async function seedKinds(db: Db, now: Date): Promise<void> {
  const end = Math.floor(now.getTime() / MINUTE) * MINUTE
  const active = KINDS.map(({ slo: of }) => ({
    name: of.name,
    state: 'active' as const,
    slo: of,
    problems: [],
    source: 'api',
  }))
  await recordDefinitions(db, active, new Date(end - HOURS * 60 * MINUTE))
  const parts = measuredOf(KINDS.flatMap(({ slo: of, isEmpty }) => (isEmpty ? [] : of)))
  const rows = parts.flatMap(({ indicator, generation }, part) =>
    Array.from({ length: HOURS * 60 }, (_, ago) => {
      const total = (ago + part) % 11 === 0 ? 0 : 100 + ((ago * 7 + part) % 13)
      const bad = total > 0 && (ago * 3 + part) % 17 === 0 ? 3 : 0
      const isSampled = indicator.name === 'sampled-sli'
      return {
        indicator: indicator.name,
        generation,
        minute: (end - ago * MINUTE) / 1_000,
        good: total - bad,
        total,
        variance_bad: isSampled ? bad * 9 : 0,
        variance_good: isSampled ? (total - bad) * 9 : 0,
        measured_at: now.toISOString(),
      }
    }),
  )
  await db.insert({ table: 'indicator_minutes', format: 'JSONEachRow', values: rows })
  await storeHeartbeats(db, now.getTime() - 1_000, HOURS * 60)
  const before = new Date(now.getTime() - 60 * MINUTE)
  for (const of of ['reset', 'reset-timeslices'])
    await recordBudgetReset(
      db,
      { id: of, slo: of, at: new Date(end - 700 * MINUTE), reason: 'a new contract', by: 'ada' },
      before,
    )
  await recordMaintenance(
    db,
    ['excluded', 'excluded-timeslices'].map((of) => ({
      id: `m-${of}`,
      revision: 1,
      revoked: false,
      source: 'api',
      scope: { services: [], slos: [of], dependencies: [], environments: [] },
      schedule: { from: new Date(end - 403 * MINUTE), to: new Date(end - 287 * MINUTE) },
      suppress: true,
      excludeFromBudget: true,
      reason: 'the database moves',
      createdBy: 'ada',
      createdAt: new Date(end - 500 * MINUTE),
      endedAt: null,
      reviewAt: null,
    })),
    before,
  )
}

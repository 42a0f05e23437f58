import { describe, expect, test } from 'vitest'
import { type FiringAlert, statusOf } from '../../slo/status.ts'
import type { Db } from '../../storage/query.ts'
import { readReadings } from '../../storage/readings.ts'
import { testDatabase } from '../support/database.ts'
import { ISO_ROWS, nowRowOf } from './now-row.ts'
import {
  evaluate,
  type IncidentRow,
  MINUTE,
  slo,
  storeDefinition,
  storeHeartbeats,
  storeIncident,
  storeMinutes,
} from './seed.ts'

async function readNow(db: Db): Promise<Record<string, unknown>[]> {
  const result = await db.query({
    query: 'SELECT * FROM v_slo_now ORDER BY slo',
    format: 'JSONEachRow',
    clickhouse_settings: ISO_ROWS,
  })
  return result.json<Record<string, unknown>>()
}

/** The newest whole minute: the views look at the clock, so the tests stand on it too. */
const lastMinute = () => Math.floor(Date.now() / MINUTE) * MINUTE

interface Scenario {
  name: string
  definition?: Parameters<typeof slo>[1]
  /** [minutes before the watermark, good, total] */
  minutes: readonly (readonly [number, number, number])[]
  incident?: Pick<IncidentRow, 'severity'>
  /** The collector's last word, in minutes before now, and for how long it has reported. */
  watermarkAge?: number
  reportedMinutes?: number
  refused?: boolean
  status: string
}

const steady = (from: number, to: number, good: number, total: number) =>
  Array.from({ length: from - to }, (_, n) => [from - n, good, total] as const)

const SCENARIOS: readonly Scenario[] = [
  { name: 'no events: every ratio is null', minutes: [], status: 'no_data' },
  { name: 'healthy', minutes: steady(120, 0, 1_000, 1_000), status: 'ok' },
  { name: '144 bad of 10,000 is burn 14.4 exactly', minutes: [[3, 9_856, 10_000]], status: 'exhausted' },
  {
    name: 'a budget partly spent long ago',
    minutes: [[2_000, 9_995, 10_000], ...steady(120, 0, 1_000, 1_000)],
    status: 'ok',
  },
  {
    name: 'an open page is critical, even with budget left',
    minutes: [[2, 10, 20], ...steady(4_000, 60, 1_000, 1_000)],
    incident: { severity: 'page' },
    status: 'critical',
  },
  {
    name: 'an open ticket is a warning',
    minutes: steady(300, 0, 1_000, 1_000),
    incident: { severity: 'ticket' },
    status: 'warning',
  },
  {
    name: 'stale data freezes',
    minutes: steady(120, 0, 1_000, 1_000),
    watermarkAge: 10,
    status: 'frozen',
  },
  {
    name: 'a tier over its factor with a gap in the long window freezes',
    minutes: [...steady(60, 40, 50, 100), ...steady(5, 0, 50, 100)],
    reportedMinutes: 5,
    status: 'frozen',
  },
  {
    name: 'impossible counts are invalid',
    minutes: [...steady(60, 0, 1_000, 1_000), [70, 11, 10]],
    status: 'invalid',
  },
  {
    name: 'a refused later version is invalid, with the numbers of the version in force',
    minutes: steady(60, 0, 999, 1_000),
    refused: true,
    status: 'invalid',
  },
  {
    name: 'a short SLO window still reports the windows longer than it',
    definition: {
      objective: {
        targetPpm: 990_000,
        budgetPpm: 10_000,
        method: 'occurrences',
        window: { kind: 'rolling', minutes: 1_440, duration: '1d' },
        slice: null,
        noData: 'gap',
      },
      tiers: [{ severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 2.4 }],
    },
    minutes: [[2_000, 500, 1_000], ...steady(1_000, 0, 999, 1_000)],
    status: 'ok',
  },
]

describe('v_slo_now agrees with the maths of the API', () => {
  test.each(SCENARIOS)('$name', async (scenario) => {
    await using store = await testDatabase()
    const { db } = store
    const definition = slo('pay', scenario.definition)
    const end = lastMinute() - (scenario.watermarkAge ?? 0) * MINUTE
    await storeDefinition(db, definition, { at: end - 3_600_000 })
    if (scenario.refused) await storeDefinition(db, definition, { state: 'invalid', at: end })
    await storeMinutes(db, definition, end, scenario.minutes)
    await storeHeartbeats(db, end, scenario.reportedMinutes ?? 5_000)
    let alert: FiringAlert | null = null
    if (scenario.incident) {
      const startedAt = end - 5 * MINUTE
      await storeIncident(db, { id: 'inc_1', slo: 'pay', state: 'open', startedAt, ...scenario.incident })
      alert = { severity: scenario.incident.severity, since: new Date(startedAt), incident: 'inc_1' }
    }

    const now = new Date()
    await evaluate(db, now)
    const [reading] = await readReadings(db, [definition], now)
    const api = statusOf(reading!, alert, { now, refused: scenario.refused ?? false })
    const [row, ...more] = await readNow(db)

    expect(more).toEqual([])
    expect(api.status).toBe(scenario.status)
    expect(row).toMatchObject(nowRowOf(api))
  })
})

describe('v_slo', () => {
  test('the latest active version is in force, a removed one is not', async () => {
    await using store = await testDatabase()
    const { db } = store
    const at = lastMinute()
    await storeDefinition(db, slo('kept', { displayName: 'old' }), { at: at - 2_000 })
    await storeDefinition(db, slo('kept', { displayName: 'new' }), { at: at - 1_000 })
    await storeDefinition(db, slo('gone'), { at: at - 2_000 })
    await storeDefinition(db, slo('gone'), { state: 'removed', at: at - 1_000 })
    await storeDefinition(db, slo('never-good'), { state: 'invalid', at })
    const result = await db.query({ query: 'SELECT slo, display_name FROM v_slo', format: 'JSONEachRow' })
    expect(await result.json()).toEqual([{ slo: 'kept', display_name: 'new' }])
  })
})

describe('v_incidents', () => {
  test('one row per incident, in its latest revision', async () => {
    await using store = await testDatabase()
    const { db } = store
    const startedAt = lastMinute() - 30 * MINUTE
    await storeIncident(db, { id: 'inc_1', slo: 'pay', severity: 'page', state: 'open', startedAt })
    const resolvedAt = startedAt + 10 * MINUTE
    await storeIncident(db, { id: 'inc_1', slo: 'pay', severity: 'page', state: 'resolved', startedAt, resolvedAt })
    const result = await db.query({
      query:
        'SELECT state, duration_seconds, tier, burn, budget_remaining, suspect, suspect_outcome, owner FROM v_incidents',
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    expect(await result.json()).toEqual([
      {
        state: 'resolved',
        duration_seconds: 600,
        tier: '1h/5m',
        burn: 100,
        budget_remaining: 0.25,
        suspect: 'acme-pay',
        suspect_outcome: 'timeout',
        owner: 'payments-oncall',
      },
    ])
  })
})

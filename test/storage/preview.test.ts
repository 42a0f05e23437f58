import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../integration/outcome.ts'
import { budgetOfSlo } from '../../slo/budget/budget.ts'
import type { CalendarWindow, CallSelection, CompositeIndicator, CompositeMember, Slo } from '../../slo/model.ts'
import { measureMinutes } from '../../storage/indicator-minutes.ts'
import { readPastMinutes } from '../../storage/past-minutes.ts'
import { previewSlo } from '../../storage/preview.ts'
import { readReadings } from '../../storage/readings.ts'
import { slo as sloWith } from '../slo/build.ts'
import { testDatabase } from '../support/database.ts'
import { callRow, storeCalls, storeHeartbeat } from './calls.ts'

const MINUTE = 60_000
const T0 = Date.parse('2026-01-10T00:00:00Z')
const MINUTES = 360
const OUTAGE = { from: 200, to: 210 }

const selection = (outcome: CallSelection['outcome']): CallSelection => ({
  source: 'calls',
  attributes: {},
  fields: { service: { in: ['checkout'] }, dependency: { in: ['acme-pay'] } },
  direction: 'outbound',
  synthetic: false,
  outcome,
  latency: null,
})

const SLO = sloWith({
  indicator: {
    source: 'calls',
    name: 'pay',
    numerator: { counts: 'good', selection: selection({ in: ['ok'] }) },
    total: selection({ notIn: ['cancelled'] }),
  },
})

const store = await testDatabase()
const end = new Date(T0 + MINUTES * MINUTE)
afterAll(() => store[Symbol.asyncDispose]())

beforeAll(async () => {
  const { db } = store
  // Guards count calls as received: twenty a minute, of which each stands for fifty.
  const rows = Array.from({ length: MINUTES * 20 }, (_, n) => {
    const minute = Math.floor(n / 20)
    return callRow({
      ts: T0 + minute * MINUTE + 1_000,
      weight: 50,
      outcome: minute >= OUTAGE.from && minute < OUTAGE.to ? 'timeout' : 'ok',
    })
  })
  await storeCalls(db, rows, 'history')
  for (let minute = 0; minute <= MINUTES; minute++) await storeHeartbeat(db, T0 + minute * MINUTE)
})

describe('a preview of an SLO that is not stored', () => {
  test('tells of the page that its outage would have been', async () => {
    const { alerts, coverage } = await previewSlo(store.db, SLO, { days: 1, now: end, stepMinutes: 60 })
    const minuteOf = (at: Date | null) => at && (at.getTime() - T0) / MINUTE
    const burns = alerts.filter(({ alertname }) => alertname === 'SLOBurnRate')
    const [page, ...more] = burns.map(({ severity, from, to }) => [severity, minuteOf(from), minuteOf(to)])
    expect(page).toEqual(['page', OUTAGE.from + 1, OUTAGE.to + 35])
    expect(more).toEqual([['ticket', OUTAGE.to + 35, null]])
    expect(coverage).toBe(1)
  })

  test('has the counts that measuring it would have had', async () => {
    const { counts } = await previewSlo(store.db, SLO, { days: 1, now: end, stepMinutes: 60 })
    await measureMinutes(store.db, [SLO], { from: new Date(T0), to: end }, end)
    const [reading] = await readReadings(store.db, [SLO], end)
    expect(counts).toEqual(reading?.period.counts)
    expect(counts).toEqual({ good: 350_000, total: 360_000 })
  })

  test('says how far it is', async () => {
    const told: number[] = []
    await previewSlo(store.db, SLO, { days: 1, now: end, stepMinutes: 60, onProgress: (share) => told.push(share) })
    expect(told.length).toBeGreaterThan(5)
    expect(told.toSorted((a, b) => a - b)).toEqual(told)
    expect(told.at(-1)).toBe(1)
  })

  test('knows quiet minutes from unknown ones', async () => {
    const range = { from: new Date(T0 - 10 * MINUTE), to: new Date(T0 + 10 * MINUTE) }
    const series = await readPastMinutes(store.db, selectNothing(), range)
    expect([...series.total]).toEqual(Array(20).fill(0))
    expect([...series.covered]).toEqual([...Array(10).fill(0), ...Array(10).fill(1)])
  })
})

const objective = (over: Partial<Slo['objective']>) => ({ objective: { ...SLO.objective, ...over } })
const slices = (method: 'timeslices' | 'ratio_timeslices', targetPpm: number | null) =>
  objective({ method, slice: { minutes: 5, targetPpm } })
const month: CalendarWindow = {
  kind: 'calendar',
  minutes: 43_200,
  duration: '1M',
  start: '2026-01-01 00:00:00',
  timeZone: 'Europe/Berlin',
}
const member = (weight: number, notIn: Outcome[]): CompositeMember => ({
  displayName: `weight ${weight}`,
  indicator: {
    source: 'calls',
    name: `pay-${weight}`,
    numerator: { counts: 'good', selection: selection({ in: ['ok'] }) },
    total: selection({ notIn }),
  },
  generation: `member-${weight}`,
  weight,
  targetPpm: 999_000,
})
const composite = (method: CompositeIndicator['method']): Partial<Slo> => ({
  indicator: {
    source: 'composite',
    name: `purchase-${method}`,
    method,
    members: [member(1, []), member(3, ['cancelled'])],
  },
})

describe('a preview agrees with what is measured and read', () => {
  test.each([
    ['by occurrences', {}],
    ['by time slices', slices('timeslices', 950_000)],
    ['by the mean of time slices', slices('ratio_timeslices', null)],
    ['in a calendar month', objective({ window: month })],
    [
      'by time slices in a calendar month',
      objective({ window: month, method: 'timeslices', slice: { minutes: 1, targetPpm: 990_000 } }),
    ],
    ['over a composite by weight', composite('weighted-mean')],
    ['over a composite by the rules of OpenSLO', composite('openslo')],
    ['over a pooled composite', composite('pooled')],
    [
      'with a policy for slices without data',
      objective({ method: 'timeslices', slice: { minutes: 5, targetPpm: 950_000 }, noData: 'bad' }),
    ],
  ] satisfies [string, Partial<Slo>][])('%s', async (_, over) => {
    const slo = { ...SLO, ...over }
    const { counts, budget, coverage } = await previewSlo(store.db, slo, { days: 1, now: end, stepMinutes: 60 })
    await measureMinutes(store.db, [slo], { from: new Date(T0), to: end }, end)
    const [reading] = await readReadings(store.db, [slo], end)
    expect(counts).toEqual(reading?.period.counts)
    expect(counts.total).toBeGreaterThan(0)
    expect(budget).toEqual(budgetOfSlo(slo, reading!.period.units))
    expect(budget.consumed).toBeGreaterThan(0)
    expect(coverage).toBeCloseTo(reading!.period.coverage, 12)
  })
})

function selectNothing() {
  const nobody = { ...selection({ notIn: [] }), fields: { service: { in: ['nobody'] } } }
  return {
    source: 'calls' as const,
    name: 'none',
    numerator: { counts: 'good' as const, selection: nobody },
    total: nobody,
  }
}

import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { budgetOf } from '../../slo/budget/budget.ts'
import { burnRate } from '../../slo/budget/burn-rate.ts'
import { judgeSlices } from '../../slo/budget/slices.ts'
import { measuredOf } from '../../slo/indicator.ts'
import type { Counts, Method, NoDataPolicy, Slo } from '../../slo/model.ts'
import { recordBudgetReset } from '../../storage/budget-resets.ts'
import { completeHours } from '../../storage/indicator-hours.ts'
import { recordMaintenance } from '../../storage/maintenance-windows.ts'
import { readReadings } from '../../storage/readings.ts'
import { counts, slo } from '../slo/build.ts'
import { testDatabase } from '../support/database.ts'
import { storeHeartbeat } from './calls.ts'

const T0 = Date.parse('2026-01-31T12:00:00Z')
const MINUTE_MS = 60_000
const at = (minutes: number) => new Date(T0 + minutes * MINUTE_MS)
const PATIENCE_MS = 120_000

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())
beforeEach(async () => {
  for (const table of [
    'indicator_minutes',
    'indicator_minutes_by_time',
    'indicator_hours',
    'covered_minutes',
    'collector_reports',
    'ingest_log',
    'budget_resets',
    'maintenance_windows',
  ])
    await store.db.command({ query: `TRUNCATE TABLE ${table}` })
})

interface Minute extends Counts {
  minute: number
  varianceBad?: number
  varianceGood?: number
  seenBad?: number
  seenGood?: number
}

const indicatorOf = (name: string) => ({ ...slo().indicator, name }) as Slo['indicator']

function sloOf(
  name: string,
  objective: Partial<Slo['objective']> & { windowMinutes?: number } = {},
  rest: Partial<Slo> = {},
): Slo {
  const { windowMinutes = 180, ...given } = objective
  const base = slo({ windowMinutes, targetPpm: 990_000 })
  return {
    ...base,
    name,
    indicator: indicatorOf(name),
    generation: `${name}-1`,
    tiers: [{ severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 10 }],
    objective: { ...base.objective, ...given },
    ...rest,
  }
}

async function measured(name: string, minutes: readonly Minute[]): Promise<void> {
  await store.db.insert({
    table: 'indicator_minutes',
    format: 'JSONEachRow',
    values: minutes.map(({ minute, good, total, varianceBad = 0, varianceGood = 0, seenBad = 0, seenGood = 0 }) => ({
      indicator: name,
      generation: `${name}-1`,
      minute: at(minute).getTime() / 1_000,
      good,
      total,
      variance_bad: varianceBad,
      variance_good: varianceGood,
      seen_bad: seenBad,
      seen_good: seenGood,
      measured_at: at(0).toISOString(),
    })),
  })
}

const closeHours = (slos: readonly Slo[], to: number) =>
  completeHours(store.db, measuredOf(slos), { from: at(-600), to: at(to) }, at(to))

const sliced = (method: Method, minutes: number, noData: NoDataPolicy = 'gap', targetPpm: number | null = 950_000) => ({
  method,
  slice: { minutes, targetPpm: method === 'timeslices' ? targetPpm : null },
  noData,
})

describe('every budgeting method and window is what its minutes say', () => {
  const shapes = [
    sloOf('events'),
    sloOf('minutes', sliced('timeslices', 1)),
    sloOf('strict-minutes', sliced('timeslices', 1, 'bad', 999_999)),
    sloOf('fives', sliced('timeslices', 5, 'good')),
    sloOf('ratios', sliced('ratio_timeslices', 1)),
    sloOf('ratio-tens', sliced('ratio_timeslices', 10, 'ignore')),
    sloOf('hours', sliced('timeslices', 60)),
  ]
  const minute = fc.record({
    minute: fc.integer({ min: -240, max: -1 }),
    bad: fc.nat(20),
    good: fc.nat(100),
  })

  test(
    'whatever happened, and wherever the windows begin',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(minute, { selector: (of) => of.minute, minLength: 1, maxLength: 120 }),
          fc.integer({ min: -40, max: 0 }),
          fc.boolean(),
          async (minutes, now, hasHours) => {
            for (const table of [
              'indicator_minutes',
              'indicator_minutes_by_time',
              'indicator_hours',
              'collector_reports',
              'covered_minutes',
            ])
              await store.db.command({ query: `TRUNCATE TABLE ${table}` })
            for (let m = -300; m <= now; m += 1)
              if (m % 60 === 0 || m === now) await storeHeartbeat(store.db, at(m).getTime())
            const stored = minutes.map(({ minute: m, bad, good }) => ({ minute: m, good, total: good + bad }))
            for (const { indicator } of shapes) await measured(indicator.name, stored)
            if (hasHours) await closeHours(shapes, now)
            const byMinute = new Map(stored.map((of) => [of.minute, of]))
            const readings = await readReadings(store.db, shapes, at(now))
            for (const { slo: of, windows, period } of readings) {
              const length = of.objective.slice?.minutes ?? 1
              const end = Math.floor(now / length) * length
              const sizes = [...windows.keys()].filter((size) => size % length === 0).sort((x, y) => x - y)
              const bad = sizes.map((size) => windows.get(size)!.units.total - windows.get(size)!.units.good)
              for (const [n, spent] of bad.entries()) expect(spent).toBeLessThanOrEqual((bad[n + 1] ?? spent) + 1e-9)
              for (const [size, { counts: events, units }] of [...windows, [180, period] as const]) {
                if (size % length !== 0) continue
                const inside = Array.from({ length: size }, (_, n) => byMinute.get(end - size + n) ?? counts(0, 0))
                const total = inside.reduce((sum, m) => sum + m.total, 0)
                const good = inside.reduce((sum, m) => sum + m.good, 0)
                expect([of.name, size, events]).toEqual([of.name, size, { good, total }])
                if (of.objective.slice === null) {
                  expect(units).toEqual({ good, total })
                  continue
                }
                const { measured: filled, bad, lost } = judgeSlices(inside, of.objective.slice)
                const known = Math.min(size, end + 300) / length
                const counted = of.objective.noData === 'gap' || of.objective.noData === 'ignore' ? filled : known
                const silent = of.objective.noData === 'bad' ? known - filled : 0
                const spent = (of.objective.method === 'timeslices' ? bad : lost) + silent
                expect([of.name, size, units.total]).toEqual([of.name, size, counted])
                expect(units.total - units.good).toBeCloseTo(spent, 9)
              }
            }
          },
        ),
        { numRuns: 6 },
      )
    },
    PATIENCE_MS,
  )
})

describe('calendar windows', () => {
  const month: Slo['objective']['window'] = {
    kind: 'calendar',
    minutes: 43_200,
    duration: '1M',
    start: '2026-01-01 00:00:00',
    timeZone: 'America/New_York',
  }

  test('count from the start of the period, and slices of all of it are the budget', async () => {
    const of = [sloOf('month', { window: month }), sloOf('month-slices', { window: month, ...sliced('timeslices', 1) })]
    await storeHeartbeat(store.db, T0)
    // The period began on 1 January, 05:00 UTC.
    const start = (Date.parse('2026-01-01T05:00:00Z') - T0) / MINUTE_MS
    for (const name of ['month', 'month-slices'])
      await measured(name, [
        { minute: start - 1, ...counts(9, 10) },
        { minute: start, ...counts(5, 10) },
        { minute: -1, ...counts(0, 10) },
      ])
    const [events, slices] = await readReadings(store.db, of, at(0))
    expect(events?.period).toMatchObject({
      counts: counts(5, 20),
      from: new Date('2026-01-01T05:00:00Z'),
      to: new Date('2026-02-01T05:00:00Z'),
    })
    const left = (Date.parse('2026-02-01T05:00:00Z') - T0) / MINUTE_MS
    expect(events?.period.expectedTotal).toBeCloseTo(20 * (1 + left / -start), 9)
    expect(slices?.period.units).toEqual({ good: 1 + left, total: 2 + left })
  })
})

test('another target, method or window judges the same minutes anew: nothing is measured again', async () => {
  await storeHeartbeat(store.db, T0)
  await measured('same', [
    { minute: -90, ...counts(3, 100) },
    { minute: -1, ...counts(10, 100) },
  ])
  const same = (objective: Parameters<typeof sloOf>[1]) => ({
    ...sloOf('same', objective),
    name: JSON.stringify(objective),
  })
  const strict = same({ targetPpm: 999_000, budgetPpm: 1_000 })
  const short = same({ windowMinutes: 60 })
  const sliceTargets = [960_000, 975_000].map((targetPpm) => same(sliced('timeslices', 1, 'gap', targetPpm)))
  const readings = await readReadings(store.db, [strict, short, ...sliceTargets], at(0))
  expect(readings.map(({ period }) => period.units)).toEqual([
    counts(13, 200),
    counts(10, 100),
    counts(1, 2),
    counts(2, 2),
  ])
})

describe('composites', () => {
  const member = (name: string, weight = 1, targetPpm = 990_000) => ({
    displayName: name,
    indicator: { ...indicatorOf(name) } as never,
    generation: `${name}-1`,
    weight,
    targetPpm,
  })
  const composite = (method: 'openslo' | 'weighted-mean' | 'pooled', given: Partial<Slo['objective']> = {}) =>
    sloOf(`c-${method}`, given, {
      indicator: { source: 'composite', name: `c-${method}`, method, members: [member('pay', 2), member('ship')] },
    })

  beforeEach(async () => {
    await storeHeartbeat(store.db, T0)
    await measured('pay', [
      { minute: -2, ...counts(10, 100) },
      { minute: -1, ...counts(0, 100) },
    ])
  })

  test('are computed from their members, and name those without data', async () => {
    const [openslo, mean, pooled] = await readReadings(
      store.db,
      [composite('openslo'), composite('weighted-mean'), composite('pooled')],
      at(0),
    )
    // pay: 10 of 200 bad at 99 % → burn 5, weight 2; ship: silent.
    expect(burnRate(openslo!.period.units, 10_000)).toBeCloseTo(10, 12)
    expect(budgetOf(mean!.period.units, 10_000).sli).toBeCloseTo(0.95, 12)
    expect(pooled!.period.units).toEqual(counts(10, 200))
    expect(openslo!.members?.map(({ displayName, period }) => [displayName, period.counts.total])).toEqual([
      ['pay', 200],
      ['ship', 0],
    ])
  })

  test('G26 a slice that is bad in any member is bad, once', async () => {
    await measured('ship', [
      { minute: -2, ...counts(50, 100) },
      { minute: -1, ...counts(50, 100) },
      { minute: -3, ...counts(0, 100) },
    ])
    const [reading] = await readReadings(store.db, [composite('openslo', sliced('timeslices', 1))], at(0))
    expect(reading!.period.units).toEqual(counts(2, 3))
    expect(reading!.windows.get(5)!.units).toEqual(counts(2, 3))
  })
})

describe('what people decided about a budget', () => {
  const of = sloOf('decided')
  const slices = sloOf('decided-slices', sliced('timeslices', 10, 'gap', 950_000))
  const excluded = (from: number, to: number) =>
    recordMaintenance(
      store.db,
      [
        {
          id: 'mw_1',
          scope: { services: ['checkout'], slos: [], dependencies: [], environments: [] },
          schedule: { from: at(from), to: at(to) },
          suppress: true,
          excludeFromBudget: true,
          reason: 'database upgrade',
          createdBy: 'ann',
          createdAt: at(-200),
          endedAt: null,
          reviewAt: null,
          revision: 1,
          revoked: false,
          source: 'api',
        },
      ],
      at(0),
    )
  beforeEach(async () => {
    await storeHeartbeat(store.db, T0)
    const minutes = [-100, -45, -35, -15].map((minute) => ({ minute, ...counts(10, 100) }))
    for (const name of ['decided', 'decided-slices']) await measured(name, minutes)
  })

  test('excluded time leaves counts and coverage; the numbers with it stand beside', async () => {
    await excluded(-50, -30)
    const [reading] = await readReadings(store.db, [of], at(0))
    expect(reading!.period).toMatchObject({
      counts: counts(20, 200),
      raw: { counts: counts(40, 400), units: counts(40, 400) },
      exclusions: [{ from: at(-50), to: at(-30), reason: expect.stringContaining('database upgrade') }],
    })
    expect(reading!.windows.get(60)!.counts).toEqual(counts(10, 100))
    expect(reading!.windows.get(30)!.counts).toEqual(counts(10, 100))
  })

  test('a slice that is partly excluded is judged on its remaining minutes', async () => {
    await measured('decided-slices', [{ minute: -42, ...counts(0, 1_000) }])
    await excluded(-46, -43)
    const [reading] = await readReadings(store.db, [slices], at(0))
    // The slice of -50…-40 keeps only its good minute; with the excluded one it would be good as well: 10 of 1,100.
    expect(reading!.period.units).toEqual(counts(3, 4))
    await excluded(-43, -41)
    const [other] = await readReadings(store.db, [slices], at(0))
    expect(other!.period.raw?.units).toEqual(counts(3, 4))
  })

  test('a reset begins the period anew; the numbers from before stand beside', async () => {
    await recordBudgetReset(
      store.db,
      { id: 'r1', slo: 'decided', at: at(-40), reason: 'provider paid', by: 'ann' },
      at(-40),
    )
    await recordBudgetReset(store.db, { id: 'r0', slo: 'other', at: at(-20), reason: 'x', by: 'bob' }, at(-20))
    const [reading] = await readReadings(store.db, [of], at(0))
    expect(reading!.period).toMatchObject({
      counts: counts(20, 200),
      from: at(-40),
      raw: { counts: counts(40, 400) },
      resets: [{ reason: 'provider paid', by: 'ann' }],
    })
    // Alerts go on as before: a reset does not make the last hour better.
    expect(reading!.windows.get(60)!.counts).toEqual(counts(30, 300))
  })
})

describe('what is known', () => {
  test('a minute without a point of a gauge is blind, whatever else arrives', async () => {
    for (let minute = -5; minute < 0; minute++) await storeHeartbeat(store.db, at(minute).getTime())
    await storeHeartbeat(store.db, T0 - 1)
    const gauge = sloOf('lag', { noData: 'gap' }, {})
    const of = {
      ...gauge,
      indicator: {
        source: 'gauge' as const,
        name: 'lag',
        selection: { source: 'metric' as const, metric: 'lag', kind: 'gauge' as const, attributes: {}, le: null },
        op: 'lte' as const,
        value: 60,
      },
    }
    await measured(
      'lag',
      [-1, -2, -4].map((minute) => ({ minute, ...counts(0, 1) })),
    )
    const [reading] = await readReadings(store.db, [of], at(0))
    expect(reading!.windows.get(5)!.coverage).toBe(0.6)
  })

  test('sampling is told by the variance of the counts', async () => {
    await storeHeartbeat(store.db, T0)
    await measured('sampled', [
      { minute: -90, ...counts(100, 50_000), varianceBad: 900, varianceGood: 449_100, seenBad: 10, seenGood: 4_990 },
      { minute: -1, ...counts(100, 50_000), varianceBad: 900, varianceGood: 449_100, seenBad: 10, seenGood: 4_990 },
    ])
    const [reading] = await readReadings(store.db, [sloOf('sampled')], at(0))
    expect(reading!.period.variance).toEqual({ good: 898_200, bad: 1_800 })
    expect(reading!.windows.get(60)!.variance).toEqual({ good: 449_100, bad: 900 })
    expect(reading!.period.seen).toEqual({ good: 9_980, bad: 20 })
    expect(reading!.windows.get(60)!.seen).toEqual({ good: 4_990, bad: 10 })
  })

  test('an SLO that settles late ends its windows early, and is judged by its window, not its minutes', async () => {
    await storeHeartbeat(store.db, T0)
    await measured('late', [
      { minute: -8, good: 12, total: 10 },
      { minute: -7, good: 8, total: 10 },
      { minute: -3, ...counts(10, 10) },
    ])
    const [reading] = await readReadings(store.db, [sloOf('late', {}, { settleMinutes: 5 })], at(0))
    expect(reading!.period.counts).toEqual({ good: 20, total: 20 })
    expect(reading!.invalidMinute).toBeNull()
    const [strict] = await readReadings(store.db, [sloOf('late')], at(0))
    expect(strict!.invalidMinute).toEqual(at(-8))
  })
})

import { describe, expect, it, test } from 'vitest'
import { planHistory } from '../../api/history.ts'
import { budgetOfSlo } from '../../slo/budget/budget.ts'
import { stepsOf } from '../../slo/budget/history.ts'
import type { CompositeMethod, MeasuredIndicator, Method, Slo } from '../../slo/model.ts'
import { statusOf } from '../../slo/status.ts'
import { counts, NOW, reading, slo } from './build.ts'

const HOUR_MS = 3_600_000

describe('when an overspent budget is gone', () => {
  const spent = { elsewhere: counts(50_000, 1_000_000) }
  const ROWS: Record<string, Parameters<typeof reading>[0]> = {
    'on fresh data': spent,
    'while the data is old': { ...spent, watermark: new Date(NOW.getTime() - HOUR_MS) },
    'while too little of a window is known': {
      ...spent,
      coverage: { 5: 0.1, 30: 0.1, 60: 0.1, 120: 0.1, 360: 0.1, 1440: 0.1, 4320: 0.1 },
    },
  }
  for (const [title, given] of Object.entries(ROWS)) {
    it(`${title}: now`, () => {
      expect(statusOf(reading(given), null, { now: NOW }).budget.exhaustsAt).toBe(NOW.toISOString())
    })
  }

  it('is not known while the history is being measured', () => {
    const backfill = { measuredFrom: NOW, progress: 0.1 }
    expect(statusOf(reading({ ...spent, backfill }), null, { now: NOW }).budget.exhaustsAt).toBeNull()
  })
})

describe('an SLI is stated where there is one, and events are left where events are counted', () => {
  const base = slo()
  const composite = (method: CompositeMethod): Slo['indicator'] => ({
    source: 'composite',
    name: 'both',
    method,
    members: [
      {
        displayName: 'a',
        indicator: base.indicator as MeasuredIndicator,
        generation: 'a',
        weight: 1,
        targetPpm: 999_000,
      },
    ],
  })
  const ROWS: [string, Slo['indicator'], Method, sli: number | null, left: number | null][] = [
    ['one SLI by occurrences', base.indicator, 'occurrences', 0.9, -99],
    ['one SLI by slices', base.indicator, 'timeslices', 0.9, null],
    ['pooled', composite('pooled'), 'occurrences', 0.9, -99],
    ['weighted mean', composite('weighted-mean'), 'occurrences', 0.9, null],
    ['openslo by occurrences: burn rates are added up', composite('openslo'), 'occurrences', null, null],
    ['openslo by slices', composite('openslo'), 'timeslices', 0.9, null],
    ['openslo by ratios of slices', composite('openslo'), 'ratio_timeslices', 0.9, null],
  ]
  for (const [title, indicator, method, sli, badEventsLeft] of ROWS) {
    it(title, () => {
      const of = { ...base, indicator, objective: { ...base.objective, method } }
      expect(budgetOfSlo(of, counts(100, 1_000))).toMatchObject({ sli, badEventsLeft, consumed: 100, remaining: -99 })
      expect(statusOf(reading({ of, elsewhere: counts(100, 1_000) }), null, { now: NOW }).sli).toBe(sli)
    })
  }
})

describe('days of a calendar window are days on its clocks', () => {
  const window = (timeZone: string) => ({
    kind: 'calendar' as const,
    minutes: 43_200,
    duration: '1M',
    start: '2026-01-01 00:00:00',
    timeZone,
  })
  const days = (timeZone: string, from: string, to: string) => {
    const plan = planHistory(
      { from: new Date(from), to: new Date(to), stepMinutes: 1_440 },
      { window: window(timeZone) },
    )
    return { plan, steps: stepsOf({ window: window(timeZone) }, plan) }
  }

  test('across the change in October each begins at midnight, and one has 25 hours', () => {
    const { plan, steps } = days('Europe/Berlin', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z')
    expect(steps).toHaveLength(31)
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' })
    expect(new Set(steps.map(({ from }) => clock.format(from)))).toEqual(new Set(['00:00']))
    expect(
      steps
        .filter(({ from, to }) => to.getTime() - from.getTime() === 25 * HOUR_MS)
        .map(({ from }) => from.toISOString()),
    ).toEqual(['2026-10-24T22:00:00.000Z'])
    expect([steps[0]?.from, steps.at(-1)?.to]).toEqual([plan.from, plan.to])
    expect(plan.resolutionMinutes).toBe(60)
  })

  test('across the change in March one has 23 hours, and a step ends where the next begins', () => {
    const { steps } = days('America/New_York', '2026-03-01T05:00:00Z', '2026-04-01T04:00:00Z')
    expect(steps.filter(({ from, to }) => to.getTime() - from.getTime() === 23 * HOUR_MS)).toHaveLength(1)
    for (const [n, { from }] of steps.slice(1).entries()) expect(from).toEqual(steps[n]?.to)
  })

  test('every edge lies on the grid that is read', () => {
    const { plan, steps } = days('Australia/Lord_Howe', '2026-03-20T00:00:00Z', '2026-04-20T00:00:00Z')
    for (const { from } of steps)
      expect((from.getTime() - plan.readFrom.getTime()) % (plan.resolutionMinutes * 60_000)).toBe(0)
  })
})

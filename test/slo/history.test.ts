import { describe, expect, test } from 'vitest'
import { type HistoryRow, historySource, historySteps, windowAt } from '../../slo/budget/history.ts'
import type { Objective } from '../../slo/model.ts'
import { counts, slo } from './build.ts'

const DAY_MS = 86_400_000
const DAY = 1_440
const NOVEMBER = Date.UTC(2025, 10, 1)
const day = (k: number) => new Date(NOVEMBER + (k - 1) * DAY_MS)

const daily: Objective = {
  ...slo().objective,
  method: 'ratio_timeslices',
  window: { kind: 'calendar', minutes: 43_200, duration: '1M', start: '2025-01-01 00:00:00', timeZone: 'UTC' },
  slice: { minutes: DAY, targetPpm: null },
  noData: 'good',
}

describe('burn-down of a calendar month of daily slices', () => {
  const now = new Date('2025-11-14T01:02:03Z')
  const shares = [0.99, 0.991, 0.992, 0.993, 0.994, 0.995, 0.996]
  const rows = shares.map((q, n): HistoryRow => {
    const bad = Math.round((1 - q) * 1_000)
    return { minute: day(n + 1), ...counts(bad, 1_000), slices: { measured: 1, bad: 0, lost: bad / 1_000 } }
  })
  // The slice of the 14th is not over: slices are measured up to the start of the open one.
  const grid = {
    from: day(1),
    to: day(31),
    resolutionMinutes: DAY,
    knownFrom: new Date(0),
    knownTo: day(14),
    exclusions: [],
  }
  const steps = historySteps(
    historySource(rows, grid, daily),
    daily,
    { from: day(1), to: day(31), stepMinutes: DAY },
    { now, knownTo: grid.knownTo },
  )
  const left = steps.map(({ budgetRemaining }) => budgetRemaining)

  test('G14 the first seven days', () => {
    const expected = [200 / 3, 110 / 3, 10, -40 / 3, -100 / 3, -50, -190 / 3]
    for (const [n, percent] of expected.entries()) expect(left[n]! * 100).toBeCloseTo(percent, 9)
  })
  test('G15 days without data stay flat, days to come are unknown', () => {
    for (let k = 8; k <= 14; k++) expect(left[k - 1]! * 100).toBeCloseTo(-190 / 3, 9)
    expect(left.slice(14)).toEqual(Array(16).fill(null))
  })
  test('G16 the ideal line', () => {
    for (const [n, { ideal }] of steps.entries()) expect(ideal! * 100).toBeCloseTo(100 * (1 - (n + 1) / 30), 9)
  })
  test('no step of the future has counts or a burn', () => {
    expect(steps[20]).toMatchObject({ counts: counts(0, 0), sli: null, burn: null, budgetRemaining: null })
  })
})

describe('what is left at the end of a step', () => {
  const minute = (n: number) => new Date(NOVEMBER + n * 60_000)
  const rolling = (minutes: number): Objective => ({
    ...slo().objective,
    window: { kind: 'rolling', minutes, duration: `${minutes}m` },
  })
  const grid = {
    from: minute(-60),
    to: minute(60),
    resolutionMinutes: 10,
    knownFrom: new Date(0),
    knownTo: minute(60),
    exclusions: [],
  }
  const rows: HistoryRow[] = [
    { minute: minute(0), ...counts(1, 1_000) },
    { minute: minute(10), ...counts(0, 1_000) },
    { minute: minute(20), ...counts(0, 1_000) },
  ]
  const remaining = (objective: Objective, resets: Date[] = []) =>
    historySteps(
      historySource(rows, grid, objective),
      objective,
      { from: minute(0), to: minute(40), stepMinutes: 10 },
      { now: minute(60), knownTo: grid.knownTo, resets },
    ).map(({ budgetRemaining }) => budgetRemaining)

  test('under a rolling window bad events age out', () => {
    expect(remaining(rolling(20))).toEqual([0, 0.5, 1, 1])
  })
  test('without data is null', () => {
    expect(remaining(rolling(10))).toEqual([0, 1, 1, null])
  })
  test('a reset begins the budget anew: what was before it does not count', () => {
    expect(remaining(rolling(60), [minute(10)])).toEqual([0, 1, 1, 1])
  })
  test('a reset longer ago than the window changes nothing', () => {
    expect(windowAt(rolling(20), minute(40), [minute(5)])).toEqual({ from: minute(20), to: minute(40) })
  })
  test('of one-minute slices counts slices', () => {
    const sliced: Objective = { ...rolling(20), method: 'timeslices', slice: { minutes: 10, targetPpm: 999_500 } }
    const judged = rows.map((row, n) => ({ ...row, slices: { measured: 1, bad: n === 0 ? 1 : 0, lost: 0 } }))
    const [first, second, third] = historySteps(
      historySource(judged, grid, sliced),
      sliced,
      { from: minute(0), to: minute(30), stepMinutes: 10 },
      { now: minute(60), knownTo: grid.knownTo },
    )
    expect(first).toMatchObject({ sli: 0, burn: 1_000, budgetRemaining: -999, ideal: null })
    expect(second).toMatchObject({ sli: 1, burn: 0, budgetRemaining: -499 })
    expect(third).toMatchObject({ budgetRemaining: 1 })
  })
})

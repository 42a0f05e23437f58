import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { burnDown, windowDrawing, windowLine } from '../../dashboards/web/burn-down.ts'
import { areaPath, budgetDomain, burnScale, linearScale, linePath, ticks } from '../../dashboards/web/chart-geometry.ts'
import { historyPath, periodPath, rangeOf, rangeOfAnswer, stepFor } from '../../dashboards/web/history.ts'
import { askedRange, parseMoment } from '../../dashboards/web/time-range.ts'
import { tickText, timeTicks } from '../../dashboards/web/time-ticks.ts'
import { minutesAgo, slo } from './answers.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-03-08T12:34:56Z')
const step = (good: number, total: number) => ({
  at: '2026-03-01T00:00:00.000Z',
  good,
  total,
  sli: null,
  budgetRemaining: null,
  burn: null,
  ideal: null,
})

describe('burnDown', () => {
  test('starts full and ends at the budget left of the window', () => {
    expect(burnDown([step(1_000, 1_000), step(999, 1_000), step(2_000, 2_000)], 1_000)).toEqual([1, 0.75, 0.75])
  })
  test('an overspent budget goes below zero and is not clipped', () => {
    expect(burnDown([step(9_856, 10_000)], 1_000)).toEqual([-13.4])
  })
  test('before the first event nothing is known; a quiet stretch after it changes nothing', () => {
    expect(burnDown([step(0, 0), step(999, 1_000), step(0, 0)], 1_000)).toEqual([null, 0, 0])
  })
  test('without events nothing is known', () => {
    expect(burnDown([step(0, 0), step(0, 0)], 1_000)).toEqual([null, null])
  })
  test('never rises, and its end does not depend on how the window is cut', () => {
    const steps = fc.array(
      fc.tuple(fc.nat(1_000), fc.nat(1_000)).map(([bad, good]) => step(good, good + bad)),
      { minLength: 2, maxLength: 40 },
    )
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 999_999 }), (parts, budgetPpm) => {
        const line = burnDown(parts, budgetPpm)
        const good = parts.reduce((sum, part) => sum + part.good, 0)
        const total = parts.reduce((sum, part) => sum + part.total, 0)
        expect(line.at(-1)).toEqual(burnDown([step(good, total)], budgetPpm)[0])
        for (const [n, value] of line.entries())
          expect(value === null || n === 0 || value <= (line[n - 1] ?? 1)).toBe(true)
      }),
    )
  })
})

describe('the line of a whole window', () => {
  const steps = [0.9, null, 0.4].map((budgetRemaining) => ({ ...step(999, 1_000), budgetRemaining }))
  const left = [0.9, null, 0.4]
  const events = slo('events')
  const objective = events.objective!
  const reset = { at: minutesAgo(60), reason: 'migrated', by: 'ada' }
  test('of events in a rolling window begins full', () => {
    expect(windowDrawing(events)).toBe('burn-down')
    expect(windowLine(steps, events)).toEqual(burnDown(steps, 1_000))
  })
  test.each([
    ['slices', 'trailing', { objective: { ...objective, method: 'timeslices' as const } }],
    ['a calendar period', 'period', { objective: { ...objective, window: { duration: '1M', rolling: false } } }],
    ['a budget that began anew', 'trailing', { budget: { ...events.budget, resets: [reset] } }],
    ['a composite', 'trailing', { members: [] }],
  ])('of %s is what was left at each time', (_, drawing, change) => {
    expect(windowDrawing({ ...events, ...change })).toBe(drawing)
    expect(windowLine(steps, { ...events, ...change })).toEqual(left)
  })
  test('of what was refused is none', () => expect(windowLine(steps, { ...events, objective: null })).toEqual([]))
})

describe('lines', () => {
  const scale = linearScale({ low: 0, high: 1 })
  test('a gap breaks the line instead of joining over it', () => {
    const points = [
      { at: 0, value: 1 },
      { at: 0.5, value: null },
      { at: 1, value: 0 },
    ]
    expect(linePath(points, scale, 100, 10)).toBe('M0 0h.01M100 10h.01')
  })
  test('an area closes each run down to its base', () => {
    const points = [
      { at: 0, value: 1 },
      { at: 0.5, value: 0.5 },
    ]
    expect(areaPath(points, scale, 100, 10, 0)).toBe('M0 10L0 0L50 5L50 10z')
  })
  test('the domain holds zero, the full budget and every overspent value', () => {
    expect(budgetDomain([0.4, null, -3.2])).toEqual({ low: -3.2, high: 1 })
    expect(budgetDomain([null])).toEqual({ low: 0, high: 1 })
  })
  test('ticks are round and include zero as plain 0', () => {
    expect(ticks({ low: -0.34, high: 1 }, 4)).toEqual([0, 0.5, 1])
    expect(ticks({ low: 0, high: 1 }, 4)).toEqual([0, 0.5, 1])
    expect(ticks({ low: -40, high: 1 }, 4)).toEqual([-40, -20, 0])
  })
})

test('the budget axis marks the full budget unless it would stand on zero', () => {
  expect(linearScale({ low: -8.9, high: 1 }).ticks).toEqual([-8, -6, -4, -2, 0, 1])
  expect(linearScale({ low: -40, high: 1 }).ticks).toEqual([-40, -30, -20, -10, 0])
})

describe('burnScale', () => {
  test('one decade per step, at least to 10', () => expect(burnScale([0.3, null]).ticks).toEqual([0.1, 1, 10]))
  test('grows to hold an outage', () => expect(burnScale([950]).ticks.at(-1)).toBe(1000))
  test('every rate lies inside, in order', () => {
    const rates = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(rates, (all) => {
        const scale = burnScale(all)
        const places = all.toSorted((a, b) => a - b).map((rate) => scale.placeOf(rate))
        for (const [n, place] of places.entries()) {
          expect(place).toBeGreaterThanOrEqual(n === 0 ? 0 : (places[n - 1] ?? 0))
          expect(place).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
    )
  })
})

describe('ranges', () => {
  test.each([
    ['now', NOW],
    ['now-6h', NOW - 6 * 3_600_000],
    ['2026-03-01T00:00:00Z', Date.parse('2026-03-01T00:00:00Z')],
    ['now-', null],
    ['yesterday', null],
    ['', null],
  ])('"%s" is %s', (text, moment) => expect(parseMoment(text, NOW)).toBe(moment))

  test.each([
    ['from=now-1h', { from: NOW - 3_600_000, to: NOW }],
    ['from=now-2h&to=now-1h', { from: NOW - 7_200_000, to: NOW - 3_600_000 }],
    ['from=now-1h&to=now-2h', null],
    ['', null],
  ])('?%s asks for %j', (query, range) => expect(askedRange(new URLSearchParams(query), NOW)).toEqual(range))

  test('the address of a range stays the same until the next step begins', () => {
    const path = (now: number) => historyPath('a/b', rangeOf({ from: now - 30 * DAY, to: now }, 'chart'))
    expect(path(NOW)).toBe(
      '/api/v1/slos/a%2Fb/history?from=2026-02-06T15%3A00%3A00.000Z&to=2026-03-08T15%3A00%3A00.000Z&step=3h',
    )
    expect(path(NOW + 60_000)).toBe(path(NOW))
    expect(path(NOW + 3 * 3_600_000)).not.toBe(path(NOW))
  })

  test.each([
    ['30 days of events', 43_200, 1, 180],
    ['30 days in slices of 5m', 43_200, 5, 180],
    ['a week in slices of 7m, which divide no day', 10_080, 7, 42],
    ['an hour in slices of 1h', 60, 60, 60],
    ['a year', 525_600, 1, 2_880],
  ])('steps of %s are whole slices and few', (_, minutes, slice, step) =>
    expect(stepFor(minutes, 'chart', slice)).toBe(step),
  )

  test('a calendar period is asked for without ends, and its axis is that of the answer', () => {
    expect(periodPath('a', 180)).toBe('/api/v1/slos/a/history?step=3h')
    const answer = { from: '2026-03-01T00:00:00.000Z', to: '2026-04-01T00:00:00.000Z', stepMinutes: 180 }
    expect(rangeOfAnswer(answer)).toEqual({
      from: Date.UTC(2026, 2, 1),
      to: Date.UTC(2026, 3, 1),
      stepMinutes: 180,
    })
  })

  test('a range has few steps, ends on the step that runs now and is as long as asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * 1440 }), (minutes) => {
        const { from, to, stepMinutes } = rangeOf({ from: NOW - minutes * 60_000, to: NOW }, 'sparkline')
        const stepMs = stepMinutes * 60_000
        expect((to - from) / stepMs).toBeLessThanOrEqual(61)
        expect(to).toBeGreaterThanOrEqual(NOW)
        expect(to - NOW).toBeLessThan(stepMs)
        expect(Math.abs(to - from - minutes * 60_000)).toBeLessThanOrEqual(stepMs)
      }),
    )
  })

  test('a quarter of a 30-day window that began with one of its steps is covered from its start, at any time of day', () => {
    const halfDays = fc.integer({ min: 1, max: 15 })
    const minuteOfDay = fc.integer({ min: 0, max: 1439 })
    fc.assert(
      fc.property(halfDays, minuteOfDay, (steps, minutes) => {
        const now = NOW - (NOW % DAY) + minutes * 60_000
        const from = now - (now % (DAY / 2)) - steps * (DAY / 2)
        expect(rangeOf({ from, to: now }, 'sparkline').from).toBeLessThanOrEqual(from)
      }),
    )
  })

  test('time ticks are round moments inside the range, no more than fit', () => {
    const { ticks: found, stepMs } = timeTicks(NOW - 30 * DAY, NOW, 7, 'utc')
    expect(found.map((at) => tickText(at, stepMs, 'utc'))).toEqual([
      '11 Feb',
      '16 Feb',
      '21 Feb',
      '26 Feb',
      '3 Mar',
      '8 Mar',
    ])
    expect(timeTicks(NOW - 3_600_000, NOW, 5, 'utc').ticks.map((at) => tickText(at, 60_000, 'utc'))).toEqual([
      '11:45',
      '12:00',
      '12:15',
      '12:30',
    ])
  })
})

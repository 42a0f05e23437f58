import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../slo/alert/alert.ts'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import type { AlertState } from '../../slo/alert/alert-state.ts'
import { ALERT_NAMES } from '../../slo/alert/incident.ts'
import { keyOf } from '../../slo/indicator.ts'
import type { Slo } from '../../slo/model.ts'
import { type BacktestOptions, backtest } from '../../slo/replay/backtest.ts'
import { emptySeries, type MinuteSeries, minuteAt, putMinute } from '../../slo/replay/minute-series.ts'
import { replay } from '../../slo/replay/replay.ts'
import { DAY, slo } from './build.ts'

const START = new Date('2026-01-01T00:00:00Z')
const HISTORY = 4 * DAY
const SLO = slo()

type Stretch = readonly [from: number, to: number, badOf1000: number]

/** 1,000 calls a minute without a failure, but for the stretches; minutes `[from, to)` of `lost` never arrived. */
function history(
  minutes: number,
  stretches: readonly Stretch[],
  lost: readonly [number, number] = [0, 0],
): MinuteSeries {
  const series = emptySeries(START, minutes)
  for (let n = 0; n < minutes; n++) {
    if (n >= lost[0] && n < lost[1]) continue
    const bad = stretches.findLast(([from, to]) => from <= n && n < to)?.[2] ?? 0
    putMinute(series, minuteAt(series, n), { good: 1000 - bad, total: 1000 })
  }
  return series
}

const alone = (series: MinuteSeries, of = SLO) => new Map([[keyOf(of), series]])

/** Burn rates, unless other kinds are asked for. */
const over = (
  series: MinuteSeries,
  from: number,
  to: number,
  { of = SLO, ...options }: Partial<BacktestOptions> & { of?: Slo } = {},
) =>
  backtest(of, alone(series, of), {
    from: minuteAt(series, from),
    to: minuteAt(series, to),
    stepMinutes: DAY,
    kinds: new Set(['SLOBurnRate']),
    ...options,
  })

const ALL_KINDS = { kinds: new Set(ALERT_NAMES) }

/** `page 12-27`: minutes since `origin`. */
const told = ({ alerts }: ReturnType<typeof backtest>, series: MinuteSeries, origin: number) =>
  alerts.map(({ severity, from, to }) => {
    const minute = (at: Date | null) =>
      at === null ? '' : Math.round((at.getTime() - minuteAt(series, origin).getTime()) / 60_000)
    return `${severity} ${minute(from)}-${minute(to)}`
  })

describe('a backtest tells of the pages and tickets that would have been', () => {
  const rows: [string, Stretch[], string[]][] = [
    ['a total outage of ten minutes pages, then leaves a ticket', [[0, 10, 1000]], ['page 1-45', 'ticket 45-400']],
    ['a total outage of one minute pages until its short window is clean', [[0, 1, 1000]], ['page 1-11']],
    ['800 of 1,000 calls in one minute say nothing', [[0, 1, 800]], []],
    ['two per cent for an hour pages late', [[0, 60, 20]], ['page 44-67']],
    ['half a per cent for 1,000 minutes is a ticket', [[0, 1000, 5]], ['ticket 865-1326']],
    ['a burn of exactly 1 says nothing', [[0, 6000, 1]], []],
  ]
  it.each(rows)('%s', (_title, stretches, expected) => {
    const shifted = stretches.map(([from, to, bad]): Stretch => [from + HISTORY, to + HISTORY, bad])
    const series = history(HISTORY + 2 * DAY, shifted)
    expect(told(over(series, HISTORY, HISTORY + 2 * DAY), series, HISTORY)).toEqual(expected)
  })

  it('tells since when there is telemetry, where that is not from the beginning', () => {
    const late = history(DAY, [], [0, 100])
    expect(over(late, 0, DAY).knownFrom).toEqual(minuteAt(late, 100))
    const whole = history(DAY, [])
    expect(over(whole, 0, DAY).knownFrom).toBeNull()
    expect(over(emptySeries(START, DAY), 0, DAY).knownFrom).toBeNull()
  })

  it('counts open minutes by severity', () => {
    const series = history(HISTORY + DAY, [[HISTORY, HISTORY + 10, 1000]])
    expect(over(series, HISTORY, HISTORY + DAY).openMinutes).toEqual({ page: 44, ticket: 355 })
  })

  it('leaves open what does not end', () => {
    const series = history(HISTORY + 20, [[HISTORY, HISTORY + 20, 1000]])
    const [page, ...more] = over(series, HISTORY, HISTORY + 20).alerts
    expect(page).toMatchObject({ severity: 'page', to: null, minutes: 19, tier: '1h/5m', governingWindow: '1h' })
    expect(more).toEqual([])
  })

  it('tells of a page that was open already when the stretch begins', () => {
    const series = history(HISTORY + 40, [[HISTORY, HISTORY + 10, 1000]])
    expect(told(over(series, HISTORY + 20, HISTORY + 40), series, HISTORY)).toEqual(['page 21-'])
  })

  it('freezes over lost telemetry as the live alert does', () => {
    const series = history(HISTORY + 100, [[HISTORY, HISTORY + 3, 1000]], [HISTORY + 3, HISTORY + 60])
    const [page] = told(over(series, HISTORY, HISTORY + 100), series, HISTORY)
    expect(page).toMatch(/^page 1-/)
    expect(Number(page?.split('-')[1] || Infinity)).toBeGreaterThan(60)
  })
})

describe('alerts beside burn rates', () => {
  const sent = (series: MinuteSeries, to: number, options: Parameters<typeof over>[3] = ALL_KINDS) =>
    over(series, HISTORY, HISTORY + to, options).alerts.map(({ alert, severity, from, sentAt }) => {
      const minute = (at: Date) => (at.getTime() - minuteAt(series, HISTORY).getTime()) / 60_000
      return `${severity} ${alert.replace('checkout-stripe', 'A')} ${minute(from)}, sent ${minute(sentAt)}`
    })

  it('marks of the budget are sent on their own once the burn that spent it is over', () => {
    expect(sent(history(HISTORY + DAY, [[HISTORY, HISTORY + 10, 1000]]), DAY)).toEqual([
      'page A 1, sent 1',
      'ticket A 45, sent 45',
      ...[50, 75, 90, 100].map((mark) => `ticket A#budget${mark} 400, sent 401`),
      'ticket A#exhaustion 400, sent 401',
    ])
  })
  it('and where nothing burns fast enough for an alert of its own', () => {
    const series = history(HISTORY + DAY, [
      [0, HISTORY, 0.8],
      [HISTORY, HISTORY + DAY, 1.6],
    ])
    // 4,608 + 1.6 · m bad of 5,760 + m thousand: nine tenths of the budget after 822.9 minutes.
    expect(sent(series, 1_000)).toContain('ticket A#budget90 823, sent 823')
  })
  it('a budget that will be gone within a day', () => {
    const of = slo({ tiers: [] })
    const series = history(HISTORY + 600, [[HISTORY, HISTORY + 600, 8]])
    // 8 · m of 5,760 + m thousand leave a day at a burn of 8 when 0.267 of the budget is left: after 581.4 minutes.
    expect(sent(series, 600, { of, kinds: new Set(['SLOExhaustion']) })).toEqual(['ticket A#exhaustion 582, sent 583'])
  })
  it('telemetry that stops while Plumbline can see', () => {
    const series = history(HISTORY + 60, [])
    series.good.fill(0, HISTORY + 5, HISTORY + 30)
    series.total.fill(0, HISTORY + 5, HISTORY + 30)
    expect(sent(series, 60)).toEqual(['ticket A#absent 15, sent 15'])
  })
  it('none that the configuration does not want, or the author', () => {
    const series = history(HISTORY + DAY, [[HISTORY, HISTORY + 10, 1000]])
    expect(sent(series, DAY, { kinds: new Set(['SLOBudgetSpent']) })[0]).toBe('ticket A#budget50 3, sent 4')
    const policies = { endpoints: [], whenBreaching: false, whenResolved: true, whenNoData: true }
    expect(sent(series, DAY, { ...ALL_KINDS, of: slo({ policies }) })).toEqual([])
    expect(sent(series, DAY, { ...ALL_KINDS, of: slo({ alerting: 'off' }) })).toEqual([])
  })
  it('a reset of the budget ends its marks', () => {
    const series = history(HISTORY + DAY, [[HISTORY, HISTORY + 10, 1000]])
    const reset = { slo: 'checkout-stripe', at: minuteAt(series, HISTORY + 60), reason: 'agreed', by: 'sam' }
    expect(sent(series, DAY, { ...ALL_KINDS, resets: [reset] })).toEqual(['page A 1, sent 1', 'ticket A 45, sent 45'])
  })
})

describe('its budget', () => {
  it('is that of the SLO window at the end, from counts', () => {
    const series = history(30 * DAY, [[100, 120, 1000]])
    const { counts, budget } = over(series, 29 * DAY, 30 * DAY)
    expect(counts).toEqual({ good: 43_200_000 - 20_000, total: 43_200_000 })
    expect(budget.consumed).toBe(20_000 / 43_200)
  })

  it('is told step by step', () => {
    const series = history(HISTORY, [[0, 1, 1000]])
    const { steps } = over(series, DAY, 4 * DAY)
    expect(steps.map(({ at, counts }) => [at.toISOString().slice(0, 10), counts.total])).toEqual([
      ['2026-01-03', 1_440_000],
      ['2026-01-04', 1_440_000],
      ['2026-01-05', 1_440_000],
    ])
    const remaining = steps.map(({ budgetRemaining }) => budgetRemaining ?? 0)
    expect(remaining.toSorted((a, b) => a - b)).toEqual(remaining)
  })

  it('without any events is unknown', () => {
    expect(over(emptySeries(START, DAY), 0, DAY).budget.sli).toBeNull()
  })
})

/** The obvious way: windows summed minute by minute, state through JSON after every minute. */
function live(series: MinuteSeries, from: number, to: number): string[] {
  const sends: string[] = []
  let stored = 'null'
  const readingAt = replay(SLO, alone(series))
  for (let end = 1; end <= to; end++) {
    const reading = readingAt(end)
    const sum = (values: Float64Array, minutes: number) =>
      values.slice(Math.max(0, end - minutes), end).reduce((a, b) => a + b, 0)
    for (const [minutes, window] of reading.windows) {
      expect(window.counts).toEqual({ good: sum(series.good, minutes), total: sum(series.total, minutes) })
    }
    const { next, transition } = decide(JSON.parse(stored) as AlertState | null, reading, minuteAt(series, end))
    if (transition && end > from) sends.push(`${end} ${transition}`)
    stored = JSON.stringify(next)
  }
  return sends
}

const NO_WAIT = { policy: { ...ALERT_POLICY, groupWaitMs: { page: 0, ticket: 0 } } }

describe('a backtest equals judging live, minute by minute', () => {
  it('for any failures and any lost minutes', () => {
    const stretch = fc
      .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 1000 }))
      .map(([from, length, bad]): Stretch => [from, from + length, bad])
    const lost = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 30 }))
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 4 }), lost, (stretches, [from, length]) => {
        const series = history(420, stretches, [from, from + length])
        const changes = over(series, 0, 420, NO_WAIT).alerts.flatMap(({ from, to }) =>
          [from, to].map((at) => at && (at.getTime() - START.getTime()) / 60_000),
        )
        const expected = live(series, 0, 420).map((send) => Number(send.split(' ')[0]))
        expect([...new Set(changes.filter((at) => at !== null))]).toEqual(expected)
      }),
      { numRuns: 12 },
    )
  })
})

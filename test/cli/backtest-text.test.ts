import { describe, expect, it } from 'vitest'
import { backtestText } from '../../cli/backtest-text.ts'
import { progressText } from '../../cli/progress-bar.ts'
import type { AlertName } from '../../slo/alert/incident.ts'
import { keyOf } from '../../slo/indicator.ts'
import { backtest } from '../../slo/replay/backtest.ts'
import { emptySeries, minuteAt, putMinute } from '../../slo/replay/minute-series.ts'
import { DAY, slo } from '../slo/build.ts'

const START = new Date('2026-01-01T00:00:00Z')
const SLO = slo()

function outage(minutes: number, kinds: readonly AlertName[] = ['SLOBurnRate']) {
  const series = emptySeries(START, 5 * DAY)
  for (let n = 0; n < 5 * DAY; n++) {
    const bad = n >= 4 * DAY && n < 4 * DAY + minutes ? 1000 : 0
    putMinute(series, minuteAt(series, n), { good: 1000 - bad, total: 1000 })
  }
  return backtest(SLO, new Map([[keyOf(SLO), series]]), {
    from: minuteAt(series, 3 * DAY),
    to: minuteAt(series, 5 * DAY),
    stepMinutes: DAY,
    kinds: new Set(kinds),
  })
}

describe('a backtest reads', () => {
  it('as what was kept, what was spent, and who would have been woken', () => {
    expect(backtestText(SLO, outage(10)).split('\n')).toEqual([
      'checkout-stripe: 99.9 % over 30d, by occurrences',
      '  judged   2026-01-04 00:00 to 2026-01-06 00:00 UTC, 100 % of the SLO window is known',
      '  SLI      99.8611 %: 10,000 bad of 7,200,000',
      '  budget   138.8888 % spent, -38.8888 % left',
      '  alerts   1 page (44 min open), 1 ticket (5 h 55 min open)',
      '    page   2026-01-05 00:01 → 2026-01-05 00:45, 44 min: 16.7x in 1h (tier 1h/5m), 1,000 of 60,000 bad',
      '    ticket 2026-01-05 00:45 → 2026-01-05 06:40, 5 h 55 min: 6.9x in 1d (tier 1d/2h), 10,000 of 1,440,000 bad',
    ])
  })

  it('with what the budget says beside burn rates', () => {
    const lines = backtestText(SLO, outage(10, ['SLOBurnRate', 'SLOBudgetSpent'])).split('\n')
    expect(lines[4]).toBe('  alerts   1 page (44 min open), 5 tickets (23 h 16 min open)')
    expect(lines.at(-1)).toMatch(
      /^ {4}ticket 2026-01-05 06:40 → still open, 17 h 20 min: checkout-stripe has spent \d+ % of its error budget for 30d \(mark 100 %\)$/,
    )
  })

  it('with a note where telemetry begins later than what is judged', () => {
    const series = emptySeries(START, DAY)
    for (let n = 1000; n < DAY; n++) putMinute(series, minuteAt(series, n), { good: 10, total: 10 })
    const range = { from: START, to: minuteAt(series, DAY), stepMinutes: DAY }
    expect(backtestText(SLO, backtest(SLO, new Map([[keyOf(SLO), series]]), range)).split('\n')[2]).toBe(
      '  note     there is no telemetry before 2026-01-01 16:40 UTC',
    )
    expect(backtestText(SLO, outage(0))).not.toContain('note')
  })

  it('as silence when nothing was wrong', () => {
    expect(backtestText(SLO, outage(0))).toContain('  alerts   0 pages, 0 tickets')
  })

  it('as unknown without any events', () => {
    const nothing = backtest(SLO, new Map([[keyOf(SLO), emptySeries(START, DAY)]]), {
      from: START,
      to: minuteAt({ from: START }, DAY),
      stepMinutes: DAY,
    })
    expect(backtestText(SLO, nothing)).toContain('SLI      unknown')
  })

  it('as off when the SLO does not alert', () => {
    expect(backtestText(slo({ alerting: 'off' }), outage(10))).toContain('does not alert')
  })
})

describe('progress', () => {
  it.each([
    [0, `${'░'.repeat(24)}   0 %`],
    [0.5, `${'█'.repeat(12) + '░'.repeat(12)}  50 %`],
    [1, `${'█'.repeat(24)} 100 %`],
  ])('of %d', (share, expected) => {
    expect(progressText('reading', share)).toBe(`reading ${expected}`)
  })

  it('fits into a narrow terminal, where a line that breaks could not be written over', () => {
    const text = progressText('checkout-payment-availability: measuring history', 0.5, 50)
    expect(text).toBe(`checkout-payment-a… ${'█'.repeat(12) + '░'.repeat(12)}  50 %`)
    expect(text.length).toBe(50)
    expect(progressText('reading', 0.5, 10)).toMatch(/^ █/)
  })
})

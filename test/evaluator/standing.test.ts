import { describe, expect, it } from 'vitest'
import { byOwed, failed, isDue, owe, type Standing, succeeded } from '../../evaluator/decide/standing.ts'
import type { CallSelection, MeasuredIndicator, MetricSelection } from '../../slo/model.ts'

const MINUTE_MS = 60_000
const NOW = new Date('2026-01-10T12:00:30Z')
const at = (minutes: number) => new Date(Math.floor(NOW.getTime() / MINUTE_MS) * MINUTE_MS + minutes * MINUTE_MS)

const calls: CallSelection = {
  source: 'calls',
  fields: {},
  attributes: {},
  direction: 'inbound',
  synthetic: false,
  outcome: { notIn: [] },
  latency: null,
}
const points: MetricSelection = { source: 'metric', metric: 'sent', kind: 'sum', attributes: {}, le: null }
const overCalls: MeasuredIndicator = {
  source: 'calls',
  name: 'c',
  numerator: { counts: 'good', selection: calls },
  total: calls,
}
const overPoints: MeasuredIndicator = {
  source: 'metric',
  name: 'm',
  numerator: { counts: 'good', selection: points },
  total: points,
}
const written: MeasuredIndicator = { source: 'sql', name: 's', query: 'SELECT …' }

const standing = (indicator: MeasuredIndicator, over: Partial<Standing> = {}, settleMinutes = 0): Standing => ({
  measured: { indicator, generation: '1', windowMinutes: 1_440, settleMinutes },
  history: null,
  owed: [],
  failures: 0,
  retryAtMs: 0,
  error: '',
  ...over,
})
const LATE = { from: at(-300), to: at(-298) }
const NOTHING = { calls: [], metrics: new Map() }
const owedBy = (
  one: Standing,
  arrived = { calls: [LATE], metrics: new Map([['sent', [{ from: at(-90), to: at(-30) }]]]) },
  isNewMinute = true,
) => {
  owe([one], { arrived, requested: new Map(), isNewMinute }, NOW)
  return one.owed.map(({ from, to }) => [
    (Number(from) - Number(at(0))) / MINUTE_MS,
    (Number(to) - Number(at(0))) / MINUTE_MS,
  ])
}

describe('with a tick, an SLI owes', () => {
  const ROWS: Record<string, [Standing, number[][]]> = {
    'over calls: the open minute, the one before, and where calls arrived late': [
      standing(overCalls),
      [
        [-300, -298],
        [-1, 1],
      ],
    ],
    'over points: what points of its metric may have changed': [
      standing(overPoints),
      [
        [-90, -30],
        [-1, 1],
      ],
    ],
    'written by its author: five minutes, and where calls arrived late': [
      standing(written),
      [
        [-300, -298],
        [-5, 1],
      ],
    ],
    'written by its author: as long as it settles': [
      standing(written, {}, 20),
      [
        [-300, -298],
        [-20, 1],
      ],
    ],
    'that failed: what it owed before as well': [
      standing(overPoints, { owed: [{ from: at(-40), to: at(-20) }] }),
      [
        [-90, -20],
        [-1, 1],
      ],
    ],
  }
  for (const [title, [one, expected]] of Object.entries(ROWS)) {
    it(title, () => expect(owedBy(one)).toEqual(expected))
  }

  it('what arrived, and the open minute only once a minute; an author whose tables nobody logs is asked each time', () => {
    expect(owedBy(standing(overCalls), NOTHING, false)).toEqual([])
    expect(owedBy(standing(overCalls), { calls: [LATE], metrics: new Map() }, false)).toEqual([[-300, -298]])
    expect(owedBy(standing(written), NOTHING, false)).toEqual([[-5, 1]])
  })

  it('nothing before the longest window, and nothing a day ahead', () => {
    const wrongClocks = { calls: [{ from: new Date(0), to: new Date('2100-01-01T00:00:00Z') }], metrics: new Map() }
    expect(owedBy(standing(overCalls), wrongClocks)).toEqual([[-1_440, 1_441]])
  })

  it('what was asked for, the SLI that was asked about alone', () => {
    const [one, other] = [standing(overCalls), standing(overPoints)]
    const requested = new Map([['m\n1', [LATE]]])
    owe([one, other], { arrived: NOTHING, requested, isNewMinute: true }, NOW)
    expect([one.owed.length, other.owed.length]).toEqual([1, 2])
  })
})

describe('standings', () => {
  it('that owe the same time are measured together', () => {
    const these = [standing(overCalls), standing(overPoints), standing(written)]
    const arrived = { calls: [LATE], metrics: new Map([['sent', [LATE]]]) }
    owe(these, { arrived, requested: new Map(), isNewMinute: true }, NOW)
    expect(byOwed(these).map((together) => together.map(({ measured }) => measured.indicator.name))).toEqual([
      ['c', 'm'],
      ['s'],
    ])
  })

  it('that fail are tried again after 30 s, then later and later, at least every ten minutes; success begins anew', () => {
    const one = standing(overPoints, { owed: [LATE] })
    const waits = Array.from({ length: 7 }, () => {
      failed(one, new Error('no bound'), NOW)
      return (one.retryAtMs - NOW.getTime()) / 1_000
    })
    expect(waits).toEqual([30, 60, 120, 240, 480, 600, 600])
    expect([one.error, isDue(one, NOW), isDue(one, new Date(NOW.getTime() + 600_000))]).toEqual([
      'no bound',
      false,
      true,
    ])
    succeeded(one)
    failed(one, new Error('again'), NOW)
    expect(one.retryAtMs - NOW.getTime()).toBe(30_000)
  })

  it('whose history is open owe what arrived outside of what is measured with it', () => {
    const open = standing(overCalls, { history: { fromMs: at(-600).getTime(), measuredFromMs: at(-299).getTime() } })
    expect(owedBy(open)).toEqual([
      [-299, -298],
      [-1, 1],
    ])
    expect(isDue(open, NOW)).toBe(true)
  })
})

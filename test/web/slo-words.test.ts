import { describe, expect, test } from 'vitest'
import type { SloDetail, Tier } from '../../dashboards/web/api-shapes.ts'
import {
  detectionWords,
  documentOf,
  isCounted,
  lowTrafficWords,
  objectiveWords,
  sliWords,
  spentWords,
} from '../../dashboards/web/slo-words.ts'
import { detailOf, minutesAgo, NOW, slo } from './answers.ts'

const HOUR = 60
const DAY = 24 * HOUR
const events = detailOf(slo('a', { counts: { good: 960, total: 1_000 }, units: { good: 960, total: 1_000 } }))
const objective = events.objective!
const inSlices = (method: 'timeslices' | 'ratio_timeslices', target: number | null): SloDetail => ({
  ...events,
  objective: { ...objective, targetPpm: 950_000, method, slice: { minutes: 1, target } },
  units: { good: 19_152, total: 20_160 },
})
const composite = (method: string, budgeting: SloDetail): SloDetail => ({
  ...budgeting,
  members: [],
  definition: { ...events.definition!, indicator: { source: 'composite', name: 'c', method } },
})

test.each([
  ['a document with one objective', 'checkout', { document: 'checkout', objective: null }],
  ['a further objective', 'checkout:within-300-ms', { document: 'checkout', objective: 'within-300-ms' }],
])('the name of %s', (_, name, parts) => expect(documentOf(name)).toEqual(parts))

describe('the objective', () => {
  test.each([
    ['of events', objective, 'rolling 30d, occurrences'],
    ['of a calendar', { ...objective, window: { duration: '1M', rolling: false } }, 'calendar 1M, occurrences'],
    ['of slices', inSlices('timeslices', 0.995).objective!, 'rolling 30d, timeslices of 1m at 99.5%'],
    ['of ratios', inSlices('ratio_timeslices', null).objective!, 'rolling 30d, ratio timeslices of 1m'],
  ])('%s', (_, of, words) => expect(objectiveWords(of)).toBe(words))
})

describe('what is spent', () => {
  test.each([
    ['events are counted', events, '40 bad of 1 allowed'],
    [
      'slices are time: 5 % of two weeks is 16 h 48 min',
      inSlices('timeslices', 0.9),
      '1,008 bad slices of 1,008 allowed: 16 h 48 min of 16 h 48 min',
    ],
    ['parts of an event keep a digit', { ...events, units: { good: 399.6, total: 400 } }, '0.4 bad of 0.4 allowed'],
    ['shares of a composite are no things to count', composite('weighted-mean', events), null],
    ['nothing is spent of nothing', { ...events, units: { good: 0, total: 0 } }, null],
  ])('%s', (_, of, words) => expect(spentWords(of)).toBe(words))
})

describe('the SLI', () => {
  test.each([
    ['is of events', events, '960 good of 1,000'],
    ['is of slices, not of calls', inSlices('timeslices', 0.9), '19,152 good of 20,160 slices of 1m'],
    ['is a mean over slices', inSlices('ratio_timeslices', null), 'mean of 20,160 slices of 1m'],
    ['is over parts', composite('openslo', { ...events, members: [] }), 'of 0 parts with 1,000 events'],
    ['pools the events of parts', composite('pooled', events), '960 good of 1,000'],
  ])('%s', (_, of, words) => expect(sliWords(of)).toBe(words))
})

test.each([
  ['openslo', events, false],
  ['openslo', inSlices('timeslices', 0.9), true],
  ['openslo', inSlices('ratio_timeslices', null), false],
  ['weighted-mean', inSlices('timeslices', 0.9), false],
  ['pooled', inSlices('ratio_timeslices', null), true],
])('a composite by %s counts things: row %#', (method, of, counted) => {
  expect(isCounted(composite(method, of))).toBe(counted)
})

describe('the shortest outage that is told', () => {
  const tier = (severity: Tier['severity'], detectableOutageSeconds: number, more: Partial<Tier> = {}): Tier => ({
    severity,
    longMinutes: HOUR,
    shortMinutes: 5,
    factor: 14.4,
    budgetShare: 0.02,
    detectableOutageSeconds,
    ...more,
  })
  test.each([
    ['rounds up', [tier('page', 51.84), tier('page', 129.6)], '52 s as a page'],
    ['tells each severity', [tier('page', 51.84), tier('ticket', 259.2)], '52 s as a page and 5 min as a ticket'],
    ['waits as long as the condition must hold', [tier('page', 60, { forMinutes: 10 })], '11 min as a page'],
    [
      'leaves out conditions on little burn',
      [tier('page', 60, { op: 'lt' }), tier('ticket', 300)],
      '5 min as a ticket',
    ],
  ])('%s', (_, tiers, words) => expect(detectionWords(tiers)).toBe(`The shortest total outage that is told: ${words}`))
  test('is not told without tiers', () => expect(detectionWords([])).toBeNull())
})

describe('low traffic', () => {
  const withGuard = (minEvents: number, total: number, period = { from: minutesAgo(30 * DAY), to: minutesAgo(0) }) => ({
    ...events,
    period,
    counts: { good: total, total },
    definition: { ...events.definition!, guards: { minEvents, minBadEvents: 5 } },
  })
  test('names the windows that hold too few events', () => {
    expect(lowTrafficWords(withGuard(100, 7_200), NOW)).toBe(
      'Low traffic: at 10 events an hour, the 1h and 6h windows hold fewer than the 100 events a verdict needs, so tiers over them stay frozen',
    )
    expect(lowTrafficWords(withGuard(20, 7_200), NOW)).toContain('the 1h window holds fewer')
  })
  test('is measured over the part of a calendar period that is over', () => {
    const period = { from: minutesAgo(10 * DAY), to: minutesAgo(-20 * DAY) }
    expect(lowTrafficWords(withGuard(31, 7_200, period), NOW)).toContain('at 30 events an hour, the 1h window')
    expect(lowTrafficWords(withGuard(30, 7_200, period), NOW)).toBeNull()
  })
  test('is measured from the first event where the window is still filling', () => {
    expect(lowTrafficWords(withGuard(100, 7_200), NOW, NOW - 3 * HOUR * 60_000)).toBeNull()
    expect(lowTrafficWords(withGuard(100, 7_200), NOW, NOW - 60 * DAY * 60_000)).toContain('at 10 events an hour')
  })
  test.each([
    ['every window has what it needs', withGuard(10, 7_200)],
    ['nothing arrived at all, which the status says', withGuard(100, 0)],
    ['no definition is in force', { ...withGuard(100, 7_200), definition: null }],
  ])('is not told when %s', (_, of) => expect(lowTrafficWords(of, NOW)).toBeNull())
})

import { describe, expect, it } from 'vitest'
import { generationOf } from '../../../slo/generation.ts'
import { sloSchema } from '../../../slo/slo-schema.ts'
import { calls, errorsOf, gauge, object, plan, RATIO, sloDocument, sloOf, slosOf, warningsOf } from './builder.ts'

const QUIET = { 'alert-mode': 'off' }
const calendar = (duration: string, timeZone = 'Europe/Berlin', startTime = '2026-01-01 00:00:00') => ({
  duration,
  calendar: { startTime, timeZone },
})
const slices = (timeSliceWindow: string, more: object = {}) => [
  { target: 0.99, timeSliceTarget: 0.95, timeSliceWindow, ...more },
]

describe('budgeting methods', () => {
  it.each([
    ['Occurrences', 'occurrences', null],
    ['Timeslices', 'timeslices', { minutes: 5, targetPpm: 950_000 }],
    ['RatioTimeslices', 'ratio_timeslices', { minutes: 5, targetPpm: null }],
  ])('%s', (method, word, slice) => {
    const { objective } = sloOf(sloDocument({ method, objectives: slices('5m') }))
    expect(objective).toMatchObject({ method: word, slice, targetPpm: 990_000, budgetPpm: 10_000 })
  })
  it('a slice that must be good throughout', () => {
    const { objective } = sloOf(
      sloDocument({
        sli: gauge(),
        method: 'Timeslices',
        objectives: slices('1m', { timeSliceTarget: 1, op: 'lte', value: 60 }),
      }),
    )
    expect(objective.slice).toEqual({ minutes: 1, targetPpm: 1_000_000 })
  })
  it('default tiers have windows of whole slices', () => {
    const tiers = (slice: string) =>
      sloOf(sloDocument({ method: 'RatioTimeslices', objectives: slices(slice) })).tiers.map(
        ({ longMinutes, shortMinutes }) => [longMinutes, shortMinutes],
      )
    expect(tiers('1m')).toEqual([
      [60, 5],
      [360, 30],
      [1440, 120],
      [4320, 360],
    ])
    expect(tiers('10m')).toEqual([
      [60, 10],
      [360, 30],
      [1440, 120],
      [4320, 360],
    ])
    expect(tiers('2h')).toEqual([
      [360, 120],
      [1440, 120],
      [4320, 360],
    ])
  })
  it.each(['gap', 'ignore', 'good', 'bad'])('slices without data count as %s', (noData) => {
    const slo = sloOf(sloDocument({ annotations: { 'no-data': noData } }))
    expect(slo.objective.noData).toBe(noData)
  })
  it('one bad slice that is more than a paging share of the budget is told with the number', () => {
    const { problems } = plan(
      sloDocument({ method: 'Timeslices', objectives: slices('1m', { target: 0.999 }), annotations: {} }),
    )
    expect(problems.map(({ severity, code, message }) => `${severity} ${code}: ${message}`)).toEqual([
      'warning one_failure_pages: one failure alone is 2.315 % of the budget, more than the 2 % that page in 1h: a lower target, a longer window or plumbline.dev/min-bad-events keeps it from paging',
    ])
  })

  const refused: [name: string, slice: string, window: object, message: string][] = [
    ['a slice that does not divide the window', '7m', { duration: '1h', isRolling: true }, '6m would'],
    ['a slice longer than the window', '2d', { duration: '1d', isRolling: true }, '1440m would'],
    ['a slice of nothing', '0m', { duration: '1d', isRolling: true }, 'longer than nothing'],
    ['a slice of two hours where clocks change', '2h', calendar('1w'), '60m would'],
    ['a slice of a week in months', '1w', calendar('1M', 'UTC'), '1440m would'],
  ]
  it.each(refused)('%s is refused, with what would do', (_, slice, window, message) => {
    const { problems, slos } = plan(
      sloDocument({ method: 'RatioTimeslices', objectives: slices(slice), window, annotations: QUIET }),
    )
    const errors = problems.filter(({ severity }) => severity === 'error')
    expect(errors.map(({ path }) => path)).toEqual(['spec.objectives[0].timeSliceWindow'])
    expect(errors[0]?.message).toContain(message)
    expect(slos[0]?.slo).toBeNull()
  })
  it.each([
    ['a day, in days of always 24 hours', '1d', calendar('1M', 'UTC')],
    ['an hour, where clocks change', '1h', calendar('1M')],
    ['half an hour of an hour', '30m', calendar('1h')],
  ])('a slice of %s is fine', (_, slice, window) => {
    expect(
      errorsOf(sloDocument({ method: 'RatioTimeslices', objectives: slices(slice), window, annotations: QUIET })),
    ).toEqual([])
  })
  it('a slice target finer than a millionth is refused', () => {
    const document = sloDocument({ method: 'Timeslices', objectives: slices('1m', { timeSliceTarget: 0.9999999 }) })
    expect(errorsOf(document)).toEqual(['spec.objectives[0].timeSliceTarget target_too_fine'])
  })
})

describe('windows', () => {
  it.each([
    ['7d', 10_080],
    ['4w', 40_320],
    ['1M', 43_200],
    ['1Q', 129_600],
    ['1Y', 525_600],
  ])('rolling %s', (duration, minutes) => {
    const { window } = sloOf(sloDocument({ window: { duration, isRolling: true } })).objective
    expect(window).toEqual({ kind: 'rolling', minutes, duration })
  })
  it('calendar months count nominally, so that thresholds do not move with the month', () => {
    const rolling = sloOf(sloDocument())
    const { objective, tiers } = sloOf(sloDocument({ window: calendar('1M') }))
    expect(objective.window).toEqual({
      kind: 'calendar',
      minutes: 43_200,
      duration: '1M',
      start: '2026-01-01 00:00:00',
      timeZone: 'Europe/Berlin',
    })
    expect(tiers).toEqual(rolling.tiers)
  })
  it('a calendar that begins between two minutes is refused', () => {
    expect(errorsOf(sloDocument({ window: calendar('1M', 'UTC', '2026-01-01 00:00:30') }))).toEqual([
      'spec.timeWindow[0].calendar.startTime window_not_multiple',
    ])
  })
})

describe('several objectives', () => {
  const three = sloDocument({
    objectives: [{ target: 0.999 }, { displayName: 'Most of them!', target: 0.99 }, { target: 0.9 }],
    annotations: QUIET,
  })
  it('make several SLOs of one SLI: the first keeps the name', () => {
    const slos = slosOf(three)
    expect(slos.map(({ name, objective }) => [name, objective.targetPpm])).toEqual([
      ['pay', 999_000],
      ['pay:most-of-them', 990_000],
      ['pay:objective-3', 900_000],
    ])
    expect(new Set(slos.map(({ generation }) => generation)).size).toBe(1)
    expect(slos.map(({ displayName }) => displayName)).toEqual(['pay', 'pay: Most of them!', 'pay'])
  })
  it('on a threshold are judged each with a bound of its own, and a warning', () => {
    const document = sloDocument({
      sli: gauge(),
      objectives: [
        { displayName: 'fine', target: 0.9, op: 'lte', value: 10 },
        { displayName: 'bearable', target: 0.99, op: 'lte', value: 60 },
      ],
    })
    const slos = slosOf(document)
    expect(slos.map(({ indicator }) => indicator)).toMatchObject([{ value: 10 }, { value: 60 }])
    expect(new Set(slos.map(({ generation }) => generation)).size).toBe(2)
    expect(warningsOf(document)).toContain('spec.objectives several_threshold_objectives')
  })
  it('of one name are refused, all of them', () => {
    const document = sloDocument({
      objectives: ['a b', 'x', 'A-B'].map((displayName) => ({ displayName, target: 0.9 })),
    })
    expect(errorsOf(document)).toEqual([])
    const twice = sloDocument({ objectives: ['x', 'a b', 'A-B'].map((displayName) => ({ displayName, target: 0.9 })) })
    expect(errorsOf(twice)).toEqual(['spec.objectives[2].displayName duplicate_name'])
    expect(plan(twice).slos).toMatchObject([{ name: 'pay', slo: null }])
  })
  it('with a mistake in one: none is used', () => {
    const document = sloDocument({ objectives: [{ target: 0.999 }, { displayName: 'b', target: 0.9999999 }] })
    expect(plan(document).slos).toMatchObject([{ name: 'pay', slo: null }])
  })
})

describe('composites', () => {
  const member = (name: string, over: object = {}, sli: object = RATIO) => ({
    displayName: name,
    target: 0.999,
    indicator: { metadata: { name }, spec: sli },
    ...over,
  })
  const composite = (objectives: object[], annotations: Record<string, string> = {}, method = 'Occurrences') =>
    sloDocument({ objectives, annotations, method, spec: { indicator: undefined } })

  it('are one SLO over several SLIs, inline and by reference', () => {
    const shared = { ratioMetric: { bad: calls({ outcome: 'timeout' }), total: calls() } }
    const slo = sloOf(
      object('SLI', 'ship', shared),
      composite([
        member('pay', { compositeWeight: 2 }),
        { displayName: 'Shipping', target: 0.99, indicatorRef: 'ship' },
      ]),
    )
    expect(slo.indicator).toMatchObject({
      source: 'composite',
      name: 'pay',
      method: 'openslo',
      members: [
        { displayName: 'pay', weight: 2, targetPpm: 999_000, indicator: { source: 'calls', name: 'pay' } },
        { displayName: 'Shipping', weight: 1, targetPpm: 990_000, indicator: { source: 'calls', name: 'ship' } },
      ],
    })
    expect(slo.objective).toMatchObject({ targetPpm: 990_000, budgetPpm: 10_000 })
    if (slo.indicator.source !== 'composite') throw new Error('no composite')
    for (const { indicator, generation } of slo.indicator.members) expect(generation).toBe(generationOf(indicator))
    expect(slo.generation).toBe(generationOf(slo.indicator))
    expect(sloSchema.parse(JSON.parse(JSON.stringify(slo)))).toEqual(slo)
  })
  it('have the target and method that are stated', () => {
    const annotations = { composite: 'weighted-mean', 'composite-target': '0.995' }
    const { indicator, objective } = sloOf(composite([member('a'), member('b', { target: 0.9 })], annotations))
    expect(indicator).toMatchObject({ method: 'weighted-mean' })
    expect(objective).toMatchObject({ targetPpm: 995_000, budgetPpm: 5_000 })
  })
  it('share the slices of their members', () => {
    const objectives = [member('a', slices('5m')[0]), member('b', slices('5m')[0])]
    const { objective } = sloOf(composite(objectives, {}, 'Timeslices'))
    expect(objective.slice).toEqual({ minutes: 5, targetPpm: 950_000 })
  })
  it('under OpenSLO burn as fast as their members together, so a tier beyond one target can be reached', () => {
    const ten = (name: string) => member(name, { target: 0.9 })
    const labels = (objectives: object[], annotations = {}) =>
      sloOf(composite(objectives, annotations)).tiers.map(({ longMinutes }) => longMinutes / 60)
    expect(labels([ten('a'), ten('b')])).toEqual([1, 6, 24, 72])
    expect(labels([ten('a'), ten('b')], { composite: 'pooled' })).toEqual([6, 24, 72])
  })

  const rows: [name: string, document: object, errors: string[]][] = [
    [
      'a member without an SLI',
      composite([member('a'), { target: 0.9 }]),
      ['spec.objectives[1].indicatorRef required'],
    ],
    [
      'a member that is not there',
      composite([member('a'), { target: 0.9, indicatorRef: 'gone' }]),
      ['spec.objectives[1].indicatorRef ref_not_found'],
    ],
    [
      'slices of two lengths',
      composite([member('a', slices('5m')[0]), member('b', slices('10m')[0])], QUIET, 'Timeslices'),
      ['spec.objectives[1].timeSliceWindow members_differ'],
    ],
    [
      'two slice targets',
      composite(
        [member('a', slices('5m')[0]), member('b', slices('5m', { timeSliceTarget: 1 })[0])],
        QUIET,
        'Timeslices',
      ),
      ['spec.objectives[1].timeSliceTarget members_differ'],
    ],
    [
      'shares of the budget without counts',
      composite([member('a'), member('b')], { 'alert-mode': 'budget-share' }),
      ['metadata.annotations["plumbline.dev/alert-mode"] composite_without_counts'],
    ],
    [
      'a target of 100 %',
      composite([member('a')], { 'composite-target': '1' }),
      ['metadata.annotations["plumbline.dev/composite-target"] invalid_annotation'],
    ],
    [
      'a target finer than a millionth',
      composite([member('a')], { 'composite-target': '0.9999999' }),
      ['metadata.annotations["plumbline.dev/composite-target"] invalid_annotation'],
    ],
    [
      'an unknown method',
      composite([member('a')], { composite: 'mean' }),
      ['metadata.annotations["plumbline.dev/composite"] invalid_annotation'],
    ],
  ]
  it.each(rows)('%s is refused', (_, document, errors) => {
    expect(errorsOf(document)).toEqual(errors)
  })
  it('a weight that changes nothing is told', () => {
    const slice = slices('5m')[0]
    const document = composite([member('a', slice), member('b', { ...slice, compositeWeight: 2 })], QUIET, 'Timeslices')
    expect(warningsOf(document)).toEqual(['spec.objectives[1].compositeWeight weight_without_effect'])
  })
})

describe('settling', () => {
  it.each([
    [{}, {}, 0],
    [{ settle: '10m' }, {}, 10],
    [{}, { settle: '1h' }, 60],
    [{ settle: '10m' }, { settle: '1h' }, 10],
  ])('of the SLO %j before that of the SLI %j', (annotations, sliAnnotations, minutes) => {
    expect(sloOf(sloDocument({ annotations, sliAnnotations })).settleMinutes).toBe(minutes)
  })
  it('of an SLI that is referred to', () => {
    const shared = sloDocument({ spec: { indicator: undefined, indicatorRef: 'shared' } })
    expect(sloOf(object('SLI', 'shared', RATIO, { settle: '5m' }), shared).settleMinutes).toBe(5)
  })
})

import { describe, expect, test } from 'vitest'
import type {
  CallSelection,
  GaugeIndicator,
  MeasuredIndicator,
  MetricIndicator,
  MetricSelection,
  RateIndicator,
} from '../../slo/model.ts'
import { type CountFacts, type IndicatorFacts, type KnownNames, selfCheck, standing } from '../../slo/self-check.ts'

const calls = (over: Partial<CallSelection> = {}): CallSelection => ({
  source: 'calls',
  fields: { service: { in: ['checkout'] }, dependency: { in: ['stripe'] } },
  attributes: {},
  direction: 'outbound',
  synthetic: false,
  outcome: { notIn: ['cancelled'] },
  latency: null,
  ...over,
})
const ratio = (total: CallSelection): MeasuredIndicator => ({
  source: 'calls',
  name: 'i',
  numerator: { counts: 'bad', selection: { ...total, outcome: { in: ['timeout'] } } },
  total,
})
const points = (over: Partial<MetricSelection> = {}): MetricSelection => ({
  source: 'metric',
  metric: 'queue.depth',
  kind: 'gauge',
  attributes: {},
  le: null,
  ...over,
})
const gauge = (selection: MetricSelection): GaugeIndicator => ({
  source: 'gauge',
  name: 'g',
  selection,
  op: 'lte',
  value: 60,
})
const counters: MetricIndicator = {
  source: 'metric',
  name: 'loss',
  numerator: { counts: 'good', selection: points({ metric: 'stored', kind: 'sum' }) },
  total: points({ metric: 'sent', kind: 'sum' }),
}
const rate = (over: Partial<RateIndicator> = {}): RateIndicator => ({
  source: 'rate',
  name: 'r',
  selection: calls(),
  per: null,
  op: 'gte',
  value: 30,
  ...over,
})
const statement: MeasuredIndicator = { source: 'sql', name: 's', query: 'SELECT …' }

const COUNTS: CountFacts = {
  events: 50_000,
  good: 49_900,
  hours: 100,
  leastPerHour: 100,
  mostPerHour: 900,
  lowestRatio: 0.98,
  highestRatio: 1,
  impossible: null,
}
const NONE: CountFacts = { ...COUNTS, events: 0, good: 0, hours: 0 }
const KNOWN: KnownNames = {
  services: [
    { service: 'checkout', direction: 'outbound', calls: 1_234 },
    { service: 'search', direction: 'inbound', calls: 50 },
  ],
  fields: {
    env: ['prod'],
    service: ['checkout', 'search'],
    dependency: ['stripe', 'swift-parcel', ''],
    operation: ['POST /v1/charges'],
    protocol: ['http'],
    version: ['1.0.0'],
  },
  attributes: ['tenant'],
  metrics: [
    { metric: 'queue.depth', kinds: ['gauge'] },
    { metric: 'sent', kinds: ['sum'] },
    { metric: 'stored', kinds: ['sum'] },
    { metric: 'http.client.request.duration', kinds: ['histogram'] },
  ],
  metricAttributes: new Map([['queue.depth', new Map([['queue', ['orders', 'mails']]])]]),
}
const facts = (over: Partial<IndicatorFacts> = {}): IndicatorFacts => ({
  error: '',
  counts: COUNTS,
  known: KNOWN,
  odd: { strays: [], tangled: [] },
  watchedMinutes: 10_000,
  settleMinutes: 0,
  ...over,
})

/** `code: message | hint` of what is found. */
const found = (indicator: MeasuredIndicator, over: Partial<IndicatorFacts> = {}) =>
  selfCheck(indicator, facts(over)).map(({ code, message, hint }) => `${code}: ${message} | ${hint}`)

const select = (fields: CallSelection['fields']) => ratio(calls({ fields: { ...calls().fields, ...fields } }))

describe('nothing is said about an SLI that', () => {
  const ROWS: Record<string, [MeasuredIndicator, Partial<IndicatorFacts>]> = {
    'counts what its callers do': [ratio(calls()), {}],
    'is perfect hour after hour': [ratio(calls()), { counts: { ...COUNTS, lowestRatio: 1, highestRatio: 1 } }],
    'has one ratio while traffic stands still': [
      ratio(calls()),
      { counts: { ...COUNTS, lowestRatio: 0.5, highestRatio: 0.5, leastPerHour: 800 } },
    ],
    'has one ratio for less than a day': [
      ratio(calls()),
      { counts: { ...COUNTS, hours: 23, lowestRatio: 0.5, highestRatio: 0.5 } },
    ],
    'has little traffic': [ratio(calls()), { counts: { ...COUNTS, events: 999, lowestRatio: 0, highestRatio: 0 } }],
    'counts nothing because nobody calls': [ratio(calls()), { counts: NONE, known: { ...KNOWN, services: [] } }],
    'judges a rate by names that are known': [rate({ per: calls({ attempt: 'first' }) }), {}],
    'found a good minute of a rate under a name that is not known': [
      rate({ selection: calls({ fields: { service: { in: ['checkuot'] } } }), per: calls() }),
      {},
    ],
    'is as young as the installation': [
      select({ dependency: { in: ['nobody'] } }),
      { counts: NONE, watchedMinutes: 59 },
    ],
    'leaves out a name that is not known': [select({ operation: { notIn: ['GET /healthz'] } }), {}],
    'lists a rare name beside known ones': [
      select({ operation: { in: ['POST /v1/charges', 'GET /v1/refunds/{id}'] } }),
      {},
    ],
    'settles, and lost nothing over all': [
      counters,
      { settleMinutes: 5, counts: { ...COUNTS, good: 50_000, impossible: { minute: new Date(0), hours: 4 } } },
    ],
  }
  for (const [title, [indicator, over]] of Object.entries(ROWS)) {
    test(title, () => expect(found(indicator, over)).toEqual([]))
  }
})

describe('an SLI is told to look broken when it', () => {
  const ROWS: Record<string, [MeasuredIndicator, Partial<IndicatorFacts>, string[]]> = {
    'asks for a dependency whose name is mistyped': [
      select({ dependency: { in: ['strype'] } }),
      { counts: NONE },
      [
        "matches_nothing: nothing that arrived in the last days has the dependency of calls 'strype' | Did you mean 'stripe'?",
      ],
    ],
    'asks for a service that nothing is like': [
      select({ service: { in: ['warehouse'] } }),
      { counts: NONE },
      [
        "matches_nothing: nothing that arrived in the last days has the service of calls 'warehouse' | Known are 'checkout', 'search'",
      ],
    ],
    'mistypes one of several names, though it counts the others': [
      select({ dependency: { in: ['stripe', 'swift-parcels'] } }),
      {},
      [
        "matches_nothing: nothing that arrived in the last days has the dependency of calls 'swift-parcels' | Did you mean 'swift-parcel'?",
      ],
    ],
    'selects by an attribute that is not promoted': [
      ratio(calls({ attributes: { customer: { in: ['acme'] } } })),
      { counts: NONE },
      [
        "matches_nothing: nothing that arrived in the last days has the attribute of calls 'customer' | Attributes of calls are those that the configuration promotes",
      ],
    ],
    'mistypes a metric': [
      gauge(points({ metric: 'queue.dept' })),
      { counts: NONE },
      [
        "matches_nothing: nothing that arrived in the last days has the metric 'queue.dept' | Did you mean 'queue.depth'?",
      ],
    ],
    'takes a gauge for a counter': [
      { ...counters, total: points({ kind: 'sum' }) },
      { counts: NONE },
      ["matches_nothing: the metric 'queue.depth' has no points of kind sum | It is of kind gauge: say kind: gauge"],
    ],
    'mistypes the value of a metric’s attribute': [
      gauge(points({ attributes: { queue: { in: ['order'] } } })),
      { counts: NONE },
      [
        "matches_nothing: nothing that arrived in the last days has the attribute queue of queue.depth 'order' | Did you mean 'orders'?",
      ],
    ],
    'counts nothing, looking the wrong way': [
      ratio(calls({ fields: { service: { in: ['checkout'] } }, direction: 'inbound' })),
      { counts: NONE },
      [
        'no_traffic: no events in the last days, while checkout had 1234 calls | Its calls are all outbound: say direction: outbound',
      ],
    ],
    'counts nothing, because its names never meet': [
      select({ operation: { in: ['POST /v1/charges'] } }),
      { counts: NONE },
      [
        'no_traffic: no events in the last days, while checkout had 1234 calls | Each name is known, but not all of them together: leave out one of dependency, operation',
      ],
    ],
    'counts more good than total': [
      ratio(calls()),
      { counts: { ...COUNTS, impossible: { minute: new Date('2026-01-01T12:00:00Z'), hours: 3 } } },
      [
        'good_exceeds_total: more good than total events were counted, or fewer than none, first at 2026-01-01T12:00:00.000Z, in 3 hours | good or bad must select a part of what total selects: repeat the selectors of total on it',
      ],
    ],
    'settles, but counted too much over all': [
      counters,
      { settleMinutes: 5, counts: { ...COUNTS, good: 50_001, impossible: { minute: new Date(0), hours: 1 } } },
      [
        'good_exceeds_total: more good than total events were counted, or fewer than none, first at 1970-01-01T00:00:00.000Z, in 1 hour | More arrives on the side of good than of total, however long is waited: select the same services on both, and look whether one stopped sending',
      ],
    ],
    'crosses within minutes and does not settle': [
      counters,
      { counts: { ...COUNTS, impossible: { minute: new Date(0), hours: 2 } } },
      [
        'good_exceeds_total: more good than total events were counted, or fewer than none, first at 1970-01-01T00:00:00.000Z, in 2 hours | The two sides are counted apart and may close at different times: say plumbline.dev/settle, and select the same services on both',
      ],
    ],
    'has the same ratio for days': [
      statement,
      { counts: { ...COUNTS, lowestRatio: 0.5, highestRatio: 0.5 } },
      [
        'flat: all of 100 hours have the same ratio 0.5, while traffic moved between 100 and 900 events an hour | Good events seem to be computed from the total instead of counted: look at what good selects',
      ],
    ],
    'never finds a minute good': [
      rate(),
      { counts: { ...COUNTS, good: 0, lowestRatio: 0, highestRatio: 0 } },
      [
        'flat: all of 100 hours have the same ratio 0, while traffic moved between 100 and 900 events an hour | No minute is ever good: is the threshold a value per minute?',
      ],
    ],
    'mistypes a name of a rate that is never reached': [
      rate({ selection: calls({ fields: { service: { in: ['checkuot'] } } }), per: calls() }),
      { counts: { ...COUNTS, good: 0 } },
      [
        "matches_nothing: nothing that arrived in the last days has the service of calls 'checkuot' | Did you mean 'checkout'?",
      ],
    ],
    'never finds a point good': [
      gauge(points()),
      { counts: { ...COUNTS, good: 0, lowestRatio: 0, highestRatio: 0 } },
      [
        'flat: all of 100 hours have the same ratio 0, while traffic moved between 100 and 900 events an hour | No point is ever good: is the threshold in the unit of the metric?',
      ],
    ],
    'cannot be measured': [
      statement,
      { error: 'the SELECT fails: Unknown table', counts: NONE },
      [
        'cannot_measure: the SELECT fails: Unknown table | Change the definition; until then it is tried again every few minutes',
      ],
    ],
  }
  for (const [title, [indicator, over, expected]] of Object.entries(ROWS)) {
    test(title, () => expect(found(indicator, over)).toEqual(expected))
  }
})

describe('a name that nothing has', () => {
  const mistyped = calls({ fields: { service: { in: ['checkout'] }, dependency: { in: ['strype'] } } })
  const listed = calls({ fields: { ...calls().fields, dependency: { in: ['stripe', 'swift-parcels'] } } })
  const numerator = (counts: 'good' | 'bad', selection: CallSelection): MeasuredIndicator => ({
    ...(ratio(calls()) as Extract<MeasuredIndicator, { source: 'calls' }>),
    numerator: { counts, selection },
  })
  const codes = (indicator: MeasuredIndicator, counts: Partial<CountFacts>) =>
    selfCheck(indicator, facts({ counts: { ...COUNTS, ...counts } })).map(({ code }) => code)

  test.each<[string, MeasuredIndicator, Partial<CountFacts>, boolean]>([
    ['in the total, of which nothing was counted', ratio(mistyped), { events: 0, good: 0 }, true],
    ['in the total, of which events were counted', ratio(mistyped), { events: 424, good: 400 }, false],
    ['in good, of which nothing was counted', numerator('good', mistyped), { events: 424, good: 0 }, true],
    ['in good, of which events were counted', numerator('good', mistyped), { events: 424, good: 1 }, false],
    ['in bad, of which nothing was counted', numerator('bad', mistyped), { events: 424, good: 424 }, true],
    ['in bad, of which events were counted', numerator('bad', mistyped), { events: 424, good: 400 }, false],
    ['in a list whose other names are counted', ratio(listed), { events: 424, good: 400 }, true],
    ['in the kind of a metric that was counted', gauge(points({ kind: 'sum' })), { events: 424, good: 400 }, false],
  ])('%s', (_, indicator, counts, isWarned) => {
    expect(codes(indicator, counts).includes('matches_nothing')).toBe(isWarned)
  })

  test('is no warning any more once the events that it says are missing are counted', () => {
    const before = selfCheck(ratio(mistyped), facts({ counts: NONE }))
    expect(standing(before, { total: 0, good: 0 })).toEqual(before)
    expect(standing(before, { total: 424, good: 400 })).toEqual([])
  })

  test('no traffic is no warning any more once there is some', () => {
    const before = selfCheck(ratio(calls()), facts({ counts: NONE }))
    expect(before.map(({ code }) => code)).toEqual(['no_traffic'])
    expect(standing(before, { total: 1, good: 0 })).toEqual([])
  })
})

describe('series that cannot be counted', () => {
  const strays = [
    { metric: 'dur', le: 0.5, series: 'route=/new' },
    { metric: 'dur', le: 0.5, series: '' },
  ]
  test('are named, and not where nothing could be measured at all', () => {
    const [warning] = found(counters, { odd: { strays, tangled: [] } })
    expect(warning).toContain(
      'stray_series: series of dur have no bucket bound at 0.5 and are left out: route=/new; the one without attributes |',
    )
    expect(found(counters, { odd: { strays, tangled: [] }, error: 'no bound' }).join()).not.toContain('stray_series')
  })

  test('for sure are named with what tells their writers apart', () => {
    const odd = {
      strays: [],
      tangled: ['a', 'b', 'c', 'd'].map((queue) => ({ metric: 'sent', series: `queue=${queue}` })),
    }
    expect(found(counters, { odd }).join()).toMatch(
      /^shared_identity: .*queue=a; queue=b; queue=c; … \| .*service.instance.id/,
    )
  })
})

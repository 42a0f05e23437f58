import { describe, expect, it } from 'vitest'
import { sloSchema } from '../../../slo/slo-schema.ts'
import { calls, errorsOf, gauge, metric, object, plan, RATIO, sloDocument, sloOf, warningsOf } from './builder.ts'

const AT = 'spec.indicator.spec'
const sum = (name: string, spec: object = {}) => metric({ source: 'metric', name, kind: 'sum', ...spec })
const histogram = (spec: object = {}) =>
  metric({ source: 'metric', name: 'http.server.request.duration', kind: 'histogram', ...spec })
const QUERY =
  'SELECT toStartOfMinute(ts) AS minute, countIf(ok) AS good, count() AS total FROM shop.orders WHERE ts >= {from:DateTime} AND ts < {to:DateTime} GROUP BY minute'
const sql = (query: unknown, rest: object = {}) => ({
  ratioMetric: { rawType: 'success', raw: metric({ source: 'sql', query, ...rest }) },
})
const indicatorOf = (sli: object, objectives?: object[]) =>
  sloOf(sloDocument({ sli, ...(objectives && { objectives }) })).indicator

describe('calls', () => {
  it('are selected by attributes, with the selectors of every field', () => {
    const attributes = { tenant: 'acme', region: ['us', 'eu'], plan: { not: 'free' } }
    const { indicator } = sloOf(
      sloDocument({
        sli: { ratioMetric: { bad: calls({ attributes, outcome: 'timeout' }), total: calls({ attributes }) } },
      }),
    )
    expect(indicator).toMatchObject({
      source: 'calls',
      total: { attributes: { plan: { notIn: ['free'] }, region: { in: ['eu', 'us'] }, tenant: { in: ['acme'] } } },
    })
  })
  it('that are first attempts or retries', () => {
    const sli = { ratioMetric: { bad: calls({ attempt: 'retry' }), total: calls({ attempt: 'first' }) } }
    expect(indicatorOf(sli)).toMatchObject({
      numerator: { selection: { attempt: 'retry' } },
      total: { attempt: 'first' },
    })
    expect(indicatorOf(RATIO)).not.toHaveProperty('total.attempt')
  })
  it('of good that total narrows by an attribute: a warning', () => {
    const sli = { ratioMetric: { good: calls({ outcome: 'ok' }), total: calls({ attributes: { tenant: 'a' } }) } }
    expect(warningsOf(sloDocument({ sli }))).toEqual([`${AT}.ratioMetric.good beyond_total`])
  })
})

describe('metrics', () => {
  it('two counters', () => {
    const sli = {
      ratioMetric: { good: sum('orders.stored', { attributes: { shop: 'de' } }), total: sum('orders.sent') },
    }
    expect(indicatorOf(sli)).toEqual({
      source: 'metric',
      name: 'pay-sli',
      numerator: {
        counts: 'good',
        selection: {
          source: 'metric',
          metric: 'orders.stored',
          kind: 'sum',
          attributes: { shop: { in: ['de'] } },
          le: null,
        },
      },
      total: { source: 'metric', metric: 'orders.sent', kind: 'sum', attributes: {}, le: null },
    })
  })
  it('a histogram up to a bound', () => {
    expect(indicatorOf({ ratioMetric: { good: histogram({ le: 0.3 }), total: histogram() } })).toMatchObject({
      source: 'metric',
      numerator: { counts: 'good', selection: { kind: 'histogram', le: 0.3 } },
      total: { le: null },
    })
  })
  it('calls over a counter, as coverage of tracing needs it', () => {
    expect(indicatorOf({ ratioMetric: { good: calls(), total: sum('rpc.client.calls') } })).toMatchObject({
      source: 'metric',
      numerator: { selection: { source: 'calls' } },
      total: { source: 'metric' },
    })
  })
  it('a gauge with the bound of its objective', () => {
    expect(indicatorOf(gauge({ attributes: { queue: 'orders' } }), [{ target: 0.99, op: 'lte', value: 60 }])).toEqual({
      source: 'gauge',
      name: 'pay-sli',
      selection: {
        source: 'metric',
        metric: 'queue.age',
        kind: 'gauge',
        attributes: { queue: { in: ['orders'] } },
        le: null,
      },
      op: 'lte',
      value: 60,
    })
  })
})

describe('a count per minute, or for each of another', () => {
  const bound = [{ target: 0.99, op: 'gte', value: 30 }]
  it('of calls', () => {
    const read = indicatorOf({ thresholdMetric: calls({ outcome: 'ok', per: 'minute' }) }, bound)
    expect(read).toMatchObject({
      source: 'rate',
      selection: { source: 'calls', outcome: { in: ['ok'] }, direction: 'outbound' },
      per: null,
      op: 'gte',
      value: 30,
    })
    expect(JSON.stringify(read)).not.toContain('minute')
  })
  it('of a counter', () => {
    expect(indicatorOf(gauge({ kind: 'sum', per: 'minute' }), bound)).toMatchObject({
      source: 'rate',
      selection: { source: 'metric', kind: 'sum' },
      per: null,
    })
  })
  it('for each call, and for each event of a histogram', () => {
    const per = { source: 'calls', dependency: 'stripe', attempt: 'first' }
    expect(indicatorOf({ thresholdMetric: calls({ per }) }, bound)).toMatchObject({ per: { attempt: 'first' } })
    const events = { source: 'metric', name: 'rpc.duration', kind: 'histogram' }
    expect(indicatorOf({ thresholdMetric: calls({ per: events }) }, bound)).toMatchObject({
      selection: { source: 'calls' },
      per: { source: 'metric', kind: 'histogram' },
    })
  })
  it('settles for a minute, and its alerts want no number of events, unless it says otherwise', () => {
    const sli = { thresholdMetric: calls({ per: 'minute' }) }
    const slo = sloOf(sloDocument({ sli, objectives: bound }))
    expect([slo.settleMinutes, slo.guards]).toEqual([1, { minEvents: 0, minBadEvents: 0 }])
    const annotations = { settle: '5m', 'min-events': '30', 'min-bad-events': '3' }
    const own = sloOf(sloDocument({ sli, objectives: bound, annotations }))
    expect([own.settleMinutes, own.guards]).toEqual([5, { minEvents: 30, minBadEvents: 3 }])
  })
  const slices = (timeSliceWindow: string) => [{ ...bound[0], timeSliceTarget: 1, timeSliceWindow }]
  it.each([
    ['Occurrences', bound, 'bad', true],
    ['Timeslices', slices('5m'), 'bad', true],
    ['Timeslices', slices('1m'), 'bad', false],
    ['Timeslices', slices('5m'), 'gap', false],
    ['Occurrences', bound, 'gap', false],
  ])('%s of %j with no-data: %s may lose quiet minutes: %s', (method, objectives, noData, warned) => {
    const sli = { thresholdMetric: calls({ per: 'minute' }) }
    const document = sloDocument({ sli, objectives, method, annotations: { 'no-data': noData } })
    const warnings = plan(document).problems.filter(({ code }) => code === 'quiet_minutes_left_out')
    expect(warnings.map(({ path }) => path)).toEqual(warned ? ['spec.objectives[0]'] : [])
  })
})

describe('SQL', () => {
  it('one SELECT with its bounds', () => {
    expect(indicatorOf(sql(`  ${QUERY}\n`))).toEqual({ source: 'sql', name: 'pay-sli', query: QUERY })
  })
  it.each([
    ['with WITH', `WITH 1 AS one ${QUERY}`],
    ['in brackets', `(${QUERY})`],
    ['after a comment', `-- orders; and more\n${QUERY}`],
    ['with a semicolon in a text', QUERY.replace('GROUP', "AND shop != 'a;b' GROUP")],
    ['with a semicolon at its end', `${QUERY};\n`],
    ['with blanks in its parameters', QUERY.replace('{from:DateTime}', '{ from : DateTime }')],
  ])('%s', (_, query) => {
    expect(errorsOf(sloDocument({ sli: sql(query) }))).toEqual([])
  })
  it.each([
    ['that writes', `INSERT INTO a ${QUERY}`],
    ['of two statements', `${QUERY}; DROP TABLE calls`],
    ['without a beginning', QUERY.replace('ts >= {from:DateTime} AND ', '')],
    ['without an end', QUERY.replace(' AND ts < {to:DateTime}', '')],
    ['bounded only in a comment', QUERY.replace('{to:DateTime}', '1 -- {to:DateTime}\n')],
    ['without a minute', QUERY.replaceAll('minute', 'm')],
    ['without anything', '  '],
    ['that is a number', 1],
    ['far too long', `${QUERY}${' '.repeat(20_001)}`],
  ])('a query %s is refused', (_, query) => {
    expect(errorsOf(sloDocument({ sli: sql(query) }))).toEqual([
      `${AT}.ratioMetric.raw.metricSource.spec.query invalid_query`,
    ])
  })
})

describe('a source in the wrong place, or with the wrong fields, is refused', () => {
  const RAW = `${AT}.ratioMetric.raw.metricSource.spec`
  const GOOD = `${AT}.ratioMetric.good.metricSource.spec`
  const TOTAL = `${AT}.ratioMetric.total.metricSource.spec`
  const POINTS = `${AT}.thresholdMetric.metricSource.spec`
  const GAUGE = { source: 'metric', name: 'queue.age', kind: 'gauge' }
  const onGood = (good: object) => ({ ratioMetric: { good, total: calls() } })
  const rows: [name: string, sli: object, errors: string[]][] = [
    ['calls as a threshold', { thresholdMetric: calls() }, [`${POINTS}.source misplaced_source`]],
    ['SQL as a threshold', { thresholdMetric: metric({ source: 'sql' }) }, [`${POINTS}.source misplaced_source`]],
    ['a counter as a threshold', gauge({ kind: 'sum' }), [`${POINTS}.kind misplaced_source`]],
    ['a histogram as a threshold', gauge({ kind: 'histogram' }), [`${POINTS}.kind misplaced_source`]],
    ['calls per hour', { thresholdMetric: calls({ per: 'hour' }) }, [`${POINTS}.per invalid_per`]],
    ['calls per nothing', { thresholdMetric: calls({ per: null }) }, [`${POINTS}.per invalid_per`]],
    ['a gauge per minute', gauge({ per: 'minute' }), [`${POINTS}.kind misplaced_source`]],
    [
      'calls per point of a gauge',
      { thresholdMetric: calls({ per: { ...GAUGE } }) },
      [`${POINTS}.per.kind misplaced_source`],
    ],
    [
      'calls per SQL',
      { thresholdMetric: calls({ per: { source: 'sql' } }) },
      [`${POINTS}.per.source misplaced_source`],
    ],
    [
      'SQL per minute',
      { thresholdMetric: metric({ source: 'sql', per: 'minute' }) },
      [`${POINTS}.source misplaced_source`],
    ],
    ['calls per no source', { thresholdMetric: calls({ per: { service: 'a' } }) }, [`${POINTS}.per required`]],
    [
      'calls per themselves',
      { thresholdMetric: calls({ per: { source: 'calls', dependency: 'stripe' } }) },
      [`${POINTS}.per same_query`],
    ],
    [
      'a latency under per',
      { thresholdMetric: calls({ per: { source: 'calls', latency: { lte: '1s' } } }) },
      [`${POINTS}.per.latency forbidden`],
    ],
    [
      'an unknown field under per',
      { thresholdMetric: calls({ per: { source: 'calls', servce: 'a' } }) },
      [`${POINTS}.per.servce unknown_field`],
    ],
    [
      'per within per',
      { thresholdMetric: calls({ per: { source: 'calls', per: 'minute' } }) },
      [`${POINTS}.per.per unknown_field`],
    ],
    ['a bucket bound per minute', gauge({ kind: 'histogram', le: 1, per: 'minute' }), [`${POINTS}.le forbidden`]],
    ['per on good', onGood(calls({ per: 'minute' })), [`${GOOD}.per unknown_field`]],
    ['calls as raw', { ratioMetric: { rawType: 'success', raw: calls() } }, [`${RAW}.source misplaced_source`]],
    ['SQL as good', onGood(metric({ source: 'sql', query: QUERY })), [`${GOOD}.source misplaced_source`]],
    [
      'SQL of failures',
      { ratioMetric: { rawType: 'failure', raw: metric({ source: 'sql', query: QUERY }) } },
      [`${AT}.ratioMetric.rawType misplaced_source`],
    ],
    ['a gauge as good', onGood(histogram({ kind: 'gauge' })), [`${GOOD}.kind misplaced_source`]],
    ['a metric without a name', onGood(metric({ source: 'metric', kind: 'sum' })), [`${GOOD} required`]],
    ['a metric without a kind', onGood(metric({ source: 'metric', name: 'a' })), [`${GOOD} required`]],
    ['an unknown kind', onGood(histogram({ kind: 'counter' })), [`${GOOD}.kind one_of`]],
    ['a number as name', onGood(histogram({ name: 1 })), [`${GOOD}.name required`]],
    ['an unknown field of a metric', onGood(histogram({ lt: 1 })), [`${GOOD}.lt unknown_field`]],
    ['an unknown field of SQL', sql(QUERY, { table: 'a' }), [`${RAW}.table unknown_field`]],
    ['a bound of a counter', onGood(sum('a', { le: 1 })), [`${GOOD}.le forbidden`]],
    ['a bound in words', onGood(histogram({ le: '300ms' })), [`${GOOD}.le invalid_bound`]],
    [
      'a bound on the total',
      { ratioMetric: { good: histogram({ le: 1 }), total: histogram({ le: 2 }) } },
      [`${TOTAL}.le forbidden`],
    ],
    [
      'a bound on bad',
      { ratioMetric: { bad: histogram({ le: 1 }), total: histogram() } },
      [`${AT}.ratioMetric.bad.metricSource.spec.le forbidden`],
    ],
    [
      'good and total of one metric',
      { ratioMetric: { good: sum('a'), total: sum('a') } },
      [`${AT}.ratioMetric.good same_query`],
    ],
    ['attributes in a list', onGood(calls({ attributes: ['a'] })), [`${GOOD}.attributes invalid_selector`]],
    [
      'an attribute that is a number',
      onGood(calls({ attributes: { a: 1 } })),
      [`${GOOD}.attributes.a invalid_selector`],
    ],
    [
      'an attribute of a metric without values',
      onGood(sum('a', { attributes: { 'a.b': [] } })),
      [`${GOOD}.attributes["a.b"] empty_selector`],
    ],
    ['an unknown attempt', onGood(calls({ attempt: 2 })), [`${GOOD}.attempt one_of`]],
  ]
  it.each(rows)('%s', (_, sli, errors) => {
    const objectives = 'thresholdMetric' in sli ? [{ target: 0.99, op: 'lte', value: 60 }] : undefined
    const document = sloDocument({ sli, ...(objectives && { objectives }) })
    expect(errorsOf(document)).toEqual(errors)
    expect(plan(document).slos.map(({ slo }) => slo)).toEqual([null])
    // Written as an object of its own, it is refused there, and so is the SLO that names it.
    const shared = sloDocument({
      spec: { indicator: undefined, indicatorRef: 'shared' },
      ...(objectives && { objectives }),
    })
    expect(errorsOf(object('SLI', 'shared', sli), shared)).toEqual([
      ...errors.map((error) => error.replace(AT, 'spec')),
      'spec.indicatorRef ref_invalid',
    ])
  })
  it('a threshold that is referred to needs op and value in the objective', () => {
    const shared = (objective: object) => [
      object('SLI', 'shared', gauge()),
      sloDocument({ spec: { indicator: undefined, indicatorRef: 'shared' }, objectives: [objective] }),
    ]
    expect(errorsOf(...shared({ target: 0.9 }))).toEqual(['spec.objectives[0].op required'])
    expect(errorsOf(...shared({ target: 0.9, op: 'eq', value: 1 }))).toEqual(['spec.objectives[0].op required'])
    expect(errorsOf(...shared({ target: 0.9, op: 'gt' }))).toEqual(['spec.objectives[0].value required'])
    expect(errorsOf(...shared({ target: 0.9, op: 'gt', value: 0 }))).toEqual([])
  })
})

it('whatever the source, an SLO is stored and read back as it was', () => {
  const bound = [{ target: 0.99, op: 'gte', value: 0.5 }]
  for (const sli of [RATIO, gauge(), sql(QUERY), { ratioMetric: { good: histogram({ le: 1 }), total: histogram() } }]) {
    const slo = sloOf(sloDocument({ sli, ...('thresholdMetric' in sli && { objectives: bound }) }))
    expect(sloSchema.parse(JSON.parse(JSON.stringify(slo)))).toEqual(slo)
  }
})

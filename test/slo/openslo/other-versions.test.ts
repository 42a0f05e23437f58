import { describe, expect, it } from 'vitest'
import { calls, metric, sloDocument, sloOf } from './builder.ts'
import { brief, planText } from './text.ts'

const V2 = `apiVersion: openslo.com/v2alpha
kind: SLO
metadata:
  name: pay
spec:
  serviceRef: checkout
  sli:
    metadata:
      name: pay-sli
    spec:
      ratioMetric:
        good:
          dataSourceSpec:
            type: plumbline
            connectionDetails: {}
          spec: { source: calls, dependency: stripe, outcome: ok }
        total:
          dataSourceRef: own
          spec: { source: calls, dependency: stripe }
  timeWindow:
    - duration: 30d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
---
apiVersion: openslo.com/v2alpha
kind: DataSource
metadata: { name: own }
spec: { type: plumbline, connectionDetails: {} }
`
const edit = (from: string, to: string) => {
  expect(V2).toContain(from)
  return V2.replace(from, to)
}
const problems = (text: string) => planText(text).problems.map(brief)
const errors = (text: string) =>
  planText(text)
    .problems.filter(({ severity }) => severity === 'error')
    .map(brief)

describe('openslo.com/v2alpha', () => {
  it('says the same in other words, and is read as v1 with a warning', () => {
    const { slos } = planText(V2)
    expect(problems(V2)).toEqual(['1 apiVersion converted', '27 apiVersion converted'])
    const sli = { ratioMetric: { good: calls({ outcome: 'ok' }), total: calls() } }
    expect(slos[0]?.slo).toEqual(sloOf(sloDocument({ sli })))
  })
  it('service as in the text of the specification', () => {
    expect(errors(edit('serviceRef', 'service'))).toEqual([])
  })
  it('an SLI by reference, and slices in numbers of minutes', () => {
    const text = edit('  sli:\n', '  sliRef: shared\n  old:\n')
      .replace(/ {2}old:[\s\S]*? {2}timeWindow/, '  timeWindow')
      .replace('Occurrences', 'RatioTimeslices')
      .replace('target: 0.999', 'target: 0.99\n      timeSliceWindow: 5')
    const sli = `---\napiVersion: openslo.com/v2alpha\nkind: SLI\nmetadata: { name: shared }\nspec:\n  thresholdMetric:\n    dataSourceRef: own\n    spec: ${JSON.stringify(metric({}).metricSource.spec)}\n`
    expect(errors(text)).toEqual(['7 spec.indicatorRef ref_not_found'])
    expect(errors(text + sli)).toEqual([
      '7 spec.indicatorRef ref_invalid',
      '27 spec.thresholdMetric.metricSource.spec map_min_length',
    ])
  })
  it.each([
    ['a property that was renamed', edit('target: 0.999', 'target: 2'), '25 spec.objectives[0].target less_than'],
    [
      'a metric',
      edit('source: calls, dependency: stripe, outcome: ok', 'source: call'),
      '16 spec.indicator.spec.ratioMetric.good.metricSource.spec.source one_of',
    ],
    [
      'a source of another kind',
      edit('type: plumbline', 'type: Prometheus'),
      '14 spec.indicator.spec.ratioMetric.good.metricSource.type unsupported_source',
    ],
    [
      'a data source that is not there',
      edit('dataSourceRef: own', 'dataSourceRef: gone'),
      '18 spec.indicator.spec.ratioMetric.total.metricSource.metricSourceRef ref_not_found',
    ],
    ['the name of the SLI', edit('name: pay-sli', 'name: pay_sli'), '9 spec.indicator.metadata.name string_dns_label'],
  ])('problems keep the lines of the original: %s', (_, text, error) => {
    expect(errors(text)).toEqual([error])
  })
  it('labels of an objective would be lost, so it is refused', () => {
    const labelled = edit('- target: 0.999', '- target: 0.999\n      labels: { tier: a }')
    expect(errors(labelled)).toEqual(['1 apiVersion unsupported_version'])
  })
})

describe('openslo/v1alpha', () => {
  it('a Service is read as one of v1', () => {
    const service = `apiVersion: openslo/v1alpha\nkind: Service\nmetadata: { name: checkout, displayName: Checkout }\nspec: {}\n`
    expect(problems(service)).toEqual(['1 apiVersion converted'])
  })
  it('an SLO has no place for a source of ours, and is refused with a hint', () => {
    const slo = `apiVersion: openslo/v1alpha\nkind: SLO\nmetadata: { name: pay }\nspec: { service: checkout }\n`
    expect(planText(slo).problems).toMatchObject([
      {
        severity: 'error',
        code: 'unsupported_version',
        hint: expect.stringContaining('Rewrite the SLO as openslo/v1'),
      },
    ])
  })
})

it.each([['openslo/v2'], ['v1'], ['1'], ['[]'], ['{}']])('version %s is not read', (version) => {
  expect(errors(`apiVersion: ${version}\nkind: SLO\nmetadata: { name: a }\nspec: {}\n`)).toEqual([
    '1 apiVersion unsupported_version',
  ])
})

import type { Slo } from '../../../slo/model.ts'
import { type Plan, planObjects } from '../../../slo/openslo/plan.ts'
import type { Problem } from '../../../slo/problem.ts'

/** A metric of Plumbline's own store. */
export const metric = (spec: object) => ({ metricSource: { type: 'plumbline', spec } })
export const calls = (spec: object = {}) => metric({ source: 'calls', dependency: 'stripe', ...spec })
export const RATIO = { ratioMetric: { good: calls({ outcome: 'ok' }), total: calls() } }
export const gauge = (spec: object = {}) => ({
  thresholdMetric: metric({ source: 'metric', name: 'queue.age', kind: 'gauge', ...spec }),
})

interface Wanted {
  name?: string
  /** Without the prefix `plumbline.dev/`. */
  annotations?: Record<string, string>
  sli?: object
  sliAnnotations?: Record<string, string>
  method?: string
  window?: object
  objectives?: object[]
  /** More of `spec`, or less where a value is undefined. */
  spec?: object
}

const prefixed = (annotations: Record<string, string>) =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`plumbline.dev/${key}`, value]))

/** An SLO document over calls: 99.9 % of 30 rolling days, unless said otherwise. */
export function sloDocument(wanted: Wanted = {}): object {
  const { name = 'pay', annotations = {}, sli = RATIO, sliAnnotations = {}, method = 'Occurrences' } = wanted
  const { window = { duration: '30d', isRolling: true }, objectives = [{ target: 0.999 }], spec = {} } = wanted
  return {
    apiVersion: 'openslo/v1',
    kind: 'SLO',
    metadata: { name, annotations: prefixed(annotations) },
    spec: {
      service: 'checkout',
      indicator: { metadata: { name: `${name}-sli`, annotations: prefixed(sliAnnotations) }, spec: sli },
      timeWindow: [window],
      budgetingMethod: method,
      objectives,
      ...spec,
    },
  }
}

export const object = (kind: string, name: string, spec: object, annotations: Record<string, string> = {}) => ({
  apiVersion: 'openslo/v1',
  kind,
  metadata: { name, annotations: prefixed(annotations) },
  spec,
})

export const condition = (condition: object = {}, severity = 'page') => ({
  severity,
  condition: { kind: 'burnrate', op: 'gt', threshold: 14.4, lookbackWindow: '1h', ...condition },
})

interface PolicyOptions {
  annotations?: object
  targets?: string[]
  alertWhenBreaching?: boolean
  alertWhenResolved?: boolean
  alertWhenNoData?: boolean
}

/** An inline policy with one condition that pages endpoint `oncall`. */
export const policy = (
  spec: object = condition(),
  { annotations = {}, targets = ['oncall'], ...flags }: PolicyOptions = {},
) => ({
  kind: 'AlertPolicy',
  metadata: { name: 'fast' },
  spec: {
    alertWhenBreaching: true,
    conditions: [{ kind: 'AlertCondition', metadata: { name: 'burns', annotations }, spec }],
    notificationTargets: targets.map((target) => ({
      kind: 'AlertNotificationTarget',
      metadata: { name: target },
      spec: { target },
    })),
    ...flags,
  },
})

/** The documents as the objects of one file. */
export const plan = (...documents: object[]): Plan =>
  planObjects(documents.map((value) => ({ file: 'slos/test.yaml', value, lineOf: () => 1 })))

export const told = (problems: readonly Problem[], severity: Problem['severity']): string[] =>
  problems.filter((problem) => problem.severity === severity).map(({ path, code }) => `${path} ${code}`)

export const errorsOf = (...documents: object[]): string[] => told(plan(...documents).problems, 'error')
export const warningsOf = (...documents: object[]): string[] => told(plan(...documents).problems, 'warning')

/** All SLOs of documents that must be accepted. */
export function slosOf(...documents: object[]): Slo[] {
  const { slos, problems } = plan(...documents)
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message)
  if (errors.length > 0) throw new Error(errors.join('\n'))
  return slos.flatMap(({ slo }) => (slo ? [slo] : []))
}

/** The only SLO of documents that must be accepted. */
export function sloOf(...documents: object[]): Slo {
  const [slo, ...others] = slosOf(...documents)
  if (!slo || others.length > 0) throw new Error(`${others.length + (slo ? 1 : 0)} SLOs`)
  return slo
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { planObjects } from '../../../slo/openslo/plan.ts'
import { verdictsOf } from '../../../slo/openslo/verdict.ts'
import { refuses } from '../../../slo/problem.ts'
import { sloSchema } from '../../../slo/slo-schema.ts'
import { parseSloText } from '../../../storage/slo-text.ts'
import { calls, condition, gauge, metric, object, policy, RATIO, sloDocument } from './builder.ts'

const counter = (name: string) => metric({ source: 'metric', name, kind: 'sum', attributes: { 'a.b': ['x', 'y'] } })
const query = 'SELECT ts AS minute, good, total FROM a WHERE ts >= {from:DateTime} AND ts < {to:DateTime}'
const SQL = { ratioMetric: { rawType: 'success', raw: metric({ source: 'sql', query }) } }
const slice = { target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: '5m' }
const month = { duration: '1M', calendar: { startTime: '2026-01-01 00:00:00', timeZone: 'Europe/Berlin' } }

/** A document of each kind and shape; every one good, all of them together. */
const DOCUMENTS = [
  object('SLI', 'shared', { ratioMetric: { bad: calls({ outcome: ['timeout', 'schema'] }), total: calls() } }),
  object('Service', 'checkout', { description: 'Takes orders' }, { owner: 'shop' }),
  object('DataSource', 'own', { type: 'plumbline', connectionDetails: [] }),
  object('AlertCondition', 'burns', condition({ alertAfter: '5m' }), { 'short-window': '5m' }),
  object('AlertNotificationTarget', 'people', { target: 'oncall' }),
  object('AlertPolicy', 'fast', {
    alertWhenBreaching: true,
    conditions: [{ conditionRef: 'burns' }],
    notificationTargets: [{ targetRef: 'people' }],
  }),
  sloDocument({ name: 'plain', annotations: { owner: 'me', 'min-events': '20', labels: 'a=b', 'no-data': 'bad' } }),
  sloDocument({
    name: 'inline',
    spec: { alertPolicies: [policy()] },
    sli: { ratioMetric: { good: counter('a'), total: counter('b') } },
  }),
  sloDocument({
    name: 'refers',
    spec: { indicator: undefined, indicatorRef: 'shared', alertPolicies: [{ alertPolicyRef: 'fast' }] },
  }),
  sloDocument({
    name: 'lag',
    sli: gauge(),
    method: 'Timeslices',
    window: month,
    objectives: [{ ...slice, op: 'lte', value: 60 }],
  }),
  sloDocument({
    name: 'query',
    sli: SQL,
    method: 'RatioTimeslices',
    objectives: [slice, { ...slice, displayName: 'b', target: 0.9 }],
  }),
  sloDocument({
    name: 'whole',
    annotations: { composite: 'pooled', 'composite-target': '0.99', 'alert-mode': 'budget-share' },
    objectives: [
      { displayName: 'a', indicatorRef: 'shared', target: 0.999, compositeWeight: 2 },
      { displayName: 'b', target: 0.99, indicator: { metadata: { name: 'b' }, spec: RATIO } },
    ],
    spec: { indicator: undefined },
  }),
].map((document) => JSON.parse(JSON.stringify(document)))

/** Hundreds of plans of a dozen documents take a while on a busy machine. */
const PATIENCE_MS = 120_000

type Path = (string | number)[]

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return []
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, inner]) => [[...at, key], ...pathsOf(inner, [...at, key])])
}

const PATHS = pathsOf(DOCUMENTS)

type Edit = { path: Path; how: 'replace' | 'drop' | 'add' | 'rename' | 'swap'; value: unknown; other: Path }

/** A path may be gone after an earlier edit: then nothing happens. */
function apply(documents: unknown, { path, how, value, other }: Edit): void {
  const holder = holderOf(documents, path)
  const key = path.at(-1)
  if (holder === null || key === undefined || !Object.hasOwn(holder, key)) return
  if (how === 'replace') holder[key] = value
  else if (how === 'drop') delete holder[key]
  else if (how === 'add') holder[`${key}s`] = value
  else if (how === 'rename') {
    holder[`${key}x`] = holder[key]
    delete holder[key]
  } else {
    const elsewhere = holderOf(DOCUMENTS, other)
    holder[key] = structuredClone(elsewhere?.[other.at(-1) ?? ''])
  }
}

function holderOf(value: unknown, path: Path): Record<string | number, unknown> | null {
  const holder = path.slice(0, -1).reduce<unknown>((found, key) => (found as never)?.[key], value)
  return typeof holder === 'object' && holder !== null ? (holder as Record<string | number, unknown>) : null
}

/** Values near what is right, so that most edits get past the first check. */
const near = fc.constantFrom<unknown>(
  ...[
    0,
    1,
    -1,
    0.5,
    100,
    1e300,
    1e-300,
    2 ** 53,
    true,
    false,
    null,
    '',
    ' ',
    '0',
    '1',
    'ok',
    'page',
    'gt',
    '1m',
    '0m',
    '5m',
  ],
  ...[
    '10Y',
    '999999999Y',
    '7d',
    '1.5h',
    '9M',
    'calls',
    'metric',
    'sql',
    'gauge',
    'histogram',
    'plumbline',
    'shared',
    'fast',
  ],
  ...[
    'gone',
    'Pay',
    'a b',
    '__proto__',
    'constructor',
    'toString',
    'Timeslices',
    'off',
    'openslo',
    [],
    {},
    [[]],
    { not: [] },
  ],
)
const edit: fc.Arbitrary<Edit> = fc.record({
  path: fc.constantFrom(...PATHS),
  how: fc.constantFrom('replace', 'replace', 'replace', 'drop', 'add', 'rename', 'swap'),
  value: fc.oneof({ weight: 4, arbitrary: near }, { weight: 1, arbitrary: fc.jsonValue() }),
  other: fc.constantFrom(...PATHS),
})

describe('documents of every kind, with anything changed in them', () => {
  it('are good to begin with, by default and strictly', () => {
    const { objects } = parseSloText(DOCUMENTS.map((one) => stringify(one)).join('---\n'), 'all.yaml')
    for (const strict of [false, true]) {
      const { documents } = verdictsOf(planObjects(objects, { strict }), { strict })
      expect(documents.flatMap(({ errors }) => errors)).toEqual([])
      expect(documents).toHaveLength(DOCUMENTS.length)
    }
    expect(planObjects(objects).slos.every(({ slo }) => slo !== null)).toBe(true)
    expect(PATHS.length).toBeGreaterThan(300)
  })

  it(
    'never crash, are refused with a reason or stored as they are, and are judged alike everywhere',
    () => {
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
          const documents = structuredClone(DOCUMENTS)
          for (const one of edits) apply(documents, one)
          const { objects, problems: unread } = parseSloText(JSON.stringify(documents), 'all.json')
          const plan = planObjects(objects)
          for (const { name, slo, problems } of plan.slos) {
            expect(slo === null, name).toBe(refuses(problems))
            // What is in force survives a restart, and asks for nothing that cannot be true.
            if (slo === null) continue
            expect(sloSchema.parse(JSON.parse(JSON.stringify(slo)))).toEqual(slo)
            expect(slo.objective.budgetPpm).toBe(1_000_000 - slo.objective.targetPpm)
            expect(slo.objective.window.minutes).toBeGreaterThan(0)
            if (slo.alerting === 'mwmb') expect(slo.tiers.length).toBeGreaterThan(0)
            for (const { longMinutes, shortMinutes } of slo.tiers) {
              expect(shortMinutes).toBeLessThanOrEqual(longMinutes)
              expect(longMinutes).toBeLessThan(slo.objective.window.minutes)
            }
          }
          for (const { line, code, message, path } of plan.problems) {
            expect([line, code !== '', message !== '', typeof path]).toEqual([1, true, true, 'string'])
          }
          const { documents: verdicts } = verdictsOf(plan, { unread })
          expect(verdicts.length).toBe(objects.length)
          for (const { valid, errors } of verdicts) expect(valid).toBe(errors.length === 0)
          // Strictness only adds reasons of OpenSLO's own: what is refused strictly alone was warned of.
          const strict = verdictsOf(planObjects(objects, { strict: true }), { strict: true })
          for (const [index, one] of strict.documents.entries()) {
            if (!one.valid && verdicts[index]?.valid) expect(verdicts[index]?.warnings.length).toBeGreaterThan(0)
          }
        }),
        { numRuns: 200 },
      )
    },
    PATIENCE_MS,
  )
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { planObjects } from '../../../slo/openslo/plan.ts'
import { parseSloText } from '../../../storage/slo-text.ts'

/**
 * What OpenSLO's official Go SDK (pkg/openslo/v1 at ae145da) said about documents with one thing changed:
 * `valid`, `undecodable` (it cannot read them at all), `invalid` where it tells the mistake in its own way,
 * else the complete list of paths and codes.
 */
interface Row {
  base: number
  at: (string | number)[]
  /** Absent: the property is taken away. */
  value?: unknown
  verdict: 'valid' | 'undecodable' | 'invalid' | string[]
}

const lines = readFileSync(new URL('../../fixtures/slo/sdk-verdicts.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))
const bases: unknown[] = lines.flatMap((line) => ('document' in line ? [line.document] : []))
const rows: Row[] = lines.filter((line) => 'base' in line)

function changed({ base, at, ...rest }: Row): unknown {
  const document = structuredClone(bases[base])
  const last = at.at(-1)
  if (last === undefined) return document
  const holder = at.slice(0, -1).reduce((value, key) => (value as never)[key], document) as never
  if ('value' in rest) Object.assign(holder, { [last]: rest.value })
  else if (Array.isArray(holder)) (holder as unknown[]).splice(Number(last), 1)
  else delete holder[last]
  return document
}

function strictErrors(document: unknown): string[] {
  const { objects } = parseSloText(JSON.stringify(document), 'document.json')
  const { problems } = planObjects(objects, { strict: true })
  const refused = problems.filter(
    ({ severity, layer }) => severity === 'error' && (layer === 'decode' || layer === 'schema'),
  )
  return refused.map(({ path, code }) => `${path} ${code}`)
}

describe('strict verdicts are those of the official Go SDK', () => {
  it('hundreds of documents are compared, good and bad ones of every kind', () => {
    expect(bases.length).toBeGreaterThan(15)
    expect(rows.filter(({ verdict }) => verdict === 'valid').length).toBeGreaterThan(200)
    expect(rows.filter(({ verdict }) => verdict !== 'valid').length).toBeGreaterThan(600)
  })
  it.each(bases.map((base, index) => ({ index, kind: (base as { kind: string }).kind })))(
    'of $kind $index, whatever is changed in it',
    ({ index }) => {
      for (const row of rows.filter(({ base }) => base === index)) {
        const errors = strictErrors(changed(row))
        const what = `${row.at.join('.')} ${'value' in row ? JSON.stringify(row.value)?.slice(0, 80) : 'absent'}`
        if (Array.isArray(row.verdict)) expect([...new Set(errors)].sort(), what).toEqual(row.verdict)
        else
          expect([what, errors.length === 0 ? 'valid' : 'refused']).toEqual([
            what,
            row.verdict === 'valid' ? 'valid' : 'refused',
          ])
      }
    },
  )
})

/** Of pkg/openslo/v1 at ae145da: `Required()` on an object that Go holds by value, which `{}` leaves as it was. */
describe('an object that says nothing is required at its own path, as the Go SDK says', () => {
  const metric = (metricSource: unknown) => ({ metricSource })
  const full = metric({ type: 'plumbline', spec: { source: 'calls' } })
  const sli = (ratioMetric: unknown) => ({
    apiVersion: 'openslo/v1',
    kind: 'SLI',
    metadata: { name: 'a' },
    spec: { ratioMetric },
  })
  const object = (kind: string, spec: unknown) => ({ apiVersion: 'openslo/v1', kind, metadata: { name: 'a' }, spec })
  const inline = (kind: string, spec: unknown) => ({ kind, metadata: { name: 'b' }, spec })
  const condition = { severity: 'page', condition: { kind: 'burnrate', op: 'gt', threshold: 2, lookbackWindow: '1h' } }
  const policy = (one: unknown, target: unknown = { target: 'oncall' }) => ({
    alertWhenBreaching: true,
    conditions: [inline('AlertCondition', one)],
    notificationTargets: [inline('AlertNotificationTarget', target)],
  })
  const slo = (policies: unknown[]) =>
    object('SLO', {
      service: 'shop',
      indicator: { metadata: { name: 'i' }, spec: { ratioMetric: { good: full, total: full } } },
      timeWindow: [{ duration: '30d', isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ target: 0.99 }],
      alertPolicies: policies,
    })

  it.each([
    ['metricSource: {}', sli({ good: metric({}), total: full }), ['spec.ratioMetric.good.metricSource required']],
    [
      'a metricSource of empty texts',
      sli({ good: metric({ type: '' }), total: full }),
      ['spec.ratioMetric.good.metricSource required'],
    ],
    [
      'a metricSource with an empty map',
      sli({ good: metric({ spec: {} }), total: full }),
      ['spec.ratioMetric.good.metricSource.spec map_min_length'],
    ],
    ['no metricSource', sli({ good: {}, total: full }), ['spec.ratioMetric.good.metricSource required']],
    ['spec: {} of an SLO', object('SLO', {}), ['spec required']],
    ['an SLO without spec', object('SLO', null), ['spec required']],
    ['spec: {} of an AlertCondition', object('AlertCondition', {}), ['spec required']],
    ['an AlertCondition with an empty condition alone', object('AlertCondition', { condition: {} }), ['spec required']],
    ['condition: {}', object('AlertCondition', { severity: 'page', condition: {} }), ['spec.condition required']],
    ['spec: {} of an inline condition', object('AlertPolicy', policy({})), ['spec.conditions[0].spec required']],
    [
      'condition: {} of an inline condition',
      object('AlertPolicy', policy({ severity: 'page', condition: {} })),
      ['spec.conditions[0].spec.condition required'],
    ],
    [
      'spec: {} of an inline target',
      object('AlertPolicy', policy(condition, {})),
      ['spec.notificationTargets[0].spec required'],
    ],
    ['spec: {} of an inline policy', slo([inline('AlertPolicy', {})]), ['spec.alertPolicies[0].spec required']],
    ['nothing empty', slo([inline('AlertPolicy', policy(condition))]), []],
  ])('%s', (_, document, errors) => expect(strictErrors(document)).toEqual(errors))

  it('by default as well, with no warning about fields within', () => {
    const { objects } = parseSloText(JSON.stringify(object('SLO', {})), 'document.json')
    expect(planObjects(objects).problems.map(({ path, code }) => `${path} ${code}`)).toEqual(['spec required'])
  })
})

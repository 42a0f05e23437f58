import { describe, expect, it } from 'vitest'
import { planObjects } from '../../../slo/openslo/plan.ts'
import { SEVERITY_WORDS, severityOf } from '../../../slo/openslo/severity.ts'
import { condition, errorsOf, object, plan, policy, RATIO, sloDocument, sloOf, told, warningsOf } from './builder.ts'

const withPolicies = (alertPolicies: object[], annotations: Record<string, string> = {}, more: object = {}) =>
  sloDocument({ annotations, spec: { alertPolicies }, ...more })
const AT = 'spec.alertPolicies[0]'
const CONDITION = `${AT}.spec.conditions[0]`
const short = (text: string) => ({ annotations: { 'plumbline.dev/short-window': text } })

describe('a policy', () => {
  it('written in place gives its condition as a tier and its targets', () => {
    const slo = sloOf(withPolicies([policy(condition({ alertAfter: '5m' }), short('5m'))]))
    expect(slo).toMatchObject({
      alerting: 'openslo',
      tiers: [{ severity: 'page', longMinutes: 60, shortMinutes: 5, factor: 14.4, forMinutes: 5 }],
      policies: { endpoints: ['oncall'], whenBreaching: true, whenResolved: false, whenNoData: false },
    })
  })
  it('has one window without an annotation', () => {
    const [tier, ...others] = sloOf(withPolicies([policy()])).tiers
    expect(others).toEqual([])
    expect(tier).toEqual({ severity: 'page', longMinutes: 60, shortMinutes: 60, factor: 14.4 })
  })
  it('in objects of its own is the same', () => {
    const inline = sloOf(withPolicies([policy(condition({ op: 'gte' }), short('5m'))]))
    const apart = sloOf(
      withPolicies([{ alertPolicyRef: 'fast' }]),
      object('AlertPolicy', 'fast', {
        alertWhenBreaching: true,
        conditions: [{ conditionRef: 'burns' }],
        notificationTargets: [{ targetRef: 'people' }],
      }),
      object('AlertCondition', 'burns', condition({ op: 'gte' }), { 'short-window': '5m' }),
      object('AlertNotificationTarget', 'people', { target: 'oncall' }),
    )
    expect(apart).toEqual(inline)
    expect(apart.tiers).toMatchObject([{ op: 'gte' }])
  })
  it('and another one give two tiers, and all their targets', () => {
    const slow = policy(condition({ threshold: 1, lookbackWindow: '3d' }, 'ticket'), { targets: ['oncall', 'tickets'] })
    const slo = sloOf(withPolicies([policy(), slow]))
    expect(slo.tiers.map(({ severity, longMinutes }) => [severity, longMinutes])).toEqual([
      ['page', 60],
      ['ticket', 4320],
    ])
    expect(slo.policies?.endpoints).toEqual(['oncall', 'tickets'])
    expect(warningsOf(withPolicies([policy(), slow]))).toEqual(['spec.alertPolicies[1] targets_shared'])
  })
  it('that is silent about breaches loses its tier to one that is not', () => {
    const silent = policy(condition({ lookbackWindow: '6h', threshold: 6 }), { alertWhenBreaching: false })
    const slo = sloOf(withPolicies([silent, policy()]))
    expect(slo.tiers.map(({ longMinutes }) => longMinutes)).toEqual([60])
    const alone = sloOf(withPolicies([silent]))
    expect(alone).toMatchObject({ tiers: [{ longMinutes: 360 }], policies: { whenBreaching: false } })
    expect(warningsOf(withPolicies([silent]))).toEqual([`${AT} never_alerts`])
  })
  it('may tell of missing data and of the end', () => {
    const flags = { alertWhenNoData: true, alertWhenResolved: true }
    expect(sloOf(withPolicies([policy(condition(), flags)])).policies).toMatchObject({
      whenNoData: true,
      whenResolved: true,
    })
  })
  it('gives owner, runbook and labels where the SLO says nothing', () => {
    const told = policy()
    Object.assign(told.metadata, {
      annotations: { 'plumbline.dev/owner': 'night-shift', 'plumbline.dev/labels': 'tier=1,region=eu' },
    })
    expect(sloOf(withPolicies([told]))).toMatchObject({ owner: 'night-shift', labels: { tier: '1', region: 'eu' } })
    expect(sloOf(withPolicies([told], { owner: 'day-shift', labels: 'tier=2' }))).toMatchObject({
      owner: 'day-shift',
      labels: { tier: '2', region: 'eu' },
    })
  })
})

describe('alert modes', () => {
  it.each([
    ['none, without policies', [], {}, 'mwmb', 4],
    ['none, with policies', [policy()], {}, 'openslo', 1],
    ['openslo', [policy()], { 'alert-mode': 'openslo' }, 'openslo', 1],
    ['mwmb, with policies', [policy()], { 'alert-mode': 'mwmb' }, 'mwmb', 4],
    ['budget-share', [], { 'alert-mode': 'budget-share' }, 'budget-share', 4],
    ['off', [policy()], { 'alert-mode': 'off' }, 'off', 0],
  ])('%s', (_, policies, annotations, alerting, tiers) => {
    const slo = sloOf(withPolicies(policies, annotations))
    expect([slo.alerting, slo.tiers.length]).toEqual([alerting, tiers])
    expect(slo.policies?.endpoints ?? []).toEqual(policies.length > 0 ? ['oncall'] : [])
  })
  it('replacing conditions is told', () => {
    expect(warningsOf(withPolicies([policy()], { 'alert-mode': 'mwmb' }))).toEqual([
      'spec.alertPolicies conditions_replaced',
    ])
  })
  it('openslo without policies is refused', () => {
    expect(errorsOf(sloDocument({ annotations: { 'alert-mode': 'openslo' } }))).toEqual([
      'metadata.annotations["plumbline.dev/alert-mode"] required',
    ])
  })
  it('shares are exact, so budget-share needs no minimum of events unless stated', () => {
    const guards = (annotations: Record<string, string>) => sloOf(sloDocument({ annotations })).guards
    expect(guards({ 'alert-mode': 'budget-share' })).toEqual({ minEvents: 1, minBadEvents: 1 })
    expect(guards({ 'alert-mode': 'budget-share', 'min-events': '9' })).toEqual({ minEvents: 9, minBadEvents: 1 })
    expect(guards({})).toEqual({ minEvents: 100, minBadEvents: 5 })
  })
})

describe('severities', () => {
  it.each(['page', 'Critical', 'P1', 'sev-1', ' HIGH '])('%j is a page', (word) => {
    expect(severityOf(word)).toBe('page')
  })
  it.each(['ticket', 'Warning', 'p3', 'SEV 2', 'info'])('%j is a ticket', (word) => {
    expect(severityOf(word)).toBe('ticket')
  })
  it('no word is both', () => {
    expect(SEVERITY_WORDS.page.filter((word) => SEVERITY_WORDS.ticket.includes(word))).toEqual([])
  })
  it('other words are refused with a suggestion', () => {
    const { problems } = plan(withPolicies([policy(condition({}, 'critcal'))]))
    expect(problems).toMatchObject([
      { code: 'one_of', path: `${CONDITION}.spec.severity`, hint: "Did you mean 'critical'?" },
    ])
  })
})

describe('conditions that can never be true, or mean something else, are refused with the number that would do', () => {
  const target = (target: number, over: object) =>
    withPolicies([policy(condition(over))], {}, { objectives: [{ target }] })
  const rows: [name: string, document: object, code: string, message: RegExp][] = [
    ['14.4 at 90 %', target(0.9, {}), 'unreachable_threshold', /burns at 10, so the factor must be below that/],
    ['10 at 90 %', target(0.9, { threshold: 10 }), 'unreachable_threshold', /burns at 10/],
    ['more than the whole budget', target(0.999, { threshold: 721 }), 'unreachable_threshold', /a factor up to 720/],
    ['nothing', target(0.999, { threshold: 0 }), 'unreachable_threshold', /more than 0 %/],
    ['less than nothing', target(0.999, { op: 'lt', threshold: 0 }), 'unreachable_threshold', /must be above 0/],
    [
      'a window as long as the SLO',
      target(0.999, { lookbackWindow: '30d' }),
      'tier_outside_window',
      /SLO window of 30d/,
    ],
  ]
  it.each(rows)('%s', (_, document, code, message) => {
    const errors = plan(document).problems.filter(({ severity }) => severity === 'error')
    expect(errors).toMatchObject([{ code, path: AT, message: expect.stringMatching(message) }])
  })
  it.each([
    ['9.99 at 90 %', target(0.9, { threshold: 9.99 })],
    ['at least 10 at 90 %', target(0.9, { op: 'gte', threshold: 10 })],
    ['at most 0', target(0.999, { op: 'lte', threshold: 0 })],
  ])('%s is accepted', (_, document) => {
    expect(errorsOf(document)).toEqual([])
  })
  it('a short window that is not shorter', () => {
    expect(errorsOf(withPolicies([policy(condition(), short('1h'))]))).toEqual([`${CONDITION} tier_outside_window`])
  })
  it('a short window that is no duration', () => {
    expect(errorsOf(withPolicies([policy(condition(), short('soon'))]))).toEqual([
      `${CONDITION}.metadata.annotations["plumbline.dev/short-window"] invalid_annotation`,
    ])
  })
  it('a look back of nothing', () => {
    expect(errorsOf(withPolicies([policy(condition({ lookbackWindow: '0m' }))]))).toEqual([
      `${CONDITION}.spec.condition.lookbackWindow greater_than`,
    ])
  })
  it('a window that is no whole number of slices', () => {
    const sliced = withPolicies(
      [policy(condition({ lookbackWindow: '50m' }))],
      {},
      {
        method: 'RatioTimeslices',
        objectives: [{ target: 0.999, timeSliceWindow: '20m' }],
      },
    )
    expect(plan(sliced).problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('must be whole slices of 20m'),
      expect.stringContaining('one failure alone'),
    ])
  })
  it('two conditions of one severity and window: the second is one too many', () => {
    expect(errorsOf(withPolicies([policy(), policy(condition({ threshold: 10 }))]))).toEqual([
      'spec.alertPolicies[1] duplicate_tier',
    ])
  })
  it('below 1 it fires while on track, and below what it fires when healthy: warnings', () => {
    expect(warningsOf(target(0.999, { threshold: 0.98 }))).toEqual([`${AT} fires_while_on_track`])
    expect(warningsOf(target(0.999, { op: 'lte', threshold: 2 }))).toEqual([
      `${CONDITION}.spec.condition.op fires_when_healthy`,
    ])
  })
})

describe('references of policies', () => {
  const refers = withPolicies([{ alertPolicyRef: 'fast' }])
  const fast = (over: object = {}) =>
    object('AlertPolicy', 'fast', {
      alertWhenBreaching: true,
      conditions: [{ conditionRef: 'burns' }],
      notificationTargets: [{ targetRef: 'people' }],
      ...over,
    })
  const burns = object('AlertCondition', 'burns', condition())
  const people = object('AlertNotificationTarget', 'people', { target: 'oncall' })

  const rows: [name: string, documents: object[], errors: string[]][] = [
    ['no policy', [refers], [`${AT}.alertPolicyRef ref_not_found`]],
    ['no condition', [refers, fast(), people], [`${AT} ref_not_found`]],
    ['no target', [refers, fast(), burns], [`${AT} ref_not_found`]],
    ['two policies', [refers, fast(), fast(), burns, people], [`${AT}.alertPolicyRef ref_ambiguous`]],
    [
      'a policy that is refused',
      [refers, fast({ conditions: [] }), burns, people],
      [`${AT}.alertPolicyRef ref_invalid`, 'spec.conditions slice_length'],
    ],
    [
      'a condition that is refused',
      [refers, fast(), object('AlertCondition', 'burns', condition({ op: 'eq' })), people],
      [`${AT} ref_invalid`, 'spec.condition.op one_of'],
    ],
  ]
  it.each(rows)('%s: refused, and the SLO with it', (_, documents, errors) => {
    const { slos, problems } = plan(...documents)
    expect(told(problems, 'error')).toEqual(errors)
    expect(slos).toMatchObject([{ name: 'pay', slo: null }])
  })
  it('a missing object is named with kind, name and place', () => {
    expect(plan(refers).problems[0]?.message).toBe(
      "v1.AlertPolicy 'fast' referenced at 'spec.alertPolicies[0].alertPolicyRef' does not exist",
    )
  })
  it('a name that is nearly right is suggested', () => {
    const [problem] = plan(withPolicies([{ alertPolicyRef: 'fasst' }]), fast(), burns, people).problems
    expect(problem).toMatchObject({ code: 'ref_not_found', hint: "Did you mean 'fast'?" })
    expect(plan(withPolicies([{ alertPolicyRef: 'unlike' }]), fast(), burns, people).problems[0]?.hint).toBeUndefined()
  })
  it('a policy nobody uses may refer to what is elsewhere', () => {
    expect(errorsOf(fast(), sloDocument({ sli: RATIO }))).toEqual([])
  })
})

describe('a notification target that is no endpoint', () => {
  const documents = [
    withPolicies([policy(condition(), { targets: ['oncall', 'oncal'] }), { alertPolicyRef: 'fast' }]),
    object('AlertPolicy', 'fast', {
      alertWhenBreaching: true,
      conditions: [{ kind: 'AlertCondition', metadata: { name: 'burns' }, spec: condition({ lookbackWindow: '6h' }) }],
      notificationTargets: [{ targetRef: 'people' }],
    }),
    object('AlertNotificationTarget', 'people', { target: 'desk' }),
  ]
  const objects = documents.map((value) => ({ file: 'slos/test.yaml', value, lineOf: () => 1 }))
  const unknown = (endpoints?: string[]) =>
    planObjects(objects, { endpoints })
      .problems.filter(({ code }) => code === 'target_unknown')
      .map(({ severity, path, hint }) => `${severity} ${path}: ${hint}`)

  it('is a warning where endpoints are known, in place and by reference', () => {
    expect(unknown(['oncall'])).toEqual([
      `warning ${AT}.spec.notificationTargets[1].spec.target: Did you mean 'oncall'?`,
      'warning spec.alertPolicies[1]: Known are oncall',
    ])
  })
  it('is none where it is an endpoint', () => expect(unknown(['oncall', 'oncal', 'desk'])).toEqual([]))
  it('is none where endpoints are not known', () => expect(unknown()).toEqual([]))
  it('keeps its name: the evaluator leaves it out', () => {
    expect(planObjects(objects, { endpoints: ['oncall'] }).slos[0]?.slo?.policies?.endpoints).toEqual([
      'oncall',
      'oncal',
      'desk',
    ])
  })
})

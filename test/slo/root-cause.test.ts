import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepestBelow, rootOf } from '../../slo/alert/root-cause.ts'
import { type BadCallRule, countsAsBad, readTogether } from '../../slo/bad-calls.ts'
import { type SelectableCall, selects } from '../../slo/call-selection.ts'
import type { CallSelection, Indicator } from '../../slo/model.ts'

const PAY = 'dependency:acme-pay/timeout'
const shares = (pay: number, rest: Partial<Parameters<typeof rootOf>[0]> = {}) => ({
  shares: { [PAY]: pay, 'service:cart/server_error': 1 - pay },
  traced: 400,
  tracedShare: 1,
  ...rest,
})

describe('the root cause by share of bad traces', () => {
  it.each([
    ['0.82 of 400', shares(0.82), PAY, 'high'],
    ['0.66 of 400', shares(0.66), PAY, 'high'],
    ['0.66 of 30: the bound is below', shares(0.66, { traced: 30 }), PAY, 'medium'],
    ['0.6 is enough', shares(0.6), PAY, 'medium'],
    ['0.59 of 10,000 is not', shares(0.59, { traced: 10_000 }), '', null],
    ['20 traces are enough', shares(1, { traced: 20 }), PAY, 'high'],
    ['19 are not', shares(1, { traced: 19 }), '', null],
    ['less than 30 % traced is not sure', shares(0.9, { tracedShare: 0.29 }), PAY, 'medium'],
    ['a callee that should have been seen: one step less', shares(0.9, { missingSpans: [PAY] }), PAY, 'medium'],
    ['nothing traced', { shares: {}, traced: 0, tracedShare: 0 }, '', null],
  ] as const)('%s', (_, given, origin, confidence) => {
    expect(rootOf(given)).toMatchObject({ origin, confidence })
  })

  it('keeps the largest three, whatever the decision', () => {
    const given = { a: 0.1, b: 0.4, c: 0.3, d: 0.2 }
    expect(rootOf({ shares: given, traced: 100, tracedShare: 1 })).toMatchObject({
      origin: '',
      top: [
        { origin: 'b', share: 0.4 },
        { origin: 'c', share: 0.3 },
        { origin: 'd', share: 0.2 },
      ],
    })
  })
})

describe('the root cause by topology', () => {
  const CALLS = new Map([
    ['web', new Set(['cart', 'search'])],
    ['cart', new Set(['payments'])],
    ['payments', new Set(['web'])],
  ])
  const firing = (services: Record<string, number>, toward: Record<string, string[]>) =>
    Object.entries(services).map(([service, minute]) => ({
      alert: service,
      env: 'prod',
      service,
      toward: toward[service] ? new Set(toward[service]) : null,
      startedAtMs: minute * 60_000,
    }))
  const deepest = (services: Record<string, number>, calls = CALLS, toward = {}) =>
    Object.fromEntries(
      [...deepestBelow(firing(services, toward), calls)].map(([alert, below]) => [alert, below.service]),
    )

  it('the deepest service that began to fail with the others', () => {
    const tree = new Map([...CALLS].filter(([service]) => service !== 'payments'))
    expect(deepest({ web: 2, cart: 1, payments: 0 }, tree)).toEqual({
      web: 'payments',
      cart: 'payments',
      payments: 'payments',
    })
  })
  it('who stands alone has none', () => expect(deepest({ web: 0, payments: 0, other: 0 }, new Map())).toEqual({}))
  it('who began more than ten minutes apart has nothing to do with it', () => {
    expect(deepest({ web: 11, cart: 0 })).toEqual({})
    expect(deepest({ web: 10, cart: 0 })).toEqual({ web: 'cart', cart: 'cart' })
  })
  it('of two at the same depth the one that began first', () => {
    expect(deepest({ web: 3, cart: 2, search: 1 }).web).toBe('search')
  })
  it('an SLI of some dependencies is not put down to what else the service calls', () => {
    expect(deepest({ web: 0, cart: 0 }, CALLS, { web: ['acme-pay'] })).toEqual({})
    expect(deepest({ web: 0, cart: 0, search: 0 }, CALLS, { web: ['acme-pay', 'cart'] })).toEqual({
      web: 'cart',
      cart: 'cart',
    })
  })
  it('a circle of calls ends', () => {
    expect(Object.keys(deepest({ web: 0, cart: 0, payments: 0 }))).toHaveLength(3)
  })
})

describe('which calls an SLI counts', () => {
  const TOTAL: CallSelection = {
    source: 'calls',
    fields: { service: { in: ['shop'] }, dependency: { notIn: ['internal'] } },
    attributes: { tier: { in: ['gold'] } },
    direction: 'outbound',
    synthetic: false,
    outcome: { notIn: ['cancelled'] },
    latency: null,
  }
  const call = (changes: Partial<SelectableCall> = {}): SelectableCall => ({
    env: 'prod',
    service: 'shop',
    dependency: 'acme-pay',
    operation: 'POST /charges',
    protocol: 'http',
    version: '1',
    direction: 'outbound',
    synthetic: false,
    outcome: 'ok',
    durationNs: 100,
    attempt: 0,
    attributes: { tier: 'gold' },
    ...changes,
  })
  it.each([
    ['all holds', {}, true],
    ['another service', { service: 'cart' }, false],
    ['an excluded dependency', { dependency: 'internal' }, false],
    ['another attribute', { attributes: { tier: 'free' } }, false],
    ['an absent attribute', { attributes: {} }, false],
    ['another direction', { direction: 'inbound' as const }, false],
    ['a probe', { synthetic: true }, false],
    ['an excluded outcome', { outcome: 'cancelled' as const }, false],
  ])('%s', (_, changes, selected) => expect(selects(TOTAL, call(changes))).toBe(selected))

  it.each([
    ['lt', 99, true],
    ['lt', 100, false],
    ['lte', 100, true],
    ['gt', 100, false],
    ['gt', 101, true],
    ['gte', 100, true],
  ] as const)('a latency %s 100 of %i', (op, durationNs, selected) => {
    expect(selects({ ...TOTAL, latency: { op, ns: 100 } }, call({ durationNs }))).toBe(selected)
  })

  it('first attempts and repeated ones', () => {
    expect(selects({ ...TOTAL, attempt: 'retry' }, call({ attempt: 1 }))).toBe(true)
    expect(selects({ ...TOTAL, attempt: 'retry' }, call())).toBe(false)
    expect(selects({ ...TOTAL, attempt: 'first' }, call())).toBe(true)
  })

  it('bad is what the numerator does not count, or counts', () => {
    const good: Indicator = {
      source: 'calls',
      name: 'latency',
      numerator: { counts: 'good', selection: { ...TOTAL, latency: { op: 'lt', ns: 500 } } },
      total: TOTAL,
    }
    expect(countsAsBad(good, call({ durationNs: 499 }))).toBe(false)
    expect(countsAsBad(good, call({ durationNs: 500 }))).toBe(true)
    expect(countsAsBad(good, call({ durationNs: 500, service: 'cart' }))).toBe(false)
    const bad: Indicator = {
      ...good,
      numerator: { counts: 'bad', selection: { ...TOTAL, outcome: { in: ['timeout'] } } },
    }
    expect(countsAsBad(bad, call({ outcome: 'timeout' }))).toBe(true)
    expect(countsAsBad(bad, call())).toBe(false)
    expect(countsAsBad({ source: 'sql', name: 'own', query: '' }, call())).toBe(false)
  })

  const selector = (values: readonly string[]) =>
    fc.oneof(
      fc.subarray([...values], { minLength: 1 }).map((some) => ({ in: some })),
      fc.subarray([...values], { minLength: 1 }).map((some) => ({ notIn: some })),
    )
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const fields = fc
    .record({
      service: maybe(selector(['shop', 'cart'])),
      dependency: maybe(selector(['acme-pay', 'bank'])),
      operation: maybe(selector(['a', 'b', 'c'])),
    })
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value)) as CallSelection['fields'])
  const selectionOf = (inside: fc.Arbitrary<CallSelection['fields']>) =>
    fc.record({ fields: inside, outcome: selector(['ok', 'timeout']), retry: fc.boolean() }).map(
      ({ fields: chosen, outcome, retry }): CallSelection => ({
        ...TOTAL,
        attributes: {},
        fields: chosen,
        outcome: outcome as CallSelection['outcome'],
        ...(retry && { attempt: 'retry' as const }),
      }),
    )
  const ruleOf = fields.chain((shared) =>
    fc.record({
      of: selectionOf(fc.constant(shared)),
      unless: fc.option(selectionOf(fc.oneof(fc.constant(shared), fields)), { nil: null }),
    }),
  )
  const calls = ['shop', 'cart'].flatMap((service) =>
    ['acme-pay', 'bank'].flatMap((dependency) =>
      ['a', 'b', 'c'].flatMap((operation) =>
        (['ok', 'timeout'] as const).flatMap((outcome) =>
          [0, 1].map((attempt) => call({ service, dependency, operation, outcome, attempt })),
        ),
      ),
    ),
  )
  const isNamed = (rules: readonly BadCallRule[], one: SelectableCall) =>
    rules.some(({ of, unless }) => selects(of, one) && !(unless && selects(unless, one)))

  it('rules that are read together name the calls that each of them names, and no other', () => {
    fc.assert(
      fc.property(fc.array(ruleOf, { maxLength: 12 }), (rules) => {
        const together = readTogether(rules)
        expect(together.length).toBeLessThanOrEqual(rules.length)
        for (const one of calls) expect(isNamed(together, one)).toBe(isNamed(rules, one))
      }),
    )
  })

  it('rules of thousands of SLOs that differ in one field are one; of too many others no call is left out', () => {
    const rule = (service: string, operation: string): BadCallRule => {
      const of = { ...TOTAL, fields: { service: { in: [service] }, operation: { in: [operation] } } }
      return { of, unless: { ...of, outcome: { in: ['ok'] } } }
    }
    const names = Array.from({ length: 3_000 }, (_, n) => `service-${n}`)
    expect(readTogether(names.map((name) => rule(name, 'a')))).toHaveLength(1)
    const many = names.map((name, n) => rule(name, `operation-${n}`))
    const together = readTogether(many)
    expect(together.length).toBeLessThan(10)
    for (const n of [0, 17, 2_999]) {
      const one = call({ service: `service-${n}`, operation: `operation-${n}`, outcome: 'timeout', dependency: 'x' })
      expect([isNamed(many, one), isNamed(together, one)]).toEqual([true, true])
      expect(isNamed(together, { ...one, outcome: 'ok' })).toBe(false)
    }
  })
})

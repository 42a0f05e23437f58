import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { originsOf, type SplitContext, type TracedCall } from '../../integration/error-split.ts'
import { OUTCOMES, type Outcome } from '../../integration/outcome.ts'

let spans = 0
const call = (changes: Partial<TracedCall>): TracedCall => ({
  spanId: `span-${++spans}`,
  parentSpanId: '',
  direction: 'outbound',
  service: 'shop',
  dependency: 'acme-pay',
  operation: 'POST /charges',
  outcome: 'timeout',
  startMs: 0,
  durationMs: 100,
  ...changes,
})
const answer = (service: string, outcome: Outcome, changes: Partial<TracedCall> = {}) =>
  call({ direction: 'inbound', service, dependency: '', operation: 'GET /', outcome, durationMs: 1000, ...changes })

const context = (calls: TracedCall[], rest: Partial<SplitContext> = {}): SplitContext => ({
  calls,
  instrumented: new Set(),
  before: () => null,
  ...rest,
})
const split = (calls: TracedCall[], rest: Partial<SplitContext> = {}) =>
  originsOf(calls[0] as TracedCall, context(calls, rest)).map(
    ({ origin, weight, missingSpan }) => `${origin} ${weight}${missingSpan ? ' missing span' : ''}`,
  )

describe('where a failing call begins', () => {
  it('a call to the outside that failed: the dependency', () => {
    expect(split([call({ outcome: 'timeout' })])).toEqual(['dependency:acme-pay/timeout 1'])
  })

  it('an answer without a failing call: the service itself', () => {
    expect(split([answer('cart', 'server_error')])).toEqual(['service:cart/server_error 1'])
  })

  it('an answer with a failing call in it: what that call leads to', () => {
    const top = answer('shop', 'server_error')
    expect(split([top, call({ parentSpanId: top.spanId })])).toEqual(['dependency:acme-pay/timeout 1'])
  })

  it('a call below a span that is no call belongs to the answer that was under way', () => {
    const top = answer('shop', 'server_error')
    expect(split([top, call({ parentSpanId: 'internal', startMs: 500 })])).toEqual(['dependency:acme-pay/timeout 1'])
    expect(split([top, call({ parentSpanId: 'internal', startMs: 2000 })])).toEqual(['service:shop/server_error 1'])
  })

  it('a callee that failed too is looked into', () => {
    const out = call({ dependency: 'cart', outcome: 'server_error' })
    const inside = answer('cart', 'server_error', { parentSpanId: out.spanId })
    const bank = call({ service: 'cart', dependency: 'bank', outcome: 'connection', parentSpanId: inside.spanId })
    expect(split([out, inside, bank])).toEqual(['dependency:bank/connection 1'])
  })

  it('a callee that was fine and took longer than the caller waited: it is slow', () => {
    const out = call({ dependency: 'cart', outcome: 'timeout', durationMs: 100 })
    expect(split([out, answer('cart', 'ok', { parentSpanId: out.spanId, durationMs: 300 })])).toEqual([
      'service:cart/timeout 1',
    ])
  })

  it('a callee that was fine and quick: the link between the two', () => {
    const out = call({ dependency: 'cart', outcome: 'connection' })
    expect(split([out, answer('cart', 'ok', { parentSpanId: out.spanId, durationMs: 10 })])).toEqual([
      'link:shop→cart/connection 1',
    ])
  })

  it('a callee that was fine, and an outcome that is ours: the caller', () => {
    const out = call({ dependency: 'cart', outcome: 'schema' })
    expect(split([out, answer('cart', 'ok', { parentSpanId: out.spanId, durationMs: 10 })])).toEqual([
      'service:shop/schema 1',
    ])
  })

  it('a callee that should have been seen and was not', () => {
    expect(split([call({ dependency: 'cart' })], { instrumented: new Set(['cart']) })).toEqual([
      'dependency:cart/timeout 1 missing span',
    ])
  })

  it('an open circuit: what failed before it opened', () => {
    const open = [call({ outcome: 'circuit_open' })]
    expect(split(open)).toEqual(['dependency:acme-pay/circuit_open 1'])
    const before = (service: string, dependency: string) =>
      service === 'shop' && dependency === 'acme-pay' ? ('timeout' as const) : null
    expect(split(open, { before })).toEqual(['dependency:acme-pay/timeout 1'])
  })

  it('a retry that worked: stopped, so the answer failed by itself', () => {
    const top = answer('shop', 'server_error')
    const first = call({ parentSpanId: top.spanId, startMs: 0 })
    const second = call({ parentSpanId: top.spanId, startMs: 200, outcome: 'ok' })
    expect(split([top, first, second])).toEqual(['service:shop/server_error 1'])
  })

  it('retries that ended otherwise than they began: the last one decides', () => {
    const top = answer('shop', 'server_error')
    const first = call({ parentSpanId: top.spanId, startMs: 0, outcome: 'connection' })
    const second = call({ parentSpanId: top.spanId, startMs: 200, outcome: 'throttled' })
    expect(split([top, first, second])).toEqual(['dependency:acme-pay/throttled 1'])
  })

  it('two things that failed beside each other share the trace', () => {
    const top = answer('shop', 'server_error')
    const pay = call({ parentSpanId: top.spanId })
    const mail = call({ parentSpanId: top.spanId, dependency: 'mail', outcome: 'throttled' })
    expect(split([top, pay, mail])).toEqual(['dependency:acme-pay/timeout 0.5', 'dependency:mail/throttled 0.5'])
  })

  it('a call of another answer of the same service is not its own', () => {
    const top = answer('shop', 'server_error', { startMs: 0, durationMs: 100 })
    const other = answer('shop', 'ok', { startMs: 200, durationMs: 500 })
    expect(split([top, other, call({ parentSpanId: 'internal', startMs: 300 })])).toEqual([
      'service:shop/server_error 1',
    ])
  })
})

describe('where a slow call spends its time', () => {
  it('in a call that took most of it', () => {
    const top = answer('shop', 'ok', { durationMs: 1000 })
    const slow = call({ parentSpanId: top.spanId, outcome: 'ok', durationMs: 900 })
    expect(split([top, slow])).toEqual(['dependency:acme-pay/slow 1'])
  })
  it('in itself when no call took half of it', () => {
    const top = answer('shop', 'ok', { durationMs: 1000 })
    expect(split([top, call({ parentSpanId: top.spanId, outcome: 'ok', durationMs: 400 })])).toEqual([
      'service:shop/slow 1',
    ])
  })
  it('in the callee it waited for', () => {
    const out = call({ dependency: 'cart', outcome: 'ok', durationMs: 1000 })
    expect(split([out, answer('cart', 'ok', { parentSpanId: out.spanId, durationMs: 950 })])).toEqual([
      'service:cart/slow 1',
    ])
  })
})

describe('any trace, however broken', () => {
  const anyCall = fc.record({
    spanId: fc.constantFrom('a', 'b', 'c', 'd'),
    parentSpanId: fc.constantFrom('', 'a', 'b', 'c', 'd'),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    service: fc.constantFrom('s', 't'),
    dependency: fc.constantFrom('', 's', 't'),
    operation: fc.constant('op'),
    outcome: fc.constantFrom(...OUTCOMES),
    startMs: fc.nat(100),
    durationMs: fc.nat(100),
  })
  it('has origins whose weights add up to one', () => {
    fc.assert(
      fc.property(fc.array(anyCall, { minLength: 1, maxLength: 8 }), (calls) => {
        const origins = originsOf(calls[0] as TracedCall, context(calls))
        const sum = origins.reduce((total, { weight }) => total + weight, 0)
        if (origins.length > 0) expect(sum).toBeCloseTo(1, 9)
        expect(origins.every(({ origin }) => /^(dependency|service|link):/.test(origin))).toBe(true)
      }),
    )
  })
})

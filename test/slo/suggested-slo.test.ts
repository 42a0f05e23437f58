import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetOf } from '../../slo/budget/budget.ts'
import { MIN_CALLS, type ObservedCalls, suggestSlos } from '../../slo/replay/suggested-slo.ts'

const MS = 1_000_000

const observed = (over: Partial<ObservedCalls> = {}): ObservedCalls => ({
  service: 'checkout',
  dependency: 'acme-pay',
  env: '',
  total: 1_000_000,
  failed: 0,
  badOutcomes: ['timeout', 'connection', 'server_error'],
  durations: [{ atMostNs: 90 * MS, calls: 1_000_000 }],
  ...over,
})

const availability = (...calls: ObservedCalls[]) => suggestSlos(calls).filter(({ kind }) => kind === 'availability')
const targetOf = (...calls: ObservedCalls[]) => availability(...calls).map(({ targetPpm }) => targetPpm)

describe('the target of a dependency is the highest common one that leaves a fifth of the budget', () => {
  it.each([
    ['no failure at all', 0, 999_900],
    ['80 of a million: exactly a fifth is left', 80, 999_900],
    ['81 of a million: one failure too many for it', 81, 999_500],
    ['800 of a million', 800, 999_000],
    ['one in twenty', 50_000, 900_000],
  ])('%s', (_title, failed, expected) => {
    expect(targetOf(observed({ failed }))).toEqual([expected])
  })

  it('none is proposed where none was kept', () => {
    expect(targetOf(observed({ failed: 500_000 }))).toEqual([])
  })

  it('too few calls say nothing', () => {
    expect(suggestSlos([observed({ total: MIN_CALLS - 1 })])).toEqual([])
  })
})

describe('names', () => {
  it('differ where services and dependencies come to the same letters', () => {
    const names = suggestSlos([
      observed({ service: 'a.b', dependency: 'c', durations: [] }),
      observed({ service: 'a-b', dependency: 'c', durations: [] }),
      observed({ service: 'a', dependency: 'b/c', durations: [] }),
    ]).map(({ name }) => name)
    expect(names).toEqual(['a-b-c-availability', 'a-b-c-availability-2', 'a-b-c-availability-3'])
  })
  it('that are long differ too, within what OpenSLO allows', () => {
    const names = suggestSlos(
      ['x', 'y'].map((end) => observed({ dependency: `${'long-'.repeat(20)}${end}`, durations: [] })),
    ).map(({ name }) => name)
    expect(new Set(names).size).toBe(2)
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
  })
})

describe('the target of a service is capped by its dependencies', () => {
  const requests = observed({ dependency: '', total: 100_000, failed: 0, badOutcomes: ['server_error'] })
  const cap = (...dependencies: ObservedCalls[]) => availability(requests, ...dependencies)[0]

  it('to their product when each request calls each of them', () => {
    const slo = cap(
      observed({ dependency: 'a', total: 100_000, failed: 500 }),
      observed({ dependency: 'b', total: 100_000, failed: 1_000 }),
    )
    expect(slo?.targetPpm).toBe(980_000)
    expect(slo?.reasons.join(' ')).toContain('98.505 %, b the least')
  })

  it('only in so far as requests call it', () => {
    expect(cap(observed({ dependency: 'rare', total: 1_000, failed: 500 }))?.targetPpm).toBe(995_000)
  })

  it('by retries no more than by the first attempt', () => {
    expect(cap(observed({ dependency: 'retried', total: 300_000, failed: 300 }))?.targetPpm).toBe(999_000)
  })

  it('not by those of another service', () => {
    expect(cap(observed({ service: 'search', failed: 100_000 }))?.targetPpm).toBe(999_900)
  })

  it('and it is never higher than what was observed', () => {
    const flaky = observed({ dependency: '', total: 100_000, failed: 3_000 })
    expect(targetOf(flaky, observed({ failed: 0 }))[0]).toBe(950_000)
  })
})

describe('latency', () => {
  const latencies = (durations: ObservedCalls['durations']) =>
    suggestSlos([observed({ durations })]).flatMap(({ kind, name, thresholdMs }) =>
      kind === 'latency' ? [`${name} ${thresholdMs}`] : [],
    )

  it('gets the lowest common threshold kept at 95 and at 99 %', () => {
    const durations = [
      { atMostNs: 80 * MS, calls: 970_000 },
      { atMostNs: 240 * MS, calls: 25_000 },
      { atMostNs: 900 * MS, calls: 5_000 },
    ]
    expect(latencies(durations)).toEqual(['checkout-acme-pay-latency-p95 100', 'checkout-acme-pay-latency-p99 250'])
  })

  it('counts a bucket that straddles a threshold as slow', () => {
    expect(latencies([{ atMostNs: 101 * MS, calls: 1_000_000 }])[0]).toBe('checkout-acme-pay-latency-p95 150')
  })

  it('beyond every threshold proposes nothing', () => {
    expect(latencies([{ atMostNs: 120_000 * MS, calls: 1_000_000 }])).toEqual([])
  })
})

describe('properties', () => {
  const anyCalls = fc
    .record({
      total: fc.integer({ min: 0, max: 10_000_000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      dependency: fc.constantFrom('', 'a', 'b', 'Ünï coDe/ö', 'x'.repeat(200)),
      env: fc.constantFrom('', 'prod', 'EU_west 1'),
    })
    .map(({ total, share, ...rest }) => observed({ total, failed: Math.floor(total * share), ...rest }))

  it('every suggestion would have been kept with a fifth of the budget left', () => {
    fc.assert(
      fc.property(fc.array(anyCalls, { maxLength: 6 }), (all) => {
        for (const calls of all) {
          for (const { targetPpm } of availability(calls)) {
            const { total, failed } = calls
            const left = budgetOf({ good: total - failed, total }, 1_000_000 - targetPpm).remaining
            expect(left).toBeGreaterThanOrEqual(0.2 - 1e-9)
          }
        }
      }),
    )
  })

  it('every name is one that OpenSLO accepts', () => {
    fc.assert(
      fc.property(anyCalls, (calls) => {
        for (const { name } of suggestSlos([calls])) expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
      }),
    )
  })
})

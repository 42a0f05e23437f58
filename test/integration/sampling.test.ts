import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_MAX_WEIGHT } from '../../integration/sampling.ts'
import type { SpanOptions } from './span.ts'
import { call } from './span.ts'

const weightOf = (options: SpanOptions): number => call(options).weight

describe('the threshold of the trace state', () => {
  const THRESHOLDS = [
    ['0', 1],
    ['8', 2],
    ['c', 4],
    ['C', 4],
    ['e', 8],
    ['fd70a3d70a3d7', 100],
    ['fd70a4', 100.000095],
    ['e6666666666668', 10],
    ['33333333333334', 1.25],
  ] as const
  test.each(THRESHOLDS)('th:%s → %d', (threshold, weight) => {
    expect(weightOf({ traceState: `ot=th:${threshold}` })).toBeCloseTo(weight, 6)
  })
  test('is exact where a double can be', () => {
    expect(weightOf({ traceState: 'ot=th:c' })).toBe(4)
    expect(weightOf({ traceState: 'ot=th:0' })).toBe(1)
  })
  test('is found among other members and fields; rv does not change it', () => {
    expect(weightOf({ traceState: 'congo=t61rcWkgMzE, ot=rv:fe123456789abc;th:8 ,rojo=00f067' })).toBe(2)
  })
  test('is capped', () => {
    expect(weightOf({ traceState: 'ot=th:ffffffffffffff' })).toBe(DEFAULT_MAX_WEIGHT)
  })
  test.each(['ot=th:', 'ot=th:123456789abcdef', 'ot=th:xyz', 'ot=th:0x8', 'ot=', 'ot', 'xot=th:8', ''])(
    '"%s" is ignored',
    (traceState) => {
      expect(weightOf({ traceState })).toBe(1)
      expect(weightOf({ traceState, attributes: { SampleRate: 3 } })).toBe(3)
    },
  )
})

describe('the older exponent of the trace state', () => {
  test.each([
    ['ot=p:0', 1],
    ['ot=p:3', 8],
    ['ot=r:5;p:3', 8],
    ['ot=p:62', DEFAULT_MAX_WEIGHT],
    ['ot=p:63', 0],
    ['ot=p:64', 1],
    ['ot=p:x', 1],
    ['ot=th:xyz;p:2', 4],
    ['ot=th:8;p:5', 2],
  ])('%s → %d', (traceState, weight) => expect(weightOf({ traceState })).toBe(weight))
})

describe('attributes', () => {
  test.each([
    [{ 'sampling.threshold': 'c' }, 4],
    [{ 'sampling.probability': 0.25 }, 4],
    [{ 'sampling.ratio': '0.1' }, 10],
    [{ 'sampler.type': 'probabilistic', 'sampler.param': 0.5 }, 2],
    [{ 'sampler.type': 'const', 'sampler.param': 0.5 }, 1],
    [{ 'sampler.param': 0.5 }, 1],
    [{ SampleRate: 20 }, 20],
    [{ sampleRate: 0.05 }, 20],
    [{ sample_rate: '4' }, 4],
    [{ sample_rate: '2.5' }, 2.5],
    [{ 'sampling.probability': 0 }, 1],
    [{ 'sampling.probability': 2, SampleRate: 3 }, 3],
    [{ SampleRate: -1 }, 1],
    [{ SampleRate: 'Infinity' }, 1],
    [{ SampleRate: 1e12 }, DEFAULT_MAX_WEIGHT],
    [{ 'sampling.threshold': '8', 'sampling.probability': 0.01, SampleRate: 7 }, 2],
  ] as [Record<string, string | number>, number][])('%j → %d', (attributes, weight) => {
    expect(weightOf({ attributes })).toBeCloseTo(weight, 9)
    expect(weightOf({ resource: attributes })).toBeCloseTo(weight, 9)
  })
  test('of the span go before those of the resource, and nothing is multiplied', () => {
    expect(weightOf({ attributes: { SampleRate: 2 }, resource: { 'sampling.probability': 0.01 } })).toBe(2)
    expect(weightOf({ traceState: 'ot=th:8', attributes: { SampleRate: 10 }, resource: { SampleRate: 10 } })).toBe(2)
  })
})

test('a threshold made from a probability gives the probability back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 10_000 }), (perTenThousand) => {
      const rejected = 2n ** 56n - (2n ** 56n * BigInt(perTenThousand)) / 10_000n
      const traceState = `ot=th:${rejected.toString(16).padStart(14, '0')}`
      expect(weightOf({ traceState })).toBeCloseTo(10_000 / perTenThousand, 6)
    }),
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CallCounts } from '../../integration/call-sums.ts'
import { dependencyHealth, healthByDependency } from '../../integration/dependency-health.ts'
import { OUTCOME_MODES } from '../../integration/failure-modes.ts'
import type { Outcome } from '../../integration/outcome.ts'
import { OUTCOMES } from '../../integration/outcome.ts'

const rows = (outcomes: Partial<Record<Outcome, number>>, more: Partial<CallCounts> = {}): CallCounts[] =>
  Object.entries(outcomes).map(([outcome, calls]) => ({
    dependency: 'pay',
    service: 'checkout',
    protocol: 'http',
    outcome: outcome as Outcome,
    calls,
    retries: 0,
    samples: Math.round(calls),
    ...more,
  }))

const CALM = rows({ ok: 10_000 })
const modesOf = (recent: CallCounts[], baseline = CALM) => dependencyHealth(recent, baseline).modes.map(({ id }) => id)

describe('health and score', () => {
  test.each([
    ['all well', { ok: 1000 }, 'healthy', 1],
    ['budget spent just in time', { ok: 9990, server_error: 10 }, 'healthy', 1],
    ['two failures of few calls are no trend', { ok: 100, server_error: 2 }, 'healthy', 1],
    ['halfway to the page', { ok: 10_000 - 77, server_error: 77 }, 'degraded', 0.5],
    ['as bad as a page', { ok: 10_000 - 144, server_error: 144 }, 'failing', 0],
    ['total outage', { connection: 50 }, 'failing', 0],
    ['our mistakes and cancelled calls do not count', { ok: 1000, client_error: 400, cancelled: 400 }, 'healthy', 1],
  ] as const)('%s', (_, outcomes, health, score) => {
    const found = dependencyHealth(rows(outcomes), CALM)
    expect(found.health).toBe(health)
    expect(found.score).toBeCloseTo(score, 10)
  })

  test.each([
    ['no calls', {}],
    ['four calls', { ok: 2, server_error: 2 }],
    ['cancelled calls only', { cancelled: 500 }],
  ] as const)('unknown with %s', (_, outcomes) => {
    expect(dependencyHealth(rows(outcomes), CALM)).toEqual({
      health: 'unknown',
      score: null,
      owner: 'none',
      trouble: null,
      modes: [],
    })
  })

  test('unknown where every call weighs nothing', () => {
    expect(dependencyHealth(rows({ ok: 0, timeout: 0 }, { samples: 50 }), CALM).health).toBe('unknown')
  })

  test('a laxer target spends less budget', () => {
    const recent = rows({ ok: 9900, server_error: 100 })
    expect(dependencyHealth(recent, CALM, { targetPpm: 990_000 }).score).toBe(1)
    expect(dependencyHealth(recent, CALM).score).toBeLessThan(0.5)
  })

  test('few samples with a large weight are still few', () => {
    expect(dependencyHealth([...rows({ ok: 900 }), ...rows({ timeout: 100 }, { samples: 1 })], CALM)).toMatchObject({
      health: 'healthy',
      modes: [],
    })
  })
})

describe('owner and trouble', () => {
  test.each([
    ['the provider', { ok: 100, timeout: 20, connection: 15, auth: 25 }, 'provider', 'auth'],
    ['us', { ok: 100, auth: 40, timeout: 10 }, 'us', 'auth'],
    ['the quota', { ok: 100, throttled: 40 }, 'quota', 'throttled'],
    ['nobody that could be told', { ok: 100, unknown_error: 40 }, 'none', 'unknown_error'],
  ] as const)('%s', (_, outcomes, owner, outcome) => {
    expect(dependencyHealth(rows(outcomes), CALM)).toMatchObject({ owner, trouble: { outcome } })
  })
  test('none while nothing goes wrong', () => {
    expect(dependencyHealth(rows({ ok: 100, client_error: 50 }), CALM)).toMatchObject({ owner: 'none', trouble: null })
  })
})

describe('failure modes of one outcome', () => {
  test.each(OUTCOME_MODES)('$id begins at its count and share', ({ id, outcome, minBadSamples, minShare }) => {
    const many = Math.ceil(minBadSamples / minShare)
    const bad = Math.ceil(many * minShare)
    expect(modesOf(rows({ ok: many - bad, [outcome]: bad }))).toEqual([id])
    expect(modesOf(rows({ ok: many, [outcome]: bad - 1 }))).toEqual([])
    expect(modesOf(rows({ ok: 10, [outcome]: minBadSamples - 1 }))).toEqual([])
    expect(modesOf(rows({ ok: 10, [outcome]: minBadSamples }))).toEqual([id])
  })

  test('a share no higher than usual is no mode, twice as high is', () => {
    const usual = rows({ ok: 980, timeout: 20 })
    expect(modesOf(rows({ ok: 980, timeout: 20 }), usual)).toEqual([])
    expect(modesOf(rows({ ok: 961, timeout: 39 }), usual)).toEqual([])
    expect(modesOf(rows({ ok: 960, timeout: 40 }), usual)).toEqual(['F3'])
  })
  test('a high share is a mode even if it is usual', () => {
    const chronic = rows({ ok: 900, timeout: 100 })
    expect(modesOf(chronic, chronic)).toEqual(['F3'])
  })
  test('without a baseline the share alone decides', () => {
    expect(dependencyHealth(rows({ ok: 900, auth: 100 }), []).modes).toMatchObject([
      { id: 'F1', evidence: { baselineShare: null } },
    ])
  })
  test('several are listed by share, each with its evidence', () => {
    const recent = rows({ ok: 700, throttled: 100, timeout: 200, cancelled: 500 })
    expect(dependencyHealth(recent, rows({ ok: 990, timeout: 10 })).modes).toMatchObject([
      { id: 'F3', mode: 'timeout', share: 0.2, evidence: { n: 1000, bad: 200, baselineShare: 0.01 } },
      { id: 'F2', mode: 'rate limiting', share: 0.1, evidence: { n: 1000, bad: 100, baselineShare: 0 } },
    ])
  })
  test('one caller of several is named', () => {
    const recent = [...rows({ ok: 500 }, { service: 'cart' }), ...rows({ ok: 100, auth: 100 })]
    expect(dependencyHealth(recent, CALM).modes[0]?.likelyCause).toMatch(/Only checkout is affected/)
    expect(dependencyHealth(rows({ ok: 100, auth: 100 }), CALM).modes[0]?.likelyCause).not.toMatch(/checkout/)
  })
  test('rate limiting names the caller with most attempts', () => {
    const recent = [...rows({ ok: 700, throttled: 50 }), ...rows({ ok: 250 }, { service: 'cart' })]
    expect(dependencyHealth(recent, CALM).modes[0]?.advice).toMatch(/checkout sends 75 %/)
  })
  test('an open circuit points to what failed, now or before', () => {
    const open = { ok: 100, circuit_open: 400 }
    const causeOf = (recent: CallCounts[], baseline: CallCounts[]) =>
      dependencyHealth(recent, baseline).modes.find(({ id }) => id === 'F6')?.likelyCause
    expect(causeOf(rows({ ...open, timeout: 20, server_error: 5 }), CALM)).toMatch(/failed with timeout/)
    expect(causeOf(rows(open), rows({ ok: 900, connection: 50 }))).toMatch(/failed with connection/)
    expect(causeOf(rows(open), CALM)).not.toMatch(/failed with/)
  })
})

describe('retry storm', () => {
  const storm = (retries: number, failures: Partial<Record<Outcome, number>>) => [
    ...rows({ ok: 600 }),
    ...rows(failures, { retries }),
  ]
  test('attempts that multiply with failures', () => {
    const found = dependencyHealth(storm(300, { server_error: 400 }), CALM).modes.find(({ id }) => id === 'F7')
    expect(found).toMatchObject({ share: 0.3, evidence: { n: 1000, bad: 300, baselineShare: 0 } })
    expect(found?.advice).toMatch(/1\.4 times/)
  })
  test.each([
    ['redirects: re-sends without failures', storm(300, { ok: 400 }), CALM],
    ['a load multiplier below 1.2', storm(160, { server_error: 400 }), CALM],
    ['fewer than ten', [...rows({ ok: 10 }), ...rows({ timeout: 9 }, { retries: 9 })], CALM],
    ['as many as usual', storm(300, { server_error: 400 }), storm(300, { server_error: 400 })],
    ['no calls in which anything was re-sent', rows({ timeout: 500 }), CALM],
  ])('not %s', (_, recent, baseline) => expect(modesOf(recent, baseline)).not.toContain('F7'))
  test('twice the load is one even if it is usual', () => {
    const double = storm(520, { server_error: 400 })
    expect(modesOf(double, double)).toContain('F7')
  })
})

describe('properties', () => {
  const anyRows = fc.array(
    fc.record({
      dependency: fc.constantFrom('pay', 'mail'),
      service: fc.constantFrom('checkout', 'cart'),
      protocol: fc.constant('http'),
      outcome: fc.constantFrom(...OUTCOMES),
      calls: fc.nat({ max: 5000 }),
      retries: fc.nat({ max: 5000 }),
      samples: fc.nat({ max: 5000 }),
    }),
    { maxLength: 20 },
  )

  test('scores and shares are within their range, null goes with unknown', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (recent, baseline) => {
        const { health, score, modes } = dependencyHealth(recent, baseline)
        expect(score === null).toBe(health === 'unknown')
        expect(score === null || (score >= 0 && score <= 1)).toBe(true)
        expect(score === 0).toBe(health === 'failing')
        for (const { share, evidence } of modes) {
          expect(share).toBeGreaterThan(0)
          expect(evidence.bad).toBeGreaterThan(0)
        }
      }),
    )
  })

  test('the order of rows does not matter', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (recent, baseline) => {
        expect(dependencyHealth(recent.toReversed(), baseline.toReversed())).toEqual(dependencyHealth(recent, baseline))
      }),
    )
  })

  test('each dependency is judged by its own rows', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (recent, baseline) => {
        for (const [name, health] of healthByDependency(recent, baseline)) {
          const own = (list: CallCounts[]) => list.filter(({ dependency }) => dependency === name)
          expect(health).toEqual(dependencyHealth(own(recent), own(baseline)))
        }
      }),
    )
  })
})

test('a dependency that went silent is still listed, as unknown', () => {
  expect(healthByDependency([], CALM).get('pay')?.health).toBe('unknown')
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { causesOf, chosenSamples } from '../../evaluator/decide/causes.ts'
import { badCallsOf } from '../../slo/bad-calls.ts'
import type { CallSelection, Indicator, MeasuredIndicator } from '../../slo/model.ts'
import { readBadCalls, readCallGraph, readTraces } from '../../storage/evidence.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { type CallRow, callRow, storeCalls } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const MINUTE_MS = 60_000
const RANGE = { from: new Date(T0), to: new Date(T0 + 10 * MINUTE_MS) }

const FAILED: CallSelection['outcome'] = { in: ['timeout', 'server_error', 'connection'] }

function selection(
  service: string,
  direction: CallSelection['direction'],
  rest: Partial<CallSelection> = {},
): CallSelection {
  return {
    source: 'calls',
    fields: { service: { in: [service] } },
    attributes: {},
    direction,
    synthetic: false,
    outcome: { notIn: [] },
    latency: null,
    ...rest,
  }
}
function availability(
  service: string,
  direction: CallSelection['direction'],
  rest: Partial<CallSelection> = {},
): Indicator {
  const total = selection(service, direction, rest)
  return {
    source: 'calls',
    name: `${service} availability`,
    numerator: { counts: 'bad', selection: { ...total, outcome: FAILED } },
    total,
  }
}

const traceId = (n: number) => n.toString(16).padStart(32, '0')
let spans = 0

type Row = CallRow & { parent_span_id: string; attributes: Record<string, string>; attempt: number }
const call = (minute: number, trace: number, row: Partial<Row> = {}): Row => ({
  parent_span_id: '',
  attributes: {},
  attempt: 0,
  ...callRow({ ts: T0 + minute * MINUTE_MS + trace, trace_id: traceId(trace), span_id: `span-${++spans}`, ...row }),
})
const inbound = (trace: number, row: Partial<Row>) => call(1, trace, { direction: 'inbound', dependency: '', ...row })

let store: TestDatabase
beforeAll(async () => {
  store = await testDatabase()
})
afterAll(() => store[Symbol.asyncDispose]())

/** What is behind an SLO over one service's calls. */
async function causeOf(service: string, indicator: Indicator) {
  const slo = sloWith({ name: service, service, indicator })
  const kinds = await readBadCalls(store.db, { ...RANGE, rules: badCallsOf(indicator) })
  const chosen = chosenSamples(kinds)
  const traces = chosen.flatMap(({ samples }) => samples.map((sample) => sample.traceId))
  const graph = await readCallGraph(store.db, RANGE)
  return causesOf([slo], chosen, await readTraces(store.db, { ...RANGE, traces }), graph).get(service)!
}
const shares = ({ root }: Awaited<ReturnType<typeof causeOf>>) =>
  root.top.map(({ origin, share }) => `${origin} ${share.toFixed(2)}`)

describe('the cause behind an SLO of calls a service makes', () => {
  test('is where its bad calls begin, with the services that suffer and the traces that show it', async () => {
    const service = 'outbound'
    await storeCalls(
      store.db,
      [
        call(1, 1, { service, dependency: 'slow-pay', outcome: 'timeout', duration_ns: 1e9 }),
        call(2, 2, { service, dependency: 'slow-pay', outcome: 'timeout', duration_ns: 3e9 }),
        call(3, 3, { service, dependency: 'slow-pay', outcome: 'connection', duration_ns: 2e9 }),
        call(4, 4, { service, dependency: 'fine-pay', outcome: 'server_error', duration_ns: 4e9 }),
        call(5, 5, { service, dependency: 'fine-pay' }),
        call(5, 6, { service: 'basket', dependency: 'slow-pay', outcome: 'timeout' }),
        call(5, 7, { service: 'reports', dependency: 'slow-pay', outcome: 'ok' }),
      ],
      'outbound',
    )
    const cause = await causeOf(service, availability(service, 'outbound'))
    expect(shares(cause)).toEqual([
      'dependency:slow-pay/timeout 0.50',
      'dependency:fine-pay/server_error 0.25',
      'dependency:slow-pay/connection 0.25',
    ])
    expect(cause).toMatchObject({
      root: { origin: '', confidence: null, traced: 4, tracedShare: 1 },
      suspects: [
        { dependency: 'slow-pay', outcome: 'timeout', bad: 2, share: 0.5 },
        { dependency: 'fine-pay', outcome: 'server_error', bad: 1, share: 0.25 },
        { dependency: 'slow-pay', outcome: 'connection', bad: 1, share: 0.25 },
      ],
      impact: ['outbound', 'basket'],
    })
    expect(cause.exemplars.map(({ traceId, shows, durationMs }) => [traceId, shows, durationMs])).toEqual([
      [traceId(1), 'first', 1000],
      [traceId(4), 'slowest', 4000],
      [traceId(3), 'median', 2000],
    ])
  })

  test('weighs sampled calls by what they stand for', async () => {
    const service = 'sampled'
    await storeCalls(
      store.db,
      [
        call(1, 11, { service, dependency: 'rare', outcome: 'timeout', weight: 30 }),
        call(1, 12, { service, dependency: 'often', outcome: 'timeout', weight: 5 }),
        call(1, 13, { service, dependency: 'often', outcome: 'timeout', weight: 5 }),
      ],
      'sampled',
    )
    expect(shares(await causeOf(service, availability(service, 'outbound')))).toEqual([
      'dependency:rare/timeout 0.75',
      'dependency:often/timeout 0.25',
    ])
  })

  test('is the root from 0.6 of 20 traces, and the more that could be traced the surer', async () => {
    const service = 'many'
    const bad = (trace: number, row: Partial<Row> = {}) => call(1, trace, { service, outcome: 'timeout', ...row })
    await storeCalls(
      store.db,
      Array.from({ length: 40 }, (_, n) => bad(200 + n)),
      'many',
    )
    expect((await causeOf(service, availability(service, 'outbound'))).root).toMatchObject({
      origin: 'dependency:acme-pay/timeout',
      share: 1,
      traced: 40,
      confidence: 'high',
    })
    await storeCalls(
      store.db,
      Array.from({ length: 10 }, (_, n) => bad(300 + n, { trace_id: '', weight: 40 })),
      'untraced',
    )
    expect((await causeOf(service, availability(service, 'outbound'))).root).toMatchObject({
      origin: 'dependency:acme-pay/timeout',
      confidence: 'medium',
    })
  })

  test('is unknown when nothing failed in the window', async () => {
    const service = 'elsewhen'
    await storeCalls(store.db, [call(11, 21, { service, outcome: 'timeout' })], 'elsewhen')
    expect(await causeOf(service, availability(service, 'outbound'))).toEqual({
      root: { origin: '', share: 0, traced: 0, tracedShare: 0, confidence: null, top: [] },
      suspects: [],
      impact: [],
      exemplars: [],
    })
  })

  test('looks only at the calls the SLO selects: by latency and by attribute', async () => {
    const service = 'picky'
    const of = (trace: number, tier: string, durationMs: number, row: Partial<Row> = {}) =>
      call(1, trace, { service, attributes: { tier }, duration_ns: durationMs * 1e6, ...row })
    await storeCalls(
      store.db,
      [
        of(61, 'gold', 900, { dependency: 'slow' }),
        of(62, 'gold', 10, { dependency: 'quick' }),
        of(63, 'free', 900, { dependency: 'other' }),
      ],
      'picky',
    )
    const total = selection(service, 'outbound', { attributes: { tier: { in: ['gold'] } } })
    const latency: Indicator = {
      source: 'calls',
      name: 'latency',
      numerator: { counts: 'good', selection: { ...total, latency: { op: 'lt', ns: 500e6 } } },
      total,
    }
    expect(shares(await causeOf(service, latency))).toEqual(['dependency:slow/slow 1.00'])
  })

  test('looks at every call that the SLI selects, whichever service the SLO belongs to', async () => {
    const bad = (trace: number, row: Partial<Row>) =>
      call(1, trace, { dependency: 'stripe', outcome: 'timeout', ...row })
    await storeCalls(
      store.db,
      [
        bad(81, { service: 'web' }),
        bad(82, { service: 'app' }),
        bad(83, { service: 'app', env: 'staging' }),
        bad(84, { service: 'app', operation: 'POST /refunds' }),
        bad(85, { service: 'app', synthetic: true }),
        bad(86, { service: 'app', dependency: 'paypal' }),
        inbound(87, { service: 'stripe', outcome: 'timeout' }),
      ],
      'stripe',
    )
    const traces: Record<string, Partial<CallSelection>> = {
      '81 82 83 84': { fields: { dependency: { in: ['stripe'] } } },
      '81 82 84': { fields: { dependency: { in: ['stripe'] }, env: { in: ['prod'] } } },
      '82 83 84': { fields: { dependency: { in: ['stripe'] }, service: { in: ['app', 'gone'] } } },
      '81': { fields: { dependency: { in: ['stripe'] }, service: { notIn: ['app'] } } },
      '84': { fields: { dependency: { in: ['stripe'] }, operation: { in: ['POST /refunds'] } } },
      '85': { fields: { dependency: { in: ['stripe'] } }, synthetic: true },
      '87': { fields: { service: { in: ['stripe'] } }, direction: 'inbound' },
    }
    for (const [wanted, rest] of Object.entries(traces)) {
      const { root } = await causeOf('platform', availability('', 'outbound', rest))
      expect([wanted, root.traced]).toEqual([wanted, wanted.split(' ').length])
    }
  })

  test('of a composite is behind the calls that any member counts as bad', async () => {
    const service = 'pair'
    const bad = (trace: number, dependency: string) => call(1, trace, { service, dependency, outcome: 'timeout' })
    await storeCalls(store.db, [bad(91, 'first'), { ...bad(92, 'second'), service: 'anybody' }], 'pair')
    const toward = (dependency: string, named: string[]) => {
      const fields = { dependency: { in: [dependency] }, ...(named.length > 0 && { service: { in: named } }) }
      return availability(service, 'outbound', { fields })
    }
    const members = [toward('first', [service]), toward('second', [])].map((indicator) => ({
      displayName: indicator.name,
      indicator: indicator as MeasuredIndicator,
      generation: '1',
      weight: 1,
      targetPpm: 999_000,
    }))
    const both: Indicator = { source: 'composite', name: 'both', method: 'pooled', members }
    expect(shares(await causeOf('platform', both))).toEqual([
      'dependency:first/timeout 0.50',
      'dependency:second/timeout 0.50',
    ])
  })

  test('is behind calls that ended well and count as bad all the same', async () => {
    const service = 'cache'
    const miss = { attributes: { cache: 'miss' }, dependency: 'store' }
    await storeCalls(
      store.db,
      [
        ...Array.from({ length: 200 }, (_, n) => call(1, 400 + n, { service, dependency: 'store' })),
        call(1, 95, { service, ...miss }),
        call(1, 96, { service, dependency: 'store', attempt: 1 }),
      ],
      'cache',
    )
    const total = selection(service, 'outbound')
    const misses: Indicator = {
      source: 'calls',
      name: 'misses',
      numerator: { counts: 'bad', selection: { ...total, attributes: { cache: { in: ['miss'] } } } },
      total,
    }
    expect((await causeOf('platform', misses)).exemplars.map((one) => one.traceId)).toEqual([traceId(95)])
    const firsts: Indicator = {
      source: 'calls',
      name: 'first attempts',
      numerator: { counts: 'good', selection: { ...total, attempt: 'first' } },
      total,
    }
    expect((await causeOf('platform', firsts)).exemplars.map((one) => one.traceId)).toEqual([traceId(96)])
  })

  test('of an SLI whose bad events are calls, beside a total of metric points, is behind those calls', async () => {
    const service = 'mixed'
    await storeCalls(store.db, [call(1, 97, { service, dependency: 'queue', outcome: 'timeout' })], 'mixed')
    const mixed: Indicator = {
      source: 'metric',
      name: 'mixed',
      numerator: { counts: 'bad', selection: selection(service, 'outbound', { outcome: FAILED }) },
      total: { source: 'metric', metric: 'sent', kind: 'sum', attributes: {}, le: null },
    }
    expect(shares(await causeOf('platform', mixed))).toEqual(['dependency:queue/timeout 1.00'])
  })

  test('of an SLI that is not measured from calls is unknown', async () => {
    const sql: Indicator = { source: 'sql', name: 'own', query: 'SELECT 1' }
    expect((await causeOf('outbound', sql)).root.top).toEqual([])
  })
})

describe('hundreds of services whose calls fail alike', () => {
  const SERVICES = Array.from({ length: 200 }, (_, n) => `caller-${n}`)
  const FAILURES = 30
  const rulesOf = (services: readonly string[]) =>
    services.flatMap((service) => badCallsOf(availability(service, 'outbound')))
  const kindsOf = () => readBadCalls(store.db, { ...RANGE, rules: rulesOf(SERVICES) })

  beforeAll(() =>
    storeCalls(
      store.db,
      SERVICES.flatMap((service, n) =>
        Array.from({ length: FAILURES }, (_, k) =>
          call(1, 100_000 + n * FAILURES + k, { service, dependency: 'one-bank', outcome: 'timeout' }),
        ),
      ),
      'hundreds',
    ),
  )

  test('have one root, each of them, and exemplars of their own', async () => {
    const chosen = chosenSamples(await kindsOf())
    const traces = chosen.flatMap(({ samples }) => samples.map(({ traceId }) => traceId))
    expect(traces.length).toBeLessThanOrEqual(3_000)
    const slos = SERVICES.map((service) =>
      sloWith({ name: service, service, indicator: availability(service, 'outbound') }),
    )
    const graph = await readCallGraph(store.db, RANGE)
    const causes = causesOf(slos, chosen, await readTraces(store.db, { ...RANGE, traces }), graph)
    expect(new Set([...causes.values()].map(({ root }) => root.origin))).toEqual(
      new Set(['dependency:one-bank/timeout']),
    )
    for (const [service, { exemplars }] of causes) {
      expect(exemplars.length).toBeGreaterThan(0)
      expect(exemplars.every((exemplar) => exemplar.service === service)).toBe(true)
    }
  })

  test('one with too few failures of its own is not told by the others', async () => {
    const few = 'caller-with-few'
    await storeCalls(
      store.db,
      [1, 2, 3].map((k) => call(1, 99_000 + k, { service: few, dependency: 'one-bank', outcome: 'timeout' })),
      'few',
    )
    const kinds = await readBadCalls(store.db, { ...RANGE, rules: rulesOf([...SERVICES, few]) })
    const chosen = chosenSamples(kinds)
    const traces = chosen.flatMap(({ samples }) => samples.map(({ traceId }) => traceId))
    const slo = sloWith({ name: few, service: few, indicator: availability(few, 'outbound') })
    const graph = await readCallGraph(store.db, RANGE)
    const { root } = causesOf([slo], chosen, await readTraces(store.db, { ...RANGE, traces }), graph).get(few)!
    expect(root).toMatchObject({ origin: '', traced: 3 })
  })
})

describe('the cause behind an SLO of calls a service answers', () => {
  test('is the dependency that failed inside the traces of its bad calls', async () => {
    const service = 'front'
    await storeCalls(
      store.db,
      [41, 42, 43, 44, 45].flatMap((trace) => {
        const top = inbound(trace, { service, outcome: trace === 45 ? 'ok' : 'server_error' })
        const inside = { service, parent_span_id: top.span_id }
        const pay = call(1, trace, { ...inside, dependency: 'acme-pay', outcome: 'timeout' })
        const mail = call(1, trace, { ...inside, dependency: 'mail', outcome: 'throttled' })
        return [top, ...(trace < 43 ? [pay] : trace === 43 ? [] : [mail])]
      }),
      'front',
    )
    expect(shares(await causeOf(service, availability(service, 'inbound')))).toEqual([
      'dependency:acme-pay/timeout 0.50',
      'dependency:mail/throttled 0.25',
      'service:front/server_error 0.25',
    ])
  })

  test('passes through a callee that failed itself', async () => {
    const top = inbound(51, { service: 'shop', outcome: 'server_error' })
    const out = { service: 'shop', dependency: 'payments', outcome: 'server_error', span_id: 'shop-payments' }
    const inside = inbound(51, { service: 'payments', outcome: 'server_error', parent_span_id: 'shop-payments' })
    const bank = { service: 'payments', dependency: 'bank', outcome: 'connection', parent_span_id: inside.span_id }
    await storeCalls(
      store.db,
      [top, call(1, 51, { ...out, parent_span_id: top.span_id }), inside, call(1, 51, bank)],
      'shop',
    )
    expect(shares(await causeOf('shop', availability('shop', 'inbound')))).toEqual(['dependency:bank/connection 1.00'])
  })

  test('names what failed before a circuit opened', async () => {
    const service = 'breaker'
    await storeCalls(
      store.db,
      [
        ...[71, 72].map((trace) => call(1, trace, { service, outcome: 'timeout' })),
        ...[73, 74, 75].map((trace) => call(2, trace, { service, outcome: 'circuit_open' })),
      ],
      'breaker',
    )
    const opened = availability(service, 'outbound')
    if (opened.source !== 'calls') throw new Error('unreachable')
    opened.numerator.selection = { ...opened.total, outcome: { in: ['circuit_open'] } }
    expect(shares(await causeOf(service, opened))).toEqual(['dependency:acme-pay/timeout 1.00'])
  })
})

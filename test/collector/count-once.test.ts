import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SpanMemory } from '../../collector/memory/span-memory.ts'
import { testDatabase } from '../support/database.ts'
import { hexOf, type SpanSpec, T0_NS, traceBody } from './builders.ts'
import { rowsOfBody, spanRows } from './read-rows.ts'
import { collectorUnderTest, eventually, rowsOf } from './under-test.ts'

const PEERS = ['ledger', 'mail'] as const

interface Node {
  /** An earlier span of the trace, or none. */
  parent: number
  kind: number
  peer: (typeof PEERS)[number]
  failed: boolean
  minute: number
}

const node: fc.Arbitrary<Node> = fc.record({
  parent: fc.integer({ min: -1, max: 8 }),
  kind: fc.constantFrom(1, 2, 3, 3, 3, 4),
  peer: fc.constantFrom(...PEERS),
  failed: fc.boolean(),
  minute: fc.nat(2),
})
const trace = fc.array(node, { minLength: 1, maxLength: 9 })
/** Traces, the order their spans are sent in, where requests end, and which are sent again. */
const sending = fc.record({
  traces: fc.array(trace, { minLength: 1, maxLength: 4 }),
  order: fc.array(fc.nat(1_000_000), { minLength: 40, maxLength: 40 }),
  cuts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 40, maxLength: 40 }),
  again: fc.array(fc.nat(35), { maxLength: 12 }),
})

function spansOf(traces: Node[][], salt: number): SpanSpec[] {
  return traces.flatMap((nodes, t) =>
    nodes.map(
      ({ parent, kind, peer, failed, minute }, n): SpanSpec => ({
        traceId: hexOf(salt * 100 + t + 1, 16),
        spanId: hexOf(n + 1, 8),
        ...(parent >= 0 && parent < n && { parentSpanId: hexOf(parent + 1, 8) }),
        kind,
        startNs: T0_NS + BigInt(minute) * 60_000_000_000n + BigInt(n),
        attributes: kind === 1 ? {} : { 'peer.service': peer },
        status: { code: failed ? 2 : 0 },
      }),
    ),
  )
}

/** Spans in the order sent, some of them twice, cut into requests. */
function requestsOf(spans: SpanSpec[], { order, cuts, again }: { order: number[]; cuts: number[]; again: number[] }) {
  const sent = [...spans, ...again.flatMap((n) => spans[n] ?? [])]
    .map((span, n) => ({ span, at: order[n % order.length]! }))
    .sort((a, b) => a.at - b.at)
    .map(({ span }) => span)
  const requests: SpanSpec[][] = []
  for (let cut = 0; sent.length > 0; cut++) requests.push(sent.splice(0, cuts[cut % cuts.length]))
  return requests
}

/** Sums by what a rollup distinguishes, as views on the rows sum them. */
function sumsOf(calls: { nested: boolean; sign: number; outcome: string; dependency: string; spanId: string }[]) {
  const sums = new Map<string, number>()
  for (const { nested, sign, outcome, dependency, spanId } of calls) {
    const key = [nested, outcome, dependency, spanId].join(' ')
    sums.set(key, (sums.get(key) ?? 0) + sign)
  }
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0).sort(([a], [b]) => (a < b ? -1 : 1)))
}

describe('the same spans count the same', () => {
  test('in whatever order, cut into whatever requests, some of them sent twice', () => {
    fc.assert(
      fc.property(sending, ({ traces, ...way }) => {
        const spans = spansOf(traces, 1)
        const once = rowsOfBody(spanRows(), traceBody(spans))
        const write = spanRows()
        const parts = requestsOf(spans, way).map((request) => rowsOfBody(write, traceBody(request)))
        expect(sumsOf(parts.flatMap(({ calls }) => calls))).toEqual(sumsOf(once.calls))
        expect(parts.flatMap((part) => part.spans)).toHaveLength(spans.length)
        expect(parts.reduce((sum, { accepted, duplicates }) => sum + accepted + duplicates, 0)).toBe(
          spans.length + way.again.filter((n) => n < spans.length).length,
        )
      }),
      { numRuns: 300 },
    )
  })

  test('also when requests are lost and sent again', () => {
    fc.assert(
      fc.property(sending, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), ({ traces, ...way }, lost) => {
        const spans = spansOf(traces, 1)
        const write = spanRows()
        const parts = requestsOf(spans, way).flatMap((request, n) => {
          if (lost[n]) rowsOfBody(write, traceBody(request), true)
          return rowsOfBody(write, traceBody(request))
        })
        expect(sumsOf(parts.flatMap(({ calls }) => calls))).toEqual(
          sumsOf(rowsOfBody(spanRows(), traceBody(spans)).calls),
        )
      }),
    )
  })
})

describe('in store', () => {
  let store: Awaited<ReturnType<typeof testDatabase>>
  beforeAll(async () => {
    store = await testDatabase()
  })
  afterAll(() => store[Symbol.asyncDispose]())

  const counted = async (service: string) => ({
    calls: await rowsOf(
      store.db,
      `SELECT nested, outcome, dependency, toString(toStartOfMinute(ts)) AS minute, count() AS n, uniqExact(trace_id, span_id, direction) AS different
       FROM calls WHERE service = '${service}' GROUP BY ALL ORDER BY ALL`,
    ),
    rollup: await rowsOf(
      store.db,
      `SELECT nested, outcome, dependency, toString(c.minute) AS minute, sum(c.calls) AS calls, sum(c.samples) AS samples, sum(c.duration_ns) AS duration
       FROM calls_1m AS c WHERE service = '${service}' GROUP BY ALL HAVING calls != 0 OR samples != 0 ORDER BY ALL`,
    ),
    spans: await rowsOf<{ n: string; different: string }>(
      store.db,
      `SELECT count() AS n, uniqExact(TraceId, SpanId, SpanKind) AS different FROM otel_traces WHERE ServiceName = '${service}'`,
    ),
  })

  test('calls, calls_1m and spans are those of one request, from parallel requests too', async () => {
    await using collector = await collectorUnderTest({ db: store.db })
    let run = 0
    await fc.assert(
      fc.asyncProperty(sending, async ({ traces, ...way }) => {
        run++
        const [whole, cut] = [`whole-${run}`, `cut-${run}`]
        await collector.post(traceBody(spansOf(traces, 2 * run), { 'service.name': whole }))
        const requests = requestsOf(spansOf(traces, 2 * run + 1), way)
        await Promise.all(requests.map((request) => collector.post(traceBody(request, { 'service.name': cut }))))
        const spans = traces.flat().length
        const isThere = async () => [await counted(whole), await counted(cut)] as const
        await eventually(isThere, ([one, many]) => one.spans[0]?.n === String(spans) && isDeepStrictEqual(one, many))
      }),
      { numRuns: 12, endOnFailure: true },
    )
  }, 120_000)
})

test('what is remembered has bounds, and says how far it reaches', () => {
  const memory = new SpanMemory({ spans: 1024, callBytes: 64 * 1024 })
  expect(memory.levels(1_000)).toEqual({ rememberedSpans: 0, spansWindow: 0, callsWindow: 0 })
  const ids = Buffer.alloc(24)
  const view = new DataView(ids.buffer, ids.byteOffset, ids.length)
  const claim = (n: number) => {
    ids.writeUInt32BE(n, 20)
    ids.writeUInt32BE(1, 0)
    return memory.recent.claim(view, 0, 16, 3, 1)
  }
  for (let second = 0; second < 4; second++) {
    memory.begin(second * 1_000)
    for (let n = 0; n < 1024; n++) claim(second * 1024 + n)
  }
  memory.begin(4_000)
  expect(memory.levels(4_000).rememberedSpans).toBe(1024)
  expect(memory.levels(4_000).spansWindow).toBeLessThanOrEqual(1)
  expect(claim(3 * 1024)).toBe(-1)
  expect(claim(2 * 1024)).toBeGreaterThan(0)
})

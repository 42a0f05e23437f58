import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import { expect, test } from 'vitest'
import { type PastSpan, pastMinute } from '../../cli/demo/past.ts'
import { readableSpans } from '../../cli/demo/past-export.ts'
import type { Call, SpanFacts } from '../../integration/call.ts'
import { callOf } from '../../integration/span-to-call.ts'

const TO = new Date('2026-01-01T12:00:00Z')
const MINUTES = 120
const OPTIONS = { to: TO, requestsPerSecond: 6, seed: 1 }
const MINUTE_MS = 60_000

const textOf = (values: Record<string, unknown>) =>
  new Map(Object.entries(values).map(([key, value]) => [key, String(value)]))

const ns = ([seconds, nanos]: readonly [number, number]) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos)

/** A call and what its row takes from the span. */
interface PastCall extends Call {
  tsNs: bigint
  durationNs: bigint
  traceId: string
  parentSpanId: string
}

/** As the collector would decode the span after the exporter has sent it. */
function factsOf(span: ReadableSpan): SpanFacts {
  return {
    traceState: '',
    name: span.name,
    // The API's numbers are one below OTLP's.
    kind: span.kind + 1,
    statusCode: span.status.code,
    statusMessage: '',
    attributes: textOf(span.attributes),
    resource: textOf(span.resource.attributes),
    exception: null,
  }
}

const calls: PastCall[] = []
const spans: PastSpan[] = []
for (let minute = 1; minute <= MINUTES; minute += 1) spans.push(...pastMinute(OPTIONS, minute))
for (const span of readableSpans(spans)) {
  const call = callOf(factsOf(span))
  if (call === null) continue
  const tsNs = ns(span.startTime)
  calls.push({
    ...call,
    tsNs,
    durationNs: ns(span.endTime) - tsNs,
    traceId: span.spanContext().traceId,
    parentSpanId: span.parentSpanContext?.spanId ?? '',
  })
}

const minutesAgo = (call: PastCall) => Math.ceil((TO.getTime() - Number(call.tsNs / 1_000_000n)) / MINUTE_MS)

test('every past span is a call of the demo shop', () => {
  expect(calls).toHaveLength(spans.length)
  const kinds = new Set(
    calls.map(({ env, service, direction, dependency, operation }) =>
      [env, service, direction, dependency, operation].filter(Boolean).join(' '),
    ),
  )
  expect([...kinds].sort()).toEqual([
    'demo accounts inbound GET /accounts/{id}',
    'demo accounts outbound trusty-id GET /v1/identities/{id}',
    'demo checkout inbound GET /orders/{id}',
    'demo checkout inbound POST /checkout',
    'demo checkout outbound accounts GET /accounts/{id}',
    'demo checkout outbound acme-pay POST /v1/charges',
    'demo checkout outbound notifications POST /notifications',
    'demo checkout outbound swift-parcel GET /v2/shipments/{id}',
    'demo checkout outbound swift-parcel POST /v2/shipments',
    'demo notifications inbound POST /notifications',
    'demo notifications outbound post-wing POST /v3/mail/send',
  ])
})

test('traffic is tens of calls a second, in every minute', () => {
  const perMinute = Map.groupBy(calls, minutesAgo)
  expect(perMinute.size).toBe(MINUTES)
  for (const inMinute of perMinute.values()) {
    expect(inMinute.length / 60).toBeGreaterThan(25)
    expect(inMinute.length / 60).toBeLessThan(45)
  }
})

const PROVIDER_FAULTS = ['server_error', 'timeout', 'connection', 'schema']
const SLOW_NS = 300_000_000n

/** The indicators of `slos/` in the terms of calls: bad, counted, and the share of events that may be bad. */
const PROMISES: readonly [
  slo: string,
  budget: number,
  counted: (call: PastCall) => boolean,
  bad: (call: PastCall) => boolean,
][] = [
  ['payment availability', 0.001, (c) => c.dependency === 'acme-pay', (c) => PROVIDER_FAULTS.includes(c.outcome)],
  ['payment latency', 0.01, (c) => c.dependency === 'acme-pay' && c.outcome === 'ok', (c) => c.durationNs > SLOW_NS],
  ['identity auth', 0.001, (c) => c.dependency === 'trusty-id', (c) => c.outcome === 'auth'],
  ['shipping availability', 0.005, (c) => c.dependency === 'swift-parcel', (c) => PROVIDER_FAULTS.includes(c.outcome)],
  [
    'email delivery',
    0.01,
    (c) => c.dependency === 'post-wing',
    (c) => c.outcome === 'throttled' || c.outcome === 'server_error',
  ],
  [
    'checkout availability',
    0.001,
    (c) => c.service === 'checkout' && c.direction === 'inbound',
    (c) => c.outcome === 'server_error',
  ],
]

test.each(PROMISES)('the budget of %s is partly spent', (_name, budget, counted, bad) => {
  const events = calls.filter(counted)
  const consumed = events.filter(bad).length / (events.length * budget)
  expect(consumed).toBeGreaterThan(0.2)
  expect(consumed).toBeLessThan(0.45)
})

test.each(PROMISES)(
  'sent newest first, %s never looks half spent on the way: nobody is told of the past',
  (_name, budget, counted, bad) => {
    const events = calls.filter(counted)
    for (let sent = 1; sent <= MINUTES; sent += 1) {
      const stored = events.filter((call) => minutesAgo(call) <= sent)
      // Half of a two-minute sample may be one stray error: alerts want five bad events at least.
      const failed = stored.filter(bad).length
      if (failed >= 5) expect(failed / (stored.length * budget), `${sent} minutes sent`).toBeLessThan(0.5)
    }
  },
)

test('a retry follows a failed attempt at a vendor, as a sibling with the next number', () => {
  const failed = calls.filter(({ dependency, outcome }) => dependency === 'acme-pay' && outcome === 'server_error')
  expect(failed.length).toBeGreaterThan(0)
  for (const { parentSpanId, traceId } of failed) {
    const attempts = calls.filter(
      (c) => c.traceId === traceId && c.parentSpanId === parentSpanId && c.dependency === 'acme-pay',
    )
    expect(attempts.map(({ attempt }) => attempt)).toEqual([0, 1])
  }
})

test('a span lies within its minute and within its parent', () => {
  const minute = pastMinute(OPTIONS, 7)
  const byId = new Map(minute.map((span) => [span.spanId, span]))
  const startMs = TO.getTime() - 7 * MINUTE_MS
  for (const span of minute) {
    expect(span.startMs).toBeGreaterThanOrEqual(startMs)
    expect(span.endMs).toBeLessThan(startMs + MINUTE_MS)
    const parent = span.parentSpanId === null ? null : byId.get(span.parentSpanId)
    if (parent === null) continue
    expect(parent?.traceId).toBe(span.traceId)
    expect(parent!.startMs).toBeLessThanOrEqual(span.startMs)
    expect(parent!.endMs).toBeGreaterThanOrEqual(span.endMs)
  }
})

test('the same options give the same spans, another seed gives others', () => {
  expect(pastMinute(OPTIONS, 3)).toEqual(pastMinute(OPTIONS, 3))
  expect(pastMinute({ ...OPTIONS, seed: 2 }, 3)[0]?.traceId).not.toBe(pastMinute(OPTIONS, 3)[0]?.traceId)
})

test('ids are unique over the whole history', () => {
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
})

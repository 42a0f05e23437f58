import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  asBody,
  metricsEnvelope,
  metricsJson,
  pairs,
  SPAN_ID,
  spanBytes,
  spanJson,
  T0_NS,
  TRACE_ID,
  traceEnvelope,
  traceJson,
} from './builders.ts'
import { GrpcClient } from './grpc-client.ts'
import { collectorUnderTest, JSON_TYPE, type UnderTest } from './under-test.ts'
import { double, fixed32, fixed64, hex, len, vint } from './wire.ts'

let collector: UnderTest
beforeAll(async () => {
  collector = await collectorUnderTest()
})
afterAll(() => collector[Symbol.asyncDispose]())

const send = async (path: string, body: Buffer, type?: string) => collector.post(body, { path, ...(type && { type }) })

/** Rejected count and message of a JSON answer; 0 and '' when all was accepted. */
async function answerTo(path: string, json: object) {
  const reply = await send(path, asBody(json), JSON_TYPE)
  expect(reply.status).toBe(200)
  const { partialSuccess: given } = reply.json() as { partialSuccess?: Record<string, string> }
  return {
    rejected: Number(given?.rejectedSpans ?? given?.rejectedDataPoints ?? 0),
    message: given?.errorMessage ?? '',
  }
}

/** A log record without ids, as most are. */
const LOG_RECORD = Buffer.concat([
  fixed64(1, T0_NS),
  vint(2, 9),
  len(3, 'INFO'),
  len(5, len(1, 'user logged in')),
  len(6, len(1, 'k'), len(2, len(1, 'v'))),
  fixed64(11, T0_NS),
])

describe('spans', () => {
  const answer = (span: object) => answerTo('/v1/traces', traceJson([spanJson(), { ...spanJson(), ...span }]))

  test.each<[string, object, RegExp]>([
    ['no trace id', { traceId: '' }, /missing trace_id\/span_id/],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }, /missing trace_id\/span_id/],
    ['a trace id of 15 bytes', { traceId: 'ab'.repeat(15) }, /missing trace_id\/span_id/],
    ['no span id', { spanId: '' }, /missing trace_id\/span_id/],
    ['a span id of zeros', { spanId: '0'.repeat(16) }, /missing trace_id\/span_id/],
    ['a span id of 16 bytes', { spanId: 'ab'.repeat(16) }, /missing trace_id\/span_id/],
    ['start time 0', { startTimeUnixNano: '0' }, /start_time_unix_nano is 0/],
    ['a start time after 2262', { startTimeUnixNano: String(2n ** 63n) }, /after the year 2262/],
  ])('a span with %s is rejected and the other kept', async (_, span, reason) => {
    expect(await answer(span)).toEqual({ rejected: 1, message: expect.stringMatching(reason) })
  })

  test.each<[string, object]>([
    ['a parent of wrong length', { parentSpanId: 'abcd' }],
    ['an end before its start', { endTimeUnixNano: '5' }],
    ['an end after 2262', { endTimeUnixNano: String(2n ** 64n - 1n) }],
    ['an unknown kind', { kind: 42 }],
    ['no name', { name: '' }],
    ['an event time after 2262', { events: [{ timeUnixNano: String(2n ** 64n - 1n) }] }],
  ])('a span with %s is kept', async (_, span) => {
    expect(await answer(span)).toEqual({ rejected: 0, message: '' })
  })

  describe('a time that is not kept is refused alone, with what may be wrong', () => {
    const nowMs = Date.now()
    const ns = (ms: number) => String(BigInt(Math.round(ms)) * 1_000_000n)
    const HOUR_MS = 3_600_000
    const DAY_MS = 24 * HOUR_MS
    const unit = (name: string) => new RegExp(`only if it is in ${name}; is it in nanoseconds\\?`)
    const times: [string, string, RegExp | null][] = [
      ['in seconds', String(Math.floor(nowMs / 1000)), unit('seconds')],
      ['in milliseconds', String(nowMs), unit('milliseconds')],
      ['in microseconds', String(BigInt(nowMs) * 1000n), unit('microseconds')],
      ['of 1970', '1', /older than what the configuration keeps.* nanoseconds\?/],
      ['older than everything that is kept', ns(nowMs - 3_651 * DAY_MS), /older than what the configuration keeps/],
      ['just within what is kept', ns(nowMs - 3_649 * DAY_MS), null],
      ['59 minutes ahead', ns(nowMs + 59 * 60_000), null],
      ['61 minutes ahead', ns(nowMs + 61 * 60_000), /more than an hour ahead/],
      ['years ahead', ns(nowMs + 3_000 * DAY_MS), /more than an hour ahead/],
      // 2^32 seconds after now: a DateTime would read it as now.
      ['that wraps around into this minute', ns(nowMs + 2 ** 32 * 1000), /more than an hour ahead/],
    ]

    test.each(times)('a span with a time %s', async (_, startTimeUnixNano, reason) => {
      expect(await answer({ startTimeUnixNano, endTimeUnixNano: startTimeUnixNano })).toEqual(
        reason === null ? { rejected: 0, message: '' } : { rejected: 1, message: expect.stringMatching(reason) },
      )
    })

    test.each(times)('a point with a time %s', async (_, timeUnixNano, reason) => {
      const points = [
        { timeUnixNano: ns(nowMs), asDouble: 1 },
        { timeUnixNano, asDouble: 1 },
      ]
      expect(await answerTo('/v1/metrics', metricsJson([{ name: 'm', gauge: { dataPoints: points } }]))).toEqual(
        reason === null ? { rejected: 0, message: '' } : { rejected: 1, message: expect.stringMatching(reason) },
      )
    })

    test('a span in protobuf, by both transports, with its reason in the metric', async () => {
      const body = traceEnvelope([spanBytes({ startNs: BigInt(nowMs), endNs: BigInt(nowMs) }), spanBytes()])
      expect((await send('/v1/traces', body)).body.toString()).toMatch(unit('milliseconds'))
      using client = new GrpcClient(collector.grpc)
      expect((await client.call(body)).body.toString()).toMatch(unit('milliseconds'))
      expect(await collector.registry.metrics()).toMatch(
        /rejected_records_total\{signal="traces",reason="time_in_milliseconds"\} [2-9]/,
      )
    })

    test('a span that is no call goes with the spans, a call with its rollup', async () => {
      await using short = await collectorUnderTest({
        retention: { spans: '1d', notableSpans: '2d', calls: '3d', metrics: '1d', rollups: '9d' },
      })
      const at = (days: number, kind: number) =>
        spanJson({ kind, startNs: BigInt(ns(nowMs - days * DAY_MS)), endNs: BigInt(ns(nowMs - days * DAY_MS)) })
      const rejectedOf = async (span: object) => {
        const reply = await short.post(asBody(traceJson([span])), { type: JSON_TYPE })
        return (reply.json() as { partialSuccess?: { rejectedSpans: string } }).partialSuccess?.rejectedSpans ?? '0'
      }
      expect([await rejectedOf(at(1.5, 1)), await rejectedOf(at(2.5, 1))]).toEqual(['0', '1'])
      expect([await rejectedOf(at(8.5, 3)), await rejectedOf(at(9.5, 3))]).toEqual(['0', '1'])
    })
  })

  test('each reason is told and counted once, with its number of spans', async () => {
    const spans = [{ traceId: '' }, { spanId: '' }, { startTimeUnixNano: 0 }].map((bad) => ({ ...spanJson(), ...bad }))
    expect(await answerTo('/v1/traces', traceJson(spans))).toEqual({
      rejected: 3,
      message:
        '2 spans rejected: missing trace_id/span_id; was a logs request sent to /v1/traces? ' +
        '1 span rejected: start_time_unix_nano is 0; set it to the time the operation began',
    })
    const metrics = await collector.registry.metrics()
    expect(metrics).toMatch(/rejected_records_total\{signal="traces",reason="no_start_time"\} [1-9]/)
  })

  test('a trace id of 64 bits is rejected with what to do about it', async () => {
    expect(await answer({ traceId: SPAN_ID })).toEqual({
      rejected: 1,
      message: expect.stringMatching(/^1 span rejected: trace_id has 64 bits; .*zeros/),
    })
  })

  test.each<[string, object, object]>([
    [
      'log records',
      { resourceLogs: [{ scopeLogs: [{ logRecords: [{}, {}] }, { log_records: [{}] }] }, {}] },
      { rejected: 3, message: '3 spans rejected: log records are not taken; send traces and metrics' },
    ],
    [
      'log records in snake_case',
      { resource_logs: [{ scope_logs: [{ log_records: [{}] }] }] },
      { rejected: 1, message: '1 span rejected: log records are not taken; send traces and metrics' },
    ],
    [
      'metrics',
      { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm' }] }] }] },
      { rejected: 1, message: expect.stringMatching(/^1 span rejected: it is a metric; .*\/v1\/metrics/) },
    ],
    [
      'profiles',
      { resourceProfiles: [{ scopeProfiles: [{ profiles: [{}] }] }] },
      { rejected: 1, message: expect.stringMatching(/^1 span rejected: profiles are not taken/) },
    ],
    [
      'no records of logs',
      { resourceLogs: [] },
      { rejected: 0, message: expect.stringMatching(/^no span was found.*"resourceLogs"/) },
    ],
    [
      'nothing that is known',
      { spans: [{}] },
      { rejected: 0, message: expect.stringMatching(/^no span was found.*"spans"/) },
    ],
    [
      'spans outside scopes',
      { resourceSpans: [{ spans: [{}] }] },
      { rejected: 0, message: expect.stringMatching(/^no span was found.*"spans"/) },
    ],
  ])('a request in JSON that holds %s says so', async (_, body, expected) => {
    expect(await answerTo('/v1/traces', body)).toEqual(expected)
  })

  test('spans whose keys are in snake_case are stored, and the sender is notified', async () => {
    const { traceId, ...rest } = spanJson()
    expect(await answerTo('/v1/traces', traceJson([{ ...rest, trace_id: traceId }]))).toEqual({
      rejected: 0,
      message: 'keys in snake_case (trace_id) were read; OTLP/JSON has them in lowerCamelCase.',
    })
  })

  test('a request in JSON that holds metrics next to spans stores the spans', async () => {
    const body = { ...traceJson([spanJson()]), resourceMetrics: [{ scopeMetrics: [{ metrics: [{}, {}] }] }] }
    expect(await answerTo('/v1/traces', body)).toMatchObject({ rejected: 2 })
  })

  test('an attribute beyond int64 costs its type; the sender is notified and it is counted', async () => {
    const attributes = [{ key: 'big', value: { intValue: '18446744073709552000' } }, 5]
    expect(await answer({ attributes })).toEqual({
      rejected: 0,
      message: 'values that do not fit their type: 1 kept as text or as a double, 1 not stored; the first is "big".',
    })
    const metrics = await collector.registry.metrics()
    expect(metrics).toContain('plumbline_ingest_malformed_attributes_total{signal="traces",result="retyped"} 1')
    expect(metrics).toContain('plumbline_ingest_malformed_attributes_total{signal="traces",result="lost"} 1')
  })

  test('a request that touches more than 40 days loses the records beyond', async () => {
    const dayNs = 86_400_000_000_000n
    const spans = Array.from({ length: 82 }, (_, i) => spanJson({ startNs: T0_NS + BigInt(i % 41) * dayNs }))
    expect(await answerTo('/v1/traces', traceJson(spans))).toEqual({
      rejected: 2,
      message: '2 spans rejected: one request may touch 40 different days; split it by day',
    })
  })

  test('a logs request in protobuf is rejected record by record', async () => {
    const reply = await send('/v1/traces', traceEnvelope([LOG_RECORD, LOG_RECORD, LOG_RECORD]))
    expect(reply.status).toBe(200)
    expect(reply.body.subarray(6).toString()).toBe(
      '3 spans rejected: missing trace_id/span_id; was a logs request sent to /v1/traces?',
    )
  })

  test('a logs request whose records have trace ids is rejected record by record too', async () => {
    const record = (traceId: string) =>
      Buffer.concat([
        fixed64(1, T0_NS),
        vint(2, 17),
        len(5, len(1, 'payment failed')),
        len(6, len(1, 'k'), len(2, len(1, 'v'))),
        fixed32(8, 1),
        hex(9, traceId),
        hex(10, SPAN_ID),
        fixed64(11, T0_NS),
      ])
    const body = traceEnvelope([record(TRACE_ID), record('ff'.repeat(16)), record('00'.repeat(16)), spanBytes()])
    const reply = await send('/v1/traces', body)
    expect(reply.status).toBe(200)
    expect(reply.body.subarray(6).toString()).toBe(
      '3 spans rejected: missing trace_id/span_id; was a logs request sent to /v1/traces?',
    )
  })

  test('a metrics request in protobuf is rejected metric by metric', async () => {
    const time = fixed64(3, T0_NS)
    const exemplar = len(5, double(3, 1), hex(4, SPAN_ID), hex(5, TRACE_ID))
    const metrics = [
      Buffer.concat([len(1, 'up'), len(5, len(1, time, double(4, 1), exemplar))]),
      Buffer.concat([len(1, 'sent'), len(7, len(1, time, fixed64(6, 5n)), vint(2, 2), vint(3, 1))]),
      Buffer.concat([len(1, 'took'), len(9, len(1, time, fixed64(4, 2n), ...pairs(9, { k: 'v' })), vint(2, 2))]),
      Buffer.concat([len(1, 'took2'), len(10, len(1, time, ...pairs(1, { k: 'v' })), vint(2, 2))]),
      Buffer.concat([len(1, 'quantiles'), len(11, len(1, time, len(6, double(1, 0.5))))]),
      Buffer.concat([len(1, 'sixteen.letters!'), len(2, 'eight b.'), len(7, len(1, time, double(4, 1)), vint(2, 1))]),
    ]
    const reply = await send('/v1/traces', metricsEnvelope(metrics))
    expect(reply.status).toBe(200)
    expect(reply.body.toString()).toContain('5 spans rejected: missing trace_id/span_id')
    expect(reply.body.toString()).toContain('1 span rejected: start_time_unix_nano is 0')
  })

  test('any trace id of a log record is rejected alone', async () => {
    const ids = fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { minLength: 20, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(ids, async (records) => {
        const body = traceEnvelope(records.map((id) => Buffer.concat([fixed64(1, T0_NS), len(9, Buffer.from(id))])))
        const reply = await send('/v1/traces', body)
        expect(reply.status).toBe(200)
        expect(reply.body.toString()).toContain('20 spans rejected: missing')
      }),
      { numRuns: 50 },
    )
  })

  test('16 malformed bytes for an attribute of a span that has its ids are a bad request, wherever the ids stand', async () => {
    const broken = len(9, Buffer.alloc(16, 0xff))
    const { status } = await send('/v1/traces', traceEnvelope([Buffer.concat([spanBytes(), broken])]))
    const before = await send('/v1/traces', traceEnvelope([Buffer.concat([broken, spanBytes()])]))
    expect([status, before.status]).toEqual([400, 400])
  })

  test('a span whose ids have the right length but another wire type has no ids', async () => {
    const reply = await send(
      '/v1/traces',
      traceEnvelope([Buffer.concat([fixed64(1, 5), fixed64(2, 5), fixed64(7, T0_NS)])]),
    )
    expect(reply.body.toString()).toContain('1 span rejected')
  })

  test('the last of repeated ids counts', async () => {
    const body = traceEnvelope([Buffer.concat([spanBytes(), hex(1, 'ab')])])
    expect((await send('/v1/traces', body)).body.toString()).toContain('1 span rejected')
  })
})

describe('metric points', () => {
  const time = String(T0_NS)
  const gauge = (point: object) => ({ name: 'm', gauge: { dataPoints: [point] } })
  const histogram = (point: object, temporality = 2) => ({
    name: 'm',
    histogram: { aggregationTemporality: temporality, dataPoints: [{ timeUnixNano: time, ...point }] },
  })
  const answer = (metric: object) => answerTo('/v1/metrics', metricsJson([metric]))

  test.each<[string, object, RegExp]>([
    ['time 0', gauge({ asDouble: 1 }), /time_unix_nano is 0/],
    ['a time after 2262', gauge({ asDouble: 1, timeUnixNano: String(2n ** 63n) }), /2262/],
    ['no value', gauge({ timeUnixNano: time }), /neither as_double nor as_int/],
    ['as many buckets as bounds', histogram({ bucketCounts: [1], explicitBounds: [1] }), /one entry more/],
    ['bounds without buckets', histogram({ explicitBounds: [1] }), /one entry more/],
    ['equal bounds', histogram({ bucketCounts: [1, 1, 1], explicitBounds: [1, 1] }), /increase strictly/],
    ['falling bounds', histogram({ bucketCounts: [1, 1, 1], explicitBounds: [2, 1] }), /increase strictly/],
    ['a bound of NaN', histogram({ bucketCounts: [1, 1], explicitBounds: ['NaN'] }), /increase strictly/],
    ['unspecified temporality of a histogram', histogram({}, 0), /temporality is unspecified/],
    [
      'unspecified temporality of a sum',
      { name: 'm', sum: { dataPoints: [{ timeUnixNano: time, asInt: 1 }] } },
      /temporality/,
    ],
    [
      'unspecified temporality of an exponential histogram',
      { name: 'm', exponentialHistogram: { dataPoints: [{ timeUnixNano: time }] } },
      /temporality/,
    ],
    ['no metric name', { ...gauge({ asDouble: 1, timeUnixNano: time }), name: '' }, /no name/],
  ])('%s is rejected', async (_, metric, reason) => {
    expect(await answer(metric)).toEqual({ rejected: 1, message: expect.stringMatching(reason) })
  })

  test.each<[string, object]>([
    ['a histogram with count and sum only', histogram({ count: 2, sum: 3 })],
    ['a histogram with one bucket and no bounds', histogram({ count: 2, bucketCounts: [2] })],
    ['a staleness marker without value', gauge({ timeUnixNano: time, flags: 1 })],
    ['a value of 0', gauge({ timeUnixNano: time, asInt: 0 })],
    ['an unknown temporality number', histogram({}, 7)],
    ['a metric without data', { name: 'm' }],
    ['a metric without points', { name: 'm', sum: {} }],
  ])('%s is accepted', async (_, metric) => {
    expect(await answer(metric)).toEqual({ rejected: 0, message: '' })
  })

  test('a metric is rejected with all its points', async () => {
    const point = { timeUnixNano: time, asInt: 1 }
    expect(await answer({ name: 'm', sum: { dataPoints: [point, point, point] } })).toMatchObject({ rejected: 3 })
  })

  const point = (value: number) => len(1, fixed64(3, T0_NS), double(4, value))
  const METRIC = Buffer.concat([len(1, 'm'), len(5, point(1))])
  const SPAN = spanBytes({ attributes: { 'http.request.method': 'GET' }, events: [{ name: 'exception' }] })

  test.each<[string, Buffer]>([
    ['span', SPAN],
    ['span without name and attributes, which would pass for a metric without data,', spanBytes({ name: '' })],
    ['span whose name reads as an empty gauge', spanBytes({ name: 'PO' })],
    ['log record', LOG_RECORD],
    ['log record with ids', Buffer.concat([LOG_RECORD, hex(9, TRACE_ID), hex(10, SPAN_ID)])],
    ['log record with its observed time alone', Buffer.concat([len(5, len(1, 'a body')), fixed64(11, T0_NS)])],
  ])('a %s in place of a metric is rejected, the metrics beside it are kept', async (_, record) => {
    const body = metricsEnvelope([record, METRIC, record, METRIC])
    const before = await acceptedPoints()
    const reply = await send('/v1/metrics', body)
    expect(reply.status).toBe(200)
    expect(reply.body.toString()).toContain(
      '2 data points rejected: it is no metric; was a traces or logs request sent to /v1/metrics?',
    )
    expect((await acceptedPoints()) - before).toBe(2)
  })

  async function acceptedPoints(): Promise<number> {
    const metrics = await collector.registry.metrics()
    return Number(/records_total\{signal="metrics",result="accepted"\} (\d+)/.exec(metrics)?.[1] ?? 0)
  }

  test.each<[string, Buffer]>([
    ['a metric with a broken point', Buffer.concat([len(1, 'm'), len(5, len(1, 'not a point'))])],
    ['a span that is broken itself', Buffer.concat([SPAN, Buffer.of(0x0a)])],
  ])('%s is a broken request', async (_, record) => {
    expect((await send('/v1/metrics', metricsEnvelope([METRIC, record]))).status).toBe(400)
  })

  test('a metric with points is one, whatever unknown fields it has', async () => {
    const reply = await send('/v1/metrics', metricsEnvelope([Buffer.concat([fixed64(7, 5), METRIC, fixed64(8, 6)])]))
    expect([reply.status, reply.body.length]).toEqual([200, 0])
  })
})

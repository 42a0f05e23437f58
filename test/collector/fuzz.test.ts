import fc from 'fast-check'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadBody } from '../../collector/bad-body.ts'
import { asBody, metricsEnvelope, metricsJson, pairs, spanJson, T0_NS, traceBody, traceJson } from './builders.ts'
import { decodeMetrics, decodeMetricsJson, decodeTraces, decodeTracesJson } from './decoded.ts'
import { collectorUnderTest, JSON_TYPE, PROTOBUF, type Reply, type UnderTest } from './under-test.ts'
import { double, doubleBytes, fixed64, fixed64Bytes, len, varint, vint, zigzag } from './wire.ts'

const answers = protobuf.parse(`syntax = "proto3";
  message PartialSuccess { int64 rejected = 1; string error_message = 2; }
  message ExportResponse { PartialSuccess partial_success = 1; }
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }`).root

const rich = {
  attributes: { s: 'ü', n: -5n, list: [1n, { a: null }], blob: Buffer.from([1, 2, 3]) },
  events: [{ name: 'exception', attributes: { 'exception.type': 'E' } }],
  links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: { x: 'y' } }],
  status: { code: 2, message: 'm' },
}
const exemplar = len(8, fixed64(2, T0_NS), double(3, 1), ...pairs(7, { a: 'b' }))
const histogram = [
  fixed64(3, T0_NS),
  fixed64(4, 3),
  len(6, fixed64Bytes(1), fixed64Bytes(2)),
  len(7, doubleBytes(1)),
  exemplar,
]
const exponential = [fixed64(3, T0_NS), zigzag(6, -1), len(8, zigzag(1, 2), len(2, varint(300), varint(1)))]

const SEEDS = {
  '/v1/traces': { protobuf: traceBody([rich, {}]), json: asBody(traceJson([spanJson(rich), spanJson()])) },
  '/v1/metrics': {
    protobuf: metricsEnvelope([
      Buffer.concat([len(1, 'h'), len(9, len(1, ...histogram), vint(2, 1))]),
      Buffer.concat([len(1, 'e'), len(10, len(1, ...exponential), vint(2, 2))]),
      Buffer.concat([len(1, 'g'), len(5, len(1, fixed64(3, T0_NS), double(4, 1), ...pairs(7, { a: 'b' })))]),
    ]),
    json: asBody(
      metricsJson([
        { name: 'g', gauge: { dataPoints: [{ timeUnixNano: String(T0_NS), asDouble: 'NaN' }] } },
        {
          name: 'h',
          histogram: { aggregationTemporality: 2, dataPoints: [{ timeUnixNano: '5', count: 2 ** 54 }] },
        },
      ]),
    ),
  },
} as const
type Path = keyof typeof SEEDS
type Form = keyof (typeof SEEDS)[Path]

/** A valid body with some bytes changed, removed, or repeated. */
const mutated = (seed: Buffer) =>
  fc
    .array(
      fc.record({
        at: fc.nat(seed.length - 1),
        kind: fc.constantFrom('set', 'cut', 'insert', 'repeat'),
        byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff, 0x0a, 0x12)),
        length: fc.nat(12),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((changes) =>
      changes.reduce((body, { at, kind, byte, length }) => {
        const [head, tail] = [body.subarray(0, at), body.subarray(at)]
        if (kind === 'set') return Buffer.concat([head, Buffer.from([byte]), tail.subarray(1)])
        if (kind === 'cut') return Buffer.concat([head, tail.subarray(length)])
        if (kind === 'insert') return Buffer.concat([head, Buffer.from([byte]), tail])
        return Buffer.concat([head, tail.subarray(0, length), tail])
      }, seed),
    )

const anyBody = (path: Path, form: Form) =>
  fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 4, arbitrary: mutated(SEEDS[path][form]) },
  )

const DECODERS = {
  '/v1/traces': { protobuf: decodeTraces, json: decodeTracesJson },
  '/v1/metrics': { protobuf: decodeMetrics, json: decodeMetricsJson },
} as const

const CASES: [Path, Form][] = [
  ['/v1/traces', 'protobuf'],
  ['/v1/traces', 'json'],
  ['/v1/metrics', 'protobuf'],
  ['/v1/metrics', 'json'],
]

describe('no body makes a decoder fail otherwise than by refusing it', () => {
  test.each(CASES)('%s %s', (path, form) => {
    fc.assert(
      fc.property(anyBody(path, form), (body) => {
        try {
          DECODERS[path][form](body)
        } catch (error) {
          expect(error).toBeInstanceOf(BadBody)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('every body gets a valid OTLP answer', () => {
  let collector: UnderTest
  beforeAll(async () => {
    collector = await collectorUnderTest()
  })
  afterAll(() => collector[Symbol.asyncDispose]())

  test.each(CASES)('%s %s', async (path, form) => {
    await fc.assert(
      fc.asyncProperty(anyBody(path, form), async (body) => {
        const reply = await collector.post(body, { path, type: form === 'json' ? JSON_TYPE : PROTOBUF })
        expectOtlpAnswer(reply, form)
      }),
      { numRuns: 150 },
    )
    expect(
      (await collector.post(SEEDS[path][form], { path, type: form === 'json' ? JSON_TYPE : PROTOBUF })).status,
    ).toBe(200)
  })
})

function expectOtlpAnswer(reply: Reply, form: Form): void {
  expect([200, 400]).toContain(reply.status)
  expect(reply.headers.get('content-type')).toBe(form === 'json' ? JSON_TYPE : PROTOBUF)
  const type = answers.lookupType(reply.status === 200 ? 'ExportResponse' : 'Status')
  const answer = form === 'json' ? reply.json() : type.toObject(type.decode(reply.body), { longs: String })
  if (reply.status === 400) expect(answer).toMatchObject({ code: 3, message: expect.stringMatching(/malformed/) })
  else expect(Object.keys(answer as object).every((key) => key === 'partialSuccess')).toBe(true)
}

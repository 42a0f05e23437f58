import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadBody } from '../../collector/bad-body.ts'
import { VALID_BODIES } from './bodies.ts'
import { decodeMetrics, decodeMetricsJson, decodeTraces, decodeTracesJson } from './decoded.ts'
import { readAnswer } from './otlp-answer.ts'
import { collectorUnderTest, JSON_TYPE, PROTOBUF, type Reply, type UnderTest } from './under-test.ts'

type Path = keyof typeof VALID_BODIES
type Form = keyof (typeof VALID_BODIES)[Path]

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
    { weight: 4, arbitrary: mutated(VALID_BODIES[path][form]) },
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
      (await collector.post(VALID_BODIES[path][form], { path, type: form === 'json' ? JSON_TYPE : PROTOBUF })).status,
    ).toBe(200)
  })
})

function expectOtlpAnswer(reply: Reply, form: Form): void {
  expect([200, 400]).toContain(reply.status)
  const { code, message } = readAnswer(form, reply.status, reply.headers.get('content-type'), reply.body)
  if (reply.status === 400) expect({ code, message }).toEqual({ code: 3, message: expect.stringMatching(/malformed/) })
}

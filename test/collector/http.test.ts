import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net'
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refuseUnparsed } from '../../collector/http/unparsed.ts'
import { REASONS, type Reason, Rejections } from '../../collector/rejections.ts'
import { asBody, spanJson, T0_NS, traceBody, traceJson } from './builders.ts'
import { collectorUnderTest, eventually, JSON_TYPE, PROTOBUF, type Reply, type UnderTest } from './under-test.ts'

const MIB = 1024 * 1024
const MAX_BODY = MIB

let collector: UnderTest
beforeAll(async () => {
  collector = await collectorUnderTest({ settings: { maxBody: MAX_BODY } })
})
afterAll(() => collector[Symbol.asyncDispose]())

let spans = 0
/** A body nobody sent before. */
const freshBody = () => traceBody([{ startNs: T0_NS + BigInt(++spans) }])
const freshJson = () => asBody(traceJson([spanJson({ startNs: T0_NS + BigInt(++spans) })]))
const withoutIds = () => traceBody([{ traceId: '', startNs: T0_NS + BigInt(++spans) }])

/** `code` and `message` of a google.rpc.Status in protobuf, read by hand. */
function protobufStatus(body: Buffer): { code: number; message: string } {
  expect(body[0]).toBe(0x08)
  expect(body[2]).toBe(0x12)
  return { code: body[1]!, message: body.subarray(4, 4 + body[3]!).toString() }
}

function expectJsonStatus(reply: Reply, code: number): void {
  expect(reply.headers.get('content-type')).toBe(JSON_TYPE)
  expect(reply.json()).toMatchObject({ code, message: expect.stringMatching(/\w/) })
}

describe('paths, methods and content types', () => {
  test.each(['/v1/traces', '/v1/metrics'])('H1 POST %s is served', async (path) => {
    expect((await collector.post('', { path })).status).toBe(200)
  })

  test.each([
    ['application/x-protobuf', freshBody],
    ['Application/X-Protobuf; charset=utf-8', freshBody],
    ['application/json', freshJson],
    ['application/JSON;charset=UTF-8', freshJson],
  ])('H2 Content-Type %s is understood', async (type, body) => {
    expect((await collector.post(body(), { type })).status).toBe(200)
  })

  test.each([null, '', 'text/plain', 'application/grpc', 'application/x-protobufx'])(
    'H3 Content-Type %s is 415',
    async (type) => {
      const reply = await collector.post(freshBody(), { type })
      expect(reply.status).toBe(415)
      expectJsonStatus(reply, 3)
    },
  )

  test.each(['GET', 'PUT', 'DELETE', 'PATCH'])('H3 method %s is 405 with Allow', async (method) => {
    const response = await fetch(`${collector.url}/v1/traces`, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(await response.json()).toMatchObject({ code: 12 })
  })

  test.each(['/', '/v1/trace', '/v1/traces/x', '/v1/profiles', '/v1development/profiles', '/V1/TRACES'])(
    'H3 unknown path %s is 404',
    async (path) => {
      const reply = await collector.post(freshBody(), { path, type: JSON_TYPE })
      expect(reply.status).toBe(404)
      expectJsonStatus(reply, 5)
    },
  )

  test.each(['//v1/traces', '/v1/traces/', '/v1//traces', '//v1//traces//', '/v1/traces/?x=1', '//v1/metrics/'])(
    'H1 a path with one slash too many is understood: %s',
    async (path) => {
      expect((await collector.post('', { path })).status).toBe(200)
    },
  )

  test('H1 a configured path may end with a slash', async () => {
    await using elsewhere = await collectorUnderTest({ settings: { paths: { traces: ['/otlp/'], metrics: [] } } })
    for (const path of ['/otlp', '/otlp/', '//otlp']) {
      expect((await elsewhere.post(freshBody(), { path })).status).toBe(200)
    }
  })

  test('H3 logs are switched off: 404, so that clients do not retry', async () => {
    const reply = await collector.post('', { path: '/v1/logs' })
    expect(reply.status).toBe(404)
    expect(protobufStatus(reply.body)).toMatchObject({ code: 5 })
  })

  test('H1 paths are as configured: any number a signal, none switches it off', async () => {
    const paths = { traces: ['/otlp/v1/traces', '/t'], metrics: [] }
    await using elsewhere = await collectorUnderTest({ settings: { paths } })
    const answers = []
    for (const path of ['/otlp/v1/traces', '/t', '/v1/traces', '/v1/metrics', '/otlp', '/t/t']) {
      answers.push((await elsewhere.post(freshBody(), { path })).status)
    }
    expect(answers).toEqual([200, 200, 404, 404, 404, 404])
    const reply = await elsewhere.post('{}', { path: '/v1/metrics', type: JSON_TYPE })
    expect(reply.json()).toMatchObject({
      message: 'nothing is received at /v1/metrics; send traces to /otlp/v1/traces and traces to /t',
    })
  })

  test('a query string does not change the path', async () => {
    expect((await collector.post(freshBody(), { path: '/v1/traces?x=1' })).status).toBe(200)
  })
})

describe('success', () => {
  test.each([
    ['protobuf', PROTOBUF, freshBody, ''],
    ['json', JSON_TYPE, freshJson, '{}'],
  ])('H4 H5 full success in %s answers in the same type with partial_success unset', async (_, type, body, text) => {
    const reply = await collector.post(body(), { type })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe(type)
    expect(reply.body.toString()).toBe(text)
  })

  test.each([
    ['0 protobuf bytes', '', PROTOBUF],
    ['{}', '{}', JSON_TYPE],
    ['an envelope without spans', traceBody([]), PROTOBUF],
    ['an empty list', '{"resourceSpans":[]}', JSON_TYPE],
    ['null for the list', '{"resourceSpans":null}', JSON_TYPE],
  ])('H6 an empty request, %s, is a success', async (_, body, type) => {
    expect((await collector.post(body, { type })).status).toBe(200)
  })

  test('H6 an empty body labelled JSON is not JSON', async () => {
    expect((await collector.post('', { type: JSON_TYPE })).status).toBe(400)
  })

  test('H7 partly rejected is 200 with the count and the reason, in protobuf', async () => {
    const body = Buffer.concat([freshBody(), withoutIds()])
    const reply = await collector.post(body)
    expect(reply.status).toBe(200)
    // partial_success { rejected_spans: 1, error_message: … }
    expect([reply.body[0], reply.body[2], reply.body[3], reply.body[4]]).toEqual([0x0a, 0x08, 1, 0x12])
    expect(reply.body.subarray(6).toString()).toMatch(/^1 span rejected: missing trace_id\/span_id/)
  })

  test('H7 J6 partly rejected in JSON has the count as a string', async () => {
    const bad = spanJson({ spanId: '0000000000000000' })
    const body = asBody(traceJson([spanJson({ startNs: T0_NS + BigInt(++spans) }), bad, bad, bad]))
    const reply = await collector.post(body, { type: JSON_TYPE })
    expect(reply.json()).toEqual({
      partialSuccess: {
        rejectedSpans: '3',
        errorMessage: '3 spans rejected: missing trace_id/span_id; was a logs request sent to /v1/traces?',
      },
    })
  })

  test('H8 accepted with a warning has a message and no count', async () => {
    const attribute = { key: 'k', value: { stringValueStrindex: 4 } }
    const span = { ...spanJson({ startNs: T0_NS + BigInt(++spans) }), attributes: [attribute] }
    const reply = await collector.post(asBody(traceJson([span])), { type: JSON_TYPE })
    expect(reply.status).toBe(200)
    expect(reply.json()).toEqual({ partialSuccess: { errorMessage: expect.stringContaining('string-table') } })
  })

  test('H9 every item invalid is still 200', async () => {
    const reply = await collector.post(withoutIds())
    expect(reply.status).toBe(200)
    expect(reply.body.subarray(6).toString()).toMatch(/^1 span rejected/)
  })
})

describe('failure', () => {
  test('H10 H11 an undecodable protobuf body is 400 with google.rpc.Status in protobuf', async () => {
    const reply = await collector.post(Buffer.from([0x0a, 0x05, 0x01]))
    expect(reply.status).toBe(400)
    expect(reply.headers.get('content-type')).toBe(PROTOBUF)
    expect(protobufStatus(reply.body).code).toBe(3)
    expect(protobufStatus(reply.body).message).toContain('malformed protobuf at byte')
    expect(reply.body.toString()).toContain('type.googleapis.com/google.rpc.BadRequest')
  })

  test('H10 an undecodable JSON body is 400 with BadRequest details that name the field', async () => {
    const reply = await collector.post('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":5}]}]}]}', {
      type: JSON_TYPE,
    })
    expect(reply.status).toBe(400)
    expect(reply.json()).toEqual({
      code: 3,
      message: expect.stringContaining('traceId'),
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'traceId', description: expect.stringContaining('hex') }],
        },
      ],
    })
  })

  /** What comes back for bytes as they are, until the collector closes the connection. */
  const answerTo = (bytes: string) =>
    new Promise<string>((resolve) => {
      const { hostname, port } = new URL(collector.url)
      const socket = connectSocket(Number(port), hostname, () => socket.write(bytes))
      let text = ''
      socket.on('data', (chunk) => (text += chunk))
      socket.on('close', () => resolve(text))
    })
  const head = (line: string, ...fields: string[]) =>
    [line, ...fields, 'connection: close', 'content-length: 2', 'content-type: application/json', '', '{}'].join('\r\n')
  const POST = 'POST /v1/traces HTTP/1.1'

  test.each<[string, string, number, number]>([
    ['no HTTP at all', 'NONSENSE\r\n\r\n', 400, 3],
    ['the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 3],
    ['a request without host', head(POST), 400, 3],
    ['two lengths', head(POST, 'host: localhost', 'content-length: 3'), 400, 3],
    ['a length and chunks', head(POST, 'host: localhost', 'transfer-encoding: chunked'), 400, 3],
    ['H3 a method nobody knows', head('FOO /v1/traces HTTP/1.1', 'host: localhost'), 405, 12],
    ['a head without measure', head(POST, 'host: localhost', `x: ${'a'.repeat(20_000)}`), 431, 8],
    ['an expectation nobody can meet', head(POST, 'host: localhost', 'expect: 200-maybe'), 417, 3],
  ])('H10 %s has a status, a google.rpc.Status, and disturbs nobody', async (_, bytes, status, code) => {
    const answer = await answerTo(bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ code, message: expect.any(String) })
    expect((await collector.post(freshBody())).status).toBe(200)
  })

  test('H3 a method nobody knows is told which one is', async () => {
    expect(await answerTo(head('FOO /v1/traces HTTP/1.1', 'host: localhost'))).toMatch(/\r\nallow: POST\r\n/)
  })

  test.each([
    ['a request as to a proxy', head('POST http://collector.example/v1/traces?x HTTP/1.1', 'host: localhost')],
    ['HTTP/1.0 without host', head('POST /v1/traces HTTP/1.0')],
    [
      'chunks with a trailer',
      head(POST, 'host: localhost')
        .replace('content-length: 2', 'transfer-encoding: chunked')
        .replace(/\{\}$/, '2\r\n{}\r\n0\r\nx: y\r\n\r\n'),
    ],
  ])('%s is taken', async (_, bytes) => {
    expect(await answerTo(bytes)).toMatch(/^HTTP\/1.1 200 [\s\S]*\{\}$/)
  })

  test('H12 a request that takes too long to arrive may be sent again', async () => {
    await using server = createServer((socket) => {
      socket.resume()
      refuseUnparsed(Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await response.json()).toMatchObject({ code: 14, message: 'the request took too long to arrive' })
  })

  test('H19 requests one behind the other on a connection are answered in order, a bad one among them', async () => {
    const one = head(POST, 'host: localhost').replace('connection: close\r\n', '')
    const answers = await answerTo(one + one.replace('{}', '{!') + head(POST, 'host: localhost'))
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400', 'HTTP/1.1 200'])
  })

  test('H12 an unforeseen fault is 503 and never 500, and the same request is taken afterwards', async () => {
    let works = false
    await using faulty = await collectorUnderTest({
      openFile: (...path) => {
        if (works) return open(...path)
        throw new TypeError('a mistake in the code')
      },
    })
    const body = freshBody()
    const reply = await faulty.post(body)
    expect(reply.status).toBe(503)
    expect(protobufStatus(reply.body).code).toBe(14)
    expect(reply.body.toString()).not.toMatch(/TypeError|at .*\.ts/)
    works = true
    await eventually(
      () => faulty.post(body),
      ({ status }) => status === 200,
    )
  })

  test('H20 a sender that goes away mid-body is not acknowledged and nothing is counted', async () => {
    const before = await recordsAccepted()
    const body = freshBody()
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${collector.url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': PROTOBUF, 'content-length': body.length },
      })
      request.on('error', () => {})
      request.on('close', resolve)
      request.write(body.subarray(0, 10), () => request.destroy())
    })
    expect((await collector.post(body)).status).toBe(200)
    expect((await recordsAccepted()) - before).toBe(1)
  })
})

async function recordsAccepted(): Promise<number> {
  const line = (await collector.registry.metrics()).match(/records_total\{signal="traces",result="accepted"\} (\d+)/)
  return Number(line?.[1] ?? 0)
}

describe('compression', () => {
  test.each([
    ['identity', (body: Buffer) => body],
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
    ['gzip, identity', gzipSync],
    ['identity, Gzip', gzipSync],
    ['identity,identity', (body: Buffer) => body],
    ['zstd, gzip', (body: Buffer) => gzipSync(zstdCompressSync(body))],
  ] as const)('H14 Content-Encoding %s is taken', async (coding, compress) => {
    const before = await recordsAccepted()
    const reply = await collector.post(compress(freshBody()), { coding })
    expect(reply.status).toBe(200)
    expect((await recordsAccepted()) - before).toBe(1)
  })

  test.each(['br', 'snappy', 'lz4', 'gzip, gzip', 'constructor'])('H15 Content-Encoding %s is 415', async (coding) => {
    const reply = await collector.post(freshBody(), { coding })
    expect(reply.status).toBe(415)
    expect(reply.headers.get('accept-encoding')).toBe('gzip, deflate, zstd')
  })

  const truncated = (bytes: Buffer) => bytes.subarray(0, bytes.length - 9)
  const flipped = (bytes: Buffer) => {
    const copy = Buffer.from(bytes)
    copy[copy.length - 6]! ^= 0xff
    return copy
  }
  test.each([
    ['gzip', 'truncated', () => truncated(gzipSync(freshBody()))],
    ['gzip', 'of a bad CRC', () => flipped(gzipSync(freshBody()))],
    ['gzip', 'no gzip at all', freshBody],
    ['deflate', 'truncated', () => truncated(deflateSync(freshBody()))],
    ['deflate', 'raw and truncated', () => truncated(deflateRawSync(freshBody()))],
    ['zstd', 'truncated', () => truncated(zstdCompressSync(freshBody()))],
    ['zstd', 'no zstd at all', freshBody],
  ] as const)('H15 a %s body that is %s is 400', async (coding, _, body) => {
    expect((await collector.post(body(), { coding })).status).toBe(400)
  })
})

describe('answers', () => {
  const reasons = () => {
    const bad = [{ traceId: '' }, { startTimeUnixNano: 0 }, { startTimeUnixNano: String(2n ** 63n) }]
    const attributes = [{ key: 'k', value: { stringValueStrindex: 4 } }]
    return asBody(traceJson(bad.map((fields) => ({ ...spanJson(), attributes, ...fields }))))
  }
  /** The raw answer, which `fetch` would decompress. */
  const answerTo = (body: Buffer, acceptEncoding: string | null) =>
    new Promise<{ coding: string | undefined; body: Buffer }>((resolve, reject) => {
      const headers = {
        'content-type': JSON_TYPE,
        ...(acceptEncoding !== null && { 'accept-encoding': acceptEncoding }),
      }
      const request = httpRequest(`${collector.url}/v1/traces`, { method: 'POST', headers }, async (response) => {
        const answer = Buffer.concat(await response.toArray())
        expect(Number(response.headers['content-length'])).toBe(answer.length)
        resolve({ coding: response.headers['content-encoding'], body: answer })
      })
      request.on('error', reject)
      request.end(body)
    })

  test.each(['gzip', 'deflate, GZIP;q=0.5', 'br, x-gzip'])('H18 Accept-Encoding %s gets gzip', async (accepted) => {
    const { coding, body } = await answerTo(reasons(), accepted)
    expect(coding).toBe('gzip')
    expect(JSON.parse(gunzipSync(body).toString())).toMatchObject({ partialSuccess: { rejectedSpans: '3' } })
  })

  test.each([null, 'identity', 'gzip;q=0', 'br, gzip; q=0.0', 'gzipped'])(
    'H18 Accept-Encoding %s gets it as it is',
    async (accepted) => {
      const { coding, body } = await answerTo(reasons(), accepted)
      expect(coding).toBeUndefined()
      expect(JSON.parse(body.toString())).toMatchObject({ partialSuccess: { rejectedSpans: '3' } })
    },
  )

  test('H18 an answer too short to gain is not compressed', async () => {
    const { coding, body } = await answerTo(freshJson(), 'gzip')
    expect([coding, body.toString()]).toEqual([undefined, '{}'])
  })

  test('H17 however long what was sent, error_message and status stay short', async () => {
    const long = 'x'.repeat(500_000)
    const { body } = await answerTo(asBody({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: long }] }] }] }), null)
    expect(body.length).toBeLessThan(4096)
    const rejections = new Rejections()
    for (const reason of Object.keys(REASONS) as Reason[]) rejections.add(reason, Number.MAX_SAFE_INTEGER)
    expect(rejections.message('data point').length).toBeGreaterThan(500)
    expect(Buffer.byteLength(rejections.message('data point'))).toBeLessThanOrEqual(2048)
  })
})

describe('size limits', () => {
  test('H16 a body over the limit is 413 before it is read', async () => {
    const reply = await collector.post(Buffer.alloc(MAX_BODY + 1))
    expect(reply.status).toBe(413)
    expect(protobufStatus(reply.body)).toMatchObject({ code: 8, message: expect.stringContaining('maxBody') })
  })

  test('H16 a chunked body over the limit is 413', async () => {
    const chunk = Buffer.alloc(256 * 1024)
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${collector.url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': PROTOBUF },
      })
      request.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      for (let i = 0; i < 5; i++) request.write(chunk)
      request.end()
    })
    expect(status).toBe(413)
  })

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
  ] as const)('H16 a small %s body that unpacks beyond the limit is 413', async (coding, compress) => {
    const bomb = compress(Buffer.alloc(40 * MIB))
    expect(bomb.length).toBeLessThan(64 * 1024)
    expect((await collector.post(bomb, { coding })).status).toBe(413)
  })

  test('H16 a body of exactly the limit is read', async () => {
    const filler = MAX_BODY - 4
    const body = Buffer.concat([Buffer.from([0x7a, ...lengthPrefix(filler)]), Buffer.alloc(filler)])
    expect(body.length).toBe(MAX_BODY)
    expect((await collector.post(body)).status).toBe(200)
  })

  test('a small body whose rows would be huge is 413: every row repeats its resource', async () => {
    const resource = { 'service.name': 'shop', filler: 'x'.repeat(500_000) }
    const spec = Array.from({ length: 400 }, (_, i) => ({ startNs: T0_NS + BigInt(i) }))
    const body = traceBody(spec, resource)
    expect(body.length).toBeLessThan(MAX_BODY)
    expect((await collector.post(body)).status).toBe(413)
    expect((await collector.post(freshBody())).status).toBe(200)
  })
})

/** LEB128 in exactly three bytes. */
const lengthPrefix = (length: number) => [(length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14]

describe('overload', () => {
  test('H13 bodies beyond maxInFlight are 503 with Retry-After', async () => {
    await using small = await collectorUnderTest({ maxInFlight: 1000 })
    const reply = await small.post(Buffer.alloc(2000), { type: JSON_TYPE })
    expect(reply.status).toBe(503)
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(reply.json()).toMatchObject({ code: 14, details: [{ retryDelay: '1s' }] })
    expect((await small.post(freshBody())).status).toBe(200)
  })

  test('H13 a body that unpacks beyond maxInFlight is 503 and gives its share back', async () => {
    await using small = await collectorUnderTest({ maxInFlight: 200_000 })
    for (let i = 0; i < 3; i++) {
      expect((await small.post(gzipSync(Buffer.alloc(300_000)), { coding: 'gzip' })).status).toBe(503)
    }
    expect((await small.post(freshBody())).status).toBe(200)
    expect(await small.registry.metrics()).toContain('plumbline_ingest_in_flight_bytes 0')
  })

  test('H19 many requests of one client at once are all answered', async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => collector.post(freshBody())))
    expect(replies.map(({ status }) => status)).toEqual(Array(50).fill(200))
  })

  test('H19 idle connections are kept for more than a minute', async () => {
    const response = await fetch(`${collector.url}/healthz`)
    expect(Number(/timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThanOrEqual(60)
  })

  test('Expect: 100-continue is refused by the head alone when the body is too large', async () => {
    const seen = await new Promise<{ status: number | undefined; continued: boolean }>((resolve, reject) => {
      const headers = { 'content-type': PROTOBUF, 'content-length': MAX_BODY + 1, expect: '100-continue' }
      const request = httpRequest(`${collector.url}/v1/traces`, { method: 'POST', headers })
      let continued = false
      request.on('continue', () => (continued = true))
      request.on('response', (response) => {
        response.resume()
        resolve({ status: response.statusCode, continued })
        request.destroy()
      })
      request.on('error', reject)
      request.flushHeaders()
    })
    expect(seen).toEqual({ status: 413, continued: false })
  })

  test('Expect: 100-continue goes on when the head is fine', async () => {
    const body = freshBody()
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': PROTOBUF, 'content-length': body.length, expect: '100-continue' }
      const request = httpRequest(`${collector.url}/v1/traces`, { method: 'POST', headers })
      request.on('continue', () => request.end(body))
      request.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      request.flushHeaders()
    })
    expect(status).toBe(200)
  })
})

describe('health', () => {
  test.each(['/healthz', '/readyz'])('%s is 200 while requests are taken', async (path) => {
    expect((await fetch(collector.url + path)).status).toBe(200)
  })

  test('/metrics tells what was ingested', async () => {
    await collector.post(freshBody())
    const text = await (await fetch(`${collector.url}/metrics`)).text()
    expect(text).toMatch(/plumbline_ingest_records_total\{signal="traces",result="accepted"\} [1-9]/)
    expect(text).toMatch(/plumbline_ingest_sync_seconds_count [1-9]/)
  })
})

describe('H21 tokens', () => {
  const INGEST = 'ingest-token-0123456789'
  const READ = 'read-token-0123456789'
  let guarded: UnderTest
  beforeAll(async () => {
    guarded = await collectorUnderTest({
      tokens: [
        { name: 'services', token: INGEST, scopes: ['ingest'] },
        { name: 'viewer', token: READ, scopes: ['read'] },
      ],
    })
  })
  afterAll(() => guarded[Symbol.asyncDispose]())

  const post = (authorization?: string) =>
    guarded.post(freshBody(), { headers: authorization === undefined ? {} : { authorization } })

  test('no credentials are 401 with WWW-Authenticate, in the type of the request', async () => {
    const reply = await post()
    expect(reply.status).toBe(401)
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(protobufStatus(reply.body).code).toBe(16)
  })

  test.each(['Bearer wrong-token-0123456789', `Basic ${INGEST}`, 'Bearer', 'Bearer '])('%s is 401', async (header) => {
    expect((await post(header)).status).toBe(401)
  })

  test('a token without the scope is 403', async () => {
    const reply = await post(`Bearer ${READ}`)
    expect(reply.status).toBe(403)
    expect(protobufStatus(reply.body).code).toBe(7)
  })

  test.each([`Bearer ${INGEST}`, `bearer ${INGEST}`])('%s may send', async (header) => {
    expect((await post(header)).status).toBe(200)
  })

  test('metrics need the scope read, health needs nothing', async () => {
    const get = (path: string, token?: string) =>
      fetch(guarded.url + path, { headers: token ? { authorization: `Bearer ${token}` } : {} })
    expect((await get('/metrics')).status).toBe(401)
    expect((await get('/metrics', INGEST)).status).toBe(403)
    expect((await get('/metrics', READ)).status).toBe(200)
    expect((await get('/healthz')).status).toBe(200)
  })
})

import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { hexOf, metricsEnvelope, T0_NS, traceBody } from './builders.ts'
import { DEFLATE, GrpcClient, GZIP, LOGS, METRICS, TRACES } from './grpc-client.ts'
import { collectorUnderTest, eventually, rowsOf, type UnderTest } from './under-test.ts'
import { double, fixed64, len, varint, vint } from './wire.ts'

const MIB = 1024 * 1024
const MAX_BODY = MIB

let collector: UnderTest
let client: GrpcClient
beforeAll(async () => {
  collector = await collectorUnderTest({ settings: { maxBody: MAX_BODY } })
  client = new GrpcClient(collector.grpc)
})
afterAll(async () => {
  client[Symbol.dispose]()
  await collector[Symbol.asyncDispose]()
})

let spans = 0
/** A body nobody sent before. */
const freshBody = () => traceBody([{ startNs: T0_NS + BigInt(++spans) }])
const withoutIds = () => traceBody([{ traceId: '', startNs: T0_NS + BigInt(++spans) }])
const gaugeBody = () => {
  const point = Buffer.concat([fixed64(3, T0_NS), double(4, ++spans)])
  return metricsEnvelope([Buffer.concat([len(1, 'm'), len(5, len(1, point))])])
}
/** A valid message of exactly so many bytes: an unknown field. */
const filler = (bytes: number) => {
  const length = bytes - 1 - varint(bytes - 5).length
  return Buffer.concat([Buffer.from([0x7a]), varint(length), Buffer.alloc(length)])
}

describe('calls', () => {
  test.each([
    ['traces', TRACES, freshBody],
    ['metrics', METRICS, gaugeBody],
  ])('G1 H5 %s are taken, and partial_success is unset', async (_, path, body) => {
    expect(await client.call(body(), { path })).toMatchObject({ code: 'OK', body: Buffer.alloc(0) })
  })

  test('G1 H6 an empty request is a success', async () => {
    expect((await client.call(Buffer.alloc(0))).code).toBe('OK')
    expect((await client.call(traceBody([]))).code).toBe('OK')
  })

  test.each([
    LOGS,
    '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
    '/opentelemetry.proto.collector.trace.v1.TraceService/Import',
    '/x',
  ])('G1 %s is UNIMPLEMENTED', async (path) => {
    const reply = await client.call(freshBody(), { path })
    expect(reply).toMatchObject({ code: 'UNIMPLEMENTED', message: expect.stringContaining(path) })
  })

  test('G1 H7 partly rejected is OK with the count and the reason', async () => {
    const { code, body } = await client.call(Buffer.concat([freshBody(), withoutIds()]))
    expect(code).toBe('OK')
    // partial_success { rejected_spans: 1, error_message: … }
    expect([body[0], body[2], body[3], body[4]]).toEqual([0x0a, 0x08, 1, 0x12])
    expect(body.subarray(6).toString()).toMatch(/^1 span rejected: missing trace_id\/span_id/)
  })

  test('G1 H8 accepted with a warning has a message and no count', async () => {
    // A resource attribute whose value is a reference into a string table.
    const withIndex = len(1, len(1, len(1, len(1, 'k'), len(2, vint(8, 4)))))
    const { code, body } = await client.call(Buffer.concat([freshBody(), withIndex]))
    expect(code).toBe('OK')
    expect([body[0], body[2]]).toEqual([0x0a, 0x12])
    expect(body.toString()).toContain('string-table')
  })

  test('G1 H9 every item invalid is still OK', async () => {
    const { code, body } = await client.call(withoutIds())
    expect(code).toBe('OK')
    expect(body.subarray(6).toString()).toMatch(/^1 span rejected/)
  })

  test('G1 many unary calls at once on one connection are all answered', async () => {
    const replies = await Promise.all(Array.from({ length: 300 }, () => client.call(freshBody())))
    expect(new Set(replies.map(({ code }) => code))).toEqual(new Set(['OK']))
  })
})

describe('compression and size', () => {
  test.each([
    ['identity', {}],
    ['gzip', GZIP],
    ['deflate', DEFLATE],
  ])('G2 grpc-encoding %s is taken', async (_, options) => {
    using compressing = new GrpcClient(collector.grpc, options)
    const body = Buffer.concat([freshBody(), withoutIds(), filler(5000)])
    const reply = await compressing.call(body)
    expect(reply.code).toBe('OK')
    expect(reply.body.toString()).toContain('1 span rejected')
  })

  test.each([
    ['as sent', {}],
    ['after decompression', GZIP],
  ])('G2 a message over the limit %s is RESOURCE_EXHAUSTED without RetryInfo', async (_, options) => {
    using sending = new GrpcClient(collector.grpc, options)
    expect((await sending.call(filler(MAX_BODY))).code).toBe('OK')
    const reply = await sending.call(filler(MAX_BODY + 1))
    expect(reply).toMatchObject({ code: 'RESOURCE_EXHAUSTED', message: expect.stringContaining('collector.maxBody') })
    expect(reply.details).toEqual(Buffer.alloc(0))
  })

  test('G2 a limit of 64 MiB holds to the byte, however small the message is as sent', async () => {
    await using large = await collectorUnderTest({ settings: { maxBody: '64MiB', maxInFlight: '512MiB' } })
    using compressing = new GrpcClient(large.grpc, GZIP)
    const bomb = filler(64 * MIB + 1)
    expect(gzipSync(bomb).length).toBeLessThan(MIB)
    expect((await compressing.call(bomb)).code).toBe('RESOURCE_EXHAUSTED')
    expect((await compressing.call(filler(64 * MIB))).code).toBe('OK')
  })
})

describe('refusals', () => {
  test('G3 G6 bad data is INVALID_ARGUMENT with BadRequest in the details', async () => {
    const reply = await client.call(Buffer.from([0x0a, 0x05, 0x01]))
    expect(reply).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('malformed protobuf') })
    // Status { code: 3, message, details: [Any { type_url, value: BadRequest }] }
    expect([reply.details[0], reply.details[1], reply.details[2]]).toEqual([0x08, 3, 0x12])
    expect(reply.details.toString()).toContain('type.googleapis.com/google.rpc.BadRequest')
    expect(reply.details.toString()).not.toContain('RetryInfo')
  })

  test('G3 G6 overload is UNAVAILABLE with RetryInfo, and its share is given back', async () => {
    await using small = await collectorUnderTest({ maxInFlight: 2 * MIB })
    using sending = new GrpcClient(small.grpc)
    using compressing = new GrpcClient(small.grpc, GZIP)
    for (const sender of [sending, compressing]) {
      const reply = await sender.call(filler(3 * MIB))
      expect(reply).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('collector.maxInFlight') })
      // … RetryInfo { retry_delay: { seconds: 1 } }
      expect(reply.details.toString()).toContain('type.googleapis.com/google.rpc.RetryInfo')
      expect(reply.details.subarray(-4)).toEqual(Buffer.from([0x0a, 2, 0x08, 1]))
    }
    expect((await sending.call(freshBody())).code).toBe('OK')
    expect(await small.registry.metrics()).toContain('plumbline_ingest_in_flight_bytes 0')
  })

  test('G3 many gzip bombs at once stay within the budget: some are refused, none is unpacked beyond it', async () => {
    const budget = 16 * MIB
    await using small = await collectorUnderTest({ settings: { maxBody: 4 * MIB }, maxInFlight: budget })
    using compressing = new GrpcClient(small.grpc, GZIP)
    const levels: number[] = []
    const watch = setInterval(async () => levels.push(await inFlight(small)), 1)
    const replies = await Promise.all(Array.from({ length: 20 }, () => compressing.call(filler(4 * MIB))))
    clearInterval(watch)
    const codes = new Set(replies.map(({ code }) => code))
    expect(codes).toContain('UNAVAILABLE')
    expect([...codes].every((code) => code === 'OK' || code === 'UNAVAILABLE')).toBe(true)
    expect(Math.max(...levels)).toBeLessThanOrEqual(budget)
    expect(await inFlight(small)).toBe(0)
  })

  test('G3 the budget is one with HTTP: a body half read there leaves no room here', async () => {
    await using small = await collectorUnderTest({ maxInFlight: 100_000 })
    using sending = new GrpcClient(small.grpc)
    const { hostname, port } = new URL(small.url)
    const socket = connectSocket(Number(port), hostname)
    socket.on('error', () => {})
    const head =
      'POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: 30000'
    socket.write(`${head}\r\n\r\n${'x'.repeat(29_000)}`)
    await eventually(
      () => inFlight(small),
      (bytes) => bytes >= 29_000,
    )
    expect((await sending.call(filler(45_000))).code).toBe('UNAVAILABLE')
    socket.destroy()
    await eventually(
      () => inFlight(small),
      (bytes) => bytes === 0,
    )
    expect((await sending.call(filler(45_000))).code).toBe('OK')
  })

  test('G3 a disk that fails is UNAVAILABLE, and the same message is taken when it works again', async () => {
    let works = false
    await using failing = await collectorUnderTest({
      openFile: (...path) => (works ? open(...path) : Promise.reject(new Error('EIO'))),
    })
    using sending = new GrpcClient(failing.grpc)
    const body = freshBody()
    const reply = await sending.call(body)
    expect(reply.code).toBe('UNAVAILABLE')
    expect(reply.details.toString()).toContain('RetryInfo')
    works = true
    expect(
      (
        await eventually(
          () => sending.call(body),
          ({ code }) => code === 'OK',
        )
      ).code,
    ).toBe('OK')
  })
})

async function inFlight({ registry }: UnderTest): Promise<number> {
  return Number(/^plumbline_ingest_in_flight_bytes (\d+)$/m.exec(await registry.metrics())?.[1])
}

describe('tokens', () => {
  const INGEST = 'ingest-token-0123456789'
  const READ = 'read-token-0123456789'

  test.each([
    [undefined, 'UNAUTHENTICATED'],
    ['Bearer wrong-token-0123456789', 'UNAUTHENTICATED'],
    [`Basic ${INGEST}`, 'UNAUTHENTICATED'],
    [`Bearer ${READ}`, 'PERMISSION_DENIED'],
    [`Bearer ${INGEST}`, 'OK'],
    [`bearer ${INGEST}`, 'OK'],
  ])('authorization %s is %s', async (authorization, code) => {
    await using guarded = await collectorUnderTest({
      tokens: [
        { name: 'services', token: INGEST, scopes: ['ingest'] },
        { name: 'viewer', token: READ, scopes: ['read'] },
      ],
    })
    using sending = new GrpcClient(guarded.grpc)
    expect((await sending.call(freshBody(), { metadata: authorization ? { authorization } : {} })).code).toBe(code)
  })
})

describe('the protocol below', () => {
  /** One call by hand: the parts of the body as they are sent, and what came back. */
  async function callByHand(parts: Buffer[], head: Record<string, string> = {}) {
    const session = connectHttp2(collector.grpc)
    const stream = session.request({
      ':method': 'POST',
      ':path': TRACES,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...head,
    })
    const received: Record<string, unknown> = {}
    stream.on('response', (headers) => Object.assign(received, headers))
    stream.on('trailers', (headers) => Object.assign(received, headers))
    stream.on('error', () => {})
    stream.resume()
    for (const part of parts) {
      await new Promise((resolve) => stream.write(part, resolve))
    }
    stream.end()
    await once(stream, 'close')
    session.close()
    return received
  }
  const framed = (body: Buffer, flag = 0) => {
    const prefix = Buffer.alloc(5, flag)
    prefix.writeUInt32BE(body.length, 1)
    return Buffer.concat([prefix, body])
  }
  const OK = { ':status': 200, 'grpc-status': '0' }

  test('a message may come byte by byte', async () => {
    const bytes = [...framed(freshBody())].map((byte) => Buffer.from([byte]))
    expect(await callByHand(bytes)).toMatchObject(OK)
  })

  test.each([
    ['zstd', zstdCompressSync],
    ['gzip', gzipSync],
  ] as const)('G2 a message of coding %s is taken', async (coding, compress) => {
    expect(await callByHand([framed(compress(freshBody()), 1)], { 'grpc-encoding': coding })).toMatchObject(OK)
  })

  test('a message that is not compressed is taken whatever grpc-encoding says', async () => {
    expect(await callByHand([framed(freshBody())], { 'grpc-encoding': 'gzip' })).toMatchObject(OK)
  })

  test.each<[string, Buffer[], string]>([
    ['no message', [], 'complete'],
    ['half a prefix', [Buffer.alloc(3)], 'complete'],
    ['half a message', [framed(freshBody()).subarray(0, 20)], 'complete'],
    ['two messages', [framed(freshBody()), framed(freshBody())], 'only one message'],
    ['an unknown flag', [framed(freshBody(), 2)], 'compressed flag'],
    ['a compressed flag without coding', [framed(gzipSync(freshBody()), 1)], 'grpc-encoding'],
  ])('G3 %s is INVALID_ARGUMENT', async (_, parts, message) => {
    const { 'grpc-status': status, 'grpc-message': told } = await callByHand(parts)
    expect([status, decodeURIComponent(String(told))]).toEqual(['3', expect.stringContaining(message)])
  })

  test('G3 a corrupt compressed message is INVALID_ARGUMENT', async () => {
    const broken = framed(gzipSync(freshBody()).subarray(0, 40), 1)
    expect(await callByHand([broken], { 'grpc-encoding': 'gzip' })).toMatchObject({ 'grpc-status': '3' })
  })

  test('G2 an unknown coding is UNIMPLEMENTED and the known ones are told', async () => {
    expect(await callByHand([framed(freshBody(), 1)], { 'grpc-encoding': 'snappy' })).toMatchObject({
      'grpc-status': '12',
      'grpc-accept-encoding': expect.stringContaining('gzip'),
    })
  })

  test('G2 a message that announces too much is refused by its prefix alone', async () => {
    const prefix = Buffer.from([0, 0xff, 0xff, 0xff, 0xff])
    expect(await callByHand([prefix])).toMatchObject({ 'grpc-status': '8' })
  })

  test('calls refused half-way are over for both sides: they leave room for others on the connection', async () => {
    const session = connectHttp2(collector.grpc)
    await once(session, 'remoteSettings')
    const room = session.remoteSettings.maxConcurrentStreams!
    const refuseOne = async () => {
      const stream = session.request({ ':method': 'POST', ':path': TRACES, 'content-type': 'application/grpc' })
      stream.on('error', () => {})
      stream.resume()
      stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]))
      const [headers] = await once(stream, 'response')
      await once(stream, 'close')
      return [headers['grpc-status'], stream.rstCode]
    }
    const refused = await Promise.all(Array.from({ length: room + 1 }, refuseOne))
    expect(new Set(refused.map(String))).toEqual(new Set(['8,0']))
    session.close()
  })

  test('a message in the status is percent-encoded', async () => {
    const { 'grpc-message': told } = await callByHand([], { ':path': '/100%/ü'.normalize() })
    expect(told).toMatch(/^[ -~]+$/)
    expect(decodeURIComponent(String(told))).toContain('/100%/')
  })

  test.each([
    [{ 'content-type': 'application/x-protobuf' }, 415],
    [{ 'content-type': 'application/grpc-web+proto' }, 415],
    [{ 'content-type': 'application/grpc+json' }, 415],
    [{ ':method': 'GET' }, 405],
  ])('what is no gRPC gets an HTTP status: %o', async (head, status) => {
    const received = await callByHand([], head)
    expect(received).toMatchObject({ ':status': status })
    expect(received).not.toHaveProperty('grpc-status')
  })

  test.each(['application/grpc+proto', 'application/grpc;charset=utf-8'])('content-type %s is gRPC', async (type) => {
    expect(await callByHand([framed(freshBody())], { 'content-type': type })).toMatchObject(OK)
  })

  test('bytes that are no HTTP/2, and a sender that goes away mid-message, disturb nobody', async () => {
    const { hostname, port } = new URL(collector.grpc)
    const foreign = connectSocket(Number(port), hostname, () => foreign.write('POST /v1/traces HTTP/1.1\r\n\r\n'))
    foreign.on('error', () => {})
    foreign.resume()
    await once(foreign, 'close')
    const session = connectHttp2(collector.grpc)
    session.on('error', () => {})
    const stream = session.request({ ':method': 'POST', ':path': TRACES, 'content-type': 'application/grpc' })
    stream.on('error', () => {})
    await new Promise((resolve) => stream.write(framed(freshBody()).subarray(0, 30), resolve))
    await eventually(
      () => inFlight(collector),
      (bytes) => bytes > 0,
    )
    session.destroy()
    await eventually(
      () => inFlight(collector),
      (bytes) => bytes === 0,
    )
    expect((await client.call(freshBody())).code).toBe('OK')
  })
})

describe('starting and stopping', () => {
  test('a taken port is named with its setting', async () => {
    await using other = await listening()
    const started = collectorUnderTest({ ports: { otlpGrpc: other.port } })
    await expect(started).rejects.toThrow(
      new RegExp(`port ${other.port} .* is taken.*ports.otlpGrpc .PLUMBLINE_PORTS_OTLP_GRPC.`),
    )
  })

  test('a call in work is answered before the collector stops, a later one is refused', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    let opened = () => {}
    const isOpening = new Promise<void>((resolve) => (opened = resolve))
    await using stopping = await collectorUnderTest({
      openFile: async (...path) => {
        opened()
        await held
        return open(...path)
      },
    })
    using sending = new GrpcClient(stopping.grpc)
    const answered = sending.call(freshBody())
    await isOpening
    const stopped = stopping.stop()
    release()
    expect((await answered).code).toBe('OK')
    await stopped
    expect((await sending.call(freshBody())).code).toBe('UNAVAILABLE')
  })

  test('a connection without calls does not hold up the stop', async () => {
    await using idle = await collectorUnderTest()
    using sending = new GrpcClient(idle.grpc)
    expect((await sending.call(freshBody())).code).toBe('OK')
    await idle.stop()
    expect((await sending.call(freshBody())).code).toBe('UNAVAILABLE')
  })
})

async function listening() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

describe('into the store', () => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await testDatabase()
  })
  afterAll(() => store[Symbol.asyncDispose]())

  test('a request sent again, by gRPC or by HTTP, while the first is in work or after it, is stored once', async () => {
    await using storing = await collectorUnderTest({ db: store.db })
    using sending = new GrpcClient(storing.grpc)
    using compressing = new GrpcClient(storing.grpc, GZIP)
    const body = traceBody(Array.from({ length: 30 }, (_, i) => ({ spanId: hexOf(i + 1, 8) })))
    const first = await Promise.all([sending.call(body), sending.call(body), compressing.call(body)])
    const later = [await sending.call(body), await compressing.call(body)]
    expect([...first, ...later].map(({ code }) => code)).toEqual(Array(5).fill('OK'))
    expect((await storing.post(body)).status).toBe(200)
    const last = await sending.call(traceBody([{ name: 'last', spanId: hexOf(99, 8) }]))
    expect(last.code).toBe('OK')
    const names = () => rowsOf(store.db, 'SELECT SpanName, count() AS n FROM otel_traces GROUP BY SpanName ORDER BY n')
    const rows = await eventually(names, (found) => found.length === 2)
    expect(rows).toEqual([
      { SpanName: 'last', n: '1' },
      { SpanName: 'GET /orders', n: '30' },
    ])
  })
})

import { request as httpRequest } from 'node:http'
import { describe, expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { traceBody } from './builders.ts'
import { GrpcClient } from './grpc-client.ts'
import { collectorUnderTest, eventually, PROTOBUF, rowsOf, type UnderTest } from './under-test.ts'

const TOKEN = { name: 'services', token: 'ingest-token-0123456789', scopes: ['ingest' as const] }
const VIEWER = { name: 'viewer', token: 'read-token-0123456789', scopes: ['read' as const] }

/** Asks as a browser would that was led here; `fetch` sets Host by itself. */
function statusOf(collector: UnderTest, headers: Record<string, string>, path = '/v1/traces'): Promise<number> {
  const { port } = new URL(collector.url)
  const method = path.startsWith('/v1') ? 'POST' : 'GET'
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: { 'content-type': PROTOBUF, ...headers },
    })
    request.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.once('error', reject)
    request.end(method === 'POST' ? traceBody([{}]) : undefined)
  })
}

describe('on loopback without tokens', () => {
  const PAGES = ['https://shop.example']
  const start = () =>
    collectorUnderTest({
      settings: { cors: { origins: PAGES } },
      top: { publicUrl: 'https://slo.example', hostNames: ['otel.lan'] },
    })

  test.each<[string, Record<string, string>, number]>([
    ['its address', { host: '127.0.0.1:4318' }, 200],
    ['localhost', { host: 'localhost:4318' }, 200],
    ['IPv6', { host: '[::1]:4318' }, 200],
    ['a configured name', { host: 'OTEL.lan' }, 200],
    ['the public name', { host: 'slo.example' }, 200],
    ['a foreign name that points here', { host: 'evil.example:4318' }, 421],
    ['a name that begins like loopback', { host: '127.0.0.1.evil.example' }, 421],
    ['nonsense', { host: 'a b' }, 421],
    ['a foreign page', { host: '127.0.0.1:4318', origin: 'https://evil.example' }, 403],
    [
      'a page of a foreign name that points here',
      { host: 'evil.example:4318', origin: 'http://evil.example:4318' },
      421,
    ],
    ['a page from a file', { host: '127.0.0.1:4318', origin: 'null' }, 403],
    ['a page that CORS lets in', { host: '127.0.0.1:4318', origin: 'https://shop.example' }, 200],
    ['its own page', { host: '127.0.0.1:4318', origin: 'http://localhost:4318' }, 200],
  ])('%s', async (_, headers, wanted) => {
    await using collector = await start()
    expect(await statusOf(collector, headers)).toBe(wanted)
    if (wanted === 421)
      for (const path of ['/metrics', '/healthz']) expect(await statusOf(collector, headers, path)).toBe(421)
  })

  test('with tokens the token decides, whatever name was asked for', async () => {
    await using collector = await collectorUnderTest({ tokens: [TOKEN] })
    const headers = { host: 'otel.example', authorization: `Bearer ${TOKEN.token}` }
    expect(await statusOf(collector, headers)).toBe(200)
    expect(await statusOf(collector, { host: 'otel.example' })).toBe(401)
  })
})

test('refused tokens are counted, audited once a minute and limited, by HTTP and by gRPC', async () => {
  await using store = await testDatabase()
  await using collector = await collectorUnderTest({ db: store.db, tokens: [TOKEN, VIEWER] })
  const http = (token: string) => statusOf(collector, { authorization: `Bearer ${token}` })
  using client = new GrpcClient(collector.grpc)
  const grpc = async (token: string) =>
    (await client.call(traceBody([{}]), { metadata: { authorization: `Bearer ${token}` } })).code
  const guesses = Array.from({ length: 22 }, (_, n) => `guess-${n}-0123456789abcdef`)
  const byHttp: number[] = []
  const byGrpc: string[] = []
  for (const guess of guesses) byHttp.push(await http(guess))
  for (const guess of guesses) byGrpc.push(await grpc(guess))
  expect(byHttp).toEqual([...Array(20).fill(401), 429, 429])
  expect(byGrpc).toEqual([...Array(20).fill('UNAUTHENTICATED'), 'RESOURCE_EXHAUSTED', 'RESOURCE_EXHAUSTED'])
  expect([await http(TOKEN.token), await grpc(TOKEN.token)]).toEqual([200, 'OK'])
  expect([await http(VIEWER.token), await statusOf(collector, {})]).toEqual([403, 401])
  const metrics = await collector.registry.metrics()
  for (const series of [
    'door="otlp_http",reason="unknown"} 20',
    'door="otlp_http",reason="limited"} 2',
    'door="otlp_grpc",reason="unknown"} 20',
    'door="otlp_http",reason="scope"} 1',
    'door="otlp_http",reason="missing"} 1',
  ])
    expect(metrics).toContain(`plumbline_access_refused_total{${series}`)
  const rows = await eventually(
    () =>
      rowsOf<{ target: string; author: string; token: string }>(
        store.db,
        'SELECT target, author, token FROM audit_log ORDER BY target, token',
      ),
    (found) => found.length === 3,
  )
  expect(rows.map(({ target, author, token }) => [target, author, token])).toEqual([
    ['otlp_grpc', '127.0.0.1', ''],
    ['otlp_http', '127.0.0.1', ''],
    ['otlp_http', '127.0.0.1', VIEWER.name],
  ])
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asBody, spanJson, T0_NS, traceJson } from './builders.ts'
import { collectorUnderTest, JSON_TYPE, type UnderTest } from './under-test.ts'

const SHOP = 'https://shop.example'
const TOKEN = 'ingest-token-0123456789'
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }

let spans = 0
const freshJson = () => asBody(traceJson([spanJson({ startNs: T0_NS + BigInt(++spans) })]))

/** What a browser asks before it sends JSON. */
const preflight = (collector: UnderTest, origin: string | null, path = '/v1/traces') =>
  fetch(collector.url + path, {
    method: 'OPTIONS',
    headers: {
      ...(origin !== null && { origin }),
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-tenant',
    },
  })

const post = (collector: UnderTest, origin: string, headers: Record<string, string> = AUTHORIZED) =>
  collector.post(freshJson(), { type: JSON_TYPE, headers: { origin, ...headers } })

const words = (header: string | null) => (header ?? '').toLowerCase().split(/, */)

describe('with origins configured', () => {
  let collector: UnderTest
  beforeAll(async () => {
    collector = await collectorUnderTest({
      settings: { maxBody: 2000, cors: { origins: [SHOP, 'http://localhost:5173'], headers: ['x-tenant'] } },
      tokens: [{ name: 'pages', token: TOKEN, scopes: ['ingest'] }],
    })
  })
  afterAll(() => collector[Symbol.asyncDispose]())

  test.each(['/v1/traces', '/v1/metrics'])('OPTIONS %s is answered without a token', async (path) => {
    const response = await preflight(collector, SHOP, path)
    expect(response.status).toBe(204)
    const { headers } = response
    expect(headers.get('access-control-allow-origin')).toBe(SHOP)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(words(headers.get('access-control-allow-methods'))).toEqual(['post'])
    expect(words(headers.get('access-control-allow-headers'))).toEqual([
      'content-type',
      'content-encoding',
      'authorization',
      'x-tenant',
    ])
    expect(Number(headers.get('access-control-max-age'))).toBeGreaterThan(0)
    expect(words(headers.get('vary'))).toContain('origin')
  })

  test.each([
    ['another site', 'https://evil.example'],
    ['another scheme', 'http://shop.example'],
    ['another port', 'https://shop.example:8443'],
    ['a longer name', 'https://shop.example.evil.example'],
    ['a sandboxed page', 'null'],
    ['no origin', null],
  ])('OPTIONS of %s allows nothing', async (_, origin) => {
    const response = await preflight(collector, origin)
    expect(response.status).toBe(204)
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(words(response.headers.get('vary'))).toContain('origin')
  })

  test('a page may read the answer to its POST', async () => {
    const { status, headers } = await post(collector, SHOP)
    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBe(SHOP)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(words(headers.get('vary'))).toContain('origin')
  })

  test('and a refusal: 401, 400, 413, 415', async () => {
    const headers = { origin: SHOP, ...AUTHORIZED }
    const replies = [
      await post(collector, SHOP, {}),
      await collector.post('{', { type: JSON_TYPE, headers }),
      await collector.post('x'.repeat(3000), { type: JSON_TYPE, headers }),
      await collector.post('{}', { type: 'text/plain', headers }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([401, 400, 413, 415])
    for (const reply of replies) expect(reply.headers.get('access-control-allow-origin')).toBe(SHOP)
  })

  test('a page of another site gets no headers, a program without origin its answer', async () => {
    const foreign = await post(collector, 'https://evil.example')
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    expect((await collector.post(freshJson(), { type: JSON_TYPE, headers: AUTHORIZED })).status).toBe(200)
  })

  test.each(['/metrics', '/healthz', '/v1/logs'])('%s is not for pages', async (path) => {
    const response = await fetch(collector.url + path, { headers: { origin: SHOP } })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

test('Retry-After is readable by a page when the collector is busy', async () => {
  await using busy = await collectorUnderTest({ maxInFlight: 100, settings: { cors: { origins: [SHOP] } } })
  const { status, headers } = await post(busy, SHOP)
  expect(status).toBe(503)
  expect(headers.get('retry-after')).toBe('1')
  expect(words(headers.get('access-control-expose-headers'))).toContain('retry-after')
  expect(headers.get('access-control-allow-origin')).toBe(SHOP)
})

test('origin * allows every page, by its own name, since credentials exclude *', async () => {
  await using open = await collectorUnderTest({ settings: { cors: { origins: ['*'] } } })
  expect((await preflight(open, SHOP)).headers.get('access-control-allow-origin')).toBe(SHOP)
  expect((await post(open, 'null')).headers.get('access-control-allow-origin')).toBe('null')
})

test('without origins a page of another site is refused, and nothing is said to browsers', async () => {
  await using closed = await collectorUnderTest()
  const response = await preflight(closed, SHOP)
  expect(response.status).toBe(403)
  expect((await preflight(closed, null)).status).toBe(405)
  const { headers } = await post(closed, SHOP)
  for (const reply of [response.headers, headers]) {
    expect([...reply.keys()].filter((name) => name.startsWith('access-control') || name === 'vary')).toEqual([])
  }
})

test.each([
  ['shop.example', 'without a path'],
  ['https://shop.example/', 'without a path'],
  ['ftp://shop.example', 'without a path'],
])('origin %s is refused by the configuration', async (origin, message) => {
  await expect(collectorUnderTest({ settings: { cors: { origins: [origin] } } })).rejects.toThrow(message)
})

import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededApp } from './seeded-app.ts'

const READER = { name: 'grafana', token: 'reader-token-0123456789', scopes: ['read' as const] }
const SENDER = { name: 'services', token: 'sender-token-0123456789', scopes: ['ingest' as const] }
const WRITER = { name: 'deployer', token: 'writer-token-0123456789', scopes: ['read' as const, 'write' as const] }
const GUARDED = ['/api/v1/slos', '/api/v1/openapi.json', '/metrics', '/clickhouse/?query=SELECT%201', '/api/v1/nothing']

type App = Awaited<ReturnType<typeof seededApp>>
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const basic = (pair: string) => ({ headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } })

describe('with tokens configured', () => {
  let app: App
  beforeAll(async () => {
    app = await seededApp({ config: { bind: '0.0.0.0', publicUrl: undefined, tokens: [READER, SENDER, WRITER] } })
  })
  afterAll(() => app[Symbol.asyncDispose]())

  test('everything but /healthz, /readyz and the pages wants one', async () => {
    for (const path of GUARDED) {
      const { status, body, headers } = await app.get(path)
      expect([path, status]).toEqual([path, 401])
      expect(headers.get('www-authenticate')).toContain(path.startsWith('/clickhouse') ? 'Basic' : 'Bearer')
      expect(body).toMatchObject({ type: 'urn:plumbline:problem:unauthenticated', status: 401 })
    }
    for (const path of ['/healthz', '/readyz']) expect([path, (await app.get(path)).status]).toEqual([path, 200])
    expect((await app.get('/')).text).toContain('<!doctype html>')
  })

  test.each([
    ['a token of scope read', bearer(READER.token), 200],
    ['in any case of the scheme', { headers: { authorization: `bearer ${READER.token}` } }, 200],
    ['the token as the password of Basic, which browsers would ask for', basic(`default:${READER.token}`), 401],
    ['a token without that scope', bearer(SENDER.token), 403],
    ['an unknown token', bearer('reader-token-012345678'), 401],
    ['an empty token', bearer(''), 401],
    ['the token as the user of Basic', basic(`${READER.token}:`), 401],
  ])('%s', async (_, init, wanted) => {
    const { status, text } = await app.get('/api/v1/slos', init)
    expect(status).toBe(wanted)
    expect(text).not.toContain(READER.token)
  })

  test.each([
    ['as the password of Basic', basic(`default:${READER.token}`), 200],
    ['as the key header', { headers: { 'x-clickhouse-key': READER.token } }, 200],
    ['as Bearer', bearer(READER.token), 200],
    ['as the user of Basic', basic(`${READER.token}:`), 401],
    ['without its scope', basic(`default:${SENDER.token}`), 403],
  ])("ClickHouse's clients send it %s", async (_, init, wanted) => {
    expect((await app.get('/clickhouse/?query=SELECT%201', init)).status).toBe(wanted)
  })

  test.each([
    ['reading', 'GET', '/api/v1/slos', READER, 200],
    ['changing with a token that only reads', 'DELETE', '/api/v1/nothing', READER, 403],
    ['changing with one that may', 'DELETE', '/api/v1/nothing', WRITER, 404],
    ['asking with a body for what changes nothing', 'POST', '/api/v1/slos/preview', READER, 415],
  ])('%s', async (_, method, path, { token }, wanted) => {
    const { status } = await app.get(path, { method, ...bearer(token) })
    expect(status).toBe(wanted)
  })

  test('a token in the URL is not taken', async () => {
    expect((await app.get(`/api/v1/slos?token=${READER.token}`)).status).toBe(401)
  })
})

describe('bound to loopback', () => {
  let app: App
  beforeAll(async () => {
    app = await seededApp({
      config: { bind: '127.0.0.1', publicUrl: 'https://slo.example/plumbline', tokens: [] },
    })
  })
  afterAll(() => app[Symbol.asyncDispose]())

  test.each([
    ['localhost', 'localhost:8080', 200],
    ['an address of loopback', '127.0.0.1:8080', 200],
    ['IPv6', '[::1]:8080', 200],
    ['a name under localhost', 'plumbline.localhost', 200],
    ['the public host', 'slo.example', 200],
    ['a foreign name that points here', 'evil.example:8080', 421],
    ['a name that only begins like loopback', '127.0.0.1.evil.example', 421],
    ['a name that only ends like the public one', 'evilslo.example', 421],
    ['nonsense', 'a b', 421],
  ])('asked for %s', async (_, host, wanted) => {
    for (const path of ['/healthz', '/api/v1/slos', '/clickhouse/ping']) {
      expect((await app.get(path, { headers: { host } })).status).toBe(wanted)
    }
  })
})

test.each([
  ['a page of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
  ['a link on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
  ['the UI', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200],
  ['a program', {}, 200],
])('asked by %s', async (_, headers, wanted) => {
  await using app = await seededApp()
  expect((await app.get('/api/v1/incidents', { headers })).status).toBe(wanted)
})

describe('a change whose browser says nothing but its origin', () => {
  const OWN = {
    bind: '127.0.0.1',
    publicUrl: 'https://slo.example/plumbline',
    hostNames: ['plumbline.lan'],
    tokens: [],
  }
  test.each<[string, Record<string, string>, number]>([
    ['a foreign page', { host: '127.0.0.1:8080', origin: 'http://evil.example' }, 403],
    ['a page without an origin of its own', { host: '127.0.0.1:8080', origin: 'null' }, 403],
    ['another server of this machine', { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:3000' }, 403],
    [
      'a page whose name only begins like this one',
      { host: 'localhost:8080', origin: 'http://localhost:8080.evil.example' },
      403,
    ],
    ['the page itself', { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' }, 404],
    ['the page under its other name', { host: '127.0.0.1:8080', origin: 'http://localhost:8080' }, 404],
    ['the page behind the proxy', { host: '127.0.0.1:8080', origin: 'https://slo.example' }, 404],
    ['the page under a configured name', { host: 'plumbline.lan:8080', origin: 'http://plumbline.lan:8080' }, 404],
    ['a program', { host: '127.0.0.1:8080' }, 404],
  ])('%s', async (_, headers, wanted) => {
    await using app = await seededApp({ config: OWN })
    expect((await app.get('/api/v1/silences/nothing', { method: 'DELETE', headers })).status).toBe(wanted)
    const asked = await app.get('/api/v1/slos/preview', { method: 'POST', headers })
    expect(asked.status).toBe(wanted === 403 ? 403 : 415)
  })

  test('on a machine in a network the page is where it was asked for', async () => {
    await using app = await seededApp({ config: { bind: '0.0.0.0', publicUrl: undefined, tokens: [WRITER] } })
    const change = (origin: string) =>
      app.get('/api/v1/silences/nothing', {
        method: 'DELETE',
        headers: { host: 'slo.lan:8080', origin, ...bearer(WRITER.token).headers },
      })
    expect((await change('http://slo.lan:8080')).status).toBe(404)
    expect((await change('http://evil.example')).status).toBe(403)
  })
})

test('refused tokens are counted, audited once a minute, and limited; known ones still pass', async () => {
  const metrics = new Registry()
  await using app = await seededApp({
    metrics,
    config: { bind: '0.0.0.0', publicUrl: undefined, tokens: [READER, SENDER] },
  })
  const statuses: number[] = []
  for (let n = 0; n < 25; n++) {
    statuses.push((await app.get('/api/v1/slos', bearer(`guess-${n}-0123456789abcdef`))).status)
  }
  expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)])
  expect((await app.get('/api/v1/slos')).status).toBe(401)
  expect((await app.get('/api/v1/slos', bearer(SENDER.token))).status).toBe(403)
  // No answer waits for its entry.
  const audited = async () =>
    (await app.get('/api/v1/audit-log', bearer(READER.token))).body.items.map(
      ({ action, author, token, detail }: AuditItem) => [action, author, token, detail],
    )
  await expect.poll(async () => (await audited()).length).toBe(2)
  expect(await audited()).toEqual(
    expect.arrayContaining([
      ['access.refuse', 'unknown', '', { reason: 'unknown', times: 1 }],
      ['access.refuse', 'unknown', SENDER.name, { reason: 'scope', times: 1 }],
    ]),
  )
  const text = await metrics.metrics()
  for (const [reason, times] of Object.entries({ unknown: 20, limited: 5, missing: 1, scope: 1 }))
    expect(text).toContain(`plumbline_access_refused_total{door="api",reason="${reason}"} ${times}`)
})

interface AuditItem {
  action: string
  author: string
  token: string
  detail: object
}

test('bound elsewhere any host is answered: tokens guard it', async () => {
  await using app = await seededApp({ config: { bind: '0.0.0.0', publicUrl: undefined, tokens: [READER] } })
  const headers = { host: 'slo.example', ...bearer(READER.token).headers }
  expect((await app.get('/api/v1/slos', { headers })).status).toBe(200)
})

test('answers say what a browser may do with them, and the API is never cached', async () => {
  await using app = await seededApp()
  for (const path of ['/', '/api/v1/slos', '/api/v1/slos/nobody', '/metrics']) {
    const { headers } = await app.get(path)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  }
  expect((await app.get('/api/v1/slos')).headers.get('cache-control')).toBe('no-store')
  expect((await app.get('/api/v1/slos/nobody')).headers.get('cache-control')).toBe('no-store')
})

test('a path that nothing answers is not found, to browsers, too', async () => {
  await using app = await seededApp()
  for (const path of ['/metrics/sloth', '/api/unknown', '/api/v3/alerts', '/unknown', '/readyz/x', '/slos/a/b']) {
    const { status, body } = await app.get(path)
    expect([path, status, body?.type]).toEqual([path, 404, 'urn:plumbline:problem:not-found'])
    // A person gets the page, which says so and leads back.
    expect([path, (await app.get(path, { headers: { accept: 'text/html' } })).status]).toEqual([path, 404])
  }
})

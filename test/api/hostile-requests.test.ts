import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { NOW, seededApp, seedTelemetry, slo } from './seeded-app.ts'

const SLO = slo('checkout-availability')
const ONE = `/api/v1/slos/${SLO.name}`
let app: Awaited<ReturnType<typeof seededApp>>

beforeAll(async () => {
  app = await seededApp()
  await recordDefinitions(app.db, [{ name: SLO.name, state: 'active', slo: SLO, problems: [], source: 'api' }], NOW)
  await seedTelemetry(app.db)
})
afterAll(() => app?.[Symbol.asyncDispose]())

const json = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

interface Refusal {
  path: string
  init?: RequestInit
  status: number
  type: string
  detail: string
}

const bad = (path: string, detail: string, init?: RequestInit): Refusal => ({
  path,
  ...(init && { init }),
  status: 400,
  type: 'bad-parameter',
  detail,
})

const LIMIT = 'query.limit: expected a whole number from 1 to 1000'

describe('a request that cannot be meant is refused with a sentence', () => {
  test.each<Refusal>([
    bad('/api/v1/slos?limit=0', LIMIT),
    bad('/api/v1/slos?limit=1001', LIMIT),
    bad('/api/v1/slos?limit=many', LIMIT),
    bad('/api/v1/slos?limit=5.5', LIMIT),
    bad('/api/v1/slos?limit=', LIMIT),
    bad('/api/v1/slos?limit=1&limit=2', LIMIT),
    bad('/api/v1/slos?cursor=abc', 'query.cursor: is not a cursor of this list; start again without it'),
    bad('/api/v1/slos?services=checkout', 'query.services: is not known here'),
    bad('/api/v1/incidents?status=open', 'query.status: is not known here'),
    bad('/api/v1/dependencies?slo=x', 'query.slo: is not known here'),
    bad('/api/v1/deployments?services=x&envs=y', 'query.services: is not known here; query.envs: is not known here'),
    bad('/api/v1/audit-log?limit=5', 'query.limit: is not known here'),
    bad(`${ONE}/history?since=now-1h`, 'query.since: is not known here'),
    bad(`${ONE}/history?from=1900-01-01T00:00:00Z`, 'query.from: must be within the last 10 years'),
    bad(`${ONE}/history?from=0001-01-01T00:00:00Z&step=1d`, 'query.from: must be within the last 10 years'),
    bad(`${ONE}/history?from=now-999999w`, 'query.from: must be within the last 10 years'),
    bad(`${ONE}/history?from=9999-12-31T23:59:59Z`, 'query.from: must be before to, and before now'),
    bad(`${ONE}/history?step=999999w`, 'query.step: must be at most 366d'),
    bad('/api/v1/deployments?from=now&to=now-1d', 'query.from: must be before to'),
    bad(
      '/api/v1/audit-log?since=yesterday',
      'query.since: expected RFC 3339 such as 2026-01-01T00:00:00Z, or now, or now-6h',
    ),
    bad(`${ONE}/budget-resets`, 'json: Malformed JSON in request body', json('{')),
    bad(`${ONE}/budget-resets`, 'json.oops: is not known here', json({ reason: 'agreed', oops: 1 })),
    bad(
      `${ONE}/budget-resets`,
      'at: the 30d that count began later; a reset before them changes nothing',
      json({ reason: 'agreed', at: '1999-01-01T00:00:00Z' }),
    ),
    bad(
      '/api/v1/deployments',
      'at: a deployment is told when it begins, not before',
      json({ service: 'cart', version: '2', at: '2999-01-01T00:00:00Z' }),
    ),
    {
      path: `${ONE}/budget-resets`,
      init: { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{"reason":"agreed"}' },
      status: 415,
      type: 'unsupported-body',
      detail: 'Send the body as application/json',
    },
    {
      path: '/api/v1/slos/nobody/budget-resets',
      status: 404,
      type: 'not-found',
      detail: 'There is no SLO named nobody',
    },
    {
      path: '/api/v1/nothing',
      status: 404,
      type: 'not-found',
      detail: 'GET /api/v1/nothing does not exist; /api/v1/openapi.json lists what does',
    },
  ])('$status $path: $detail', async ({ path, init, status, type, detail }) => {
    const answer = await app.get(path, init)
    expect(answer.body).toMatchObject({ status, type: `urn:plumbline:problem:${type}`, detail })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })
})

test.each([
  ['PATCH', ONE, ['DELETE', 'GET', 'PUT']],
  ['DELETE', '/api/v1/slos', ['GET']],
  ['PUT', '/api/v1/deployments', ['GET', 'POST']],
  ['POST', '/healthz', ['GET']],
])('%s %s is answered 405, with the methods there are', async (method, path, allowed) => {
  const { status, headers, body } = await app.get(path, { method })
  expect(status).toBe(405)
  expect(headers.get('allow')?.split(', ').sort()).toEqual(allowed)
  expect(body.type).toBe('urn:plumbline:problem:method-not-allowed')
})

test('ten years of history are answered', async () => {
  const { status, body } = await app.get(`${ONE}/history?from=now-3650d`)
  expect(status).toBe(200)
  expect(body.items.length).toBeGreaterThan(100)
})

test('a deployment that was told is listed, also when its clock is a little ahead', async () => {
  const at = new Date(NOW.getTime() + 60_000).toISOString()
  expect((await app.get('/api/v1/deployments', json({ service: 'cart', version: '2', at }))).status).toBe(201)
  expect((await app.get('/api/v1/deployments?from=now-1h')).body.items).toMatchObject([{ service: 'cart', at }])
})

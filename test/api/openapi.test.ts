import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Endpoint } from '../../runtime/endpoint-schema.ts'
import { recordBudgetReset } from '../../storage/budget-resets.ts'
import { recordIncidents } from '../../storage/incidents.ts'
import { recordNotifications } from '../../storage/notifications.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { notification } from '../evaluator/messages.ts'
import { seedOverlays } from './overlay-seeds.ts'
import { incident, NOW, seedCalls, seededApp, seedMinutes, seedTelemetry, slo } from './seeded-app.ts'

interface Operation {
  summary: string
  tags: string[]
  parameters?: { name: string; in: string; required?: boolean; schema: object }[]
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>; securitySchemes: object }
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SLO = slo('checkout-availability')
let app: Awaited<ReturnType<typeof seededApp>>
let document: Document

beforeAll(async () => {
  const endpoints: Endpoint[] = [{ name: 'pager', type: 'webhook', url: 'https://hooks.example', secret: '' }]
  app = await seededApp({ config: { bind: '127.0.0.1', publicUrl: undefined, tokens: [], endpoints } })
  const delivered = notification('i1', NOW.getTime(), { id: 'msg_2', state: 'delivered' })
  await recordNotifications(app.db, [notification('i1', NOW.getTime(), { id: 'msg_1' }), delivered], NOW)
  await recordDefinitions(app.db, [{ name: SLO.name, state: 'active', slo: SLO, problems: [], source: 'api' }], NOW)
  await seedTelemetry(app.db)
  await seedMinutes(app.db, SLO, [{ ago: 3, good: 990, total: 1000 }])
  await recordIncidents(app.db, [{ incident: incident('i1'), revision: 1 }], NOW)
  await seedCalls(app.db, [{ ago: 2, count: 20, outcome: 'timeout', traceId: TRACE }])
  await seedOverlays(app.db)
  const reset = { id: 'r1', slo: SLO.name, at: new Date(NOW.getTime() - 60_000), reason: 'agreed', by: 'ann' }
  await recordBudgetReset(app.db, reset, NOW)
  document = (await app.get('/api/v1/openapi.json')).body
})
afterAll(() => app[Symbol.asyncDispose]())

/** A request for each path of the document that can be read; it finds something. */
const EXAMPLES: Record<string, string> = {
  '/api/v1/slos': '/api/v1/slos',
  '/api/v1/slos/{slo}': '/api/v1/slos/checkout-availability',
  '/api/v1/slos/{slo}/budget-resets': '/api/v1/slos/checkout-availability/budget-resets',
  '/api/v1/slos/{slo}/history': '/api/v1/slos/checkout-availability/history?from=now-1h',
  '/api/v1/slos/{slo}/methods': '/api/v1/slos/checkout-availability/methods',
  '/api/v1/incidents': '/api/v1/incidents',
  '/api/v1/incidents/{id}': '/api/v1/incidents/i1',
  '/api/v1/dependencies': '/api/v1/dependencies',
  '/api/v1/dependencies/{dependency}': '/api/v1/dependencies/acme-pay',
  '/api/v1/traces/{id}': `/api/v1/traces/${TRACE}`,
  '/api/v1/silences': '/api/v1/silences',
  '/api/v1/silences/{id}': '/api/v1/silences/sil_1',
  '/api/v1/maintenance-windows': '/api/v1/maintenance-windows',
  '/api/v1/maintenance-windows/{id}': '/api/v1/maintenance-windows/mnt_1',
  '/api/v1/deployments': '/api/v1/deployments',
  '/api/v1/audit-log': '/api/v1/audit-log',
  '/api/v1/notifications': '/api/v1/notifications',
  '/api/v1/notifications/{id}': '/api/v1/notifications/msg_1',
  '/api/v1/endpoints': '/api/v1/endpoints',
  '/api/v2/status': '/api/v2/status',
  '/api/v2/alerts': '/api/v2/alerts',
  '/api/v2/silences': '/api/v2/silences',
  '/api/v2/silence/{id}': '/api/v2/silence/sil_1',
  '/readyz': '/readyz',
}

const OPENSLO = `apiVersion: openslo/v1
kind: SLO
metadata: { name: cart-answers }
spec:
  service: cart
  indicator:
    metadata: { name: cart-answers-sli }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { type: plumbline, spec: { source: calls, service: cart, direction: inbound, outcome: [ok] } } }
        total: { metricSource: { type: plumbline, spec: { source: calls, service: cart, direction: inbound } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]
`
const AUTHORED = { author: 'ada' }

interface Change {
  method: string
  path: string
  url?: string
  body?: unknown
  status: number
}

/** A request for each path of the document that changes something or takes a body; it succeeds. */
const CHANGES: readonly Change[] = [
  { method: 'post', path: '/api/v1/slos/validate', body: OPENSLO, status: 200 },
  { method: 'post', path: '/api/v1/slos/preview', body: OPENSLO, status: 200 },
  { method: 'put', path: '/api/v1/slos/{slo}', url: '/api/v1/slos/cart-answers', body: OPENSLO, status: 201 },
  {
    method: 'post',
    path: '/api/v1/slos/{slo}/budget-resets',
    url: '/api/v1/slos/checkout-availability/budget-resets',
    body: { reason: 'agreed' },
    status: 201,
  },
  { method: 'delete', path: '/api/v1/slos/{slo}', url: '/api/v1/slos/cart-answers', status: 200 },
  { method: 'post', path: '/api/v1/deployments', body: { service: 'cart', version: '2' }, status: 201 },
  {
    method: 'post',
    path: '/api/v1/silences',
    body: { matchers: ['service="cart"'], duration: '2h', comment: 'provider upgrade', createdBy: 'ada' },
    status: 201,
  },
  { method: 'delete', path: '/api/v1/silences/{id}', url: '/api/v1/silences/sil_1', status: 200 },
  {
    method: 'post',
    path: '/api/v1/maintenance-windows',
    body: {
      scope: { services: ['cart'] },
      schedule: { from: NOW.toISOString(), to: new Date(NOW.getTime() + 3_600_000).toISOString() },
      reason: 'the database moves',
      createdBy: 'ada',
    },
    status: 201,
  },
  { method: 'delete', path: '/api/v1/maintenance-windows/{id}', url: '/api/v1/maintenance-windows/mnt_1', status: 200 },
  ...(['acknowledge', 'unacknowledge', 'assign', 'comment'] as const).map((action) => ({
    method: 'post',
    path: `/api/v1/incidents/{id}/${action}`,
    url: `/api/v1/incidents/i1/${action}`,
    body: {
      ...AUTHORED,
      ...(action === 'assign' && { assignee: 'bob' }),
      ...(action === 'comment' && { text: 'seen' }),
    },
    status: 200,
  })),
  { method: 'post', path: '/api/v1/endpoints/{endpoint}/test', url: '/api/v1/endpoints/pager/test', status: 202 },
  {
    method: 'post',
    path: '/api/v1/notifications/{id}/replay',
    url: '/api/v1/notifications/msg_2/replay',
    status: 202,
  },
]

/** A schema of the document as a check; references are resolved against its components, additional properties refused. */
function check(schema: object) {
  const closed = JSON.parse(JSON.stringify({ ...schema, $defs: document.components.schemas }), (_, value) =>
    value?.type === 'object' && value.properties && value.additionalProperties === undefined && !value.allOf
      ? { ...value, additionalProperties: false }
      : value,
  )
  const text = JSON.stringify(closed).replaceAll('#/components/schemas/', '#/$defs/')
  return z.fromJSONSchema(JSON.parse(text))
}

describe('the OpenAPI document', () => {
  test('names version, security and every path that can be read', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({ title: 'Plumbline', version: '1.2.3' })
    expect(document.components.securitySchemes).toMatchObject({ token: { type: 'http', scheme: 'bearer' } })
    const readable = Object.entries(document.paths).flatMap(([path, { get }]) => (get ? [path] : []))
    expect(readable.sort()).toEqual([...Object.keys(EXAMPLES), '/healthz'].sort())
  })

  test('describes every operation, parameter in the path, and answer', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const operation of Object.values(operations)) {
        expect(operation.summary, path).not.toBe('')
        expect(operation.tags, path).toHaveLength(1)
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        const described = (operation.parameters ?? []).filter((one) => one.in === 'path')
        expect(
          described.map(({ name }) => name),
          path,
        ).toEqual(inPath)
        expect(
          described.every(({ required }) => required === true),
          path,
        ).toBe(true)
        for (const answer of Object.values(operation.responses)) expect(answer.description, path).not.toBe('')
      }
    }
  })

  test('refers only to schemas it has', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)]
    expect(references.length).toBeGreaterThan(5)
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name ?? '')
  })
})

describe('answers are what the document says', () => {
  test.each(Object.entries(EXAMPLES))('%s', async (path, url) => {
    const { status, body } = await app.get(url)
    expect(status).toBe(200)
    const schema = document.paths[path]?.get?.responses['200']?.content?.['application/json']?.schema
    expect(check(schema ?? {}).safeParse(body)).toMatchObject({ success: true })
    if (body.items !== undefined) expect(body.items.length).toBeGreaterThan(0)
  })

  test.each(CHANGES)('$method $path', async ({ method, path, url = path, body, status: wanted }) => {
    const isText = typeof body === 'string'
    const init = {
      method: method.toUpperCase(),
      ...(body !== undefined && {
        headers: { 'content-type': isText ? 'application/yaml' : 'application/json' },
        body: isText ? body : JSON.stringify(body),
      }),
    }
    const { status, body: answer, text } = await app.get(url, init)
    expect(status, text).toBe(wanted)
    const schema = document.paths[path]?.[method]?.responses[wanted]?.content?.['application/json']?.schema
    expect(schema).toBeDefined()
    expect(check(schema ?? {}).safeParse(answer)).toMatchObject({ success: true })
  })

  test('every change of the document was tried, but those that answer nothing', () => {
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([method, { responses }]) => method !== 'get' && !('204' in responses))
        .map(([method]) => `${method} ${path}`),
    )
    const tried = CHANGES.map(({ method, path }) => `${method} ${path}`)
    expect(described.filter((one) => !tried.includes(one) && !one.includes('/api/v2/'))).toEqual([])
  })

  test.each([
    ['not found', '/api/v1/slos/{slo}', '/api/v1/slos/nobody', 404],
    ['a bad parameter', '/api/v1/slos', '/api/v1/slos?limit=0', 400],
  ])('%s', async (_, path, url, wanted) => {
    const { status, body } = await app.get(url)
    expect(status).toBe(wanted)
    const schema = document.paths[path]?.get?.responses[wanted]?.content?.['application/problem+json']?.schema
    expect(check(schema ?? {}).safeParse(body)).toMatchObject({ success: true })
  })

  test('and the check would notice an answer that is not', async () => {
    const schema = document.paths['/api/v1/slos']?.get?.responses['200']?.content?.['application/json']?.schema ?? {}
    const { body } = await app.get('/api/v1/slos')
    const [first] = body.items
    expect(check(schema).safeParse({ ...body, items: [{ ...first, sli: 'many' }] }).success).toBe(false)
    expect(check(schema).safeParse({ ...body, items: [{ ...first, surprise: 1 }] }).success).toBe(false)
  })
})

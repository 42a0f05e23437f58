import { describe, expect, test } from 'vitest'
import type { CallRules } from '../../integration/call-rules.ts'
import { NO_RULES, PROMOTED_MAX_CHARS } from '../../integration/call-rules.ts'
import { call } from './span.ts'

const rules = (part: Partial<CallRules>): CallRules => ({ ...NO_RULES, ...part })
const http = (url: string, more: Record<string, string> = {}) => ({
  attributes: { 'http.request.method': 'GET', 'url.full': url, 'http.response.status_code': 200, ...more },
})

describe('aliases', () => {
  const dependencyOf = (url: string, match: string) =>
    call(http(url), rules({ aliases: [{ match, dependency: 'stripe' }] })).dependency

  test.each([
    ['api.stripe.com', 'stripe'],
    ['API.Stripe.com', 'stripe'],
    ['*.stripe.com', 'stripe'],
    ['api.*.com', 'stripe'],
    ['api*stripe*', 'stripe'],
    ['*', 'stripe'],
    ['stripe.com', 'api.stripe.com'],
    ['*.stripe', 'api.stripe.com'],
    ['api.stripe.com*api.stripe.com', 'api.stripe.com'],
    ['a*c*b*m', 'api.stripe.com'],
  ])('%s', (match, expected) => expect(dependencyOf('https://api.stripe.com/v1', match)).toBe(expected))

  test('the first that fits wins', () => {
    const aliases = [
      { match: 'files.*', dependency: 'files' },
      { match: '*', dependency: 'rest' },
    ]
    expect(call(http('https://files.stripe.com/'), rules({ aliases })).dependency).toBe('files')
    expect(call(http('https://api.stripe.com/'), rules({ aliases })).dependency).toBe('rest')
  })
  test('the host fits where the name is made of something else', () => {
    const aliases = [{ match: 'db-main', dependency: 'orders-db' }]
    const attributes = { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'server.address': 'db-main' }
    expect(call({ attributes }, rules({ aliases })).dependency).toBe('orders-db')
    expect(call({ attributes }, rules({ aliases: [{ match: 'postgresql/*', dependency: 'pg' }] })).dependency).toBe(
      'pg',
    )
  })
  test('they run before what the span says of its peer', () => {
    const aliases = [{ match: 'pay', dependency: 'payments' }]
    expect(call(http('https://x.example/', { 'peer.service': 'pay' }), rules({ aliases })).dependency).toBe('payments')
  })
  test('they leave inbound calls alone', () => {
    expect(
      call({ kind: 'server', ...http('https://x.example/') }, rules({ aliases: [{ match: '*', dependency: 'x' }] }))
        .dependency,
    ).toBe('')
  })
})

describe('path templates', () => {
  const operationOf = (url: string, ...templates: CallRules['pathTemplates'][number][]) =>
    call(http(url, { 'http.route': '/stated' }), rules({ pathTemplates: templates })).operation

  test('they run before the route and the built-in placeholders', () => {
    expect(operationOf('https://x.example/v1/acme/orders/7?x=1', { template: '/v1/{tenant}/orders/{order}' })).toBe(
      'GET /v1/{tenant}/orders/{order}',
    )
  })
  test('a final * takes any rest', () => {
    expect(operationOf('https://x.example/files/a/b/c', { template: '/files/*' })).toBe('GET /files/*')
  })
  test.each(['/v1/{tenant}', '/v1/{tenant}/orders/{order}/lines', '/v1/{tenant}/carts/{cart}', '/V1/{t}/orders/{o}'])(
    '%s does not fit',
    (template) => expect(operationOf('https://x.example/v1/acme/orders/7', { template })).toBe('GET /stated'),
  )
  test('one for a dependency, by its alias, does not touch others', () => {
    const pathTemplates = [{ dependency: 'stripe', template: '/v1/{thing}' }]
    const aliases = [{ match: '*.stripe.com', dependency: 'stripe' }]
    expect(call(http('https://api.stripe.com/v1/abc'), rules({ aliases, pathTemplates })).operation).toBe(
      'GET /v1/{thing}',
    )
    expect(call(http('https://api.other.com/v1/abc'), rules({ aliases, pathTemplates })).operation).toBe('GET /v1/abc')
  })
})

describe('promoted attributes', () => {
  const promote = ['app.tenant', 'k8s.pod.name', 'absent']
  test('come from the span, else from its resource, and nothing else comes along', () => {
    const { attributes } = call(
      {
        attributes: { 'peer.service': 'pay', 'app.tenant': 'acme' },
        resource: { 'app.tenant': 'other', 'k8s.pod.name': 'checkout-1', 'host.name': 'n1' },
      },
      rules({ promote }),
    )
    expect(Object.fromEntries(attributes)).toEqual({ 'app.tenant': 'acme', 'k8s.pod.name': 'checkout-1' })
  })
  test('are found under their former names', () => {
    const former = { 'http.flavor': '1.1', 'net.peer.name': 'a.example', 'http.request_content_length': 12 }
    const promoted = rules({ promote: ['network.protocol.version', 'http.request.body.size', 'client.address'] })
    expect(Object.fromEntries(call({ attributes: former }, promoted).attributes)).toEqual({
      'network.protocol.version': '1.1',
      'http.request.body.size': '12',
    })
    expect(call({ kind: 'server', attributes: former }, promoted).attributes.get('client.address')).toBe('a.example')
  })
  test('may be any name, also one that every object has', () => {
    const { attributes } = call({ attributes: { constructor: 'x' } }, rules({ promote: ['constructor', 'toString'] }))
    expect(Object.fromEntries(attributes)).toEqual({ constructor: 'x' })
  })
  test('are cut', () => {
    const long = call({ attributes: { 'app.tenant': 'x'.repeat(100_000) } }, rules({ promote }))
    expect(long.attributes.get('app.tenant')).toHaveLength(PROMOTED_MAX_CHARS)
  })
  test('are none without rules', () => expect(call({ attributes: { 'app.tenant': 'acme' } }).attributes.size).toBe(0))
})

import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../runtime/config.ts'
import { ConfigError } from '../../runtime/config-error.ts'
import type { RouteConfig } from '../../runtime/route-schema.ts'
import { type RouteNode, routeFor } from '../../slo/overlay/route.ts'

const MINUTE_MS = 60_000
const endpoints = ['oncall', 'desk', 'backup'].map((name) => ({
  name,
  type: 'webhook',
  url: 'https://hooks.example/x',
}))

const routesOf = (routes: unknown): RouteConfig[] => loadConfig({ env: {}, overrides: { endpoints, routes } }).routes

function faultsOf(routes: unknown): string {
  try {
    routesOf(routes)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('accepted')
}

describe('what a route becomes', () => {
  test('the flat form', () => {
    const [route] = routesOf([{ match: { severity: 'page', service: 'checkout' }, endpoints: ['oncall'] }])
    expect(route).toEqual({
      matchers: [
        { name: 'severity', op: '=', value: 'page' },
        { name: 'service', op: '=', value: 'checkout' },
      ],
      endpoints: ['oncall'],
      groupWaitMs: undefined,
      repeatMs: undefined,
      routes: [],
    })
  })

  const conditions: [string, unknown, Record<string, string>, boolean][] = [
    ['a text is the value', { service: 'checkout' }, { service: 'checkout' }, true],
    ['a list is any of its values', { service: ['cart', 'checkout'] }, { service: 'checkout' }, true],
    ['a list takes its values literally', { service: ['a.c'] }, { service: 'abc' }, false],
    ['a value with a dash in a list', { service: ['pay-api'] }, { service: 'pay-api' }, true],
    ['!= is any other value', { service: '!=cart' }, { service: 'checkout' }, true],
    ['=~ is a pattern over the whole value', { service: '=~check.+' }, { service: 'checkout' }, true],
    ['!~ is its opposite', { service: '!~check.+' }, { service: 'checkout' }, false],
    ['one of several severities', { severity: ['page', 'ticket'] }, { severity: 'ticket' }, true],
    ['any other label', { labels: { 'team.name': 'payments' } }, { 'team.name': 'payments' }, true],
    ['no condition is every alert', {}, {}, true],
  ]
  test.each(conditions)('%s', (_, match, labels, matches) => {
    const routes: readonly RouteNode[] = routesOf([{ match, endpoints: ['oncall'] }])
    expect(routeFor(routes, labels).endpoints).toEqual(matches ? ['oncall'] : [])
  })

  test('everything a route may say, and routes inside it', () => {
    const routes = routesOf([
      {
        match: { owner: 'payments' },
        endpoints: ['desk'],
        escalation: [{ after: '15m', to: ['backup'] }],
        quietHours: { timeZone: 'Europe/Berlin', hours: ['20:00-07:30'], days: ['sat', 'sun'] },
        groupWait: '30s',
        repeat: '2h',
        routes: [{ match: { severity: 'page' }, endpoints: ['oncall'] }],
      },
    ])
    const page = routeFor(routes, { owner: 'payments', severity: 'page' })
    expect(page).toMatchObject({
      endpoints: ['oncall'],
      escalation: [{ afterMs: 15 * MINUTE_MS, endpoints: ['backup'] }],
      groupWaitMs: 30_000,
      repeatMs: 120 * MINUTE_MS,
    })
    const { quietHours } = routeFor(routes, { owner: 'payments', severity: 'ticket' })
    expect(quietHours).toEqual({
      timeZone: 'Europe/Berlin',
      hours: [{ fromMinute: 1200, toMinute: 450 }],
      days: ['sat', 'sun'],
    })
  })

  test('a route without match is for everything', () => {
    expect(routeFor(routesOf([{ endpoints: ['oncall'] }]), {}).endpoints).toEqual(['oncall'])
  })
})

describe('routes that are refused', () => {
  const inner = (route: unknown) => [{ match: {}, routes: [route] }]
  const rows: [string, unknown, string][] = [
    ['quotes within a value', [{ match: { service: "'cart'" }, endpoints: ['oncall'] }], 'write cart'],
    ['quotes around a pattern', [{ match: { service: '=~"cart.*"' }, endpoints: ['oncall'] }], 'write =~cart.*'],
    ['quotes in a list', [{ match: { labels: { team: ['a', '`b`'] } }, endpoints: ['oncall'] }], 'write b'],
    ['an unknown endpoint', [{ match: {}, endpoints: ['onkall'] }], 'no endpoint named onkall; did you mean oncall?'],
    ['an unknown endpoint inside', inner({ endpoints: ['onkall'] }), 'routes.0.routes.0.endpoints'],
    [
      'an unknown endpoint of a step',
      [{ match: {}, endpoints: ['oncall'], escalation: [{ after: '5m', to: ['bakcup'] }] }],
      'routes.0.escalation.0.to: there is no endpoint named bakcup; did you mean backup?',
    ],
    ['neither endpoints nor routes', [{ match: { severity: 'page' } }], 'say endpoints, or routes inside'],
    ['an unknown key', [{ match: { serverity: 'page' }, endpoints: [] }], 'unknown key'],
    ['an unknown severity', [{ match: { severity: 'loud' }, endpoints: [] }], 'routes.0.match.severity'],
    ['a pattern that refers back', [{ match: { service: String.raw`=~(a)\1` }, endpoints: [] }], 'refers back'],
    ['a pattern that is none', [{ match: { service: '=~a(' }, endpoints: [] }], 'no regular expression'],
    [
      'an unknown time zone',
      [{ match: {}, endpoints: [], quietHours: { timeZone: 'Berlin', days: ['sat'] } }],
      'expected a time zone such as Europe/Berlin',
    ],
    [
      'hours that are none',
      [{ match: {}, endpoints: [], quietHours: { timeZone: 'UTC', hours: ['8-25'] } }],
      'expected hours such as 20:00-07:00',
    ],
    [
      'a week without a working day',
      [{ endpoints: [], quietHours: { timeZone: 'UTC', days: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] } }],
      'no ticket would ever be told',
    ],
    ['quiet hours that say nothing', [{ endpoints: [], quietHours: { timeZone: 'UTC' } }], 'say hours or days'],
    [
      'a step without endpoints',
      [{ endpoints: [], escalation: [{ after: '5m', to: [] }] }],
      'routes.0.escalation.0.to',
    ],
  ]
  test.each(rows)('%s', (_, routes, message) => expect(faultsOf(routes)).toContain(message))
})

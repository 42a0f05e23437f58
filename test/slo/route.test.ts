import { describe, expect, test } from 'vitest'
import { parseMatcher } from '../../slo/overlay/matchers.ts'
import { type QuietHours, quietUntil } from '../../slo/overlay/quiet-hours.ts'
import { type RouteNode, routeFor } from '../../slo/overlay/route.ts'

const MINUTE_MS = 60_000
const QUIET: QuietHours = {
  timeZone: 'Europe/Berlin',
  hours: [{ fromMinute: 20 * 60, toMinute: 7 * 60 }],
  days: ['sat', 'sun'],
}

const node = (matchers: string[], settings: Partial<RouteNode> = {}): RouteNode => ({
  routes: [],
  ...settings,
  matchers: matchers.map((text) => parseMatcher(text)!),
})

const TREE: RouteNode[] = [
  node(['severity="info"'], { endpoints: [] }),
  node(['owner="payments"'], {
    endpoints: ['payments'],
    escalation: [
      { afterMs: 30 * MINUTE_MS, endpoints: ['lead'] },
      { afterMs: 15 * MINUTE_MS, endpoints: ['backup'] },
    ],
    quietHours: QUIET,
    repeatMs: 60 * MINUTE_MS,
    routes: [
      node(['service=~"check.*"', 'severity="page"'], { endpoints: ['checkout-pager'] }),
      node(['dependency="stripe"'], { quietHours: null, groupWaitMs: 0 }),
    ],
  }),
  node(['env="prod"'], { routes: [node(['service="search"'], { endpoints: ['search'] })] }),
  node(['severity="page"'], { endpoints: ['oncall', 'oncall'] }),
]

describe('where an alert goes', () => {
  const rows: [string, Record<string, string>, string[], string[]][] = [
    ['the first route that matches', { severity: 'page' }, ['oncall'], ['routes[3]']],
    ['nobody where none matches', { severity: 'ticket' }, [], []],
    ['nobody where the route says nobody', { severity: 'info', owner: 'payments' }, [], ['routes[0]']],
    ['a route around when none inside matches', { severity: 'ticket', owner: 'payments' }, ['payments'], ['routes[1]']],
    [
      'the inner route before the one around it',
      { severity: 'page', owner: 'payments', service: 'checkout' },
      ['checkout-pager'],
      ['routes[1]', 'routes[1].routes[0]'],
    ],
    [
      'an inner route that says no endpoints has those around it',
      { severity: 'page', owner: 'payments', dependency: 'stripe' },
      ['payments'],
      ['routes[1]', 'routes[1].routes[1]'],
    ],
    [
      'a group in which nothing matches gives way to the next',
      { severity: 'page', env: 'prod', service: 'cart' },
      ['oncall'],
      ['routes[3]'],
    ],
    [
      'a group in which something matches',
      { severity: 'ticket', env: 'prod', service: 'search' },
      ['search'],
      ['routes[2]', 'routes[2].routes[0]'],
    ],
  ]
  test.each(rows)('%s', (_, labels, endpoints, path) => {
    const route = routeFor(TREE, labels)
    expect(route.endpoints).toEqual(endpoints)
    expect(route.path.map(({ at }) => at)).toEqual(path)
  })

  test('steps are in order, and inherited', () => {
    const { escalation } = routeFor(TREE, { severity: 'page', owner: 'payments', service: 'checkout' })
    expect(escalation.map(({ endpoints }) => endpoints)).toEqual([['backup'], ['lead']])
  })

  test('a ticket does not escalate, a page is never quiet', () => {
    const ticket = routeFor(TREE, { severity: 'ticket', owner: 'payments' })
    const page = routeFor(TREE, { severity: 'page', owner: 'payments' })
    expect([ticket.escalation, ticket.quietHours, page.quietHours]).toEqual([[], QUIET, null])
  })

  test('an inner route can end the quiet of the one around it, and keeps the rest', () => {
    const { quietHours, groupWaitMs, repeatMs } = routeFor(TREE, {
      severity: 'ticket',
      owner: 'payments',
      dependency: 'stripe',
    })
    expect({ quietHours, groupWaitMs, repeatMs }).toEqual({
      quietHours: null,
      groupWaitMs: 0,
      repeatMs: 60 * MINUTE_MS,
    })
  })

  test('endpoints named by the author of the SLO take the place of the route’s', () => {
    const route = routeFor(TREE, { severity: 'page', owner: 'payments' }, ['desk'])
    expect([route.endpoints, route.named, route.escalation.length]).toEqual([['desk'], true, 2])
  })
})

describe('quiet hours end', () => {
  const rows: [string, string, string | null][] = [
    ['a weekday at noon is not quiet', '2026-06-10T10:00:00Z', null],
    ['in the evening they hold until the morning', '2026-06-10T18:00:00Z', '2026-06-11T05:00:00Z'],
    ['at night', '2026-06-10T23:30:00Z', '2026-06-11T05:00:00Z'],
    ['at their end they do not hold', '2026-06-11T05:00:00Z', null],
    ['on Friday evening they hold until Monday', '2026-06-12T18:00:00Z', '2026-06-15T05:00:00Z'],
    ['on Saturday at noon, too', '2026-06-13T10:00:00Z', '2026-06-15T05:00:00Z'],
    ['in the night of the change to summer time', '2026-03-27T23:00:00Z', '2026-03-30T05:00:00Z'],
    ['in winter an hour later in UTC', '2026-01-14T19:00:00Z', '2026-01-15T06:00:00Z'],
  ]
  test.each(rows)('%s', (_, at, until) => {
    expect(quietUntil(QUIET, new Date(at))?.toISOString() ?? null).toBe(until && new Date(until).toISOString())
  })

  test('quiet for ever is not quiet', () => {
    const always: QuietHours = { timeZone: 'UTC', hours: [{ fromMinute: 0, toMinute: 0 }], days: [] }
    expect(quietUntil(always, new Date('2026-06-10T10:00:00Z'))).toBeNull()
  })
})

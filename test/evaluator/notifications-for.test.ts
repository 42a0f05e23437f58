import { describe, expect, it } from 'vitest'
import { withMetaRoute } from '../../evaluator/deliver/meta-route.ts'
import { notificationId } from '../../evaluator/deliver/notification-id.ts'
import { type Addressees, notificationsFor } from '../../evaluator/deliver/notifications-for.ts'
import type { Intent } from '../../slo/alert/alert-stream.ts'
import { type RouteNode, routeFor } from '../../slo/overlay/route.ts'
import { facts } from './facts.ts'

const AT = new Date('2026-01-01T00:01:00Z')
const INCIDENT = facts().incident.id
const ADDRESSEES: Addressees = new Map([
  ['pager', { type: 'pagerduty', fallback: 'backup' }],
  ['other', { type: 'webhook', fallback: 'backup', strict: true }],
  ['chat', { type: 'slack' }],
  ['backup', { type: 'webhook' }],
])
const intent = (endpoint: string, changes: Partial<Intent> = {}): Intent => ({
  endpoint,
  event: 'firing',
  reason: 'first',
  severity: 'page',
  replaces: null,
  sequence: 1,
  ...changes,
})
const write = (...intents: Intent[]) => notificationsFor(intents, facts(), AT, ADDRESSEES, 'https://plumbline.example')
const told = (...intents: Intent[]) =>
  write(...intents).map(
    ({ endpoint, state, event, reason, severity }) => `${endpoint} ${state} ${event} ${reason} ${severity}`,
  )

describe('the messages of a change', () => {
  it('are written in the words of each endpoint, under ids that never change', () => {
    const [pager, chat, backup] = write(intent('pager'), intent('chat'))
    expect(JSON.parse(pager?.body ?? '')).toMatchObject({ event_action: 'trigger' })
    expect(JSON.parse(chat?.body ?? '')).toHaveProperty('blocks')
    expect(JSON.parse(backup?.body ?? '')).toMatchObject({ receiver: 'backup', plumbline: { reason: 'fallback' } })
    expect(pager?.id).toBe(notificationId(INCIDENT, 1, 'pager'))
    expect(write(intent('pager'), intent('chat'))).toEqual([pager, chat, backup])
  })

  it('have no key of our own where that is not wanted', () => {
    expect(JSON.parse(write(intent('other'))[0]?.body ?? '')).not.toHaveProperty('plumbline')
  })

  it('to an endpoint that is gone from the configuration are written all the same', () => {
    expect(told(intent('former'))).toEqual(['former pending firing first page'])
  })

  const ROWS: Record<string, { intents: Intent[]; standby: string[] }> = {
    'a page': { intents: [intent('pager')], standby: ['backup standby firing fallback page'] },
    'an update of a page': {
      intents: [intent('pager', { reason: 'members_added', sequence: 2 })],
      standby: ['backup standby firing fallback page'],
    },
    'the end of a page': {
      intents: [intent('pager', { event: 'resolved', reason: 'resolved' })],
      standby: ['backup standby resolved resolved page'],
    },
    'a page that became a ticket at an endpoint of pages': {
      intents: [intent('pager', { event: 'resolved', reason: 'deescalated' })],
      standby: ['backup standby resolved deescalated page'],
    },
    'a page that became a ticket at an endpoint of both': {
      intents: [intent('pager', { reason: 'deescalated', severity: 'ticket', replaces: 'page' })],
      standby: ['backup standby resolved deescalated page'],
    },
    'a ticket': { intents: [intent('pager', { severity: 'ticket' })], standby: [] },
    'a page that the fallback is told anyhow': { intents: [intent('pager'), intent('backup')], standby: [] },
    'a page at two endpoints with one fallback': {
      intents: [intent('pager'), intent('other')],
      standby: ['backup standby firing fallback page'],
    },
    'a page at an endpoint without fallback': { intents: [intent('chat')], standby: [] },
  }
  for (const [title, { intents, standby }] of Object.entries(ROWS)) {
    it(`leave to the fallback of ${title}: ${standby.join() || 'nothing'}`, () => {
      expect(told(...intents).filter((each) => each.includes(' standby '))).toEqual(standby)
    })
  }
})

describe('the route of alerts about Plumbline', () => {
  const ROUTES: RouteNode[] = [
    { matchers: [{ name: 'severity', op: '=', value: 'page' }], endpoints: ['oncall'], routes: [] },
  ]
  const own = { alertname: 'PlumblineSelf', env: 'plumbline', service: 'plumbline', severity: 'page' }
  const shop = { alertname: 'SLOBurnRate', env: 'prod', service: 'shop', severity: 'page' }

  it('is its own where endpoints are named for it', () => {
    const routes = withMetaRoute(ROUTES, ['platform'])
    expect(routeFor(routes, own).endpoints).toEqual(['platform'])
    expect(routeFor(routes, { ...own, severity: 'ticket' }).endpoints).toEqual(['platform'])
    expect(routeFor(routes, shop).endpoints).toEqual(['oncall'])
  })

  it('is that of everything else without', () => {
    expect(routeFor(withMetaRoute(ROUTES, []), own).endpoints).toEqual(['oncall'])
  })
})

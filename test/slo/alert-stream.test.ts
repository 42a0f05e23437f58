import { describe, expect, it } from 'vitest'
import type { AlertState, Decision, FiringAlert, Transition } from '../../slo/alert.ts'
import { confidenceOf, wilsonLowerBound } from '../../slo/alert-confidence.ts'
import { incidentId } from '../../slo/alert-incident-id.ts'
import { ALERT_POLICY } from '../../slo/alert-policy.ts'
import { type IncidentStream, type Projection, project } from '../../slo/alert-stream.ts'
import { type AlertRoute, subscriptionsOf } from '../../slo/alert-subscriptions.ts'
import type { Severity } from '../../slo/model.ts'

const NOW = new Date('2026-01-01T00:01:00Z')
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)
const SUBSCRIPTIONS: Record<string, Severity[]> = { p: ['page'], d: ['ticket'], c: ['page', 'ticket'] }

function decided(transition: Transition | null, severity: Severity = 'page'): Decision {
  const firing: FiringAlert = {
    phase: 'firing',
    severity,
    incident: 'inc_1',
    previousIncident: null,
    startedAtMs: 0,
    episode: [],
    clearSinceMs: { page: null, ticket: null },
    frozen: null,
  }
  const ended: AlertState = { phase: 'inactive', previousIncident: 'inc_1', frozen: null }
  const next = transition === 'resolved' ? ended : firing
  return { next, transition, reason: 'first', verdicts: [], lead: null }
}

const step = (stream: IncidentStream | null, decision: Decision, now = NOW) =>
  project(stream, decision, SUBSCRIPTIONS, now, ALERT_POLICY)

/** Plays decisions from the start of an incident; the last projection. */
function played(...steps: [Transition | null, Severity?, Date?][]): Projection {
  let projection: Projection = { stream: null, sequence: 0, intents: [], withheld: [] }
  for (const [transition, severity, now] of steps)
    projection = step(projection.stream, decided(transition, severity), now)
  return projection
}

const told = ({ intents }: Projection) =>
  intents.map(
    ({ endpoint, event, reason, severity, replaces, sequence }) =>
      `${endpoint} ${event} ${reason} ${severity}${replaces ? ` for ${replaces}` : ''} #${sequence}`,
  )
const withheld = ({ withheld }: Projection) => withheld.map(({ endpoint, reason }) => `${endpoint} ${reason}`)

describe('the endpoint projection', () => {
  it('page fired: page endpoints are told at once, ticket endpoints are not', () => {
    const projection = played(['fired', 'page'])
    expect(told(projection)).toEqual(['p firing first page #1', 'c firing first page #1'])
    expect(withheld(projection)).toEqual(['d absorbed_by_page'])
  })

  it('ticket fired: nobody is told before the group wait is over', () => {
    expect(told(played(['fired', 'ticket']))).toEqual([])
    expect(withheld(played(['fired', 'ticket']))).toEqual(['d group_wait', 'c group_wait'])
    expect(told(played(['fired', 'ticket'], [null, 'ticket', later(59)]))).toEqual([])
    expect(told(played(['fired', 'ticket'], [null, 'ticket', later(60)]))).toEqual([
      'd firing first ticket #1',
      'c firing first ticket #1',
    ])
    expect(told(played(['fired', 'ticket'], [null, 'ticket', later(60)], [null, 'ticket', later(65)]))).toEqual([])
  })

  it('ticket over before the group wait: nobody ever hears of it', () => {
    const projection = played(['fired', 'ticket'], ['resolved', 'ticket', later(30)])
    expect(told(projection)).toEqual([])
    expect(withheld(projection)).toEqual(['p severity_filter', 'd never_announced', 'c never_announced'])
    expect(projection.stream).toBeNull()
  })

  it('ticket escalated: page endpoints are told, an open ticket stays open and hears nothing', () => {
    const projection = played(['fired', 'ticket'], [null, 'ticket', later(60)], ['escalated', 'page', later(120)])
    expect(told(projection)).toEqual(['p firing escalated page #2', 'c firing escalated page for ticket #2'])
    expect(withheld(projection)).toEqual(['d covered_by_page'])
    expect(projection.stream?.open).toEqual({ p: 'page', d: 'ticket', c: 'page' })
  })

  it('ticket escalated within the group wait: the page is told, the ticket is not', () => {
    const projection = played(['fired', 'ticket'], ['escalated', 'page', later(30)])
    expect(told(projection)).toEqual(['p firing escalated page #1', 'c firing escalated page #1'])
    expect(withheld(projection)).toEqual(['d absorbed_by_page'])
    expect(told(step(projection.stream, decided(null, 'page'), later(90)))).toEqual([])
  })

  it('page de-escalated: page-only endpoints hear the end, ticket endpoints a ticket, at once', () => {
    const projection = played(['fired', 'page'], ['deescalated', 'ticket'])
    expect(told(projection)).toEqual([
      'p resolved deescalated page #2',
      'd firing deescalated ticket #2',
      'c firing deescalated ticket for page #2',
    ])
    expect(projection.stream?.open).toEqual({ d: 'ticket', c: 'ticket' })
  })

  it('resolved: everybody with something open hears the end, once', () => {
    const projection = played(['fired', 'page'], ['deescalated', 'ticket'], ['resolved', 'ticket'])
    expect(told(projection)).toEqual(['d resolved resolved ticket #3', 'c resolved resolved ticket #3'])
    expect(told(step(projection.stream, decided(null)))).toEqual([])
  })

  it('page, ticket, page again: the page endpoint is told anew under a higher sequence', () => {
    expect(told(played(['fired', 'page'], ['deescalated', 'ticket'], ['escalated', 'page']))).toEqual([
      'p firing escalated page #3',
      'c firing escalated page for ticket #3',
    ])
  })

  it('a route that changes while an incident is open applies from the next one', () => {
    const { stream } = played(['fired', 'page'])
    const ended = project(stream, decided('resolved'), { other: ['page'] }, NOW, ALERT_POLICY)
    expect(told(ended)).toEqual(['p resolved resolved page #2', 'c resolved resolved page #2'])
  })

  it('state goes through JSON unchanged', () => {
    const { stream } = played(['fired', 'ticket'], [null, 'ticket', later(60)])
    expect(JSON.parse(JSON.stringify(stream))).toEqual(stream)
  })
})

describe('subscriptions', () => {
  const ROWS: Record<string, { routes: AlertRoute[]; are: Record<string, Severity[]> }> = {
    'a route without a match takes everything': {
      routes: [{ match: {}, endpoints: ['all'] }],
      are: { all: ['page', 'ticket'] },
    },
    'the first route that matches wins': {
      routes: [
        { match: { severity: 'page' }, endpoints: ['first'] },
        { match: {}, endpoints: ['second'] },
      ],
      are: { first: ['page'], second: ['ticket'] },
    },
    'a route of another service does not match': {
      routes: [
        { match: { service: 'search' }, endpoints: ['search-team'] },
        { match: { service: 'checkout', severity: 'ticket' }, endpoints: ['desk', 'desk'] },
      ],
      are: { desk: ['ticket'] },
    },
    'info is no severity of a burn-rate alert': {
      routes: [{ match: { severity: 'info' }, endpoints: ['feed'] }],
      are: {},
    },
  }
  for (const [title, { routes, are }] of Object.entries(ROWS)) {
    it(title, () => expect(subscriptionsOf(routes, 'checkout')).toEqual(are))
  }
})

describe('incident ids', () => {
  const AT = Date.parse('2026-01-01T00:00:00Z')
  it('are the same for the same SLO and start, and for nothing else', () => {
    expect(incidentId('a', AT)).toBe(incidentId('a', AT))
    expect(new Set([incidentId('a', AT), incidentId('b', AT), incidentId('a', AT + 60_000)]).size).toBe(3)
  })
  it('sort by start', () => {
    expect(incidentId('z', AT) < incidentId('a', AT + 60_000)).toBe(true)
  })
})

describe('confidence in a cause', () => {
  it.each([
    [0.82, 400, 0.779, 'high'],
    [0.66, 30, 0.481, 'medium'],
    [0.66, 400, 0.612, 'high'],
    [0.5, 10_000, 0.49, 'low'],
  ] as const)('%f of %i: at least %f, %s', (share, n, bound, confidence) => {
    expect(wilsonLowerBound(share, n)).toBeCloseTo(bound, 3)
    expect(confidenceOf(share, n)).toBe(confidence)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Member } from '../../slo/alert/incident.ts'
import { type AlertEvent, recordAlertEvents } from '../../storage/alert-events.ts'
import { readAudit } from '../../storage/audit-log.ts'
import { recordIncidents } from '../../storage/incidents.ts'
import { seedOverlays } from './overlay-seeds.ts'
import { incident, MINUTE_MS, minutesAgo, NOW, seededApp } from './seeded-app.ts'

const inMinutes = (minutes: number) => new Date(NOW.getTime() + minutes * MINUTE_MS).toISOString()

const member = (changed: Partial<Member> = {}): Member => ({
  alert: 'checkout-availability',
  alertname: 'SLOBurnRate',
  slo: 'checkout-availability',
  service: 'checkout',
  dependency: 'acme-pay',
  severity: 'page',
  startedAt: minutesAgo(7),
  endedAt: null,
  ending: null,
  labels: { alertname: 'SLOBurnRate', service: 'checkout', env: 'prod' },
  summary: 'checkout-availability burns 20x',
  details: null,
  owner: '',
  runbook: '',
  budget: null,
  evidence: null,
  mutedBy: 'silenced',
  ...changed,
})

const ANSWERS = {
  forWhom: 'checkout, cart',
  howBad: '1,000 of 60,000 calls failed in 1 h (governing window)',
  burn: '16.7x of 14.4x',
  budgetLeft: '41 %, empty in 17 h',
  cause: 'share 0.82 of 400 bad traces, confidence high',
  whoCanFix: 'provider',
  firstStep: 'check acme-pay status',
}

const window = (minutes: number, bad: number) => ({
  minutes,
  counts: { good: minutes * 1000 - bad, total: minutes * 1000 },
  coverage: 1,
  burn: bad / minutes,
})
const LEAD = {
  tier: '1h/5m',
  severity: 'page',
  factor: 14.4,
  verdict: 'matched',
  reason: null,
  long: window(60, 1000),
  short: window(5, 1000),
  governing: 'long',
}

/** A row of an incident's journal: who was told at some minute, who was not, and what was found out. */
const event = (minute: number, changed: Partial<AlertEvent>, withheld: Record<string, string> = {}): AlertEvent => ({
  kind: 'incident',
  slo: 'inc_1',
  at: minutesAgo(minute),
  watermark: minutesAgo(minute),
  reason: 'first',
  incident: 'inc_1',
  sequence: 1,
  state: '{}',
  intents: [],
  evidence: JSON.stringify({
    revision: 1,
    lead: LEAD,
    overlays: [],
    withheld: Object.entries(withheld).map(([endpoint, reason]) => ({ endpoint, reason })),
    facts: {
      answers: ANSWERS,
      impact: ['checkout', 'cart'],
      root: {
        origin: 'dependency:acme-pay/timeout',
        share: 0.82,
        traced: 400,
        tracedShare: 0.5,
        confidence: 'high',
        top: [],
      },
      exemplars: [],
      deployments: [
        { service: 'checkout', version: '1.5.0', previousVersion: '1.4.2', at: minutesAgo(20).toISOString() },
      ],
      data: { coverage: 1, generation: 'g' },
    },
  }),
  ...changed,
})
const firing = (endpoint: string): AlertEvent['intents'][number] => ({
  endpoint,
  event: 'firing',
  reason: 'first',
  severity: 'page',
  replaces: null,
  sequence: 1,
})

let app: Awaited<ReturnType<typeof seededApp>>
beforeAll(async () => {
  app = await seededApp()
  const over = { state: 'resolved', resolvedAt: minutesAgo(1) } as const
  await recordIncidents(
    app.db,
    [incident('inc_1', { members: [member()] }), incident('inc_over', over), incident('inc_ack')].map((each) => ({
      incident: each,
      revision: 1,
    })),
    NOW,
  )
  await recordAlertEvents(app.db, [
    event(7, { intents: [firing('pager')] }, { desk: 'absorbed_by_page' }),
    event(6, { reason: 'same_state', sequence: 2 }, { desk: 'absorbed_by_page', chat: 'silenced' }),
  ])
})
afterAll(() => app[Symbol.asyncDispose]())

const act = (id: string, action: string, body?: unknown) =>
  app.get(`/api/v1/incidents/${id}/${action}`, {
    method: 'POST',
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
const peopleOf = async (id: string) => {
  const { body } = await app.get(`/api/v1/incidents/${id}`)
  return { acknowledgement: body.acknowledgement, assignee: body.assignee }
}

describe('what people do about an incident', () => {
  test('it is taken on for eight hours, without a word', async () => {
    const { status, body } = await act('inc_ack', 'acknowledge')
    expect(status).toBe(200)
    expect(body.acknowledgement).toEqual({ by: 'somebody', at: NOW.toISOString(), until: inMinutes(480) })
    expect(await peopleOf('inc_ack')).toMatchObject({ acknowledgement: { by: 'somebody' } })
    const { items } = (await app.get('/api/v1/incidents?state=open')).body
    const by = Object.fromEntries(
      items.map((each: { id: string; acknowledgement: { by: string } | null }) => [each.id, each.acknowledgement?.by]),
    )
    expect(by).toEqual({ inc_ack: 'somebody', inc_1: undefined })
  })

  test('it is taken on for as long as somebody says, and given back', async () => {
    const taken = await act('inc_1', 'acknowledge', { author: 'ada', minutes: 30, comment: 'looking' })
    expect(taken.body.acknowledgement).toMatchObject({ by: 'ada', until: inMinutes(30) })
    const given = await act('inc_1', 'unacknowledge', { author: 'ada' })
    expect(given.body.acknowledgement).toBeNull()
    expect(given.body.actions.map(({ action }: { action: string }) => action).sort()).toEqual([
      'acknowledge',
      'unacknowledge',
    ])
  })

  test('it is assigned, to somebody else, to nobody', async () => {
    await act('inc_ack', 'assign', { assignee: 'bob' })
    expect(await peopleOf('inc_ack')).toMatchObject({ assignee: 'bob' })
    expect((await act('inc_ack', 'assign', { assignee: '' })).status).toBe(200)
  })

  test('it is commented, also when it is over', async () => {
    const { body } = await act('inc_over', 'comment', { author: 'ada', text: 'the provider confirmed it' })
    expect(body.actions).toMatchObject([{ action: 'comment', author: 'ada', text: 'the provider confirmed it' }])
  })

  test('who did what is kept', async () => {
    expect(await readAudit(app.db, { target: 'inc_over' })).toMatchObject([
      { action: 'incident.comment', author: 'ada' },
    ])
  })
})

describe('what is refused', () => {
  const rows: [string, string, string, unknown, number][] = [
    ['an unknown incident', 'nobody', 'acknowledge', {}, 404],
    ['taking on what is over', 'inc_over', 'acknowledge', {}, 409],
    ['an empty comment', 'inc_1', 'comment', { text: ' ' }, 400],
    ['an acknowledgement of a month', 'inc_1', 'acknowledge', { minutes: 43_200 }, 400],
    ['resolving by hand', 'inc_1', 'resolve', {}, 404],
  ]
  test.each(rows)('%s', async (_, id, action, body, status) => {
    expect((await act(id, action, body)).status).toBe(status)
  })
})

describe('the story of an incident', () => {
  test('names its alerts, what is behind it, and what mutes them', async () => {
    await seedOverlays(app.db)
    const { body } = await app.get('/api/v1/incidents/inc_1')
    expect(body).toMatchObject({
      members: [{ alert: 'checkout-availability', severity: 'page', endedAt: null, mutedBy: 'silenced' }],
      root: { origin: 'dependency:acme-pay/timeout', confidence: 'high' },
      answers: ANSWERS,
      impact: ['checkout', 'cart'],
      deployments: [{ service: 'checkout', version: '1.5.0' }],
      silences: [{ id: 'sil_1' }],
      maintenance: [{ id: 'mnt_1' }],
    })
  })

  test('tells who was told and who was not, with the reason, each news once', async () => {
    const { body } = await app.get('/api/v1/incidents/inc_1')
    type Entry = { kind: string; reason: string; endpoint: string; author: string; text: string }
    const told = body.timeline.filter(({ kind }: Entry) => kind !== 'action')
    expect(told.map(({ kind, reason, endpoint, text }: Entry) => [kind, reason, endpoint, text])).toEqual([
      ['deployment', 'deployed', '', 'checkout 1.5.0 (was 1.4.2)'],
      ['told', 'first', 'pager', 'firing page'],
      ['withheld', 'absorbed_by_page', 'desk', ''],
      ['withheld', 'silenced', 'chat', ''],
    ])
    expect(body.timeline.find(({ kind }: Entry) => kind === 'told').decision).toMatchObject({
      sequence: 1,
      tier: '1h/5m',
      factor: 14.4,
      long: { good: 59_000, total: 60_000, burn: 1000 / 60 },
      short: { good: 4_000, total: 5_000, burn: 200 },
      coverage: 1,
      generation: 'g',
      overlays: [],
    })
    const did = body.timeline.filter(({ kind }: Entry) => kind === 'action')
    expect(did.map(({ author }: Entry) => author)).toEqual(['ada', 'ada'])
  })

  test('is empty for an incident of before there was a journal', async () => {
    const { body } = await app.get('/api/v1/incidents/inc_over')
    expect(body).toMatchObject({ members: [], root: null, impact: [], silences: [], maintenance: [] })
  })
})

import { describe, expect, it } from 'vitest'
import type { OutboxStatus } from '../../evaluator/deliver/endpoint-health.ts'
import { addresseesOf } from '../../evaluator/deliver/notifications-for.ts'
import { RecentDeadLetters } from '../../evaluator/deliver/recent-dead-letters.ts'
import { SelfAlerts } from '../../evaluator/deliver/self-alerts.ts'
import { type SelfFacts, selfConditions } from '../../evaluator/deliver/self-conditions.ts'
import { Watchdog } from '../../evaluator/deliver/watchdog.ts'
import type { RouteNode } from '../../slo/overlay/route.ts'
import type { Notification } from '../../storage/notifications.ts'
import { notification } from './messages.ts'
import { QUIET } from './quiet.ts'
import { startReceiver } from './receiver.ts'
import { second, T0, virtualOutbox } from './virtual.ts'

const HEALTHY: OutboxStatus = {
  pending: 0,
  oldestPendingAt: null,
  owedResolves: 0,
  deadLetters: 0,
  circuit: 'closed',
  disabled: false,
  lastDeliveredAt: null,
  lastError: '',
}

const facts = (changes: Partial<SelfFacts> = {}): SelfFacts => ({
  endpoints: new Map([['pager', HEALTHY]]),
  deadLetters: new Map(),
  watchdogFailures: 0,
  sinceTickMs: 5_000,
  tickMs: 5_000,
  isStoreUp: true,
  rejected: [],
  ...changes,
})

describe('what is wrong with Plumbline', () => {
  const ROWS: Record<string, { facts: Partial<SelfFacts>; is: string[] }> = {
    nothing: { facts: {}, is: [] },
    'an endpoint that fails': {
      facts: {
        endpoints: new Map([
          ['pager', { ...HEALTHY, circuit: 'open' }],
          ['chat', HEALTHY],
        ]),
      },
      is: ['page endpoint_failing pager'],
    },
    'an endpoint that is gone': {
      facts: { endpoints: new Map([['pager', { ...HEALTHY, disabled: true }]]) },
      is: ['page endpoint_failing pager'],
    },
    'messages that were given up': { facts: { deadLetters: new Map([['desk', 2]]) }, is: ['ticket dead_letter desk'] },
    'two pings in a row that failed are no alert yet': { facts: { watchdogFailures: 2 }, is: [] },
    'a watchdog that takes no pings': { facts: { watchdogFailures: 3 }, is: ['ticket watchdog_failing '] },
    'a short pause is no alert': { facts: { sinceTickMs: 59_000 }, is: [] },
    'a store that restarts is none': { facts: { sinceTickMs: 29_000, isStoreUp: false }, is: [] },
    'late ticks are a ticket': { facts: { sinceTickMs: 61_000 }, is: ['ticket tick_late '] },
    'and a page once no outage would page in time': { facts: { sinceTickMs: 181_000 }, is: ['page tick_late '] },
    'with long intervals after nine of them': {
      facts: { sinceTickMs: 530_000, tickMs: 60_000 },
      is: ['ticket tick_late '],
    },
    'slow ticks have three of them': { facts: { sinceTickMs: 170_000, tickMs: 60_000 }, is: [] },
    'no store': { facts: { sinceTickMs: 31_000, isStoreUp: false }, is: ['page store_unavailable '] },
    'refused SLO documents': { facts: { rejected: ['a', 'b'] }, is: ['ticket config_rejected '] },
  }
  for (const [title, row] of Object.entries(ROWS)) {
    it(title, () => {
      const found = selfConditions(facts(row.facts))
      expect(found.map(({ severity, kind, endpoint }) => `${severity} ${kind} ${endpoint}`)).toEqual(row.is)
      for (const { summary, firstStep } of found) expect(Math.min(summary.length, firstStep.length)).toBeGreaterThan(10)
    })
  }
})

const ROUTES: RouteNode[] = [
  { matchers: [{ name: 'env', op: '=', value: 'plumbline' }], endpoints: ['pager', 'chat'], routes: [] },
]
const LATE = selfConditions(facts({ sinceTickMs: 190_000 }))
const LATE_TICKET = selfConditions(facts({ sinceTickMs: 70_000 }))
/** An alert ends when nothing was wrong for so long. */
const KEEP = 300
const DOWN = selfConditions(facts({ sinceTickMs: 40_000, isStoreUp: false }))
const PAGER_FAILS = selfConditions(facts({ endpoints: new Map([['pager', { ...HEALTHY, circuit: 'open' }]]) }))

function watched(world = virtualOutbox()) {
  const direct: Notification[] = []
  let arrival: 'accepted' | 'no' = 'accepted'
  const alerts = new SelfAlerts({
    log: QUIET,
    outbox: world.outbox,
    addressees: addresseesOf([
      { name: 'pager', type: 'webhook' },
      { name: 'chat', type: 'slack' },
    ]),
    routes: ROUTES,
    publicUrl: 'https://plumbline.example',
    send: async (message) => {
      direct.push(message)
      return { status: 0, error: '', arrival, permanent: false, answer: '', retryAfter: '', latencyMs: 0 }
    },
  })
  return {
    ...world,
    alerts,
    direct,
    refuse(refused: boolean) {
      arrival = refused ? 'no' : 'accepted'
    },
  }
}

describe('an alert about Plumbline', () => {
  it('goes to everybody on its route once, and so does its end', async () => {
    const { alerts, runTo, accepted } = watched()
    await alerts.update(LATE, second(0))
    await runTo(0)
    await alerts.update(LATE, second(2))
    await runTo(2)
    for (const at of [10, 9 + KEEP, 10 + KEEP, 12 + KEEP]) {
      await alerts.update([], second(at))
      await runTo(at + 1)
    }
    expect(accepted().sort()).toEqual([
      '0 chat firing 1',
      '0 pager firing 1',
      '310 chat resolved 2',
      '310 pager resolved 2',
    ])
  })

  it('that comes and goes is one incident, told once', async () => {
    const { alerts, runTo, accepted } = watched()
    for (let at = 0; at < 600; at += 2) {
      await alerts.update(at % 40 < 2 ? LATE_TICKET : [], second(at))
      await runTo(at)
    }
    expect(accepted().sort()).toEqual(['0 chat firing 1', '0 pager firing 1'])
  })

  it('that was a ticket is the same incident as a page, and told where pages go', async () => {
    const { alerts, runTo, store, accepted } = watched()
    for (const [at, conditions] of [LATE_TICKET, LATE, LATE_TICKET, LATE].entries()) {
      await alerts.update(conditions, second(at))
      await runTo(at)
    }
    expect(
      [...store.notifications.values()].map(({ endpoint, reason, severity }) => `${endpoint} ${reason} ${severity}`),
    ).toEqual(['pager first ticket', 'chat first ticket', 'pager escalated page', 'chat escalated page'])
    expect(new Set([...store.notifications.values()].map(({ incident }) => incident)).size).toBe(1)
    for (const at of [10, 10 + KEEP]) {
      await alerts.update([], second(at))
      await runTo(at)
    }
    expect(accepted().slice(-2).sort()).toEqual(['310 chat resolved 3', '310 pager resolved 3'])
  })

  it('is another incident when it comes back after its end', async () => {
    const { alerts, runTo, accepted, store } = watched()
    for (const [at, conditions] of [
      [0, LATE],
      [1, []],
      [1 + KEEP, []],
      [2 + KEEP, LATE],
    ] as const) {
      await alerts.update(conditions, second(at))
      await runTo(at)
    }
    expect(accepted()).toHaveLength(6)
    expect(new Set([...store.notifications.values()].map(({ incident }) => incident)).size).toBe(2)
  })

  it('says what it is by its labels, and belongs to no group of services', async () => {
    const { alerts, store } = watched()
    await alerts.update(PAGER_FAILS, second(0))
    const [message] = store.notifications.values()
    expect(JSON.parse(message?.body ?? '')).toMatchObject({
      text: expect.stringMatching(/^PAGE endpoint pager does not/),
    })
    expect(message?.endpoint).toBe('chat')
  })

  it('about an endpoint is not told to that endpoint', async () => {
    const { alerts, store } = watched()
    await alerts.update(PAGER_FAILS, second(0))
    expect([...store.notifications.values()].map(({ endpoint }) => endpoint)).toEqual(['chat'])
  })

  it('ends after a restart, where it was told', async () => {
    const before = watched()
    await before.alerts.update(LATE, second(0))
    await before.runTo(0)
    const world = virtualOutbox({ store: before.store })
    await world.outbox.load(second(5))
    const after = watched(world)
    await after.alerts.update(LATE, second(5))
    await after.runTo(6)
    expect(after.accepted()).toEqual([])
    await after.alerts.update([], second(7))
    await after.alerts.update([], second(7 + KEEP))
    await after.runTo(8 + KEEP)
    expect(after.accepted().sort()).toEqual(['307 chat resolved 2', '307 pager resolved 2'])
  })

  it('goes on after a restart while nothing is known of it yet', async () => {
    const before = watched()
    const conditions = selfConditions(facts({ watchdogFailures: 3 }))
    await before.alerts.update(conditions, second(0))
    await before.runTo(100)
    const world = virtualOutbox({ store: before.store })
    await world.outbox.load(second(105))
    const after = watched(world)
    const ends = () => [...before.store.notifications.values()].filter(({ event }) => event === 'resolved').length
    await after.alerts.update([], second(105), ['watchdog_failing'])
    expect(ends()).toBe(0)
    for (const at of [107, 107 + KEEP]) await after.alerts.update([], second(at))
    expect(ends()).toBeGreaterThan(0)
  })

  it('says what is over after a restart', async () => {
    const before = watched()
    await before.alerts.update(PAGER_FAILS, second(0))
    await before.runTo(0)
    const world = virtualOutbox({ store: before.store })
    await world.outbox.load(second(5))
    const after = watched(world)
    for (const at of [7, 7 + KEEP]) await after.alerts.update([], second(at))
    const [end] = [...before.store.notifications.values()].filter(({ event }) => event === 'resolved')
    expect(JSON.parse(end?.body ?? '').text).toBe('RESOLVED endpoint pager does not take messages')
  })

  it('is told again when the store did not take it', async () => {
    const world = virtualOutbox()
    const { alerts, accepted, runTo } = watched(world)
    const { saveNotifications } = world.store
    world.store.saveNotifications = () => Promise.reject(new Error('the disk is full'))
    await expect(alerts.update(LATE, second(0))).rejects.toThrow('disk')
    world.store.saveNotifications = saveNotifications
    await alerts.update(LATE, second(2))
    await runTo(2)
    expect(accepted()).toHaveLength(2)
  })
})

describe('without the store', () => {
  it('is told past it, once in ten minutes, under an id that the clock gives', async () => {
    const { alerts, direct, store } = watched()
    for (let at = 0; at < 1_200; at += 2) await alerts.update(DOWN, second(at))
    expect(direct.map(({ endpoint, event }) => `${endpoint} ${event}`)).toEqual([
      'pager firing',
      'chat firing',
      'pager firing',
      'chat firing',
    ])
    expect(new Set(direct.map(({ id }) => id)).size).toBe(4)
    expect(new Set(direct.map(({ incident }) => incident)).size).toBe(1)
    expect(store.notifications.size).toBe(0)
    const again = watched()
    await again.alerts.update(DOWN, second(4))
    expect(again.direct[0]?.id).toBe(direct[0]?.id)
  })

  it('the end is told where the beginning may have arrived, until it is accepted', async () => {
    const { alerts, direct, refuse } = watched()
    await alerts.update(DOWN, second(0))
    direct.length = 0
    await alerts.update([], second(10))
    refuse(true)
    await alerts.update([], second(10 + KEEP))
    refuse(false)
    await alerts.update([], second(12 + KEEP))
    await alerts.update([], second(14 + KEEP))
    expect(direct.map(({ endpoint, event }) => `${endpoint} ${event}`)).toEqual([
      'pager resolved',
      'chat resolved',
      'pager resolved',
      'chat resolved',
    ])
  })

  it('nobody hears the end of what cannot have arrived', async () => {
    const { alerts, direct, refuse } = watched()
    refuse(true)
    await alerts.update(DOWN, second(0))
    for (const at of [2, 2 + KEEP]) await alerts.update([], second(at))
    expect(direct.map(({ event }) => event)).toEqual(['firing', 'firing'])
  })
})

describe('dead letters', () => {
  it('count for an hour; those about Plumbline itself do not', () => {
    const letters = new RecentDeadLetters()
    const due = (at: number) => ({ nextAttemptAt: second(at) })
    letters.count(notification('inc_1', T0, due(0)))
    letters.count(notification('inc_2', T0, due(1_800)))
    letters.count(notification('self_tick_late@1', T0, due(1_800)))
    letters.count(notification('test_1', T0, due(1_800)))
    expect([...letters.within(second(1_801))]).toEqual([['pager', 2]])
    expect([...letters.within(second(3_601))]).toEqual([['pager', 1]])
    expect([...letters.within(second(7_200))]).toEqual([])
  })
})

describe('the watchdog', () => {
  it('is pinged once a minute, and counts what nobody took', async () => {
    await using receiver = await startReceiver()
    const watchdog = new Watchdog(receiver.url, { allow: ['127.0.0.0/8'], insecureHttp: true }, QUIET)
    for (let at = 0; at < 130; at += 2) await watchdog.ping(second(at))
    expect(receiver.received).toHaveLength(3)
    expect(watchdog.failures).toBe(0)
    receiver.behave(503)
    for (let at = 130; at < 310; at += 2) await watchdog.ping(second(at))
    expect(watchdog.failures).toBe(3)
    receiver.behave(200)
    await watchdog.ping(second(400))
    expect(watchdog.failures).toBe(0)
  })
})

describe('an outbox', () => {
  it('moves while nothing is due for long, and while attempts are made', async () => {
    const { outbox, enqueue, runTo, behave } = virtualOutbox()
    expect(outbox.isMoving(second(0))).toBe(true)
    await enqueue(notification('inc_1', T0))
    expect(outbox.isMoving(second(59))).toBe(true)
    expect(outbox.isMoving(second(61))).toBe(false)
    behave(() => 503)
    await runTo(61)
    expect(outbox.isMoving(second(61))).toBe(true)
  })
})

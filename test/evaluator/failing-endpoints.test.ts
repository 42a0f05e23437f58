import { describe, expect, it } from 'vitest'
import type { Notification } from '../../storage/notifications.ts'
import { notification } from './messages.ts'
import { second, T0, virtualOutbox } from './virtual.ts'

const page = (changes: Partial<Notification> = {}) => notification('inc_1', T0, changes)
const standby = (changes: Partial<Notification> = {}) =>
  page({ endpoint: 'backup', state: 'standby', reason: 'fallback', ...changes })
const END = { sequence: 2, event: 'resolved', reason: 'resolved' } as const
const FALLBACK = { fallbackOf: (endpoint: string) => (endpoint === 'pager' ? 'backup' : undefined) }

/** The page and what its fallback holds, then their end. */
const begin = [page(), standby()]
const end = (at: number) => [
  page({ ...END, nextAttemptAt: second(at), createdAt: second(at) }),
  standby({ ...END, nextAttemptAt: second(at), createdAt: second(at) }),
]

describe('a fallback', () => {
  it('hears nothing when the endpoint works', async () => {
    const { enqueue, runTo, accepted, states } = virtualOutbox(FALLBACK)
    await enqueue(...begin)
    await runTo(600)
    await enqueue(...end(600))
    await runTo(700)
    expect(accepted()).toEqual(['0 pager firing 1', '600 pager resolved 2'])
    expect(states()).toEqual([
      'pager firing 1 delivered',
      'backup firing 1 superseded superseded',
      'pager resolved 2 delivered',
      'backup resolved 2 superseded never_announced',
    ])
  })

  it('hears the page when the attempt of the +60 s slot fails, and its end', async () => {
    const { enqueue, runTo, accepted, behave, attempts } = virtualOutbox(FALLBACK)
    behave((endpoint, at) => (endpoint === 'pager' && at < 245 ? 503 : 200))
    await enqueue(...begin)
    await runTo(660)
    await enqueue(...end(660))
    await runTo(700)
    expect(attempts.filter(([, endpoint]) => endpoint === 'pager').map(([at]) => at)).toEqual([
      0, 2, 5, 15, 30, 60, 120, 180, 300, 660,
    ])
    expect(accepted()).toEqual([
      '60 backup firing 1',
      '300 pager firing 1',
      '660 pager resolved 2',
      '660 backup resolved 2',
    ])
  })

  it('hears the end where it heard the page; an endpoint that cannot have heard it does not', async () => {
    const { enqueue, runTo, accepted, behave } = virtualOutbox(FALLBACK)
    behave((endpoint, at) => (endpoint === 'pager' && at < 1_085 ? 'refused' : 200))
    await enqueue(...begin)
    await runTo(605)
    await enqueue(...end(605))
    await runTo(18_000)
    expect(accepted()).toEqual(['60 backup firing 1', '605 backup resolved 2'])
  })

  it('hears of it and the endpoint is told the end, when its attempts timed out', async () => {
    const { enqueue, runTo, accepted, behave, attempts } = virtualOutbox(FALLBACK)
    behave((endpoint, at) => (endpoint === 'pager' && at < 1_085 ? 'timeout' : 200))
    await enqueue(...begin)
    await runTo(605)
    await enqueue(...end(605))
    await runTo(18_000)
    expect(accepted()).toEqual(['70 backup firing 1', '605 backup resolved 2', '1210 pager resolved 2'])
    expect(attempts.filter(([, endpoint, what]) => endpoint === 'pager' && what === 'resolved 2')).toHaveLength(11)
  })

  it('hears the page at the first failure for good', async () => {
    const { enqueue, runTo, accepted, behave } = virtualOutbox(FALLBACK)
    behave((endpoint) => (endpoint === 'pager' ? 404 : 200))
    await enqueue(...begin)
    await runTo(10)
    expect(accepted()).toEqual(['0 backup firing 1'])
  })

  it('does not wait for an endpoint that asks for more time than a minute', async () => {
    const { enqueue, runTo, accepted, behave } = virtualOutbox(FALLBACK)
    behave((endpoint, at) => (endpoint === 'pager' && at < 250 ? { status: 429, retryAfter: 300 } : 200))
    await enqueue(...begin)
    await runTo(400)
    expect(accepted()).toEqual(['60 backup firing 1', '300 pager firing 1'])
  })

  it('is not told of tickets', async () => {
    const { enqueue, runTo, accepted, behave } = virtualOutbox(FALLBACK)
    behave((endpoint) => (endpoint === 'pager' ? 404 : 200))
    await enqueue(page({ severity: 'ticket' }), standby({ severity: 'ticket' }))
    await runTo(10)
    expect(accepted()).toEqual([])
  })

  it('is told at once of a page that comes while the circuit is open', async () => {
    const { enqueue, runTo, accepted, behave } = virtualOutbox(FALLBACK)
    behave((endpoint) => (endpoint === 'pager' ? 503 : 200))
    await enqueue(...begin)
    await runTo(40)
    const other = { incident: 'inc_2', nextAttemptAt: second(40), createdAt: second(40) }
    await enqueue(page(other), standby(other))
    await runTo(41)
    expect(accepted()).toEqual(['40 backup firing 1'])
  })

  it('is told of the newest state only', async () => {
    const { enqueue, runTo, accepted, behave, states } = virtualOutbox(FALLBACK)
    behave((endpoint) => (endpoint === 'pager' ? 503 : 200))
    await enqueue(...begin)
    await runTo(20)
    const update = { sequence: 2, nextAttemptAt: second(20), createdAt: second(20) }
    await enqueue(page({ ...update, reason: 'members_added' }), standby(update))
    await runTo(100)
    expect(accepted()).toEqual(['80 backup firing 2'])
    expect(states()).toContain('backup firing 1 superseded superseded')
  })
})

describe('a circuit', () => {
  const many = (count: number, changes: Partial<Notification> = {}) =>
    Array.from({ length: count }, (_, n) => page({ incident: `inc_${n}`, ...changes }))

  it('opens after five failures in a row: then one stream tries, the others wait', async () => {
    const { enqueue, runTo, outbox, behave, attempts } = virtualOutbox()
    behave(() => 503)
    await enqueue(...many(20))
    await runTo(0)
    expect(outbox.status().get('pager')).toMatchObject({ circuit: 'open', pending: 20 })
    const before = attempts.length
    await runTo(60)
    expect(attempts.length - before).toBeLessThan(20)
  })

  it('lets everything go once a trial succeeds', async () => {
    const { enqueue, runTo, outbox, behave, accepted } = virtualOutbox()
    behave((_, at) => (at < 100 ? 503 : 200))
    await enqueue(...many(20))
    await runTo(420)
    expect(accepted()).toHaveLength(20)
    expect(outbox.status().get('pager')).toMatchObject({ circuit: 'closed', pending: 0 })
  })

  const failing = async () => {
    const before = virtualOutbox({ targetOf: () => 'here' })
    before.behave(() => 503)
    await before.enqueue(...many(20))
    await before.runTo(10)
    return before.store
  }

  it('stays open over a restart, and what was given up is known', async () => {
    const store = await failing()
    const { outbox } = virtualOutbox({ store, targetOf: () => 'here' })
    await outbox.load(second(20))
    expect(outbox.status().get('pager')).toMatchObject({ circuit: 'open', lastError: 'answered 503' })
    const gone = virtualOutbox()
    gone.behave(() => 404)
    await gone.enqueue(page())
    await gone.runTo(0)
    const { outbox: after } = virtualOutbox({ store: gone.store })
    await after.load(second(20))
    expect([...after.recentDeadLetters(second(20))]).toEqual([['pager', 1]])
    expect([...after.recentDeadLetters(second(4_000))]).toEqual([])
  })

  it('is closed after a restart with another address', async () => {
    const { outbox } = virtualOutbox({ store: await failing(), targetOf: () => 'elsewhere' })
    await outbox.load(second(20))
    expect(outbox.status().get('pager')).toMatchObject({ circuit: 'closed' })
  })

  it('is kept for each endpoint on its own', async () => {
    const { enqueue, runTo, outbox, behave, accepted } = virtualOutbox()
    behave((endpoint) => (endpoint === 'pager' ? 503 : 200))
    await enqueue(...many(20), ...many(20, { endpoint: 'chat' }))
    await runTo(0)
    expect(accepted()).toHaveLength(20)
    expect(outbox.status().get('chat')).toMatchObject({ circuit: 'closed', pending: 0 })
  })

  it('does not hold a page back for a ticket whose next attempt is hours away', async () => {
    const { enqueue, runTo, behave, accepted } = virtualOutbox()
    behave((_, at) => (at < 10_000 ? 503 : 200))
    await enqueue(...many(1, { severity: 'ticket' }))
    await runTo(10_000)
    const at = second(10_000)
    await enqueue(page({ incident: 'inc_page', nextAttemptAt: at, createdAt: at }))
    await runTo(10_301)
    expect(accepted()).toHaveLength(1)
  })
})

describe('an endpoint that forgets', () => {
  const RULE = { everyMs: 60_000, resolvedForMs: 300_000 }
  const forgetful = () => virtualOutbox({ repeatRuleOf: () => RULE })

  it('hears what fires every minute, and its end for five', async () => {
    const { enqueue, runTo, attempts } = forgetful()
    await enqueue(page())
    await runTo(200)
    await enqueue(page({ ...END, nextAttemptAt: second(200), createdAt: second(200) }))
    await runTo(2_000)
    expect(attempts.map(([at, , what]) => `${at} ${what}`)).toEqual([
      ...[0, 60, 120, 180].map((at) => `${at} firing 1`),
      ...[200, 260, 320, 380, 440, 500].map((at) => `${at} resolved 2`),
    ])
  })

  it('hears the newest state, and sooner again when it could not be reached', async () => {
    const { enqueue, runTo, attempts, behave } = forgetful()
    await enqueue(page())
    await runTo(30)
    await enqueue(page({ sequence: 2, reason: 'members_added', nextAttemptAt: second(30), createdAt: second(30) }))
    behave((_, at) => (at === 90 ? 503 : 200))
    await runTo(110)
    expect(attempts.map(([at, , what]) => `${at} ${what}`)).toEqual([
      '0 firing 1',
      '30 firing 2',
      '90 firing 2',
      '105 firing 2',
    ])
  })

  it('hears it again after a restart', async () => {
    const first = forgetful()
    await first.enqueue(page())
    await first.runTo(0)
    const second_ = virtualOutbox({ repeatRuleOf: () => RULE, store: first.store })
    await second_.outbox.load(second(100))
    await second_.runTo(161)
    expect(second_.attempts.map(([at, , what]) => `${at} ${what}`)).toEqual(['160 firing 1'])
  })
})

describe('a message tried at one address', () => {
  it('stays there until its incident is over', async () => {
    const targets: string[] = []
    let target = 'old'
    const { enqueue, runTo } = virtualOutbox({
      targetOf: () => target,
      send: async (_message, _at, thread) => {
        targets.push(`${thread.target} ${thread.first.slice(0, 7)}`)
        return {
          status: 200,
          error: '',
          arrival: 'accepted',
          permanent: false,
          answer: '',
          retryAfter: '',
          latencyMs: 0,
        }
      },
    })
    await enqueue(page())
    await runTo(0)
    target = 'new'
    await enqueue(page({ ...END, nextAttemptAt: second(1), createdAt: second(1) }), page({ incident: 'inc_2' }))
    await runTo(1)
    const first = page().id.slice(0, 7)
    expect(targets).toContain(`old ${first}`)
    expect(targets.filter((each) => each.startsWith('old'))).toHaveLength(2)
    expect(targets.filter((each) => each.startsWith('new'))).toHaveLength(1)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Notification, OutboxStore } from '../../storage/notifications.ts'
import type { Db } from '../../storage/query.ts'
import { sloWith } from '../slo/alert-timeline.ts'
import { storeHeartbeats } from '../storage/calls.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { define, evaluatorOn, MINUTE_MS, storeCleanPast, storeMinutes, tickAt } from './evaluation.ts'
import { notification } from './messages.ts'
import { startReceiver } from './receiver.ts'
import { type Answer, second, T0, virtualOutbox } from './virtual.ts'

/** Dies at its n-th step, and from then on does nothing any more. Without n it counts the steps there are. */
class Victim {
  readonly steps: string[] = []
  #dieAt: number
  isDead = false

  constructor(dieAt = Number.POSITIVE_INFINITY) {
    this.#dieAt = dieAt
  }

  /** To be called before each step that leaves a trace outside. */
  step(name: string): void {
    if (this.steps.length === this.#dieAt) {
      this.#dieAt = Number.POSITIVE_INFINITY
      this.isDead = true
    }
    if (this.isDead) throw new Error('killed')
    this.steps.push(name)
  }
}

/** Tables of deciding and telling; what is measured is measured again in any case. */
const TOLD = new Set(['alert_events', 'incidents', 'notifications', 'delivery_attempts'])

const mortal = (db: Db, victim: Victim): Db =>
  new Proxy(db, {
    get(target, name) {
      if (name !== 'insert') return Reflect.get(target, name)
      return async (params: Parameters<Db['insert']>[0]) => {
        if (TOLD.has(params.table)) victim.step(`write ${params.table}`)
        else if (victim.isDead) throw new Error('killed')
        return target.insert(params)
      }
    },
  })

const START = Date.parse('2026-01-10T12:00:00Z')
const SLO = sloWith({ name: 'checkout-pay' })
const DAY_MS = 86_400_000
const CLEAN_MINUTES = 400

let store: TestDatabase
let outages = 0
beforeAll(async () => {
  store = await testDatabase()
  await define(store.db, [SLO], START)
})
afterAll(() => store[Symbol.asyncDispose]())

/**
 * An outage of one minute and what is told of it by an evaluator that is killed once and started again at once. Each is
 * four days after the one before, and nothing is remembered of that.
 */
async function outage(victim: Victim) {
  const from = START + outages++ * 4 * DAY_MS
  await Promise.all([...TOLD].map((table) => store.db.command({ query: `TRUNCATE TABLE ${table}` })))
  await using receiver = await startReceiver()
  const arrived: { id: string; event: string }[] = []
  receiver.behave((response) => {
    const { headers, body } = receiver.received.at(-1) as (typeof receiver.received)[number]
    const { status, plumbline } = JSON.parse(body)
    const event = `${status} ${plumbline.reason} ${plumbline.sequence}`
    arrived.push({ id: String(headers['webhook-id']), event })
    try {
      victim.step(`the pager has got ${event}`)
      response.writeHead(200).end()
    } catch {
      response.destroy()
    }
  })
  const start = (db: Db) => ({
    ...evaluatorOn(db, { pager: receiver.url }),
    routes: [{ matchers: [], endpoints: ['pager'], routes: [] }],
  })
  await storeCleanPast(store.db, from, CLEAN_MINUTES)
  let evaluator = start(mortal(store.db, victim))
  let minute = 0
  for (const end of [1, 6, 11]) {
    const bads = Array.from({ length: end - minute }, (_, n) => (minute + n === 0 ? 1_000 : 0))
    const now = from + end * MINUTE_MS
    await Promise.all([
      storeMinutes(store.db, from + minute * MINUTE_MS, bads),
      storeHeartbeats(
        store.db,
        bads.map((_, n) => from + (minute + n + 1) * MINUTE_MS),
      ),
    ])
    minute = end
    await tickAt(evaluator, now).catch(() => {})
    if (!victim.isDead) continue
    evaluator = start(store.db)
    await tickAt(evaluator, now + 1_000)
    victim.isDead = false
  }
  return arrived
}

/** What the pager heard, in the order it first did: `firing first 1`. An event that came twice came under one id. */
function heard(own: Awaited<ReturnType<typeof outage>>): string[] {
  const events = [...new Set(own.map(({ event }) => event))]
  return new Set(own.map(({ id }) => id)).size === events.length ? events : own.map(({ event, id }) => `${event} ${id}`)
}

describe('a process that is killed', { timeout: 600_000 }, () => {
  it('at any step of deciding, recording and delivering tells the same, each event under one id', async () => {
    // The very first one is in a young store; all others have the same past.
    await outage(new Victim())
    const alive = new Victim()
    const told = await outage(alive)
    const expected = heard(told)
    expect(expected).toEqual(['firing first 1', 'resolved resolved 2'])
    expect(alive.steps.length).toBeGreaterThan(12)
    for (const [at, step] of alive.steps.entries()) {
      const arrived = await outage(new Victim(at))
      expect.soft(heard(arrived), `killed at step ${at}, ${step}`).toEqual(expected)
    }
  })
})

/** What is told of one incident: a page, an update, its end, and what the fallback holds of each. */
const CHANGES: { at: number; changes: Partial<Notification> }[] = [
  { at: 0, changes: {} },
  { at: 100, changes: { sequence: 2, reason: 'members_added' } },
  { at: 700, changes: { sequence: 3, event: 'resolved', reason: 'resolved' } },
]
const STREAM = CHANGES.map(({ at, changes }) => {
  const when = { nextAttemptAt: second(at), createdAt: second(at) }
  const standby = { endpoint: 'backup', state: 'standby', reason: changes.reason ?? 'fallback' } as const
  return {
    at,
    messages: [
      notification('inc_1', T0, { ...when, ...changes }),
      notification('inc_1', T0, { ...when, ...changes, ...standby }),
      notification('inc_1', T0, { ...when, ...changes, endpoint: 'chat' }),
    ],
  }
})

type Behave = (endpoint: string, at: number) => Answer
const WORLDS: Record<string, Behave> = {
  'that all answer': () => 200,
  'of which one fails for two minutes': (endpoint, at) => (endpoint === 'pager' && at < 150 ? 503 : 200),
  'of which one times out until it is over': (endpoint, at) => (endpoint === 'pager' && at < 800 ? 'timeout' : 200),
  'of which one refuses connections for ever': (endpoint) => (endpoint === 'pager' ? 'refused' : 200),
  'of which one refuses messages': (endpoint) => (endpoint === 'pager' ? 404 : 200),
}

/** The stream through an outbox that dies once; a new one takes over ten seconds later. */
async function deliver(victim: Victim, behave: Behave) {
  const arrived: string[] = []
  const memory = virtualOutbox().store
  const store: OutboxStore = {
    load: (since) => memory.load(since),
    async saveNotifications(notifications, now) {
      victim.step('write notifications')
      await memory.saveNotifications(notifications, now)
    },
    async saveAttempt(attempt) {
      victim.step('write attempt')
      await memory.saveAttempt(attempt)
    },
  }
  const world = () => {
    const made = virtualOutbox({ store, fallbackOf: (endpoint) => (endpoint === 'pager' ? 'backup' : undefined) })
    made.behave((endpoint, at, { event, sequence }) => {
      const answer = behave(endpoint, at)
      if (answer === 200 || answer === 'timeout') arrived.push(`${endpoint} ${event} ${sequence}`)
      victim.step(`${endpoint} has got ${event} ${sequence}`)
      return answer
    })
    return made
  }
  let outbox = world()
  for (const [n, { at, messages }] of STREAM.entries()) {
    for (let tries = 0; tries < 3; tries++) {
      try {
        // What a tick does: derive from the journal what is missing, then deliver.
        const known = new Set([...memory.notifications.keys()])
        await outbox.enqueue(...messages.filter(({ id }) => !known.has(id)))
        await outbox.runTo(STREAM[n + 1]?.at ?? 20_000)
      } catch (error) {
        if (!victim.isDead) throw error
      }
      if (!victim.isDead) break
      victim.isDead = false
      outbox = world()
      await outbox.outbox.load(second(at + 10))
    }
  }
  return { arrived, told: [...new Set(arrived)], states: outbox.states() }
}

describe('an outbox that is killed at any step, with endpoints', () => {
  for (const [title, behave] of Object.entries(WORLDS)) {
    it(`${title}, tells each of them in order and to the end`, async () => {
      const alive = new Victim()
      const { told: expected } = await deliver(alive, behave)
      for (const [at, step] of alive.steps.entries()) {
        const { told } = await deliver(new Victim(at), behave)
        const why = `killed at step ${at}, ${step}`
        for (const endpoint of ['pager', 'backup', 'chat']) {
          const of = (all: string[]) => all.filter((each) => each.startsWith(`${endpoint} `))
          const sequences = of(told).map((each) => Number(each.at(-1)))
          expect.soft(sequences, why).toEqual(sequences.toSorted())
          const heardOfIt = sequences.length > 0
          if (heardOfIt) expect.soft(of(told), why).toContain(`${endpoint} resolved 3`)
          if (of(expected).length > 0) expect.soft(heardOfIt, why).toBe(true)
        }
      }
      expect(alive.steps.length).toBeGreaterThan(10)
    })
  }
})

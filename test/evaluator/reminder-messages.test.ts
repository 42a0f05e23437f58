import { describe, expect, test } from 'vitest'
import { addresseesOf } from '../../evaluator/deliver/notifications-for.ts'
import { tellReminders } from '../../evaluator/overlays/reminder-messages.ts'
import type { Reminder } from '../../evaluator/overlays/reminders.ts'
import type { RouteNode } from '../../slo/overlay/route.ts'
import { second, virtualOutbox } from './virtual.ts'

const ADA = [{ name: 'owner', op: '=', value: 'ada' } as const]
const INFO = [{ name: 'severity', op: '=', value: 'info' } as const]
const ROUTES: RouteNode[] = [
  { matchers: INFO, endpoints: ['feed'], routes: [{ matchers: ADA, endpoints: ['ada'], routes: [] }] },
]
const EVERYTHING: RouteNode[] = [{ matchers: [], endpoints: ['pager'], routes: [] }]

const reminder = (author = 'ada'): Reminder => ({
  kind: 'outlives_week',
  id: 's1',
  author,
  text: `${author}: this silence still mutes checkout burns; fix it, or end the silence`,
})

const MINUTE = 60

async function told(routes: RouteNode[], reminders: Reminder[]) {
  const { outbox, attempts, store } = virtualOutbox()
  const addressees = addresseesOf(['feed', 'ada', 'pager'].map((name) => ({ name, type: 'webhook' as const })))
  const telling = { outbox, addressees, routes, publicUrl: 'https://plumbline.example' }
  const at = async (seconds: number, due: Reminder[]) => {
    await tellReminders(telling, due, second(seconds))
    await outbox.deliverDue(second(seconds))
    await outbox.settled()
  }
  await at(0, reminders)
  // Cut off before it was remembered: the same reminder again.
  await at(1, reminders)
  await at(MINUTE, [])
  await at(2 * MINUTE, [])
  return { attempts: attempts.map(([, endpoint, message]) => `${endpoint} ${message}`), store }
}

describe('a reminder of a silence', () => {
  test('goes to its author where a route says so, once, and is over when it arrived', async () => {
    expect((await told(ROUTES, [reminder()])).attempts).toEqual(['ada firing 1', 'ada resolved 2'])
  })

  test('of somebody else goes to everybody who wants such news', async () => {
    expect((await told(ROUTES, [reminder('bob')])).attempts).toEqual(['feed firing 1', 'feed resolved 2'])
  })

  test('wakes nobody whose route is for everything', async () => {
    expect((await told(EVERYTHING, [reminder()])).attempts).toEqual([])
  })

  test('is nothing without one', async () => {
    expect((await told(ROUTES, [])).attempts).toEqual([])
  })
})

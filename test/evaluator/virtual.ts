import { memoryOutbox } from '../../evaluator/deliver/memory-outbox-store.ts'
import { Outbox, type OutboxOptions } from '../../evaluator/deliver/outbox.ts'
import { type PostResult, postResult } from '../../evaluator/notify/post-result.ts'
import type { Notification } from '../../storage/notifications.ts'
import { QUIET } from './quiet.ts'

export const T0 = Date.parse('2026-01-10T12:00:00Z')
const SECOND_MS = 1_000
export const second = (n: number): Date => new Date(T0 + n * SECOND_MS)

/** A status, what becomes of the connection, or a status with Retry-After in seconds. */
export type Answer = number | 'refused' | 'timeout' | { status: number; retryAfter: number }

/** An attempt: seconds since T0, endpoint, event and sequence, and what came of it. */
export type Attempt = [second: number, endpoint: string, message: string, answer: Answer]

const TIMEOUT_MS = 10_000

function resultOf(answer: Answer): PostResult {
  if (answer === 'refused') return postResult({ error: 'refused' })
  if (answer === 'timeout') return postResult({ error: 'timeout', arrival: 'maybe', latencyMs: TIMEOUT_MS })
  const { status, retryAfter = '' } = typeof answer === 'number' ? { status: answer } : answer
  if (status < 300) return postResult({ status, arrival: 'accepted' })
  const permanent = status < 500 && status !== 429
  return postResult({ status, permanent, arrival: status < 500 ? 'no' : 'maybe', retryAfter: String(retryAfter) })
}

/** An outbox on virtual time, with receivers that answer at once as `behave` says. */
export function virtualOutbox(options: Partial<OutboxOptions> = {}) {
  const store = memoryOutbox()
  const attempts: Attempt[] = []
  let behave: (endpoint: string, at: number, message: Notification) => Answer = () => 200
  let now = T0
  const outbox = new Outbox({
    store,
    log: QUIET,
    random: () => 0.5,
    send: async (message, at) => {
      const seconds = (at.getTime() - T0) / SECOND_MS
      const answer = behave(message.endpoint, seconds, message)
      attempts.push([seconds, message.endpoint, `${message.event} ${message.sequence}`, answer])
      return resultOf(answer)
    },
    ...options,
  })
  return {
    outbox,
    store,
    attempts,
    behave(next: typeof behave) {
      behave = next
    },
    enqueue: (...notifications: Notification[]) => outbox.enqueue(notifications, new Date(now)),
    /** Every attempt that falls due until then, each at its own instant. */
    async runTo(n: number) {
      for (let rounds = 0, before = 0; ; rounds++) {
        const due = outbox.nextDueAt()?.getTime()
        if (due === undefined || due > T0 + n * SECOND_MS) break
        if (due > before) [before, rounds] = [due, 0]
        if (rounds > 20) throw new Error('the outbox does not get anywhere')
        now = Math.max(now, due)
        await outbox.deliverDue(new Date(now))
      }
      now = T0 + n * SECOND_MS
      await outbox.deliverDue(new Date(now))
    },
    /** Accepted messages in order: `60 backup firing 1`. */
    accepted: () =>
      attempts.filter(([, , , answer]) => answer === 200).map(([at, endpoint, what]) => `${at} ${endpoint} ${what}`),
    states: () =>
      [...store.notifications.values()].map(({ endpoint, event, sequence, state, lastError }) =>
        [endpoint, event, sequence, state, lastError].filter((part) => part !== '').join(' '),
      ),
  }
}

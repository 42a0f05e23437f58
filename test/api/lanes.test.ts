import { Hono } from 'hono'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { lane } from '../../api/lanes.ts'
import { onError } from '../../api/problem.ts'

/** An API of one route that answers when it is told to. */
function slowApi() {
  const answer = Promise.withResolvers<void>()
  const app = new Hono()
  app.onError(onError(pino({ level: 'silent' })))
  app.use('*', async (c, next) => {
    c.set('caller', c.req.query('by') ?? '')
    await next()
  })
  app.use('*', lane({ size: 3, queue: 4, callerSize: 1, callerQueue: 1 }))
  let begun = 0
  app.get('/', async (c) => {
    begun++
    await answer.promise
    return c.text('done')
  })
  const ask = async (by: string, signal?: AbortSignal) =>
    (await app.request(`/?by=${by}`, signal ? { signal } : {})).status
  return { ask, answer: answer.resolve, begun: () => begun }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a caller that asks too often is answered 429, another one is served meanwhile', async () => {
  const { ask, answer, begun } = slowApi()
  const [first, second] = [ask('a'), ask('a')]
  await settled()
  expect(begun()).toBe(1)
  expect(await ask('a')).toBe(429)
  const other = ask('b')
  await settled()
  expect(begun()).toBe(2)
  answer()
  expect(await Promise.all([first, second, other])).toEqual([200, 200, 200])
})

test('a request whose caller went away while it waited does no work', async () => {
  const { ask, answer, begun } = slowApi()
  const gone = new AbortController()
  const first = ask('a')
  await settled()
  const second = ask('a', gone.signal)
  await settled()
  gone.abort()
  await second.catch(() => undefined)
  answer()
  expect([await first, begun()]).toEqual([200, 1])
})

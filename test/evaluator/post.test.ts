import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { egressGuard } from '../../evaluator/notify/egress.ts'
import { type PostLimits, post } from '../../evaluator/notify/post.ts'
import { type Behaviour, type Receiver, startReceiver } from './receiver.ts'

const CHECK = egressGuard({ allow: ['127.0.0.0/8'], insecureHttp: true })
const LIMITS: PostLimits = { connectTimeoutMs: 1_000, totalTimeoutMs: 1_500 }
const MESSAGE = { headers: { 'content-type': 'application/json' }, body: '{"n":1}' }

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  return () => receiver[Symbol.asyncDispose]()
})

const send = (url = receiver.url) => post(url, MESSAGE, CHECK, LIMITS)

describe('a post', () => {
  const ANSWERS: Record<string, { behaviour: Behaviour; arrival: string; permanent: boolean }> = {
    'answered 200 arrived': { behaviour: 200, arrival: 'accepted', permanent: false },
    'answered 204 arrived': { behaviour: 204, arrival: 'accepted', permanent: false },
    'answered 301 did not arrive, for good': { behaviour: 301, arrival: 'no', permanent: true },
    'answered 400 did not arrive, for good': { behaviour: 400, arrival: 'no', permanent: true },
    'answered 408 did not arrive yet': { behaviour: 408, arrival: 'no', permanent: false },
    'answered 410 did not arrive, for good': { behaviour: 410, arrival: 'no', permanent: true },
    'answered 425 did not arrive yet': { behaviour: 425, arrival: 'no', permanent: false },
    'answered 429 did not arrive yet': { behaviour: 429, arrival: 'no', permanent: false },
    'answered 500 may have arrived': { behaviour: 500, arrival: 'maybe', permanent: false },
    'answered 503 may have arrived': { behaviour: 503, arrival: 'maybe', permanent: false },
    'cut off may have arrived': { behaviour: 'reset', arrival: 'maybe', permanent: false },
    'never answered may have arrived': { behaviour: 'hang', arrival: 'maybe', permanent: false },
  }
  for (const [title, { behaviour, arrival, permanent }] of Object.entries(ANSWERS)) {
    it(title, async () => {
      receiver.behave(behaviour)
      const result = await send()
      expect(result).toMatchObject({ arrival, permanent, status: typeof behaviour === 'number' ? behaviour : 0 })
      expect(receiver.received).toMatchObject([{ body: MESSAGE.body }])
    })
  }

  it('whose connection is refused cannot have arrived', async () => {
    expect(await send('http://127.0.0.1:1/')).toMatchObject({ arrival: 'no', permanent: false, status: 0 })
  })

  it('whose name does not resolve cannot have arrived', async () => {
    expect(await send('http://receiver.invalid/')).toMatchObject({ arrival: 'no', permanent: false, status: 0 })
  })

  it('whose TLS handshake fails cannot have arrived', async () => {
    const plain = createServer((socket) => socket.end('not TLS\r\n')).listen(0, '127.0.0.1')
    await new Promise((resolve) => plain.once('listening', resolve))
    const result = await send(`https://127.0.0.1:${(plain.address() as AddressInfo).port}/`)
    plain.close()
    expect(result).toMatchObject({ arrival: 'no', permanent: false, status: 0 })
  })

  it('that is refused by the guard is never made', async () => {
    const result = await post(receiver.url, MESSAGE, egressGuard({ allow: [], insecureHttp: true }), LIMITS)
    expect(result).toMatchObject({ arrival: 'no', permanent: true, error: expect.stringContaining('egress.allow') })
    expect(receiver.received).toEqual([])
  })

  it('connects to the address that was checked, not to what the name means by then', async () => {
    const port = new URL(receiver.url).port
    const checked = async (url: string) => ({ url: new URL(url), address: '127.0.0.1', family: 4 as const })
    const result = await post(`http://receiver.invalid:${port}/hook`, MESSAGE, checked, LIMITS)
    expect(result).toMatchObject({ status: 200, arrival: 'accepted' })
    expect(receiver.received[0]?.headers.host).toBe(`receiver.invalid:${port}`)
  })

  it('keeps 512 bytes of a long answer', async () => {
    receiver.behave((response) => response.writeHead(500).end('x'.repeat(100_000)))
    expect((await send()).answer).toBe('x'.repeat(512))
  })

  it('does not wait for an answer without end', async () => {
    receiver.behave((response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'.repeat(2_000)), 5)
      response.on('close', () => clearInterval(timer))
    })
    expect(await send()).toMatchObject({ status: 200, arrival: 'accepted' })
  })

  it('hands on how long to wait', async () => {
    receiver.behave((response) => response.writeHead(503, { 'retry-after': '120' }).end())
    expect((await send()).retryAfter).toBe('120')
  })
})

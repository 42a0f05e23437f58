import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { ByteBudget } from '../../collector/byte-budget.ts'
import { readBody } from '../../collector/http/read-body.ts'

const BUDGET = 1_000
const STALLED_MS = 50

/** Sends a head and the beginning of a body; resolves to what the server says of it, and what it still holds. */
async function send(announced: number, part: string, bytes = BUDGET): Promise<string> {
  const budget = new ByteBudget(bytes)
  const server = createServer(async (request, response) => {
    const lease = budget.lease()
    const result = await readBody(request, announced, bytes, lease, STALLED_MS).then(
      (body) => `read ${body.length}, held ${budget.used}`,
      (error: Error) => error.message,
    )
    lease.release()
    response.setHeader('connection', 'close').end(`${result}, left ${budget.used}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${announced}\r\n\r\n${part}`)
  const answer = await text(socket)
  server.close()
  return answer.slice(answer.indexOf('\r\n\r\n') + 4).replace(/^[0-9a-f]+\r\n|\r\n.*$/gs, '')
}

test('a body is counted as it arrives, twice for the rows beside it', async () => {
  expect(await send(5, 'hello')).toBe('read 5, held 10, left 0')
})

test('what is announced and does not come takes nothing, and the sender is let go', async () => {
  expect(await send(900, '')).toBe('nothing came of the body for 0.05 s, left 0')
  expect(await send(900, 'beginning')).toBe('nothing came of the body for 0.05 s, left 0')
})

test('what arrives beyond the budget is refused', async () => {
  expect(await send(600, 'x'.repeat(600))).toBe(
    'bodies in work have reached collector.maxInFlight (1000 bytes), left 0',
  )
})

test('a large body that is refused half-way and comes to its end all the same ends nothing but itself', async () => {
  expect(await send(100_000, 'x'.repeat(100_000), 100_000)).toBe(
    'bodies in work have reached collector.maxInFlight (100000 bytes), left 0',
  )
})

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A status to answer with, `hang` to never answer, `reset` to break the connection, or the answer written by hand. */
export type Behaviour = number | 'hang' | 'reset' | ((response: ServerResponse) => void)

export interface Receiver extends AsyncDisposable {
  url: string
  received: Received[]
  /** What it does with the next requests. */
  behave(behaviour: Behaviour): void
}

/** A webhook receiver on loopback that fails on command. */
export async function startReceiver(): Promise<Receiver> {
  let behaviour: Behaviour = 200
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push({ path: request.url ?? '', headers: request.headers, body })
    if (behaviour === 'hang') return
    if (behaviour === 'reset') request.socket.destroy()
    else if (typeof behaviour === 'function') behaviour(response)
    else response.writeHead(behaviour).end(behaviour < 300 ? 'thanks' : 'no')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    behave(next) {
      behaviour = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

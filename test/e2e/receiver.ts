import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

export interface Message {
  headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: the body is what the test examines
  body: any
}

/** An on-call tool: takes webhooks on loopback, checks every signature, keeps what it was told. */
export async function startReceiver() {
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
  const verifier = new Webhook(secret)
  const messages: Message[] = []
  const unsigned: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    try {
      verifier.verify(body, request.headers as Record<string, string>)
      messages.push({ headers: request.headers, body: JSON.parse(body) })
      response.writeHead(200).end()
    } catch (error) {
      unsigned.push(String(error))
      response.writeHead(401).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    secret,
    messages,
    unsigned,
    /** The configuration that sends pages here. */
    config: {
      egress: { allow: ['127.0.0.0/8'], insecureHttp: true },
      endpoints: [{ name: 'oncall', type: 'webhook', url: `http://127.0.0.1:${port}/hook`, secret }],
      routes: [{ match: { severity: 'page' }, endpoints: ['oncall'] }],
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

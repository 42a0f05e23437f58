import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { pageLines } from './page.ts'

const MAX_BODY = 256 * 1024

export interface Receiver {
  url: string
  stop(): Promise<void>
}

/**
 * Stands in for the on-call tool: checks the Standard Webhooks signature of every message and prints it for a person.
 * Listens on any free port of loopback. Answers 204, 401 for a wrong signature, 413 for a body over 256 KiB.
 */
export async function startReceiver(secret: string, print: (lines: string[]) => void): Promise<Receiver> {
  const webhook = new Webhook(secret)
  const server = http.createServer(async (request, response) => {
    const body = await readBody(request)
    if (body === null) return void response.writeHead(413).end()
    try {
      print(pageLines(webhook.verify(body, request.headers as Record<string, string>)))
      response.writeHead(204).end()
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      print([`  a message with a wrong signature was refused: ${error.message}`])
      response.writeHead(401).end()
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Byte for byte as sent, since the signature covers the bytes; null when it is too large. */
async function readBody(request: http.IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY) chunks.push(chunk)
  }
  return size > MAX_BODY ? null : Buffer.concat(chunks).toString('utf8')
}

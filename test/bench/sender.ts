import { Agent, request } from 'node:http'

export interface Sender {
  /** Resolves to the status; rejects when there was no answer. */
  post(body: Buffer, headers?: Record<string, string>): Promise<number>
  close(): void
}

/** Posts protobuf trace bodies over kept connections. */
export function openSender(url: string, connections = Number.POSITIVE_INFINITY): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    post: (body, more = {}) =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length, ...more }
        const sending = request(`${url}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0))
        })
        sending.once('error', reject).end(body)
      }),
    close: () => agent.destroy(),
  }
}

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Fault, misbehave } from './faults.ts'
import { CALLS_PER_STRAY_ERROR, healthyMs, PROVIDER_IDS, PROVIDERS, type ProviderId } from './providers.ts'

/** A healthy answer, and the same content after the provider changed its contract without telling anyone. */
const ANSWERS: Record<ProviderId, { agreed: unknown; changed: string }> = {
  payment: { agreed: { id: 'ch_1', amount: 1999, status: 'captured' }, changed: '<charge status="captured"/>' },
  identity: { agreed: { subject: 'u_1', verified: true }, changed: '<identity verified="true"/>' },
  shipping: { agreed: { shipment: 'sh_1', state: 'booked' }, changed: '<shipment><state>booked</state></shipment>' },
  email: { agreed: { message: 'm_1', queued: true }, changed: '<message queued="true"/>' },
}

export interface ThirdParty {
  url: string
  /** null: healthy again. An outage closes the port; the same port opens again afterwards. */
  setFault(fault: Fault | null): Promise<void>
  stop(): Promise<void>
}

/** One fake third party on a free loopback port. */
export async function startThirdParty(id: ProviderId): Promise<ThirdParty> {
  let fault: Fault | null = null
  let since = Date.now()
  let served = 0

  const answer = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    request.resume()
    const effect = misbehave(fault, (Date.now() - since) / 1000, Math.random())
    served += 1
    const stray = served % CALLS_PER_STRAY_ERROR === 0 ? 500 : null
    const status = effect.status ?? stray
    // A refusal is quick; only kept promises take time.
    const waitMs =
      effect.status === null ? healthyMs(PROVIDERS[id], 1 - Math.random(), Math.random()) + effect.extraMs : 5
    await sleep(waitMs)
    const headers = { 'x-request-id': crypto.randomUUID(), ...effect.headers }
    if (status !== null) {
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify({ error: status }))
    } else if (effect.changedShape) {
      response.writeHead(200, { 'content-type': 'application/xml', ...headers }).end(ANSWERS[id].changed)
    } else {
      response
        .writeHead(200, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(ANSWERS[id].agreed))
    }
  }

  let server = await listen(answer, 0)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async setFault(next) {
      const [wasOut, isOut] = [fault?.kind === 'outage', next?.kind === 'outage']
      fault = next
      since = Date.now()
      if (isOut && !wasOut) await close(server)
      if (wasOut && !isOut) server = await listen(answer, port)
    },
    stop: () => close(server),
  }
}

function listen(
  answer: (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>,
  port: number,
): Promise<http.Server> {
  const server = http.createServer((request, response) => void answer(request, response))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function close(server: http.Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** All four, by id. */
export async function startThirdParties(): Promise<Record<ProviderId, ThirdParty>> {
  const entries = await Promise.all(PROVIDER_IDS.map(async (id) => [id, await startThirdParty(id)] as const))
  return Object.fromEntries(entries) as Record<ProviderId, ThirdParty>
}

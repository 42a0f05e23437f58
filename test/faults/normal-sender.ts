import { hexOf, T0_NS, traceBody } from '../collector/builders.ts'

const PAUSE_MS = 10

/** A sender as it should be, going on beside whatever others do: every request of it must be taken. */
export interface NormalSender {
  served(): number
  /** Other answers, and broken connections. */
  failures: readonly string[]
  stop(): Promise<void>
}

let spans = 0

/** Sends a request, and tells whether it was taken and what was said. */
type Send = (body: Buffer) => Promise<{ isTaken: boolean; said: string }>

const byHttp =
  (url: string): Send =>
  async (body) => {
    const headers = { 'content-type': 'application/x-protobuf' }
    const response = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(body) })
    return { isTaken: response.status === 200, said: `${response.status} ${await response.text()}` }
  }

export function startNormalSender(url: string, send: Send = byHttp(url)): NormalSender {
  const failures: string[] = []
  let served = 0
  let stopping = false
  const running = (async () => {
    while (!stopping) {
      const span = { spanId: hexOf(++spans, 8), startNs: T0_NS + BigInt(spans), attributes: { 'peer.service': 'x' } }
      try {
        const { isTaken, said } = await send(traceBody([span], { 'service.name': 'normal' }))
        if (isTaken) served++
        else failures.push(said)
      } catch (error) {
        failures.push(String((error as Error).cause ?? error))
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  })()
  return {
    served: () => served,
    failures,
    async stop() {
      stopping = true
      await running
    },
  }
}

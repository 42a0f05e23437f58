import { hexOf, T0_NS, traceBody } from '../collector/builders.ts'

const PAUSE_MS = 10

/** A sender as it should be, going on beside whatever others do: every request of it must be answered 200. */
export interface NormalSender {
  served(): number
  /** Answers other than 200, and broken connections. */
  failures: readonly string[]
  stop(): Promise<void>
}

let spans = 0

export function startNormalSender(url: string): NormalSender {
  const failures: string[] = []
  let served = 0
  let stopping = false
  const running = (async () => {
    while (!stopping) {
      const span = { spanId: hexOf(++spans, 8), startNs: T0_NS + BigInt(spans), attributes: { 'peer.service': 'x' } }
      const body = new Uint8Array(traceBody([span], { 'service.name': 'normal' }))
      const request = { method: 'POST', headers: { 'content-type': 'application/x-protobuf' }, body }
      try {
        const response = await fetch(`${url}/v1/traces`, request)
        const answer = await response.text()
        if (response.status === 200) served++
        else failures.push(`${response.status} ${answer}`)
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

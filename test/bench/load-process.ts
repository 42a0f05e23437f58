/**
 * Sends bodies at a steady rate whether or not the ones before were answered: a slow collector meets the same load as a
 * fast one, and latency counts from when a request was due. Bodies are made before the first is sent.
 * Arguments: URL of the collector, requests, spans each, requests a second, number of the first. Says 'ready', begins when told anything, and
 * ends with a `LoadResult`.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSender } from './sender.ts'
import { spanBodies } from './span-bodies.ts'

export interface LoadResult {
  /** Requests by HTTP status, or by what was wrong with the connection. */
  answers: Record<string, number>
  /** From due to acknowledged, sorted; milliseconds. */
  latencies: number[]
  /** From the first request to the last answer. */
  tookMs: number
  /** CPU time of sending. */
  cpuMs: number
}

const CONNECTIONS = 64

const [url, requests, spans, perSecond, first] = process.argv.slice(2)
const bodyOf = spanBodies(Number(spans))
const bodies = Array.from({ length: Number(requests) }, (_, i) => bodyOf(Number(first) + i))
const { post, close } = openSender(url!, CONNECTIONS)
process.send?.('ready')
await once(process, 'message')

const result: LoadResult = { answers: {}, latencies: [], tookMs: 0, cpuMs: 0 }
const startCpu = process.cpuUsage()
const startedAt = performance.now()
const sent: Promise<void>[] = []
for (const [i, body] of bodies.entries()) {
  const dueAt = startedAt + (i * 1000) / Number(perSecond)
  const early = dueAt - performance.now()
  if (early > 1) await sleep(early)
  sent.push(send(body, dueAt))
}
await Promise.all(sent)
result.tookMs = performance.now() - startedAt
const { user, system } = process.cpuUsage(startCpu)
result.cpuMs = (user + system) / 1000
result.latencies.sort((a, b) => a - b)
close()
process.send?.(result, () => process.disconnect())

async function send(body: Buffer, dueAt: number): Promise<void> {
  const answer = await post(body).catch((error: NodeJS.ErrnoException) => error.code ?? 'no answer')
  result.answers[answer] = (result.answers[answer] ?? 0) + 1
  if (answer === 200) result.latencies.push(performance.now() - dueAt)
}

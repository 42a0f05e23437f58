import { hexOf, traceBody } from '../collector/builders.ts'

const SENDERS = 4
const SPANS_PER_REQUEST = 20
const RETRY_MS = 100

/** Senders that repeat every request until it is acknowledged, as OTLP exporters do: same bytes, new attempt. */
export interface Load {
  /** Span ids of all requests answered 200. */
  acknowledged: ReadonlySet<string>
  /** Requests refused as they should be: 503 with Retry-After. */
  refusals(): number
  /** Answers that should not have been given, in words. */
  wrongAnswers: readonly string[]
  resume(): void
  /** Resolves when every request sent so far is acknowledged. */
  pause(): Promise<void>
  /** Ends it without waiting for acknowledgements. */
  abandon(): void
}

export function startLoad(otlpHttp: string, salt: number): Load {
  const acknowledged = new Set<string>()
  const wrongAnswers: string[] = []
  let refusals = 0
  let next = 0
  let sending = false
  let abandoned = false
  let senders: Promise<void>[] = []

  async function attempt(body: Buffer): Promise<boolean> {
    const headers = { 'content-type': 'application/x-protobuf' }
    const request = { method: 'POST', headers, body: new Uint8Array(body) }
    const response = await fetch(`${otlpHttp}/v1/traces`, request).catch(() => null)
    const answer = await response?.arrayBuffer().catch(() => null)
    if (!response || !answer) return false
    if (response.status === 200 && answer.byteLength === 0) return true
    if (response.status === 503 && Number(response.headers.get('retry-after')) > 0) refusals++
    else wrongAnswers.push(`${response.status} ${Buffer.from(answer)}`)
    return false
  }

  async function send(): Promise<void> {
    while (sending) {
      const ids = Array.from({ length: SPANS_PER_REQUEST }, () => hexOf(salt, 4) + hexOf(++next, 4))
      const body = bodyOf(ids)
      while (!(await attempt(body))) {
        if (abandoned) return
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
      for (const id of ids) acknowledged.add(id)
    }
  }

  return {
    acknowledged,
    refusals: () => refusals,
    wrongAnswers,
    resume() {
      sending = true
      senders = Array.from({ length: SENDERS }, send)
    },
    async pause() {
      sending = false
      await Promise.all(senders)
    },
    abandon() {
      abandoned = true
      sending = false
    },
  }
}

function bodyOf(ids: string[]): Buffer {
  const startNs = BigInt(Date.now()) * 1_000_000n
  const attributes = {
    'http.request.method': 'GET',
    'url.full': 'https://api.example/items',
    'http.response.status_code': 200n,
  }
  return traceBody(
    ids.map((spanId) => ({ spanId, traceId: spanId.repeat(2), startNs, endNs: startNs + 5_000_000n, attributes })),
  )
}

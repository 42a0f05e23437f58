import { Agent, buildConnector, request } from 'undici'
import { ANSWER_RULES, type AnswerRules } from './answer-rules.ts'
import { EgressRefusedError, type EgressTarget } from './egress.ts'
import { type PostResult, timedResult } from './post-result.ts'

export interface PostLimits {
  connectTimeoutMs: number
  totalTimeoutMs: number
}

const ANSWER_READ_BYTES = 4_096
const ANSWER_KEPT_BYTES = 512

/**
 * Sends a request to an address that was checked before, following no redirect. Never rejects: whatever happens is a result.
 * @param check resolves the URL to the address to connect to, see `egressGuard`
 * @param rules what an answer means
 */
export async function post(
  url: string,
  { method = 'POST', headers, body }: { method?: 'GET' | 'POST'; headers: Record<string, string>; body: string | null },
  check: (url: string) => Promise<EgressTarget>,
  { connectTimeoutMs, totalTimeoutMs }: PostLimits,
  rules: AnswerRules = ANSWER_RULES.webhook,
): Promise<PostResult> {
  const result = timedResult()
  let target: EgressTarget
  try {
    target = await check(url)
  } catch (error) {
    return result({ error: textOf(error), permanent: error instanceof EgressRefusedError && error.permanent })
  }
  const connection = connectTo(target, connectTimeoutMs)
  try {
    const answer = await request(target.url, {
      method,
      headers,
      body,
      dispatcher: connection.agent,
      signal: AbortSignal.timeout(totalTimeoutMs),
    })
    const status = answer.statusCode
    const retryAfter = answer.headers['retry-after']
    const text = await beginningOf(answer.body)
    const accepted = rules.accepts(status, text)
    return result({
      status,
      arrival: accepted ? 'accepted' : status < 500 ? 'no' : 'maybe',
      permanent: !accepted && status < 500 && !rules.retries.has(status),
      isGone: rules.isGone(status),
      answer: text,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : '',
    })
  } catch (error) {
    return result({ error: textOf(error), arrival: connection.wasMade() ? 'maybe' : 'no' })
  } finally {
    void connection.agent.destroy()
  }
}

/** An agent that connects to the checked address only, and remembers whether it did. */
function connectTo({ address, family }: EgressTarget, connectTimeoutMs: number) {
  let made = false
  const connector = buildConnector({
    timeout: connectTimeoutMs,
    autoSelectFamily: false,
    lookup: (_host, options, done) => (options.all ? done(null, [{ address, family }]) : done(null, address, family)),
  })
  const agent = new Agent({
    pipelining: 0,
    connect: (options, done) =>
      connector(options, (...outcome) => {
        made ||= outcome[0] === null
        done(...outcome)
      }),
  })
  return { agent, wasMade: () => made }
}

/** The first bytes of an answer as text; a body that breaks off or does not end is cut, not an error. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= ANSWER_READ_BYTES) break
    }
  } catch {
    // The status line decided already.
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_KEPT_BYTES).toString('utf8')
}

export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : ''
  return `${code}${error.message}`
}

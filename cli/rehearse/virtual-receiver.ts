import { type PostResult, postResult } from '../../evaluator/notify/post-result.ts'
import type { Scenario } from './scenario.ts'

type Behaviour = Scenario['endpoint_behaviour'][number]

/** What an endpoint that a scenario makes up answers at a second; without a word about it 200 at once. */
export function answerAt(
  behaviours: readonly Behaviour[],
  endpoint: string,
  second: number,
  timeoutSeconds: number,
): PostResult {
  const { respond = 200 } =
    behaviours.findLast((each) => each.endpoint === endpoint && each.from_s <= second && second < each.to_s) ?? {}
  if (respond === 'refused') return postResult({ error: 'connection refused' })
  if (respond === 'timeout')
    return postResult({ error: 'no answer in time', arrival: 'maybe', latencyMs: timeoutSeconds * 1000 })
  const { code, retry_after_s } = typeof respond === 'number' ? { code: respond, retry_after_s: undefined } : respond
  const isAccepted = code >= 200 && code < 300
  const isRetried = code >= 500 || RETRIED.has(code)
  return postResult({
    status: code,
    arrival: isAccepted ? 'accepted' : code >= 500 ? 'maybe' : 'no',
    permanent: !isAccepted && !isRetried,
    isGone: code === 410,
    retryAfter: retry_after_s === undefined ? '' : String(retry_after_s),
  })
}

/** Codes below 500 after which a later attempt can end differently, as for a generic webhook. */
const RETRIED: ReadonlySet<number> = new Set([408, 425, 429])

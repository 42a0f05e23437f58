/** What became of one attempt. */
export interface PostResult {
  /** HTTP or SMTP status; 0 without an answer. */
  status: number
  /** '' when there was an answer. */
  error: string
  /** Whether the message arrived: an answer of 5xx or a broken connection leaves it open. */
  arrival: 'accepted' | 'maybe' | 'no'
  /** No later attempt can end differently. */
  permanent: boolean
  /** The endpoint takes nothing any more, ever. */
  isGone?: boolean
  /** The first bytes of the answer. */
  answer: string
  /** Value of the Retry-After header, '' without one. */
  retryAfter: string
  latencyMs: number
}

/** An attempt that did not arrive, save what is said of it. */
export const postResult = (outcome: Partial<PostResult>): PostResult => ({
  status: 0,
  error: '',
  arrival: 'no',
  permanent: false,
  answer: '',
  retryAfter: '',
  latencyMs: 0,
  ...outcome,
})

/** Measures how long an attempt takes from now on. */
export function timedResult(): (outcome: Partial<PostResult>) => PostResult {
  const started = performance.now()
  return (outcome) => postResult({ latencyMs: Math.round(performance.now() - started), ...outcome })
}

import type { Outcome } from './outcome.ts'

/**
 * Statuses that say more than their class. Sources: RFC 9110, RFC 6585 (429, 511), nginx (499),
 * AWS Elastic Load Balancing (460), Cloudflare (522, 524), Twitter (420), proxies (598, 599).
 */
const BY_STATUS: Readonly<Record<number, Outcome>> = {
  401: 'auth',
  403: 'auth',
  407: 'auth',
  511: 'auth',
  408: 'timeout',
  504: 'timeout',
  522: 'timeout',
  524: 'timeout',
  598: 'timeout',
  599: 'timeout',
  420: 'throttled',
  429: 'throttled',
  460: 'cancelled',
  499: 'cancelled',
}

/** Null below 400: such an answer alone is no failure. */
export function outcomeOfHttpStatus(status: number): Outcome | null {
  if (status < 400) return null
  return BY_STATUS[status] ?? (status < 500 ? 'client_error' : 'server_error')
}

/** As logs and spans have them, and by their long names. */
const flags = (short: string, long: string): ReadonlySet<string> =>
  new Set(`${short} ${long.toUpperCase()}`.trim().split(/\s+/))

/**
 * Envoy's reasons, in order of precedence where several are given.
 * Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage (RESPONSE_FLAGS).
 */
const ENVOY_FLAGS: readonly { outcome: Outcome; flags: ReadonlySet<string> }[] = [
  { outcome: 'timeout', flags: flags('UT SI DT UMSDR', 'UpstreamRequestTimeout StreamIdleTimeout DurationTimeout') },
  { outcome: 'timeout', flags: flags('', 'UpstreamMaxStreamDurationReached') },
  // A full upstream, and Envoy's overload manager: the proxy on our side refused to send.
  { outcome: 'circuit_open', flags: flags('UO OM DO', 'UpstreamOverflow OverloadManagerTerminated DropOverload') },
  { outcome: 'throttled', flags: flags('RL', 'RateLimited') },
  { outcome: 'cancelled', flags: flags('DC DR', 'DownstreamConnectionTermination DownstreamRemoteReset') },
  { outcome: 'auth', flags: flags('UAEX', 'UnauthorizedExternalService') },
  {
    outcome: 'connection',
    flags: flags('UF UC UH LH LR UR URX UPE DF', 'UpstreamConnectionFailure NoHealthyUpstream'),
  },
  { outcome: 'connection', flags: flags('', 'UpstreamConnectionTermination UpstreamRemoteReset LocalReset') },
  { outcome: 'connection', flags: flags('', 'UpstreamRetryLimitExceeded DnsResolutionFailed UpstreamProtocolError') },
  { outcome: 'client_error', flags: flags('NR NC IH DPE', 'NoRouteFound NoClusterFound InvalidEnvoyRequestHeaders') },
]

/** `UF,URX` → connection; `-`, '' and flags that are no failure → null. */
export function outcomeOfEnvoyFlags(responseFlags: string): Outcome | null {
  if (responseFlags === '' || responseFlags === '-') return null
  const given = responseFlags.toUpperCase().split(/[\s,;]+/, 20)
  return ENVOY_FLAGS.find(({ flags }) => given.some((flag) => flags.has(flag)))?.outcome ?? null
}

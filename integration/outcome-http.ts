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

/**
 * Envoy's reasons, in order of precedence where several are given.
 * Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage (RESPONSE_FLAGS).
 */
const ENVOY_FLAGS: readonly { outcome: Outcome; flags: ReadonlySet<string> }[] = [
  { outcome: 'timeout', flags: new Set(['UT', 'SI', 'DT']) },
  { outcome: 'circuit_open', flags: new Set(['UO']) },
  { outcome: 'throttled', flags: new Set(['RL']) },
  { outcome: 'cancelled', flags: new Set(['DC']) },
  { outcome: 'auth', flags: new Set(['UAEX']) },
  { outcome: 'connection', flags: new Set(['UF', 'UC', 'UH', 'LR', 'UR', 'URX']) },
  { outcome: 'client_error', flags: new Set(['NR', 'NC', 'IH']) },
]

/** `UF,URX` → connection; `-`, '' and flags that are no failure → null. */
export function outcomeOfEnvoyFlags(responseFlags: string): Outcome | null {
  if (responseFlags === '' || responseFlags === '-') return null
  const given = responseFlags.toUpperCase().split(/[\s,;]+/, 20)
  return ENVOY_FLAGS.find(({ flags }) => given.some((flag) => flags.has(flag)))?.outcome ?? null
}

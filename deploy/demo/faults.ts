/** How a third party can misbehave; `creep` slows down steadily, `outage` refuses connections. */
export type Fault =
  | { kind: 'expired-credential' }
  | { kind: 'throttle'; share: number }
  | { kind: 'creep'; toMs: number; overSeconds: number }
  | { kind: 'schema-change' }
  | { kind: 'server-error'; share: number }
  | { kind: 'outage' }

/** What a third party sends back: null status = it keeps its contract. */
export interface Misbehaviour {
  status: number | null
  extraMs: number
  headers: Record<string, string>
  /** True: the answer has the new shape nobody was told about. */
  changedShape: boolean
}

const HEALTHY: Misbehaviour = { status: null, extraMs: 0, headers: {}, changedShape: false }

/**
 * What `fault`, `elapsedSeconds` old, does to one request.
 * @param chance uniform in [0, 1): decides the faults that hit only a share of the requests
 */
export function misbehave(fault: Fault | null, elapsedSeconds: number, chance: number): Misbehaviour {
  switch (fault?.kind) {
    case 'expired-credential':
      return { ...HEALTHY, status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
    case 'throttle':
      return chance < fault.share
        ? {
            ...HEALTHY,
            status: 429,
            headers: { 'retry-after': '1', 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0' },
          }
        : HEALTHY
    case 'creep':
      return { ...HEALTHY, extraMs: fault.toMs * Math.min(1, elapsedSeconds / fault.overSeconds) }
    case 'schema-change':
      return { ...HEALTHY, changedShape: true }
    case 'server-error':
      return chance < fault.share ? { ...HEALTHY, status: 500 } : HEALTHY
    default:
      return HEALTHY
  }
}

/**
 * Why a call ended as it did, and who can mend it.
 * Source: OpenTelemetry semantic conventions read through Plumbline's outcome rules (docs/calls.md).
 */
export const OUTCOMES = [
  'ok',
  'cancelled',
  'client_error',
  'auth',
  'throttled',
  'timeout',
  'connection',
  'server_error',
  'schema',
  'circuit_open',
  'unknown_error',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export const OWNERS = ['provider', 'us', 'quota', 'none'] as const
export type Owner = (typeof OWNERS)[number]

const OUTBOUND_OWNER: Record<Outcome, Owner> = {
  ok: 'none',
  cancelled: 'none',
  client_error: 'us',
  auth: 'us',
  schema: 'us',
  circuit_open: 'us',
  throttled: 'quota',
  timeout: 'provider',
  connection: 'provider',
  server_error: 'provider',
  unknown_error: 'none',
}

/** Seen from the server: our own failures are ours, and a caller's mistakes are the caller's. */
const INBOUND_OWNER: Record<Outcome, Owner> = {
  ...OUTBOUND_OWNER,
  client_error: 'none',
  auth: 'none',
  throttled: 'none',
  timeout: 'us',
  connection: 'us',
  server_error: 'us',
}

/** Who can fix a call that ended with this outcome. */
export const ownerOf = (outcome: Outcome, direction: Direction): Owner =>
  direction === 'inbound' ? INBOUND_OWNER[outcome] : OUTBOUND_OWNER[outcome]

export const DIRECTIONS = ['outbound', 'inbound'] as const
export type Direction = (typeof DIRECTIONS)[number]

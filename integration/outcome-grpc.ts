import type { GrpcCode } from './grpc-codes.ts'
import type { Outcome } from './outcome.ts'

/**
 * What each code says about who failed; Connect uses the same ones.
 * Source: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md.
 */
const BY_CODE: Readonly<Record<Exclude<GrpcCode, 'OK'>, Outcome>> = {
  CANCELLED: 'cancelled',
  DEADLINE_EXCEEDED: 'timeout',
  RESOURCE_EXHAUSTED: 'throttled',
  PERMISSION_DENIED: 'auth',
  UNAUTHENTICATED: 'auth',
  INVALID_ARGUMENT: 'client_error',
  NOT_FOUND: 'client_error',
  ALREADY_EXISTS: 'client_error',
  FAILED_PRECONDITION: 'client_error',
  ABORTED: 'client_error',
  OUT_OF_RANGE: 'client_error',
  UNAVAILABLE: 'server_error',
  UNKNOWN: 'server_error',
  UNIMPLEMENTED: 'server_error',
  INTERNAL: 'server_error',
  DATA_LOSS: 'server_error',
}

/**
 * Null for OK and for codes of other RPC systems.
 * @param saysConnection the call's messages speak of a connection: then UNAVAILABLE means that nobody was reached.
 */
export function outcomeOfGrpcCode(code: string, saysConnection: () => boolean): Outcome | null {
  if (!Object.hasOwn(BY_CODE, code)) return null
  if (code === 'UNAVAILABLE' && saysConnection()) return 'connection'
  return BY_CODE[code as keyof typeof BY_CODE]
}

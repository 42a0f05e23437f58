/** In the order of their numbers. Source: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md. */
export const GRPC_CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const
export type GrpcCode = (typeof GRPC_CODES)[number]

const KNOWN_CODES: ReadonlySet<string> = new Set(GRPC_CODES)

export const isGrpcCode = (text: string): text is GrpcCode => KNOWN_CODES.has(text)

/** How languages print a code: `StatusCode.UNAVAILABLE`, `codes.Unavailable`, `(14, 'unavailable')`, `Code(14)`. */
const PRINTED = /^(?:(?:\w+[.:]+)*(?:status)?_?codes?[.:(]+|\()(\d{1,2}|[a-z_]{2,30})(?:\)|,.*\))?$/i

/** `14` (of gRPC), `Unavailable`, `unavailable`, `StatusCode.UNAVAILABLE` → `UNAVAILABLE`; other codes stay as they are. */
export function codeName(text: string, isGrpc: boolean): string {
  if (isGrpcCode(text)) return text
  const code = PRINTED.exec(text)?.[1] ?? text
  if (isGrpc && /^\d{1,2}$/.test(code)) return GRPC_CODES[Number(code)] ?? code
  const spelled = code.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
  if (spelled === 'CANCELED') return 'CANCELLED'
  return isGrpcCode(spelled) ? spelled : text
}

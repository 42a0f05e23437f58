import { NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, first, read } from './attributes.ts'
import type { Protocol, SpanFacts } from './call.ts'

const STATUS_MAX_CHARS = 64

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

/** 100–599, or 0 for none: a status of 0 is how browsers say that no response came. */
export function httpStatusOf(attributes: Attributes, protocol: Protocol): number {
  for (const name of NAMES.httpStatus) {
    const status = validHttpStatus(first(attributes.get(name) ?? ''))
    if (status !== 0) return status
  }
  const typed = protocol === 'http' || protocol === 'gen_ai' || protocol === 'aws'
  return typed ? validHttpStatus(read(attributes, NAMES.errorType)) : 0
}

/** The text as an HTTP status, 0 if it is none. */
export function validHttpStatus(text: string): number {
  return /^[1-5]\d\d$/.test(text) ? Number(text) : 0
}

/** What the span gives as its result: `503`, `UNAVAILABLE`, `57014`; '' where it gives none. */
export function statusOf(span: SpanFacts, protocol: Protocol, httpStatus: number): string {
  switch (protocol) {
    case 'messaging':
    case 'other':
      return ''
    case 'grpc':
    case 'rpc':
      return rpcStatusOf(span, protocol)
    case 'db':
      return cut(read(span.attributes, NAMES.dbStatus), STATUS_MAX_CHARS) || httpText(httpStatus)
    default:
      return httpText(httpStatus)
  }
}

const httpText = (status: number): string => (status === 0 ? '' : String(status))

function rpcStatusOf({ attributes, name, statusMessage }: SpanFacts, protocol: Protocol): string {
  const code = read(attributes, NAMES.rpcStatus) || read(attributes, NAMES.connectCode)
  if (code !== '') return codeName(cut(code, STATUS_MAX_CHARS), protocol)
  const jsonRpc = read(attributes, NAMES.jsonRpcCode)
  if (jsonRpc !== '') return cut(jsonRpc, STATUS_MAX_CHARS)
  if (!name.startsWith('Sent.')) return ''
  const [word = ''] = statusMessage.split(',', 1)
  const spelled = codeName(cut(word.trim(), STATUS_MAX_CHARS), protocol)
  return KNOWN_CODES.has(spelled) ? spelled : ''
}

/** `14`, `Unavailable`, `unavailable` → `UNAVAILABLE`; other codes stay as they are. */
function codeName(code: string, protocol: Protocol): string {
  if (KNOWN_CODES.has(code)) return code
  if (protocol === 'grpc' && /^\d{1,2}$/.test(code)) return GRPC_CODES[Number(code)] ?? code
  const spelled = code.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
  if (spelled === 'CANCELED') return 'CANCELLED'
  return KNOWN_CODES.has(spelled) ? spelled : code
}

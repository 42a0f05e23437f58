import { NAMES } from './attribute-names.ts'
import { cut, first, read } from './attributes.ts'
import type { Protocol, SpanFacts } from './call.ts'
import { type Failure, messagesOf, namesOf } from './failure.ts'
import { codeName, isGrpcCode } from './grpc-codes.ts'
import { grpcCodeIn } from './message-codes.ts'
import { micrometerStatus } from './micrometer.ts'

const STATUS_MAX_CHARS = 64

/** 100–599, or 0 for none: a status of 0 is how browsers say that no response came. */
export function httpStatusOf({ attributes }: SpanFacts, protocol: Protocol, { isMicrometer }: Failure): number {
  for (const name of NAMES.httpStatus) {
    const status = validHttpStatus(first(attributes.get(name) ?? ''))
    if (status !== 0) return status
  }
  const byLibrary = validHttpStatus(isMicrometer ? micrometerStatus(attributes) : read(attributes, NAMES.daprStatus))
  if (byLibrary !== 0) return byLibrary
  const typed = protocol === 'http' || protocol === 'gen_ai' || protocol === 'aws'
  return typed ? validHttpStatus(read(attributes, NAMES.errorType)) : 0
}

/** `200 OK`, `HTTP/1.1 200 OK`, `200.0`. */
const WORDY_STATUS = /^(?:HTTP\/\d(?:\.\d)?\s+)?([1-5]\d\d)(?:\.0+)?(?:[\s(,;:-].*)?$/i

/** The text as an HTTP status, 0 if it is none. */
export function validHttpStatus(text: string): number {
  if (text.length < 3) return 0
  if (/^[1-5]\d\d$/.test(text)) return Number(text)
  return text.length === 3 ? 0 : Number(WORDY_STATUS.exec(cut(text, STATUS_MAX_CHARS))?.[1] ?? 0)
}

/** What an HTTP call without a valid status says in its place. */
export function statedHttpStatus({ attributes }: SpanFacts, { isMicrometer }: Failure): string {
  return read(attributes, NAMES.httpStatus) || (isMicrometer ? micrometerStatus(attributes) : '')
}

/** What the span gives as its result: `503`, `UNAVAILABLE`, `57014`; '' where it gives none. */
export function statusOf(span: SpanFacts, protocol: Protocol, httpStatus: number, rpcStatus: string): string {
  switch (protocol) {
    case 'messaging':
    case 'other':
      return ''
    case 'grpc':
    case 'rpc':
      return rpcStatus || httpText(httpStatus)
    case 'db':
      return cut(read(span.attributes, NAMES.dbStatus), STATUS_MAX_CHARS) || httpText(httpStatus)
    default:
      return httpText(httpStatus)
  }
}

const httpText = (status: number): string => (status === 0 ? '' : String(status))

/** The code of an RPC; '' for other protocols, and where the span has none, not even in what it says of its failure. */
export function rpcStatusOf(span: SpanFacts, protocol: Protocol, failure: Failure): string {
  const isGrpc = protocol === 'grpc'
  if (!isGrpc && protocol !== 'rpc') return ''
  const { attributes } = span
  const code = read(attributes, NAMES.rpcStatus) || read(attributes, NAMES.connectCode)
  if (code !== '') return codeName(cut(code, STATUS_MAX_CHARS), isGrpc)
  const jsonRpc = read(attributes, NAMES.jsonRpcCode)
  if (jsonRpc !== '') return cut(jsonRpc, STATUS_MAX_CHARS)
  const byDapr = isGrpc ? codeName(cut(read(attributes, NAMES.daprStatus), STATUS_MAX_CHARS), true) : ''
  if (isGrpcCode(byDapr)) return byDapr
  return failure.failed ? codeOfFailure(span, failure, isGrpc) : ''
}

/** The class of an exception may be named like the code: `GRPC::DeadlineExceeded`. */
function codeOfFailure(span: SpanFacts, failure: Failure, isGrpc: boolean): string {
  for (const message of messagesOf(span, failure)) {
    const code = grpcCodeIn(message)
    if (code !== '') return code
  }
  if (!isGrpc) return ''
  for (const name of namesOf(span, failure)) {
    const code = codeName(cut(name.slice(name.search(/\w+$/)), STATUS_MAX_CHARS), false)
    if (isGrpcCode(code)) return code
  }
  return ''
}

import { BadBody, BodyTooLarge } from '../bad-body.ts'
import type { RpcStatus } from '../protobuf/answers.ts'
import { NotDurable } from '../segment/not-durable.ts'

/** A refusal as HTTP sees it. Source of the codes: google.rpc.Code and OTLP's mapping between HTTP and gRPC. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly http: number
  readonly status: RpcStatus
  readonly headers: Record<string, string>

  constructor(http: number, status: RpcStatus, headers: Record<string, string> = {}) {
    super(status.message)
    this.http = http
    this.status = status
    this.headers = headers
  }
}

const INVALID_ARGUMENT = 3
const NOT_FOUND = 5
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const UNIMPLEMENTED = 12
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16

/** `served` says what is received where. */
export const notFound = (path: string, served: string) =>
  new Problem(404, { code: NOT_FOUND, message: `nothing is received at ${path}; ${served}` })

export const wrongMethod = (allow: string) =>
  new Problem(405, { code: UNIMPLEMENTED, message: `only ${allow} is possible here` }, { allow })

export const wrongContentType = (type: string | undefined) =>
  new Problem(415, {
    code: INVALID_ARGUMENT,
    message: `Content-Type ${type ?? '(missing)'} is not supported; send application/x-protobuf or application/json`,
  })

export const wrongContentCoding = (coding: string) =>
  new Problem(
    415,
    { code: INVALID_ARGUMENT, message: `Content-Encoding ${coding} is not supported` },
    { 'accept-encoding': 'gzip, deflate, zstd' },
  )

export const malformedRequest = (what = 'malformed HTTP request') =>
  new Problem(400, { code: INVALID_ARGUMENT, message: what })

export const headTooLarge = () =>
  new Problem(431, { code: RESOURCE_EXHAUSTED, message: 'the head of the request is too large' })

export const wrongExpectation = (expected: string) =>
  new Problem(417, { code: INVALID_ARGUMENT, message: `Expect: ${expected} is not supported; only 100-continue is` })

export const unauthenticated = () =>
  new Problem(
    401,
    { code: UNAUTHENTICATED, message: 'a bearer token is required in the Authorization header' },
    { 'www-authenticate': 'Bearer realm="plumbline"' },
  )

/** Not sooner than the limit forgets. */
const TOKENS_AGAIN_SECONDS = 60

export const tooManyTokens = () =>
  new Problem(
    429,
    { code: RESOURCE_EXHAUSTED, message: 'too many unknown tokens came from this address; send a known one' },
    { 'retry-after': String(TOKENS_AGAIN_SECONDS) },
  )

export const wrongHost = () =>
  new Problem(421, {
    code: PERMISSION_DENIED,
    message:
      'this collector listens on loopback only and is not known by this host name; use localhost, or list it in hostNames',
  })

export const foreignOrigin = () =>
  new Problem(403, {
    code: PERMISSION_DENIED,
    message: 'pages of this origin may not send here; list it in collector.cors.origins',
  })

export const forbidden = (scope: string) =>
  new Problem(403, { code: PERMISSION_DENIED, message: `the token lacks the scope ${scope}` })

/** Any failure as a `Problem`. A fault nobody foresaw is 503 and not 500: nothing is stored yet, and clients drop on 500. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof BadBody) {
    const violations = [{ field: error.field, description: error.message }]
    return new Problem(400, { code: INVALID_ARGUMENT, message: error.message, violations })
  }
  if (error instanceof BodyTooLarge) {
    return new Problem(413, { code: RESOURCE_EXHAUSTED, message: `the request is too large: ${error.message}` })
  }
  const cause =
    error instanceof NotDurable ? error : new NotDurable('fault', 'an unexpected fault; try again', 5, error)
  const { message, retryAfterSeconds } = cause
  return new Problem(
    503,
    { code: UNAVAILABLE, message, retryAfterSeconds },
    { 'retry-after': String(retryAfterSeconds) },
  )
}

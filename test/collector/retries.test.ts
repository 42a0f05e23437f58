import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { hexOf, T0_NS, traceBody } from './builders.ts'
import { GrpcClient, LOGS, TRACES } from './grpc-client.ts'
import { collectorUnderTest, type Options } from './under-test.ts'

/** What clients send again. Source: OTLP specification, "Failures" of OTLP/gRPC and OTLP/HTTP. */
const RETRIED_HTTP = [429, 502, 503, 504]
const RETRIED_GRPC = ['CANCELLED', 'DEADLINE_EXCEEDED', 'ABORTED', 'OUT_OF_RANGE', 'UNAVAILABLE', 'DATA_LOSS']
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'

const Status = protobuf
  .parse(`syntax = "proto3";
    message Any { string type_url = 1; bytes value = 2; }
    message Status { int32 code = 1; string message = 2; repeated Any details = 3; }`)
  .root.lookupType('Status')

const hasRetryInfo = (details: Buffer): boolean => {
  const status = Status.toObject(Status.decode(details)) as { details?: { typeUrl: string }[] }
  return (status.details ?? []).some(({ typeUrl }) => typeUrl === RETRY_INFO)
}

const KIB = 1024
const TOKENS: Options['tokens'] = [
  { name: 'services', token: 'ingest-token-0123456789', scopes: ['ingest'] },
  { name: 'people', token: 'reading-token-0123456789', scopes: ['read'] },
]
let spans = 0
const goodBody = () => traceBody([{ spanId: hexOf(++spans, 8), startNs: T0_NS + BigInt(spans) }])

interface Cause {
  why: string
  collector?: Options
  body?: () => Buffer
  path?: { http: string; grpc: string }
  token?: string
  /** The answers by HTTP and gRPC, and whether clients send the same again. */
  http: number
  grpc: string
  again: boolean
}

const EXPORT = { http: '/v1/traces', grpc: TRACES }

const CAUSES: Cause[] = [
  { why: 'nothing', http: 200, grpc: 'OK', again: false },
  { why: 'spans without ids', body: () => traceBody([{ traceId: '00' }]), http: 200, grpc: 'OK', again: false },
  {
    why: 'a body that is none',
    body: () => Buffer.from([0x0a, 0x05, 0x01]),
    ...{ http: 400, grpc: 'INVALID_ARGUMENT', again: false },
  },
  {
    why: 'a body over the limit',
    collector: { settings: { maxBody: KIB } },
    body: () => Buffer.alloc(2 * KIB),
    ...{ http: 413, grpc: 'RESOURCE_EXHAUSTED', again: false },
  },
  { why: 'no room in memory', collector: { maxInFlight: 100 }, http: 503, grpc: 'UNAVAILABLE', again: true },
  { why: 'no room on the disk', collector: { settings: { maxDisk: 1 } }, http: 503, grpc: 'UNAVAILABLE', again: true },
  { why: 'no token', collector: { tokens: TOKENS }, http: 401, grpc: 'UNAUTHENTICATED', again: false },
  {
    why: 'a token that may only read',
    collector: { tokens: TOKENS },
    token: 'reading-token-0123456789',
    ...{ http: 403, grpc: 'PERMISSION_DENIED', again: false },
  },
  { why: 'logs', path: { http: '/v1/logs', grpc: LOGS }, http: 404, grpc: 'UNIMPLEMENTED', again: false },
]

test.each(CAUSES)('G4 G5 H12 $why: HTTP $http, gRPC $grpc, sent again: $again', async (cause) => {
  const { collector: options, body = goodBody, path = EXPORT, token, http, grpc, again } = cause
  await using collector = await collectorUnderTest(options)
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const byHttp = await collector.post(body(), { path: path.http, headers })
  expect(byHttp.status).toBe(http)
  expect(RETRIED_HTTP.includes(byHttp.status)).toBe(again)
  expect(byHttp.headers.has('retry-after')).toBe(again)
  using client = new GrpcClient(collector.grpc)
  const byGrpc = await client.call(body(), { path: path.grpc, metadata: headers })
  expect(byGrpc.code).toBe(grpc)
  expect(hasRetryInfo(byGrpc.details)).toBe(again)
  expect(RETRIED_GRPC.includes(byGrpc.code) || hasRetryInfo(byGrpc.details)).toBe(again)
})

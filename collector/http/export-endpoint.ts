import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Log } from '../../runtime/log.ts'
import { BodyTooLarge } from '../bad-body.ts'
import type { ByteBudget, Lease } from '../byte-budget.ts'
import type { CollectorMetrics } from '../collector-metrics.ts'
import type { Ingest } from '../ingest.ts'
import { encodeExportResponse, encodeStatus, statusJson } from '../protobuf/answers.ts'
import type { Answer } from '../seen-requests.ts'
import { NotDurable } from '../segment/not-durable.ts'
import { type Encoding, SIGNALS, type Signal } from '../signals.ts'
import type { Access } from './access.ts'
import { decodersOf, decompressAll } from './decompress.ts'
import { type Problem, problemOf, wrongContentType, wrongMethod } from './problem.ts'
import { readBody, SenderGone } from './read-body.ts'

const MEDIA_TYPES: Record<Encoding, string> = { protobuf: 'application/x-protobuf', json: 'application/json' }

export interface ExportOptions {
  ingest: Ingest
  access: Access
  budget: ByteBudget
  maxBody: number
  /** Throws `NotDurable` when nothing can be taken now, before a body is read. */
  checkCapacity: (bytes: number) => void
  metrics: CollectorMetrics
  log: Log
}

/** One OTLP export request: everything that can be refused by its head is refused before its body is read. */
export function createExportEndpoint(options: ExportOptions) {
  const { ingest, access, budget, maxBody, checkCapacity, metrics, log } = options

  async function answer(signal: Signal, request: IncomingMessage, lease: Lease): Promise<Answer> {
    const { headers } = request
    if (request.method !== 'POST') throw wrongMethod('POST')
    access({ authorization: headers.authorization, door: 'otlp_http', address: request.socket.remoteAddress }, 'ingest')
    const encoding = encodingOf(headers['content-type'])
    if (encoding === null) throw wrongContentType(headers['content-type'])
    const decoders = decodersOf(headers['content-encoding'])
    const announced = Number(headers['content-length'] ?? 0)
    if (announced > maxBody) throw new BodyTooLarge(`its body is longer than collector.maxBody (${maxBody} bytes)`)
    budget.check(announced)
    checkCapacity(announced)
    const sent = await readBody(request, announced, maxBody, lease)
    const body = await decompressAll(decoders, sent, maxBody, lease)
    metrics.bodyBytes.inc({ form: 'wire' }, sent.length)
    metrics.bodyBytes.inc({ form: 'plain' }, body.length)
    return ingest(signal, encoding, body, lease)
  }

  return async (signal: Signal, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const lease = budget.lease()
    const encoding = encodingOf(request.headers['content-type'])
    try {
      const { rejected, message } = await answer(signal, request, lease)
      metrics.requests.inc({ signal, transport: 'http', status: 200 })
      send(request, response, 200, encoding ?? 'json', successBody(encoding, signal, rejected, message))
    } catch (error) {
      if (error instanceof SenderGone) return
      const problem = problemOf(error)
      if (problem.http === 503 && !(error instanceof NotDurable)) log.error({ err: error, signal }, 'ingest fault')
      metrics.requests.inc({ signal, transport: 'http', status: problem.http })
      sendProblem(request, response, problem)
    } finally {
      lease.release()
    }
  }
}

/** Media-type parameters and letter case do not matter. */
export function encodingOf(contentType: string | undefined): Encoding | null {
  const mediaType = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()
  if (mediaType === MEDIA_TYPES.protobuf) return 'protobuf'
  return mediaType === MEDIA_TYPES.json ? 'json' : null
}

function successBody(encoding: Encoding | null, signal: Signal, rejected: number, message: string): Buffer {
  if (encoding !== 'json') return encodeExportResponse(rejected, message)
  if (rejected === 0 && message === '') return Buffer.from('{}')
  const partialSuccess = {
    ...(rejected > 0 && { [SIGNALS[signal].rejectedField]: String(rejected) }),
    errorMessage: message,
  }
  return Buffer.from(JSON.stringify({ partialSuccess }))
}

/** A `google.rpc.Status` in the request's encoding, JSON when that is unknown. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  if (response.headersSent || response.destroyed) return
  const encoding = encodingOf(request.headers['content-type'])
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value)
  const body =
    encoding === 'protobuf' ? encodeStatus(problem.status) : Buffer.from(JSON.stringify(statusJson(problem.status)))
  send(request, response, problem.http, encoding ?? 'json', body)
}

/** Shorter answers grow when they are compressed, or hardly shrink. */
const COMPRESS_FROM_BYTES = 256

function send(
  { headers }: IncomingMessage,
  response: ServerResponse,
  status: number,
  encoding: Encoding,
  body: Buffer,
): void {
  if (response.headersSent || response.destroyed) return
  const compressed = body.length >= COMPRESS_FROM_BYTES && takesGzip(headers['accept-encoding'])
  const sent = compressed ? gzipSync(body) : body
  response.writeHead(status, {
    'content-type': MEDIA_TYPES[encoding],
    'content-length': sent.length,
    ...(compressed && { 'content-encoding': 'gzip' }),
  })
  response.end(sent)
}

/** `gzip` among the accepted codings, and not refused by `q=0`. Source: RFC 9110, 12.5.3. */
const takesGzip = (acceptEncoding: string | string[] = ''): boolean =>
  String(acceptEncoding)
    .toLowerCase()
    .split(',')
    .some((coding) => /^\s*(x-)?gzip\s*(;|$)/.test(coding) && !/;\s*q=0(\.0*)?\s*$/.test(coding))

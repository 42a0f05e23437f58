import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Problem } from '../http/problem.ts'
import { encodeStatus } from '../protobuf/answers.ts'

/** Codings of messages that are understood. Source: gRPC over HTTP/2, "Message-Accept-Encoding". */
const ACCEPTED = 'identity,gzip,deflate,zstd'
const HEAD = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': ACCEPTED }
/** Status goes into headers, of which clients take 8 KiB all together. */
const MAX_MESSAGE = 1024

/** Ends the call with one message and status OK. */
export function sendMessage(stream: ServerHttp2Stream, body: Buffer): void {
  if (isOver(stream)) return
  stream.respond(HEAD, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }))
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(body.length, 1)
  stream.end(Buffer.concat([prefix, body]))
}

/** Ends the call with a status only; details go as google.rpc.Status into `grpc-status-details-bin`. */
export function sendStatus(stream: ServerHttp2Stream, { status }: Problem): void {
  if (isOver(stream)) return
  const message = status.message.slice(0, MAX_MESSAGE)
  const violations = status.violations?.map(({ field, description }) => ({
    field: field.slice(0, MAX_MESSAGE),
    description: description.slice(0, MAX_MESSAGE),
  }))
  const hasDetails = violations !== undefined || status.retryAfterSeconds !== undefined
  const details = hasDetails ? encodeStatus({ ...status, message, ...(violations && { violations }) }) : null
  stream.respond(
    {
      ...HEAD,
      'grpc-status': status.code,
      'grpc-message': percentEncoded(message),
      ...(details && { 'grpc-status-details-bin': details.toString('base64') }),
    },
    { endStream: true },
  )
}

/** What is no gRPC at all is answered in HTTP. Source: gRPC over HTTP/2, "Content-Type". */
export function refuseForeign(stream: ServerHttp2Stream, headers: Record<string, string | number>): void {
  if (!isOver(stream)) stream.respond(headers, { endStream: true })
}

/** Answers once: a sender that is gone, or that was answered, gets nothing more. */
const isOver = (stream: ServerHttp2Stream): boolean =>
  stream.destroyed || stream.closed || stream.headersSent || stream.rstCode !== constants.NGHTTP2_NO_ERROR

/** Everything but printable ASCII, and `%` itself. Source: gRPC over HTTP/2, "Status-Message". */
const percentEncoded = (text: string): string =>
  text.toWellFormed().replace(/[^ -$&-~]/gu, (character) => encodeURIComponent(character))

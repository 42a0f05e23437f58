import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { problemOf } from '../http/problem.ts'
import { refuseForeign, sendStatus } from './answer.ts'
import type { createExportCall } from './export-call.ts'

// OTLP needs unary calls only. They are served straight from node:http2, because a message then counts in
// `collector.maxInFlight` byte by byte, on the wire and while it is unpacked; a gRPC library hands over whole messages.

/** Calls at once on one connection; clients queue the rest. */
const MAX_STREAMS = 256
/** How much of a message may be on its way unread: senders far away get their bandwidth. */
const WINDOW_BYTES = 1024 * 1024
/** A connection without an answer to a ping is dead; checked rarely, because it costs a packet each. */
const PING_EVERY_MS = 60_000
const PING_ANSWER_WITHIN_MS = 20_000
/** A call in which nothing moves for this long is ended. */
const STALLED_AFTER_MS = 60_000
/** A server for gRPC over HTTP/2 without TLS, and how to stop it. Not listening yet. */
export interface GrpcServer {
  server: Http2Server
  /** Takes no more calls, lets those in work finish within the deadline. */
  close(deadlineMs: number): Promise<void>
}

export function createGrpcServer(exportCall: ReturnType<typeof createExportCall>): GrpcServer {
  const sessions = new Set<ServerHttp2Session>()
  const server = createServer({
    settings: { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: WINDOW_BYTES },
    // The budget bounds memory; this limit of Node's would end streams that are within it.
    maxSessionMemory: 1024,
  })
  server.on('session', (session) => {
    sessions.add(session)
    const stopPings = keepAlive(session)
    session.on('error', () => session.destroy())
    session.once('close', () => {
      stopPings()
      sessions.delete(session)
    })
    session.setLocalWindowSize(16 * WINDOW_BYTES)
  })
  server.on('stream', (stream, headers) => {
    // A broken stream closes too, and that is what readers wait for.
    stream.on('error', () => {})
    stream.setTimeout(STALLED_AFTER_MS, () => stream.close(constants.NGHTTP2_CANCEL))
    if (headers[':method'] !== 'POST') refuseForeign(stream, { ':status': 405, allow: 'POST' })
    else if (!isGrpc(headers['content-type'])) refuseForeign(stream, { ':status': 415 })
    else {
      exportCall(stream, headers)
        .catch((error: unknown) => sendStatus(stream, problemOf(error)))
        .finally(() => closeUnread(stream))
      return
    }
    closeUnread(stream)
  })
  return {
    server,
    close: (deadlineMs) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => {
          for (const session of sessions) session.destroy()
        }, deadlineMs)
        server.close(() => {
          clearTimeout(cut)
          resolve()
        })
        for (const session of sessions) session.close()
      }),
  }
}

/**
 * A call answered before all of it came ends for both sides now: grpc-go drops what it had yet to send without a word, and
 * the call would count among the open ones. Source: RFC 9113, 8.1 (RST_STREAM with NO_ERROR after a complete response).
 */
function closeUnread(stream: ServerHttp2Stream): void {
  if (!stream.readableEnded && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR)
}

const isGrpc = (contentType = ''): boolean => /^application\/grpc(?:\+proto)?\s*(?:;|$)/i.test(contentType)

function keepAlive(session: ServerHttp2Session): () => void {
  let late: NodeJS.Timeout | undefined
  const timer = setInterval(() => {
    if (session.destroyed || session.closed) return
    late = setTimeout(() => session.destroy(), PING_ANSWER_WITHIN_MS)
    const waiting = late
    session.ping(() => clearTimeout(waiting))
  }, PING_EVERY_MS)
  return () => {
    clearInterval(timer)
    clearTimeout(late)
  }
}

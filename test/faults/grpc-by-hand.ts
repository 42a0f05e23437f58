import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { TRACES } from '../collector/grpc-client.ts'

/** What a call ended with. */
export interface Ended {
  /** HTTP's; 0 when the stream was reset without an answer. */
  http: number
  /** `grpc-status`, null where HTTP alone answered. */
  status: number | null
  headers: Record<string, unknown>
  /** The answer's message without its prefix. */
  message: Buffer
}

export const GRPC_HEAD = { ':method': 'POST', ':path': TRACES, 'content-type': 'application/grpc', te: 'trailers' }

/** Compressed flag, length and message, as gRPC sends one. */
export function framed(message: Buffer, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(length, 1)
  return Buffer.concat([prefix, message])
}

/** A connection whose errors are expected: the test looks at what became of its calls. */
export async function openSession(url: string): Promise<ClientHttp2Session> {
  const session = connect(url)
  session.on('error', () => {})
  await once(session, 'connect')
  return session
}

export function openStream(session: ClientHttp2Session, head: Record<string, string> = {}): ClientHttp2Stream {
  const stream = session.request({ ...GRPC_HEAD, ...head })
  stream.on('error', () => {})
  return stream
}

/** Waits for the end of a call; nothing more is sent on it. */
export async function ended(stream: ClientHttp2Stream): Promise<Ended> {
  const headers: Record<string, unknown> = {}
  const parts: Buffer[] = []
  stream.on('response', (received) => Object.assign(headers, received))
  stream.on('trailers', (received) => Object.assign(headers, received))
  stream.on('data', (part: Buffer) => void parts.push(part))
  if (!stream.closed) await once(stream, 'close')
  const status = headers['grpc-status']
  return {
    http: Number(headers[':status'] ?? 0),
    status: status === undefined ? null : Number(status),
    headers,
    message: Buffer.concat(parts).subarray(5),
  }
}

/** One call with these bytes as its body. */
export function callByHand(session: ClientHttp2Session, body: Buffer, head?: Record<string, string>): Promise<Ended> {
  const stream = openStream(session, head)
  const answer = ended(stream)
  stream.end(body)
  return answer
}
